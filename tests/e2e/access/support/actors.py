"""Visitors with quotes and customers with sessions, in every state that a secret can be in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from domain.accounts.open_session import OpenSession
from domain.model import AccessToken, Account, Applicant, Email, QuoteRef
from tests.e2e.access.support.inspected_service import InspectedService

PRIVATE = "only-for-the-owner"
"""A text in the details, names and e-mails of all actors."""
PASSWORD = "correct horse battery"
ANOTHER_PASSWORD = "quite another battery"
NEW_PASSWORD = "a password of its own"


@dataclass(frozen=True, slots=True)
class Visited:
    """A quote, and its visitor's token."""

    id: str
    token: str
    ref: QuoteRef


class _NoSession(OpenSession):
    """The step that opens a session, while the store is away."""

    def __call__(self, account: Account) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer, and the quote that was claimed at the registration."""

    account: Account
    password: str
    access: AccessToken
    quote: Visited

    @property
    def email(self) -> str:
        return self.account.email.address


class Actors:
    """
    All visitors and customers of one test; each is made at its first use.

    The right secrets are those of `visitor`, an open quote, and of `maria`.
    """

    def __init__(self, inspected: InspectedService) -> None:
        self.inspected = inspected
        self.services = inspected.services

    @cached_property
    def visitor(self) -> Visited:
        return self.started()

    @cached_property
    def another_visitor(self) -> Visited:
        return self.started()

    @cached_property
    def expired(self) -> Visited:
        quote = self.started()
        self.inspected.expire(quote.ref)
        return quote

    @cached_property
    def discarded(self) -> Visited:
        quote = self.started()
        self.services.discard_quote(quote.id, quote.token)
        return quote

    @cached_property
    def unknown_id(self) -> str:
        """An id that no quote has, with the timestamp of an open quote."""
        quote = self.visitor.id
        return quote[:-4] + ("ZZZZ" if quote[-4:] != "ZZZZ" else "YYYY")

    @cached_property
    def maria(self) -> Customer:
        return self.registered()

    @cached_property
    def bob(self) -> Customer:
        """Another customer, with another password."""
        return self.registered(ANOTHER_PASSWORD)

    @cached_property
    def deleted(self) -> Visited:
        """A quote that Maria claimed and deleted."""
        quote = self.started()
        self.services.claim_quote(quote.id, quote.token, self.maria.access)
        self.services.discard_account_quote(self.maria.access, quote.id)
        return quote

    @cached_property
    def logged_out(self) -> AccessToken:
        """An access token of Maria's, after its log-out."""
        access = self.services.log_in(self.maria.account.email, PASSWORD).access.token
        self.services.log_out(access)
        return access

    @cached_property
    def ended(self) -> AccessToken:
        """An expired access token of Maria's, with another of Maria's sessions still open."""
        return self.inspected.expired_access(self.maria.account)

    @cached_property
    def careful(self) -> Customer:
        """A customer after a change of password, with the access token of the session that it ended."""
        customer = self.registered()
        self.services.change_password(customer.access, PASSWORD, NEW_PASSWORD)
        return replace(customer, password=NEW_PASSWORD)

    @cached_property
    def erased(self) -> Customer:
        """A customer with an erased account, and the secrets from before the erasure."""
        customer = self.registered()
        self.services.erase_account(customer.access, PASSWORD)
        return customer

    @cached_property
    def careful_unheard(self) -> Customer:
        """A customer after a change of password while the store was away; the store still has the old session."""
        customer = self.registered()
        unheard = _NoSession(self.services.change_password.open_session.sessions)
        change = replace(self.services.change_password, open_session=unheard)
        change(customer.access, PASSWORD, NEW_PASSWORD)
        return replace(customer, password=NEW_PASSWORD)

    @cached_property
    def erased_unheard(self) -> Customer:
        """A customer with an account erased while the store was away; the store still has the session."""
        customer = self.registered()
        self.services.erase_account.accounts.erase(customer.account.account_id, customer.account.created_at)
        return customer

    def started(self) -> Visited:
        quote = self.services.start_quote("motor", {"note": PRIVATE})
        return Visited(quote.quote_id, quote.token, self.services.get_quote.tokens.verify(quote.quote_id, quote.token))

    def registered(self, password: str = PASSWORD) -> Customer:
        quote, email = self.started(), self.new_email()
        applicant = Applicant(Email(email, email), password, PRIVATE)
        registered = self.services.register_and_claim(quote.id, quote.token, applicant)
        assert registered.access_token
        return Customer(registered.account, password, registered.access_token, quote)

    def new_email(self) -> str:
        return f"{PRIVATE}-{next(self.inspected.numbers)}@example.com"
