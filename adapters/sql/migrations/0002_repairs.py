"""Columns for repairs: cause, version and time of the first clean-up pass. The table of the audit log."""

from __future__ import annotations

from typing import Any

from peewee import AutoField, BigIntegerField, CharField, Model, TextField
from playhouse.pool import PooledDatabase

from adapters.sql import ddl

_COLUMNS = {"cause": "VARCHAR(32)", "finished_at": "BIGINT", "version": "INTEGER DEFAULT 0 NOT NULL"}
_BY_STATE = "claim_state_quote_id"
_CAUSES = {"draft unreadable: ": "draft-unreadable", "quote refused: ": "quote-refused"}
"""The beginnings of errors from before the column `cause`, and their causes."""


atomic = False
"""Each step commits by itself and can be repeated. Only the index locks the table, and only for writers."""


def up(_migrator: Any, database: PooledDatabase) -> None:
    ddl.add_columns(database, "claim", _COLUMNS)
    ddl.add_index(database, "claim", _BY_STATE, ["state", "quote_id"])
    mark = database.param
    # The states are named so that the new index leads to the few rows in question.
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
