"""The texts of the command line: whole summaries, the right help page, and refusals with existing options."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from domain import errors
from domain.claims import ClaimState
from domain.model import QuoteId
from entrypoints.cli import main
from entrypoints.cli.claim_changes import sentence_of
from entrypoints.cli.claim_options import claim_filter

QUOTE = QuoteId("qt_01KAQ3ZC0V8Q4W2R7X9T5N6M1B")


def groups(command: click.Command = main.commands, path: str = "quotes") -> Iterator[tuple[str, click.Group]]:
    if isinstance(command, click.Group):
        yield path, command
        for name, inner in command.commands.items():
            yield from groups(inner, f"{path} {name}")


@pytest.mark.parametrize(("path", "group"), list(groups()), ids=lambda value: value if isinstance(value, str) else "")
def test_no_summary_of_a_command_is_cut(path: str, group: click.Group) -> None:
    page = group.get_help(click.Context(group, info_name=path))
    summaries = page.partition("Commands:")[2]
    assert all(name in summaries for name in group.commands)
    assert "..." not in summaries


@pytest.mark.parametrize(
    ("words", "page"),
    [
        (["claims", "show"], "quotes claims show --help"),
        (["claims", "list", "--limit", "0"], "quotes claims list --help"),
        (["claims", "nonsense"], "quotes claims --help"),
        (["nonsense"], "quotes --help"),
    ],
)
def test_a_usage_error_names_the_help_of_its_own_command(words: list[str], page: str) -> None:
    with pytest.raises(click.UsageError) as refused:
        main.commands.main(words, prog_name="quotes", standalone_mode=False, obj=None)
    message, status = main._explained(refused.value)
    assert (status, message.endswith(f" See `{page}`.")) == (2, True), message


def test_a_replacement_that_names_no_draft_is_answered_with_the_option() -> None:
    sentence = sentence_of(errors.DraftNotSeen(QUOTE, "07a4684934e3"))
    assert f"`quotes claims show {QUOTE} --payload --reveal`" in sentence
    assert "--replaces 07a4684934e3" in sentence


def test_a_purged_draft_is_answered_with_the_option_for_another() -> None:
    assert "--payload FILE" in sentence_of(errors.DraftPurged(QUOTE))


def test_other_refusals_are_their_own_sentence() -> None:
    refusal = errors.ClaimNotOpen(QUOTE, ClaimState.DONE)
    assert sentence_of(refusal) == str(refusal) == f"The claim of {QUOTE} is done: there is nothing to repair."


@pytest.mark.parametrize(
    "error",
    [
        errors.StoreDenied("NOPERM no permission"),
        errors.StoreUnreachable("no answer"),
        errors.StoreReadOnly("READONLY a replica"),
    ],
)
def test_a_lack_of_a_right_is_not_called_an_outage(error: errors.StoreUnavailable) -> None:
    message, status = main._explained(error)
    assert status == 3
    assert str(error) in message
    assert ("cannot reach" in message) is isinstance(error, errors.StoreUnreachable)
    assert ("rights of docs/production.md" in message) is isinstance(error, errors.StoreDenied)


@pytest.mark.parametrize(
    ("error", "remedy"),
    [(errors.StoreFull("OOM"), "more memory"), (errors.Overloaded("no connection is free"), "again later")],
)
def test_a_server_at_its_limit_is_not_unexpected(error: errors.Unavailable, remedy: str) -> None:
    message, status = main._explained(error)
    assert status == 3
    assert remedy in message
    assert str(error) in message


def test_a_commit_without_an_answer_is_not_called_an_outage() -> None:
    message, status = main._explained(errors.CommitUnknown("the connection was lost"))
    assert (status, "whether the change was made" in message) == (3, True)


def test_a_list_hides_claims_that_are_over_and_never_those_of_a_newer_version() -> None:
    shown = claim_filter((), (), None, None, every=False).states
    assert set(ClaimState) - set(shown) == {ClaimState.DONE, ClaimState.DISCARDED}
    assert claim_filter((), (), None, None, every=True).states == ()


def test_a_claim_of_a_newer_version_is_not_called_repaired() -> None:
    assert "newer version" in str(errors.ClaimNotOpen(QUOTE, ClaimState.UNKNOWN))


@pytest.mark.parametrize("path", sorted(Path(errors.__file__).parent.rglob("*.py")), ids=lambda path: path.stem)
def test_the_domain_names_no_option_of_the_command_line(path: Path) -> None:
    texts = [node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)]
    assert not [text for text in texts if isinstance(text, str) and "--" in text]
