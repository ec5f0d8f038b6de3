"""What repairs need: why a claim is not done, whose turn it is, when its passes began; and what people did to it."""

from __future__ import annotations

from typing import Any

from peewee import AutoField, BigIntegerField, CharField, Model, TextField
from playhouse.pool import PooledDatabase

from adapters.sql import ddl

_COLUMNS = {"cause": "VARCHAR(32)", "finished_at": "BIGINT", "version": "INTEGER DEFAULT 0 NOT NULL"}
_BY_STATE = "claim_state_quote_id"
_CAUSES = {"draft unreadable: ": "draft-unreadable", "quote refused: ": "quote-refused"}
"""What the error began with where there was no cause."""


atomic = False
"""Each step by itself, and each can be repeated: the table is locked for the index alone, and then for writers only."""


def up(_migrator: Any, database: PooledDatabase) -> None:
    ddl.add_columns(database, "claim", _COLUMNS)
    ddl.add_index(database, "claim", _BY_STATE, ["state", "quote_id"])
    mark = database.param
    # The states, so that the new index leads to the few rows that are meant.
    unexplained = f"state IN ('retry', 'dead') AND cause IS NULL AND last_error LIKE {mark}"
    for beginning, cause in _CAUSES.items():
        database.execute_sql(
            f"UPDATE claim SET cause = {mark} WHERE {unexplained}",  # noqa: S608 - placeholders
            (cause, f"{beginning}%"),
        )
    ddl.create(database, [_act(database)])


def down(_migrator: Any, database: PooledDatabase) -> None:
    ddl.drop(database, [_act(database)])
    ddl.drop_index(database, "claim", _BY_STATE)
    for name in _COLUMNS:
        database.execute_sql(f"ALTER TABLE claim DROP COLUMN {name}")


def _act(db: PooledDatabase) -> type[Model]:
    class Act(Model):
        act_id = AutoField()
        quote_id = CharField(32, index=True, **ddl.binary_text(db))
        kind = CharField(16)
        actor = CharField(255)
        reason = TextField(null=True)
        state_before = TextField()
        state_after = TextField()
        acted_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "claim_act"
            table_settings = ddl.table_settings(db)

    return Act
