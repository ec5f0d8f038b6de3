"""
The tables, as peewee sees them. They are not bound to a database: each query names its database, so that one process
may use several. Times are milliseconds since the epoch, in UTC. The migrations make the tables. They also choose all
that depends on the database: collations, and types wide enough for a payload.
"""

from __future__ import annotations

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    CharField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


class AccountRow(Model):
    account_id = CharField(32, primary_key=True)
    email = CharField(320)
    email_key = CharField(320, unique=True)
    name = TextField(null=True)
    password_hash = CharField(255)
    credentials_version = IntegerField()
    created_at = BigIntegerField()

    class Meta:
        table_name = "account"


class QuoteRow(Model):
    quote_id = CharField(32, primary_key=True)
    account = ForeignKeyField(AccountRow, column_name="account_id")
    account_id: str  # peewee makes it, from the foreign key
    product = CharField(64, null=True)
    details = TextField()
    source_revision = BigIntegerField()
    created_at = BigIntegerField()
    claimed_at = BigIntegerField()

    class Meta:
        table_name = "quote"


class ClaimRow(Model):
    quote_id = CharField(32, primary_key=True)
    key_id = CharField(64)
    account = ForeignKeyField(AccountRow, column_name="account_id", null=True, index=False)
    account_id: str | None
    state = CharField(16)
    source_revision = BigIntegerField()
    payload = BlobField(null=True)
    request_key_hash = CharField(64, null=True)
    request_fingerprint = CharField(64, null=True)
    cleanup = CharField(16)
    attempts = IntegerField()
    next_at = BigIntegerField(null=True, index=True)
    last_error = TextField(null=True)
    created_at = BigIntegerField()
    updated_at = BigIntegerField()
    cause = CharField(32, null=True)
    finished_at = BigIntegerField(null=True)
    version = IntegerField()

    class Meta:
        table_name = "claim"
        indexes = ((("state", "quote_id"), False), (("account", "created_at", "quote_id"), False))


class AuditRow(Model):
    act_id = AutoField()
    quote_id = CharField(32, index=True)
    kind = CharField(16)
    actor = CharField(255)
    reason = TextField(null=True)
    state_before = TextField()
    state_after = TextField()
    acted_at = BigIntegerField()
    account_id = CharField(32, null=True)

    class Meta:
        table_name = "claim_act"
