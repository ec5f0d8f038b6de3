"""Accounts, claimed quotes and claims. The models are frozen here: what the service uses may move on."""

from __future__ import annotations

from typing import Any

from peewee import BigIntegerField, BlobField, CharField, Database, ForeignKeyField, IntegerField, Model, TextField


def up(_migrator: Any, database: Database) -> None:
    database.create_tables(_tables(database), safe=False)


def down(_migrator: Any, database: Database) -> None:
    database.drop_tables(_tables(database), safe=False)


def _tables(db: Database) -> list[type[Model]]:
    class Account(Model):
        account_id = CharField(32, primary_key=True)
        email = CharField(320)
        email_key = CharField(320, unique=True)
        name = TextField(null=True)
        password_hash = CharField(255)
        credentials_version = IntegerField()
        created_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "account"

    class Quote(Model):
        quote_id = CharField(32, primary_key=True)
        account = ForeignKeyField(Account, column_name="account_id")
        product = CharField(64, null=True)
        details = TextField()
        source_revision = BigIntegerField()
        created_at = BigIntegerField()
        claimed_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "quote"

    class Claim(Model):
        quote_id = CharField(32, primary_key=True)
        key_id = CharField(64)
        account = ForeignKeyField(Account, column_name="account_id", null=True)
        state = CharField(16)
        source_revision = BigIntegerField()
        payload = BlobField(null=True)
        request_key_hash = CharField(64, null=True)
        request_fingerprint = CharField(64, null=True)
        cleanup = CharField(16)
        attempts = IntegerField()
        # A claim about which nothing is left to be done has none; so this alone finds what is due.
        next_at = BigIntegerField(null=True, index=True)
        last_error = TextField(null=True)
        created_at = BigIntegerField()
        updated_at = BigIntegerField()

        class Meta:
            database = db
            table_name = "claim"

    return [Account, Quote, Claim]
