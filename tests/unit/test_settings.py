"""Settings: accepted values, and refusals that show no secret."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest

from entrypoints.settings.settings import Settings, SettingsError
from entrypoints.settings.table import SETTINGS
from entrypoints.settings.values import Address
from tests.servers.site import Site
from tests.servers.tls import Authority

SECRET = base64.b64encode(bytes(range(32))).decode("ascii")
OTHER_SECRET = base64.b64encode(bytes(range(32, 64))).decode("ascii")
PRODUCTION = {
    "QUOTES_ENV": "production",
    "QUOTES_REDIS_URL": "rediss://:hunter2@redis.example:6380/1",
    "QUOTES_DATABASE_URL": "sqlite:////srv/quotes.db",
    "QUOTES_SECRET_KEYS": f"k1:{SECRET}",
    "QUOTES_TRUSTED_PROXIES": "1",
}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        Settings.from_environ(environ)
    message = str(refused.value)
    assert "\n" not in message
    return message


def test_an_empty_environment_gives_the_documented_defaults() -> None:
    settings = Settings.from_environ({})

    assert settings.env == "development"
    assert settings.bind == Address("127.0.0.1", 8000)
    assert 1 <= settings.workers <= 4
    assert settings.data_dir == Path("var")
    assert settings.redis_url is None
    assert settings.database_url == "sqlite:///var/quotes.db"
    assert settings.secret_keys is None
    assert settings.ttl == timedelta(hours=24)
    assert settings.max_age == timedelta(days=30)
    assert settings.max_details == 65536
    assert settings.access_token_ttl == timedelta(days=30)
    assert settings.trusted_proxies == 0
    assert settings.rate_limits is True
    assert [str(rate) for rate in (settings.rate_start, settings.rate_credentials)] == ["30/hour", "5/minute"]
    assert [str(rate) for rate in (settings.rate_save, settings.rate_read)] == ["120/minute", "300/minute"]
    assert settings.explicit == frozenset()
    assert settings.uses_data_dir


def test_the_default_database_is_in_the_data_folder() -> None:
    assert Settings.from_environ({"QUOTES_DATA_DIR": "/srv/q"}).database_url == "sqlite:////srv/q/quotes.db"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8000", Address("127.0.0.1", 8000)),
        ("[::1]:8000", Address("::1", 8000)),
        ("localhost:0", Address("localhost", 0)),
        ("0.0.0.0:65535", Address("0.0.0.0", 65535)),  # noqa: S104 - only read here
    ],
)
def test_addresses_are_read_and_written_alike(text: str, address: Address) -> None:
    settings = Settings.from_environ({"QUOTES_BIND": text})

    assert settings.bind == address
    assert str(settings.bind) == text


@pytest.mark.parametrize("text", ["8000", ":8000", "::1:8000", "host:65536", "host:", "http://host:1", "a b:1", "h:-1"])
def test_an_address_without_host_or_port_is_refused(text: str) -> None:
    assert "QUOTES_BIND" in refusal({"QUOTES_BIND": text})


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("2s", timedelta(seconds=2)),
        ("15m", timedelta(minutes=15)),
        ("24h", timedelta(hours=24)),
        ("30d", timedelta(days=30)),
    ],
)
def test_durations_have_a_unit(text: str, length: timedelta) -> None:
    assert Settings.from_environ({"QUOTES_TTL": text}).ttl == length


@pytest.mark.parametrize("text", ["0s", "-1s", "24", "1.5h", "24 h", "1w", "3651d", "999999999d", "٣s", "1s\n", "inf"])
def test_other_durations_are_refused(text: str) -> None:
    assert "QUOTES_TTL" in refusal({"QUOTES_TTL": text})


@pytest.mark.parametrize(("text", "length"), [("65536", 65536), ("64KiB", 65536), ("1MiB", 1048576), ("1", 1)])
def test_sizes_are_bytes_or_have_a_unit(text: str, length: int) -> None:
    assert Settings.from_environ({"QUOTES_MAX_DETAILS": text}).max_details == length


@pytest.mark.parametrize("text", ["0", "64KB", "64kib", "2MiB", "1048577", "-1", "1_000", "lots"])
def test_other_sizes_are_refused(text: str) -> None:
    assert "QUOTES_MAX_DETAILS" in refusal({"QUOTES_MAX_DETAILS": text})


@pytest.mark.parametrize("name", ["QUOTES_WORKERS", "QUOTES_TRUSTED_PROXIES"])
@pytest.mark.parametrize("text", ["-1", "1.0", "many", "99999"])
def test_counts_are_whole_and_bounded(name: str, text: str) -> None:
    assert name in refusal({name: text})


def test_the_sliding_end_may_not_be_behind_the_absolute_end() -> None:
    message = refusal({"QUOTES_TTL": "2d", "QUOTES_MAX_AGE": "36h"})

    assert message == "Set QUOTES_TTL to at most QUOTES_MAX_AGE; 2d is longer than 36h"
    assert Settings.from_environ({"QUOTES_TTL": "1d", "QUOTES_MAX_AGE": "24h"}).ttl == timedelta(days=1)


@pytest.mark.parametrize("name", [setting.name for setting in SETTINGS])
def test_an_empty_value_is_refused_and_is_not_the_default(name: str) -> None:
    assert refusal({name: " "}) == f"Set {name} to a value, or remove it; {name} is empty"


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1",
        "redis://:pw@127.0.0.1:6379/0",
        "rediss://user:pw@host/3",
        "redis://[::1]:6379",
        "unix:///run/redis.sock",
        "unix://:pw@/run/redis.sock?db=2",
        "unix://user:pw@/srv/a folder/redis.sock",
        "redis+sentinel://:pw@a,b:26380,c/quotes",
        "redis+sentinel://user:p%40w@a.example:1,[::1]:26379,10.0.0.1/my-service/3",
        "rediss+sentinel://:pw@a/quotes",
        "redis+cluster://user:pw@a:7000,b:7001,[2001:db8::1]",
        "rediss+cluster://:pw@a/",
    ],
)
def test_urls_of_redis_are_taken(url: str) -> None:
    assert Settings.from_environ({"QUOTES_REDIS_URL": url}).redis_url == url


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:6379",
        "http://:hunter2@host",
        "redis://",
        "redis://:hunter2@host:port",
        "redis://:hunter2@host:70000",
        "redis://:hunter2@host/zero",
        "redis://:hunter2@host?socket_timeout=60",
        "redis://:hunter2@[host",
        "redis://host?password=hunter2",
        "unix://hunter2/run/redis.sock",
        "unix://:hunter2@/run/redis.sock?db=two",
        "unix://:hunter2@",
        "redis://:hunter2@a,b",
        "redis://:hunter2@host:0",
        "redis+sentinel://:hunter2@a,b",
        "redis+sentinel://:hunter2@a,b/",
        "redis+sentinel://:hunter2@a,,b/quotes",
        "redis+sentinel://:hunter2@a:70000/quotes",
        "redis+sentinel://:hunter2@a/quotes/zero",
        "redis+sentinel://:hunter2@a/quotes?socket_timeout=60",
        "redis+sentinel://:hunter2@::1/quotes",
        "redis+cluster://:hunter2@a,b/1",
        "redis+cluster://",
        "unix+cluster://:hunter2@a",
        "rediss+sentinels://:hunter2@a/quotes",
    ],
)
def test_other_redis_urls_are_refused_without_showing_them(url: str) -> None:
    message = refusal({"QUOTES_REDIS_URL": url})

    assert "QUOTES_REDIS_URL" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:hunter2@db.example:5432/quotes",
        "postgresql://me@[::1]/quotes",
        "postgresql://me:hunter2%40%3A%2F%25@db.example/quotes",
        "postgresql://me:hunter2@a.example,b.example:5433/quotes?target_session_attrs=read-write",
        "postgresql://me:hunter2@db.example/quotes?sslmode=verify-full&sslrootcert=/etc/ca.pem",
        "postgresql:///quotes?host=/run/postgresql",
        "mysql://me:hunter2@db.example/quotes",
        "mysql://me:hunter2@db.example:3307/quotes?ssl_ca=/etc/ca.pem",
        "mysql://me@/quotes?unix_socket=/run/mysqld/mysqld.sock",
    ],
)
def test_a_database_on_a_server_is_named_by_its_url(url: str) -> None:
    settings = Settings.from_environ({"QUOTES_DATABASE_URL": url})

    assert url == settings.database_url
    assert "hunter2" not in str(settings.describe())


@pytest.mark.parametrize(
    "url",
    [
        "quotes.db",
        "sqlite://quotes.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///a?b",
        "oracle://me:hunter2@host/quotes",
        "postgres://me:hunter2@host/quotes",
        "postgresql://me:hunter2@host",
        "postgresql://me:hunter2@host/",
        "postgresql://me:hunter2@host/a/b",
        "postgresql://me:hunter2@ho st/quotes",
        "postgresql://me:hunter2@host:port/quotes",
        "postgresql:///quotes",
        "postgresql://me:hunter2@host/quotes?host=/run",
        "postgresql://me:hunter2@host/quotes?options=-c%20statement_timeout%3D0",
        "postgresql://me:hunter2@host/quotes?sslmode=",
        "postgresql://me:hunter2@host/quotes#x",
        "postgresql://me:hunter2@[::1/quotes",
        "postgresql://me:hunter2%discount@host/quotes",
        "postgresql://me:hunter2@2@host/quotes",
        "postgresql://me:hunter2%00@host/quotes",
        "postgresql://me:hunter2@host/quotes\n",
        "postgresql://me:hunter2@host:99999/quotes",
        "mysql://me:hunter2@host:0/quotes",
        "mysql://me:hunter2@a,b/quotes",
        "mysql://me:hunter2@host/quotes?read_timeout=99",
    ],
)
def test_other_database_urls_are_refused_without_showing_them(url: str) -> None:
    message = refusal({"QUOTES_DATABASE_URL": url})

    assert "QUOTES_DATABASE_URL" in message
    assert "hunter2" not in message


def test_a_data_folder_that_would_break_the_database_url_is_refused() -> None:
    assert "QUOTES_DATA_DIR" in refusal({"QUOTES_DATA_DIR": "what?"})


def test_the_keyring_keeps_its_order() -> None:
    keys = Settings.from_environ({"QUOTES_SECRET_KEYS": f"new:{SECRET}, old:{OTHER_SECRET}"}).secret_keys

    assert keys is not None
    assert [("new", bytes(range(32))), ("old", bytes(range(32, 64)))] == [(key.key_id, key.secret) for key in keys]


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f":{SECRET}",
        f"K1:{SECRET}",
        f"{'k' * 17}:{SECRET}",
        f"k1:{SECRET[:-4]}",
        f"k1:{SECRET}AAAA",
        f"k1:{SECRET[:-1]}",
        f"k1:{SECRET},",
        f"k1:{SECRET},k1:{OTHER_SECRET}",
        f"{SECRET}:k1",
    ],
)
def test_other_keyrings_are_refused_without_showing_them(text: str) -> None:
    message = refusal({"QUOTES_SECRET_KEYS": text})

    assert "QUOTES_SECRET_KEYS" in message
    assert SECRET[:8] not in message


def test_production_starts_with_everything_given() -> None:
    settings = Settings.from_environ(PRODUCTION)

    assert not settings.uses_data_dir
    assert settings.require_servers() == (settings.redis_url, settings.secret_keys)


@pytest.mark.parametrize("name", ["QUOTES_REDIS_URL", "QUOTES_DATABASE_URL", "QUOTES_SECRET_KEYS"])
def test_production_refuses_embedded_servers(name: str) -> None:
    environ = {key: value for key, value in PRODUCTION.items() if key != name}

    assert f"{name} is missing" in refusal(environ)


@pytest.mark.parametrize(
    "url",
    [
        "redis://host",
        "rediss://:@host",
        "redis://user@host",
        "unix:///run/redis.sock",
        "redis+sentinel://a,b,c/quotes",
        "redis+sentinel://user@a:1,[::1]:2/quotes",
        "redis+cluster://user:@a,[::1]",
        "rediss+cluster://a",
    ],
)
def test_production_refuses_a_redis_without_password(url: str) -> None:
    assert "QUOTES_REDIS_URL has no password" in refusal(PRODUCTION | {"QUOTES_REDIS_URL": url})


@pytest.mark.parametrize("name", ["QUOTES_REDIS_URL", "QUOTES_SECRET_KEYS"])
def test_a_server_that_cannot_embed_names_the_missing_setting(name: str) -> None:
    environ = {key: value for key, value in PRODUCTION.items() if key not in {name, "QUOTES_ENV"}}

    with pytest.raises(
        SettingsError, match=f"^Set {name}, or start the service with `quotes serve`, .*; {name} is missing$"
    ):
        Settings.from_environ(environ).require_servers()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("unix://u:hunter2@/run/redis.sock", "unix://***@/run/redis.sock"),
        ("redis+sentinel://u:hunter2@a,[::1]:2/quotes/1", "redis+sentinel://***@a,[::1]:2/quotes/1"),
        ("rediss+cluster://u:hunter2@a:7000,b", "rediss+cluster://***@a:7000,b"),
        ("redis+cluster://:hunter2@2@a,b", "redis+cluster://***@a,b"),
    ],
)
def test_the_password_is_redacted_in_every_form(url: str, shown: str) -> None:
    settings = Settings.from_environ(PRODUCTION | {"QUOTES_REDIS_URL": url})

    assert shown in {row.value for row in settings.describe()}
    assert "hunter2" not in f"{settings.describe()} {settings!r}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def files_of(authority: Authority) -> dict[str, str]:
    return Site(Path(), Path(), authority).settings


@pytest.mark.parametrize("url", ["rediss://:pw@a", "rediss+sentinel://:pw@a/quotes", "rediss+cluster://:pw@a,b"])
def test_the_files_for_tls_are_taken(authority: Authority, url: str) -> None:
    settings = Settings.from_environ({"QUOTES_REDIS_URL": url} | files_of(authority))

    assert (authority.ca, *authority.client) == (settings.redis_ca, settings.redis_cert, settings.redis_key)
    rows = {row.name: row.value for row in settings.describe()}
    assert rows["QUOTES_REDIS_CA"] == str(authority.ca)


@pytest.mark.parametrize("name", ["QUOTES_REDIS_CA", "QUOTES_REDIS_CERT", "QUOTES_REDIS_KEY"])
@pytest.mark.parametrize("url", ["redis://:pw@a", "unix:///run/redis.sock", "redis+cluster://a", None])
def test_files_for_tls_without_tls_are_refused(authority: Authority, name: str, url: str | None) -> None:
    environ = {name: files_of(authority)[name]} | ({"QUOTES_REDIS_URL": url} if url else {})

    remedy = "Set QUOTES_REDIS_URL to a URL that begins with rediss"
    assert refusal(environ) == f"{remedy}, or remove {name}, which is only for TLS"


@pytest.mark.parametrize("name", ["QUOTES_REDIS_CA", "QUOTES_REDIS_CERT", "QUOTES_REDIS_KEY"])
@pytest.mark.parametrize("wrong", ["missing.pem", ".", "empty.pem"])
def test_files_for_tls_that_cannot_be_used_are_refused(
    authority: Authority, tmp_path: Path, name: str, wrong: str
) -> None:
    (tmp_path / "empty.pem").touch()
    files = files_of(authority) | {name: str(tmp_path / wrong)}

    assert name in refusal({"QUOTES_REDIS_URL": "rediss://:pw@a"} | files)


@pytest.mark.parametrize("name", ["QUOTES_REDIS_CERT", "QUOTES_REDIS_KEY"])
def test_a_certificate_and_its_key_come_together(authority: Authority, name: str) -> None:
    files = {other: file for other, file in files_of(authority).items() if other != name}

    message = refusal({"QUOTES_REDIS_URL": "rediss://:pw@a"} | files)
    assert message == f"Set QUOTES_REDIS_CERT and QUOTES_REDIS_KEY together; {name} is missing"


def test_a_key_of_another_certificate_is_refused(authority: Authority) -> None:
    files = files_of(authority) | {"QUOTES_REDIS_KEY": str(authority.server[1])}

    assert "Set QUOTES_REDIS_KEY to the key of QUOTES_REDIS_CERT, without a passphrase" in refusal(
        {"QUOTES_REDIS_URL": "rediss://:pw@a"} | files
    )


def test_names_that_are_not_settings_are_found() -> None:
    assert Settings.unknown({"QUOTES_TLL": "1h", "QUOTES_TTL": "1h", "HOME": "/"}) == ["QUOTES_TLL"]


def test_neither_the_description_nor_the_repr_shows_a_secret() -> None:
    settings = Settings.from_environ(PRODUCTION)

    shown = f"{settings.describe()} {settings!r} {settings.secret_keys!r}"

    assert "hunter2" not in shown
    assert SECRET not in shown
    assert repr(bytes(range(32))) not in shown


def test_the_description_has_every_setting_with_its_source() -> None:
    rows = {row.name: row for row in Settings.from_environ(PRODUCTION | {"QUOTES_TTL": "36h"}).describe()}

    assert [setting.name for setting in SETTINGS] == list(rows)
    assert (rows["QUOTES_TTL"].value, rows["QUOTES_TTL"].source) == ("36h", "set")
    assert (rows["QUOTES_MAX_AGE"].value, rows["QUOTES_MAX_AGE"].source) == ("30d", "default")
    assert rows["QUOTES_MAX_DETAILS"].value == "64KiB"
    assert rows["QUOTES_REDIS_URL"].value == "rediss://***@redis.example:6380/1"
    assert rows["QUOTES_SECRET_KEYS"].value == "k1:***"


@pytest.mark.parametrize("text", ["0/hour", "30", "30/h", "30 / hour", "1.5/hour", "-1/hour", "3/fortnight", "a/hour"])
def test_other_rates_are_refused_with_a_form_that_is_taken(text: str) -> None:
    form = "a rate such as 30/hour (a number above 0 and second, minute, hour or day)"

    assert refusal({"QUOTES_RATE_START": text}) == f"QUOTES_RATE_START must be {form}, not {text!r}"


def test_rate_limits_are_on_or_off() -> None:
    assert Settings.from_environ({"QUOTES_RATE_LIMITS": "off"}).rate_limits is False
    assert refusal({"QUOTES_RATE_LIMITS": "no"}) == "QUOTES_RATE_LIMITS must be on or off, not 'no'"


def test_production_does_not_guess_how_many_proxies_an_address_comes_through_where_it_counts_addresses() -> None:
    unknown = {name: value for name, value in PRODUCTION.items() if name != "QUOTES_TRUSTED_PROXIES"}

    assert refusal(unknown).endswith("; QUOTES_TRUSTED_PROXIES is missing")
    assert Settings.from_environ(unknown | {"QUOTES_TRUSTED_PROXIES": "0"}).trusted_proxies == 0
    assert Settings.from_environ(unknown | {"QUOTES_RATE_LIMITS": "off"}).trusted_proxies == 0


def test_rates_are_described_as_they_are_written() -> None:
    rows = {row.name: row.value for row in Settings.from_environ({"QUOTES_RATE_SAVE": "7/day"}).describe()}

    assert (rows["QUOTES_RATE_SAVE"], rows["QUOTES_RATE_LIMITS"]) == ("7/day", "on")


def test_embedded_servers_are_described_as_embedded() -> None:
    rows = {row.name: row.value for row in Settings.from_environ({}).describe()}

    assert rows["QUOTES_REDIS_URL"] == rows["QUOTES_SECRET_KEYS"] == "(embedded)"
