"""
What a customer's own calls need: an index that has the claims of an account in their order, and whose claim an act was
about, so that who leaves is forgotten there too.
"""

from __future__ import annotations

from typing import Any

from playhouse.pool import PooledDatabase

from adapters.sql import ddl

_BY_ACCOUNT = "claim_account_id"
_IN_ORDER = "claim_account_id_created_at_quote_id"

atomic = False
"""Each step by itself, and each can be repeated: the table is locked for writers only."""


def up(_migrator: Any, database: PooledDatabase) -> None:
    ddl.add_index(database, "claim", _IN_ORDER, ["account_id", "created_at", "quote_id"])
    # The longer one serves the foreign key too.
    ddl.drop_index(database, "claim", _BY_ACCOUNT)
    ddl.add_columns(database, "claim_act", {"account_id": "VARCHAR(32)"})


def down(_migrator: Any, database: PooledDatabase) -> None:
    ddl.add_index(database, "claim", _BY_ACCOUNT, ["account_id"])
    ddl.drop_index(database, "claim", _IN_ORDER)
    database.execute_sql("ALTER TABLE claim_act DROP COLUMN account_id")
