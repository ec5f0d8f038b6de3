from __future__ import annotations

from dataclasses import dataclass

from domain.accounts.account_quote import AccountQuote
from domain.claiming.commit_claim import Claimant, CommitClaim
from domain.errors import QuoteClaimedByAnother
from domain.model import AccessToken, Revision
from domain.ports import Claims, QuoteTokens
from domain.use_cases.authenticate import Authenticate


@dataclass(frozen=True, slots=True)
class ClaimQuoteResult:
    """The quote, as its owner sees it. `is_new` is True if this request claimed it, and not an earlier one."""

    quote: AccountQuote
    is_new: bool


@dataclass(frozen=True, slots=True)
class ClaimQuote:
    """
    Move the quote into an existing account, exactly once. The quote token is needed beside the access token, because
    the quote id is public.
    """

    tokens: QuoteTokens
    authenticate: Authenticate
    commit: CommitClaim
    claims: Claims

    def __call__(
        self, quote_id: str, token: str, access_token: AccessToken, expected: Revision | None = None
    ) -> ClaimQuoteResult:
        """
        Return the quote. A repeat by the same account is a success.

        Raises: QuoteNotFound, AccessTokenInvalid, QuoteExpired, QuoteClaimedByAnother, ClaimInProgress,
            RevisionMismatch, StoreUnavailable, DatabaseUnavailable, Overloaded
        """
        ref = self.tokens.verify(quote_id, token)
        account = self.authenticate(access_token)
        outcome = self.commit(ref, Claimant(account, is_new=False), expected)
        # Read it again: the visitor may have saved during the claim, or the owner may have deleted the quote.
        owned = self.claims.with_quote(ref.quote_id)
        if owned is None or owned.claim.account_id != account.account_id:
            raise QuoteClaimedByAnother(ref.quote_id)
        return ClaimQuoteResult(AccountQuote.of(owned), outcome.is_new)
