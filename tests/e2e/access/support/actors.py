"""Who is there: visitors with quotes and customers with sessions, in every state that a secret can be in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from domain.model import AccessToken, Account, Applicant, Email, QuoteRef
from tests.e2e.access.support.inspected_service import Stand

PRIVATE = "only-for-the-owner"
"""Part of the details, the names and the e-mails of all."""
PASSWORD = "correct horse battery"
ANOTHER_PASSWORD = "quite another battery"
NEW_PASSWORD = "a password of its own"


@dataclass(frozen=True, slots=True)
class Visited:
    """A quote, and the token that its visitor got for it."""

    id: str
    token: str
    ref: QuoteRef


@dataclass(frozen=True, slots=True)
class Customer:
    """With the quote that was claimed at the registration."""

    account: Account
    password: str
    access: AccessToken
    quote: Visited

    @property
    def email(self) -> str:
        return self.account.email.address


class Cast:
    """
    Each comes on stage when first asked for. The right secrets are those of `visitor`, an open quote, and of `maria`.
    """

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        self.services = stand.services

    @cached_property
    def visitor(self) -> Visited:
        return self.started()

    @cached_property
    def another_visitor(self) -> Visited:
        return self.started()

    @cached_property
    def expired(self) -> Visited:
        quote = self.started()
        self.stand.expire(quote.ref)
        return quote

    @cached_property
    def discarded(self) -> Visited:
        quote = self.started()
        self.services.discard_quote(quote.id, quote.token)
        return quote

    @cached_property
    def unknown_id(self) -> str:
        """An id that no quote has, at the same time as one that is open."""
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
        """A quote of Maria's that she has deleted."""
        quote = self.started()
        self.services.claim_quote(quote.id, quote.token, self.maria.access)
        self.services.discard_account_quote(self.maria.access, quote.id)
        return quote

    @cached_property
    def logged_out(self) -> AccessToken:
        """Once Maria's."""
        access = self.services.log_in(self.maria.account.email, PASSWORD).access.token
        self.services.log_out(access)
        return access

    @cached_property
    def ended(self) -> AccessToken:
        """Once Maria's: its time is over, and that of her other session is not."""
        return self.stand.expired_access(self.maria.account)

    @cached_property
    def careful(self) -> Customer:
        """Has changed the password since, and with it ended the session that is held here."""
        customer = self.registered()
        self.services.change_password(customer.access, PASSWORD, NEW_PASSWORD)
        return replace(customer, password=NEW_PASSWORD)

    @cached_property
    def erased(self) -> Customer:
        """As he was."""
        customer = self.registered()
        self.services.erase_account(customer.access, PASSWORD)
        return customer

    @cached_property
    def careful_unheard(self) -> Customer:
        """Has changed the password while the store was away, so that it still has the session that is held here."""
        customer = self.registered()
        change = replace(self.services.change_password, open_session=lambda account: None)
        change(customer.access, PASSWORD, NEW_PASSWORD)
        return replace(customer, password=NEW_PASSWORD)

    @cached_property
    def erased_unheard(self) -> Customer:
        """Has erased the account while the store was away: likewise."""
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
        return f"{PRIVATE}-{next(self.stand.numbers)}@example.com"
