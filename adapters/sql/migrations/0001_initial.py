"""Accounts, claims and claimed quotes. These models are frozen; the models of the service may change later."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, BlobField, CharField, ForeignKeyField, IntegerField, Model, TextField
from playhouse.pool import PooledDatabase

from adapters.sql import ddl


def up(_migrator: Any, database: PooledDatabase) -> None:
    ddl.create(database, _tables(database))


def down(_migrator: Any, database: PooledDatabase) -> None:
    ddl.drop(database, _tables(database))


class _JsonText(TextField):
    field_type = "JSON"


def _tables(db: PooledDatabase) -> list[type[Model]]:
    binary, settings = ddl.binary_text(db), ddl.table_settings(db)

    class Account(Model):
        account_id = CharField(32, primary_key=True, **binary)
        email = CharField(320)
        email_key = CharField(320, unique=True, **binary)
        name = TextField(null=True)
        password_hash = CharField(255)
        credentials_version = IntegerField()
        created_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "account"
            table_settings = settings

    class Quote(Model):
        quote_id = CharField(32, primary_key=True, **binary)
        account = ForeignKeyField(Account, column_name="account_id", **binary)
        product = CharField(64, null=True)
        details = _JsonText(**ddl.json_text(db))
        source_revision = BigIntegerField()
        created_at = BigIntegerField()
        claimed_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "quote"
            table_settings = settings

    class Claim(Model):
        quote_id = CharField(32, primary_key=True, **binary)
        key_id = CharField(64)
        account = ForeignKeyField(Account, column_name="account_id", null=True, **binary)
        state = CharField(16)
        source_revision = BigIntegerField()
        payload = BlobField(null=True)
        request_key_hash = CharField(64, null=True, **binary)
        request_fingerprint = CharField(64, null=True, **binary)
        cleanup = CharField(16)
        attempts = IntegerField()
        # A claim with nothing left to do has none, so this index alone finds the due claims.
        next_at = BigIntegerField(null=True, index=True)
        last_error = TextField(null=True)
        created_at = BigIntegerField()
        updated_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "claim"
            table_settings = settings

    return [Account, Quote, Claim]
