"""
An index and a column for customers' own calls. The index has the claims of an account in their order. The column has
the account of an audit entry, so that an erasure of the account finds the entry.
"""

from __future__ import annotations

from typing import Any

from playhouse.pool import PooledDatabase

from adapters.sql import ddl

_BY_ACCOUNT = "claim_account_id"
_IN_ORDER = "claim_account_id_created_at_quote_id"

atomic = False
"""Each step commits by itself and can be repeated. The table is locked for writers only."""


def up(_migrator: Any, database: PooledDatabase) -> None:
    ddl.add_index(database, "claim", _IN_ORDER, ["account_id", "created_at", "quote_id"])
    # The longer one serves the foreign key too.
    ddl.drop_index(database, "claim", _BY_ACCOUNT)
    ddl.add_columns(database, "claim_act", {"account_id": "VARCHAR(32)"})


def down(_migrator: Any, database: PooledDatabase) -> None:
    ddl.add_index(database, "claim", _BY_ACCOUNT, ["account_id"])
    ddl.drop_index(database, "claim", _IN_ORDER)
    database.execute_sql("ALTER TABLE claim_act DROP COLUMN account_id")
