"""`quotes claims …` as an operator types it: its output, the personal data that it hides, its exit status."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.model import Details
from domain.use_cases.start_quote import Started
from tests.support.in_memory_service import applicant
from tests.support.reconciled_service import ReconciledService
from tests.support.running_service import finished, refusal

PERSONAL = ("maria@example.com", "Maria", "Seat")
REASON = ("--reason", "the customer was asked")

Quotes = Callable[..., str]


@pytest.fixture
def quotes(reconciled: ReconciledService) -> Quotes:
    """Run a `quotes claims` command that must succeed, and return its output."""

    def run(*words: str) -> str:
        done = finished("claims", *words, environ=reconciled.environ)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def refused(reconciled: ReconciledService) -> Started:
    """A quote that the database refused: its draft is readable, and kept in the claim."""
    details: Details = {"vehicle": {"make": "Seat", "extras": ["Maria's radio", {"maria@example.com": 1}]}}
    quote = reconciled.services.start_quote("motor", details)
    reconciled.sql.refuse("INSERT", "quote")
    reconciled.register(quote, applicant())
    reconciled.sql.allow("quote")
    return quote


def refusal_of(reconciled: ReconciledService, *words: str) -> tuple[int, str]:
    return refusal("claims", *words, environ=reconciled.environ)


@pytest.fixture
def expired(reconciled: ReconciledService) -> Started:
    """A quote whose draft expired before it was fetched."""
    quote = reconciled.start()
    reconciled.register_pending(quote, applicant("bob@example.com", name="Bob"))
    reconciled.admin.delete(reconciled.key(quote))
    reconciled.sql.execute(f"UPDATE claim SET next_at = 1 WHERE quote_id = '{quote.quote_id}'")  # noqa: S608 - our own id
    assert finished("reconcile", "--once", environ=reconciled.environ).returncode == 1
    return quote


class TestList:
    def test_it_shows_the_claims_that_are_not_done_with_their_cause(
        self, quotes: Quotes, reconciled: ReconciledService, expired: Started
    ) -> None:
        reconciled.register(reconciled.start(), applicant("done@example.com"))
        head, line = quotes("list").splitlines()
        assert head.split() == ["QUOTE", "STATE", "CAUSE", "ATTEMPTS", "AGE", "NEXT"]
        assert line.split()[:4] == [expired.quote_id, "dead", "expired", "0"]
        assert re.fullmatch(r"\d+s +in \d+s", line.split(maxsplit=4)[4])

    def test_filters_narrow_it(self, quotes: Quotes, refused: Started, expired: Started) -> None:
        def ids(*words: str) -> list[str]:
            return quotes("list", "--ids", *words).split()

        assert ids() == sorted([refused.quote_id, expired.quote_id])
        assert ids("--state", "dead") == ids("--cause", "expired") == [expired.quote_id]
        assert ids("--state", "dead", "--state", "done", "--cause", "quote-refused") == ids("--older-than", "1h") == []
        assert ids("--newer-than", "1h") == ids("--all") == ids()

    def test_it_goes_on_where_a_page_ended(
        self, reconciled: ReconciledService, refused: Started, expired: Started
    ) -> None:
        first = finished("claims", "list", "--ids", "--limit", "1", environ=reconciled.environ)
        assert first.stdout.split() == [refused.quote_id]
        assert first.stderr == f"Add --after {refused.quote_id} to list more; there are more claims.\n"
        second = finished("claims", "list", "--ids", "--after", refused.quote_id, environ=reconciled.environ)
        assert (second.stdout.split(), second.stderr) == ([expired.quote_id], "")

    def test_it_counts_by_cause(self, quotes: Quotes, refused: Started, expired: Started) -> None:
        lines = [line.split()[:3] for line in quotes("list", "--by-cause").splitlines()]
        assert lines == [["STATE", "CAUSE", "CLAIMS"], ["dead", "expired", "1"], ["retry", "quote-refused", "1"]]
        counted = json.loads(quotes("list", "--by-cause", "--json"))
        assert [(count["cause"], count["claims"]) for count in counted] == [("expired", 1), ("quote-refused", 1)]

    def test_json_holds_the_same(self, quotes: Quotes, refused: Started) -> None:
        [claim] = json.loads(quotes("list", "--json"))
        assert (claim["quote_id"], claim["state"], claim["cause"]) == (refused.quote_id, "retry", "quote-refused")

    @pytest.mark.parametrize(
        "words", [["--state", "lost"], ["--cause", "bad luck"], ["--older-than", "soon"], ["--limit", "0"]]
    )
    def test_an_unknown_filter_is_refused(self, reconciled: ReconciledService, words: list[str]) -> None:
        status, line = refusal("claims", "list", *words, environ=reconciled.environ)
        assert status == 2
        assert words[0] in line


class TestPersonalData:
    @pytest.mark.parametrize(
        "words",
        [
            ["list", "--all"],
            ["list", "--json"],
            ["show"],
            ["show", "--json"],
            ["show", "--payload"],
            ["export"],
            ["log"],
        ],
        ids=" ".join,
    )
    def test_it_is_hidden_unless_it_is_asked_for(self, quotes: Quotes, refused: Started, words: list[str]) -> None:
        named = [refused.quote_id] if words[0] in ("show", "export") else []
        printed = quotes(words[0], *named, *words[1:])
        assert not [word for word in PERSONAL if word in printed]
        assert "base64" not in printed

    def test_a_command_that_shows_it_is_in_the_audit_log(self, quotes: Quotes, refused: Started) -> None:
        for words in (["show"], ["show", "--json"], ["export"]):
            printed = quotes(words[0], refused.quote_id, *words[1:], "--reveal", "--as", "ada", *REASON)
            assert "maria@example.com" in printed
        assert json.loads(quotes("show", refused.quote_id, "--payload", "--reveal"))["details"] == refused.details
        entries = json.loads(quotes("log", "--json"))
        assert [(entry["act"], entry["by"], entry["reason"]) for entry in entries[:3]] == [
            ("reveal", "ada", REASON[1])
        ] * 3
        assert re.fullmatch(r"\S+@\S+", entries[3]["by"])

    def test_the_structure_of_a_draft_is_shown_without_its_values(self, quotes: Quotes, refused: Started) -> None:
        shown = json.loads(quotes("show", refused.quote_id, "--payload"))
        assert shown == {
            "product": "motor",
            "details": {"vehicle": {"make": "string", "extras": ["string", {"(hidden 1)": "number"}]}},
        }

    def test_control_characters_in_stored_text_are_not_sent_to_the_terminal(
        self, quotes: Quotes, reconciled: ReconciledService
    ) -> None:
        hostile = "\x1b[2J\x9b2J\u202eevil"
        quote = reconciled.services.start_quote("motor", {"a": hostile, hostile: 1})
        reconciled.sql.refuse("INSERT", "quote")
        reconciled.register(quote, applicant(name=hostile))
        quotes("retry", quote.quote_id, "--reason", f"{hostile}\nforged", "--as", hostile)
        for words in (["log"], ["log", "--json"], ["show", quote.quote_id, "--reveal"], ["export", "--reveal"]):
            printed = quotes(*words)
            assert "evil" in printed
            assert not [c for c in printed if not c.isprintable() and c != "\n"]
        assert quotes("log").count("\n") == 4
        draft = json.loads(quotes("show", quote.quote_id, "--payload", "--reveal"))
        assert draft["details"] == {"a": hostile, hostile: 1}

    def test_bytes_that_are_not_a_draft_are_printed_so_that_no_terminal_obeys_them(
        self, quotes: Quotes, reconciled: ReconciledService
    ) -> None:
        quote = reconciled.start()
        reconciled.admin.set(reconciled.key(quote), b"\x1b[2Jdamaged\xff\x07", keepttl=True)
        reconciled.register(quote, applicant())
        assert quotes("show", quote.quote_id, "--payload") == ""
        assert quotes("show", quote.quote_id, "--payload", "--reveal") == "\\x1b[2Jdamaged\\xff\\x07\n"


class TestRetryAndDiscard:
    def test_a_draft_that_was_shown_can_be_given_back(
        self, quotes: Quotes, reconciled: ReconciledService, refused: Started, tmp_path: Path
    ) -> None:
        draft = tmp_path / "draft.json"
        draft.write_text(quotes("show", refused.quote_id, "--payload", "--reveal").replace("Seat", "Fiat"))
        [claim] = json.loads(quotes("list", "--json"))
        words = ("retry", refused.quote_id, "--payload", str(draft), *REASON)
        status, line = refusal_of(reconciled, *words)
        assert (status, f"--replaces {claim['payload_sha256'][:12]}" in line) == (1, True)
        printed = quotes(*words, "--replaces", claim["payload_sha256"][:8])
        assert printed == f"{refused.quote_id} is retry now\n"
        assert reconciled.reconcile(timedelta()) == {"built": 1}
        assert reconciled.details(refused)["vehicle"]["make"] == "Fiat"

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            '{"product": "motor"}',
            '{"details": []}',
            '{"details": {}, "more": 1}',
            '{"details": {"a": NaN}}',
            '{"product": "a b", "details": {}}',
            '{"details": {"a": "%s"}}' % ("x" * 65536),
        ],
        ids=["nothing", "cut off", "list", "no details", "no object", "unknown", "NaN", "product", "too large"],
    )
    def test_a_repaired_draft_that_is_not_a_draft_is_refused_and_nothing_is_changed(
        self, quotes: Quotes, reconciled: ReconciledService, refused: Started, tmp_path: Path, text: str
    ) -> None:
        before = reconciled.rows("claim")
        draft = tmp_path / "draft.json"
        draft.write_text(text)
        status, _ = refusal("claims", "retry", refused.quote_id, "--payload", str(draft), environ=reconciled.environ)
        assert status == 1
        assert reconciled.rows("claim") == before
        assert quotes("log") == "AT  QUOTE  ACT  BY  CHANGE  REASON\n"

    def test_a_refused_claim_does_not_stop_the_others(
        self, reconciled: ReconciledService, refused: Started, expired: Started
    ) -> None:
        words = ["retry", refused.quote_id, "qt_unknown", expired.quote_id, *REASON]
        done = finished("claims", *words, environ=reconciled.environ)
        assert (done.returncode, "qt_unknown: it has no claim" in done.stderr) == (1, True)
        assert done.stdout.split()[::4] == [refused.quote_id, expired.quote_id]

    def test_one_draft_is_for_one_quote(self, reconciled: ReconciledService, refused: Started, tmp_path: Path) -> None:
        (tmp_path / "draft.json").write_text("{}")
        words = ["retry", refused.quote_id, refused.quote_id, "--payload", str(tmp_path / "draft.json")]
        assert refusal("claims", *words, environ=reconciled.environ)[0] == 2

    def test_a_discard_wants_a_reason(self, quotes: Quotes, reconciled: ReconciledService, refused: Started) -> None:
        status, line = refusal("claims", "discard", refused.quote_id, environ=reconciled.environ)
        assert (status, "--reason" in line) == (2, True)
        assert quotes("discard", refused.quote_id, *REASON) == f"{refused.quote_id} is discarded now\n"
        assert "retry → discarded  the customer was asked" in quotes("log", refused.quote_id)

    @pytest.mark.parametrize("words", [["retry"], ["discard", *REASON], ["show"]], ids=lambda words: words[0])
    def test_an_unknown_claim_is_reported(self, reconciled: ReconciledService, words: list[str]) -> None:
        status, line = refusal("claims", words[0], "qt_unknown", *words[1:], environ=reconciled.environ)
        assert (status, "qt_unknown: it has no claim" in line) == (1, True)

    @pytest.mark.parametrize("words", [["retry"], ["discard", *REASON]], ids=lambda words: words[0])
    def test_a_claim_that_is_done_is_left_alone(self, reconciled: ReconciledService, words: list[str]) -> None:
        quote = reconciled.start()
        reconciled.register(quote, applicant())
        status, line = refusal("claims", words[0], quote.quote_id, *words[1:], environ=reconciled.environ)
        assert (status, "is done" in line) == (1, True)


class TestExport:
    def test_it_writes_a_line_for_each_selected_claim(
        self, quotes: Quotes, reconciled: ReconciledService, refused: Started, expired: Started, tmp_path: Path
    ) -> None:
        def exported(*words: str) -> list[dict[str, Any]]:
            quotes("export", *words, "--output", str(tmp_path / "claims.jsonl"))
            return [json.loads(line) for line in (tmp_path / "claims.jsonl").read_text().splitlines()]

        assert [claim["quote_id"] for claim in exported()] == sorted([refused.quote_id, expired.quote_id])
        [claim] = exported("--cause", "quote-refused", "--reveal")
        assert claim["draft"]["details"] == refused.details
        assert claim["account"]["email"] == "maria@example.com"
        assert len(claim["payload_base64"]) > 20
        assert [claim["quote_id"] for claim in exported(expired.quote_id)] == [expired.quote_id]
        assert (tmp_path / "claims.jsonl").stat().st_mode & 0o077 == 0
        away = tmp_path / "nowhere" / "claims.jsonl"
        status, line = refusal("claims", "export", "--output", str(away), environ=reconciled.environ)
        assert (status, str(away) in line) == (2, True)


class TestVerify:
    def test_a_finding_is_printed_with_exit_status_1(self, reconciled: ReconciledService) -> None:
        quote = reconciled.start()
        reconciled.register(quote, applicant())
        reconciled.sql.execute("DELETE FROM quote")
        reconciled.admin.persist(reconciled.key(quote))
        done = finished("claims", "verify", environ=reconciled.environ)
        assert done.returncode == 1
        assert f"claim-without-quote: {quote.quote_id}: " in done.stdout
        assert f"key-without-ttl: {reconciled.key(quote)}: " in done.stdout
        assert done.stdout.endswith("1 claims, 0 quotes, 2 keys: 2 findings\n")
        found = json.loads(finished("claims", "verify", "--json", environ=reconciled.environ).stdout)
        assert [finding["finding"] for finding in found["findings"]] == ["key-without-ttl", "claim-without-quote"]
        assert found["examined"] == {"claims": 1, "keys": 2}


class TestServersThatAreAway:
    def test_no_store_is_exit_status_3(self, reconciled: ReconciledService) -> None:
        reconciled.register(reconciled.start(), applicant())
        reconciled.stop_store()
        assert refusal("claims", "verify", environ=reconciled.environ)[0] == 3
        assert finished("claims", "list", environ=reconciled.environ).returncode == 0

    def test_no_database_is_exit_status_3(self, reconciled: ReconciledService) -> None:
        away = reconciled.environ | {"QUOTES_DATABASE_URL": "postgresql://app:secret@127.0.0.1:1/quotes"}
        for words in (["list"], ["log"], ["verify"], ["show", "qt_unknown"]):
            status, line = refusal("claims", *words, environ=away)
            assert (status, "secret" in line) == (3, False)

    def test_tables_of_another_version_are_reported_with_the_command_to_run(
        self, reconciled: ReconciledService, tmp_path: Path
    ) -> None:
        old = reconciled.environ | {"QUOTES_DATABASE_URL": f"sqlite:///{tmp_path}/empty.db"}
        status, line = refusal("claims", "list", environ=old)
        assert (status, "quotes migrate" in line) == (3, True)
