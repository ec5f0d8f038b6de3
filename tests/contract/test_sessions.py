"""The contract of every store of sessions."""

from __future__ import annotations

from datetime import timedelta

from domain.model import AccessToken, AccountId, Session
from domain.ports import MOST_SESSIONS, Sessions
from tests.contract.support.builders import an_account_named
from tests.contract.support.store_backends import MemoryBackend, StoreBackend
from tests.support.waiting import eventually

SHORT = timedelta(milliseconds=40)
ADA, BOB = AccountId("ac_1"), AccountId("ac_2")


def found(sessions: Sessions, tokens: list[AccessToken]) -> list[bool]:
    return [sessions.find(token) is not None for token in tokens]


def wait_for_end(backend: StoreBackend, token: AccessToken) -> None:
    """Wait for the end of the short session."""
    if isinstance(backend, MemoryBackend):
        backend.clock.advance(SHORT)
    assert eventually(lambda: backend.sessions().find(token) is None)


def test_an_open_session_is_found_by_its_token_alone(store_backend: StoreBackend) -> None:
    token = store_backend.sessions().open(an_account_named(ADA, 7)).token

    assert Session(ADA, 7) == store_backend.sessions().find(token)


def test_each_session_has_a_token_of_its_own_and_leads_to_its_account(store_backend: StoreBackend) -> None:
    sessions, owners = store_backend.sessions(), [ADA, BOB, ADA]
    tokens = [sessions.open(an_account_named(owner)).token for owner in owners]

    assert len(owners) == len(set(tokens))
    assert [Session(owner, 1) for owner in owners] == [sessions.find(token) for token in tokens]


def test_only_the_exact_token_finds_or_closes_a_session(store_backend: StoreBackend) -> None:
    sessions = store_backend.sessions()
    opened = (sessions.open(an_account_named(ADA)).token for _ in range(MOST_SESSIONS))
    token = next(token for token in opened if {"-", "_"} & set(token[3:]))
    others = {
        "another last letter": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "another first letter": "at_" + ("A" if token[3] != "A" else "B") + token[4:],
        "more": token + "A",
        "less": token[:-1],
        "padding": token + "====",
        "a space": token + " ",
        "a line's end": token + "\n",
        "base64 of the other alphabet": "at_" + token[3:].replace("-", "+").replace("_", "/"),
        "a letter that base64 lacks": token[:20] + "*" + token[20:],
        "another beginning": "qk" + token[2:],
        "no beginning": token[3:],
        "a letter outside of ASCII": token[:-1] + "é",
        "nothing": "",
    }

    assert [name for name, other in others.items() if sessions.find(AccessToken(other))] == []
    assert [name for name, other in others.items() if sessions.close(AccessToken(other))] == []
    assert found(sessions, [token]) == [True]


def test_a_session_ends_by_itself_at_the_time_that_was_told(store_backend: StoreBackend) -> None:
    before = store_backend.now()
    access = store_backend.sessions(SHORT).open(an_account_named(ADA))
    assert before + SHORT <= access.expires_at <= store_backend.now() + SHORT

    wait_for_end(store_backend, access.token)
    assert store_backend.now() >= access.expires_at


def test_an_ended_session_is_not_found_beside_an_open_one(store_backend: StoreBackend) -> None:
    ada, sessions = an_account_named(ADA), store_backend.sessions()
    longer = sessions.open(ada).token
    shorter = store_backend.sessions(SHORT).open(ada).token
    wait_for_end(store_backend, shorter)

    assert sessions.count(ada) == 1
    assert sessions.close(shorter) is False
    assert found(sessions, [longer]) == [True]


def test_closing_a_session_ends_it_and_no_other(store_backend: StoreBackend) -> None:
    ada, sessions = an_account_named(ADA), store_backend.sessions()
    tokens = [sessions.open(ada).token for _ in range(3)]

    assert sessions.close(tokens[1]) is True
    assert found(sessions, tokens) == [True, False, True]
    assert sessions.count(ada) == 2


def test_a_session_is_closed_once(store_backend: StoreBackend) -> None:
    sessions = store_backend.sessions()
    token = sessions.open(an_account_named(ADA)).token

    assert [sessions.close(token) for _ in range(2)] == [True, False]


def test_all_sessions_of_an_account_are_closed_at_once_and_no_other_account_s(store_backend: StoreBackend) -> None:
    ada, bob, sessions = an_account_named(ADA), an_account_named(BOB), store_backend.sessions()
    tokens = [sessions.open(account).token for account in (ada, ada, bob)]

    for _ in range(2):
        sessions.close_all(ADA)
        assert found(sessions, tokens) == [False, False, True]
        assert (sessions.count(ada), sessions.count(bob)) == (0, 1)
    assert sessions.find(sessions.open(ada).token)


def test_an_account_without_a_session_has_none(store_backend: StoreBackend) -> None:
    assert store_backend.sessions().count(an_account_named(ADA)) == 0


def test_only_sessions_of_the_present_credentials_are_counted(store_backend: StoreBackend) -> None:
    sessions = store_backend.sessions()
    for _ in range(2):
        sessions.open(an_account_named(ADA, 7))

    assert [sessions.count(an_account_named(ADA, version)) for version in (6, 7, 8)] == [0, 2, 0]


def test_a_session_under_new_credentials_ends_those_of_older_ones(store_backend: StoreBackend) -> None:
    sessions = store_backend.sessions()
    older = [sessions.open(an_account_named(ADA, 7)).token for _ in range(2)]
    bob = sessions.open(an_account_named(BOB, 1)).token
    newer = sessions.open(an_account_named(ADA, 8)).token

    assert found(sessions, [*older, bob, newer]) == [False, False, True, True]


def test_a_session_under_older_credentials_ends_none_of_newer_ones(store_backend: StoreBackend) -> None:
    sessions = store_backend.sessions()
    newer = [sessions.open(an_account_named(ADA, 8)).token for _ in range(MOST_SESSIONS - 1)]
    late = sessions.open(an_account_named(ADA, 7)).token
    assert Session(ADA, 7) == sessions.find(late)

    newer.append(sessions.open(an_account_named(ADA, 8)).token)
    sessions.open(an_account_named(ADA, 7))
    assert found(sessions, newer) == [True] * MOST_SESSIONS
    assert sessions.count(an_account_named(ADA, 8)) == MOST_SESSIONS


def test_of_more_sessions_than_an_account_may_have_the_oldest_end(store_backend: StoreBackend) -> None:
    ada, sessions = an_account_named(ADA), store_backend.sessions()
    # The first session is also the last to expire by itself.
    first = store_backend.sessions(timedelta(days=2)).open(ada).token
    tokens = [first, *(sessions.open(ada).token for _ in range(MOST_SESSIONS - 1))]
    assert found(sessions, tokens) == [True] * MOST_SESSIONS

    tokens += [sessions.open(ada).token for _ in range(2)]
    assert found(sessions, tokens) == [False] * 2 + [True] * MOST_SESSIONS
    assert sessions.count(ada) == MOST_SESSIONS


def test_ended_sessions_do_not_count_against_the_limit(store_backend: StoreBackend) -> None:
    ada, sessions = an_account_named(ADA), store_backend.sessions()
    longer = [sessions.open(ada).token for _ in range(MOST_SESSIONS - 1)]
    shorter = store_backend.sessions(SHORT).open(ada).token
    wait_for_end(store_backend, shorter)
    longer.append(sessions.open(ada).token)

    assert found(sessions, longer) == [True] * MOST_SESSIONS
