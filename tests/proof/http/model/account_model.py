"""The model of accounts and their sessions."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tests.proof.http.model.answers import (
    BAD_CREDENTIALS,
    CREATED,
    DATABASE_AWAY,
    DISCARDED,
    EXPIRED,
    NO_QUOTE,
    NO_SESSION,
    OK,
    QUOTE_OF_ANOTHER,
    STORE_AWAY,
    Answer,
)
from tests.proof.http.model.entities import SESSION, Account, Expects, Object, Person, Quote, Session, stamp
from tests.proof.http.model.quote_model import QuoteModel


@dataclass
class AccountModel(QuoteModel):
    """The model with accounts; `sessions` are all that any answer has opened."""

    sessions: list[Session] = field(default_factory=list)

    @property
    def open_sessions(self) -> list[Session]:
        return [session for session in self.sessions if self._is_open(session)]

    # Allowed answers of each call.

    def to_open(self, session: Session) -> set[Answer]:
        """Return the allowed refusals of a session."""
        if not self.takes_sessions:
            return {STORE_AWAY}
        if session.is_closed or self.now >= session.ends:
            return {NO_SESSION}
        # The store may have deleted a session that its account has ended.
        refused = set() if self._is_open(session) else {NO_SESSION}
        return refused | ({DATABASE_AWAY} if self.is_database_away else set())

    def to_look(self, session: Session) -> set[Answer]:
        return self.to_open(session) or {OK}

    def to_claim(self, quote: Quote, session: Session, expects: Expects) -> set[Answer]:
        if refused := self.to_open(session):
            return refused
        draft, reasons = quote.live(self.now), set()
        if draft:
            reasons = self._obstacles(draft, Expects.NOTHING if quote.claim else expects)
        elif not quote.claim:
            return {EXPIRED}
        if quote.claim:
            return reasons | (set() if self.is_owner(quote, session) else {QUOTE_OF_ANOTHER}) or {OK}
        return reasons or {CREATED}

    def to_get(self, quote: Quote, session: Session) -> set[Answer]:
        return self.to_open(session) or ({OK} if self.is_owner(quote, session) else {NO_QUOTE})

    def to_delete(self, quote: Quote, session: Session) -> set[Answer]:
        return self.to_open(session) or ({DISCARDED} if self.is_owner(quote, session) else {NO_QUOTE})

    def to_change(self, session: Session, password: str, done: Answer) -> set[Answer]:
        """Return the allowed answers of a call that needs the password too."""
        return self.to_open(session) or ({done} if session.account.person.password == password else {BAD_CREDENTIALS})

    def to_log_in(self, person: Person) -> set[Answer]:
        if self.is_database_away:
            return {DATABASE_AWAY}
        account = self.accounts.get(person.key)
        if account is None or account.person.password != person.password:
            return {BAD_CREDENTIALS}
        return {CREATED} if self.takes_sessions else {STORE_AWAY}

    def to_log_out(self, session: Session) -> set[Answer]:
        if not self.takes_sessions:
            return {STORE_AWAY}
        if session.is_closed or self.now >= session.ends:
            return {NO_SESSION}
        return {DISCARDED} if self._is_open(session) else {DISCARDED, NO_SESSION}

    # The content of each answer.

    def account_quotes(self, account: Account) -> list[Object]:
        """Return all quotes of the account, the latest claimed first."""
        quotes = [quote for quote in self.quotes if self._is_in_account(quote, account)]
        quotes.sort(key=lambda quote: (quote.claim.at if quote.claim else quote.created_at, quote.quote_id))
        return [self.owned(quote) for quote in reversed(quotes)]

    def owned(self, quote: Quote) -> Object:
        """Return a quote as its owner sees it."""
        claim = quote.claim
        assert claim
        is_built = claim.details is not None
        return {
            "quote_id": quote.quote_id,
            "status": claim.status,
            "product": quote.product if is_built else None,
            "details": claim.details,
            "created_at": stamp(quote.created_at),
            "claimed_at": stamp(claim.at) if is_built else None,
        } | ({"reason": "expired"} if claim.status == "failed" else {})

    def access(self) -> Object:
        """Return a fresh session without its token."""
        return {"token_type": "Bearer", "expires_at": stamp(self.now + SESSION)}

    # The effect of each answer.

    def add_session(self, token: str, account: Account) -> None:
        self.sessions.append(Session(token, account, account.version, self.now + SESSION))

    def apply_claim(self, quote: Quote, session: Session, expects: Expects, answer: Answer) -> None:
        """Apply a claim, as after a registration."""
        if answer in (NO_SESSION, STORE_AWAY, DATABASE_AWAY):
            return
        frozen = self._frozen_draft(quote, expects, answer)
        if answer == CREATED:
            self._claim(quote, session.account.person, quote.live(self.now))
        if frozen:
            self._release(quote, frozen, answer)

    def apply_deletion(self, quote: Quote) -> None:
        claim = quote.claim
        assert claim
        claim.status, claim.details, claim.request = "discarded", None, None

    def apply_erasure(self, account: Account) -> None:
        for quote in self.quotes:
            if self._is_in_account(quote, account):
                self.apply_deletion(quote)
        del self.accounts[account.person.key]

    def apply_password_change(self, account: Account, password: str) -> None:
        person = replace(account.person, password=password)
        for quote in self.quotes:
            if quote.claim and self._is_in_account(quote, account):
                quote.claim.person = person
        account.person, account.version = person, account.version + 1

    def is_owner(self, quote: Quote, session: Session) -> bool:
        return self._is_in_account(quote, session.account)

    def _is_in_account(self, quote: Quote, account: Account) -> bool:
        claim = quote.claim
        return claim is not None and not claim.is_discarded and self.accounts.get(claim.person.key) is account

    def _is_open(self, session: Session) -> bool:
        is_present = self.accounts.get(session.account.person.key) is session.account
        has_expired = session.is_closed or self.now >= session.ends
        return is_present and not has_expired and session.version == session.account.version
