"""QUOTES_CORS_ORIGINS: the accepted values, and the sentences that refuse the others."""

from __future__ import annotations

import pytest

from entrypoints.settings.settings import Settings, SettingsError


def read(text: str) -> Settings:
    return Settings.from_environ({"QUOTES_CORS_ORIGINS": text})


def refusal(text: str) -> str:
    with pytest.raises(SettingsError) as refused:
        read(text)
    message = str(refused.value)
    assert message.startswith("QUOTES_CORS_ORIGINS ")
    assert "\n" not in message
    return message


def test_no_origin_is_allowed_by_default() -> None:
    settings = Settings.from_environ({})

    assert settings.cors_origins == ()
    assert {row.value for row in settings.describe() if row.name == "QUOTES_CORS_ORIGINS"} == {"(none)"}


@pytest.mark.parametrize(
    "origin",
    [
        "https://shop.example",
        "http://localhost:5173",
        "http://127.0.0.1:8080",
        "http://[::1]:3000",
        "https://xn--mnchen-3ya.example",
        "https://a_b.internal:65535",
        "https://shop.example:80",
    ],
)
def test_an_origin_is_taken_as_a_browser_writes_it(origin: str) -> None:
    assert read(origin).cors_origins == (origin,)


def test_several_are_separated_by_commas_and_shown() -> None:
    settings = read("https://a.example, https://b.example,https://a.example")

    assert settings.cors_origins == ("https://a.example", "https://b.example")
    rows = {row.name: row.value for row in settings.describe()}
    assert rows["QUOTES_CORS_ORIGINS"] == "https://a.example,https://b.example"


@pytest.mark.parametrize("text", ["*", "https://shop.example,*"])
def test_a_wildcard_is_refused(text: str) -> None:
    assert "must name each origin, such as https://shop.example; '*' would admit every page" in refusal(text)


@pytest.mark.parametrize(
    "text", ["https://shop.example/", "https://shop.example/app", "https://shop.example?x", "https://shop.example#x"]
)
def test_a_path_or_a_slash_is_refused(text: str) -> None:
    remedy = "must have origins without a path and without a final slash, such as https://shop.example"
    assert refusal(text) == f"QUOTES_CORS_ORIGINS {remedy}, not {text!r}"


@pytest.mark.parametrize("text", ["https://shop.example:443", "http://shop.example:80"])
def test_a_port_that_browsers_leave_out_is_refused(text: str) -> None:
    port = text.rpartition(":")[2]
    assert f"must have origins without the default port {port}, which browsers leave out, not" in refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "shop.example",
        "https://",
        "https://*.shop.example",
        "https://Shop.example",
        "HTTPS://shop.example",
        "https://shop.example:0",
        "https://shop.example:65536",
        "https://shop.example:080",
        "https://me@shop.example",
        "https://shop..example",
        "https://-shop.example",
        "https://münchen.example",
        "https://shop.example\nhttps://b.example",
        "https://a.example https://b.example",
        "https://a.example,",
        ",",
        "ftp://shop.example",
        "file:///home",
        "https://[::1",
    ],
)
def test_an_origin_that_no_browser_sends_is_refused(text: str) -> None:
    assert refusal(text).startswith("QUOTES_CORS_ORIGINS must have origins ")
