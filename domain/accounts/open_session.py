from __future__ import annotations

import logging
from dataclasses import dataclass

from domain.errors import Unavailable
from domain.model import Access, Account
from domain.ports import Sessions

_log = logging.getLogger("quotehold.sessions")


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Open a session after a committed change. The request does not fail if no session can be stored."""

    sessions: Sessions

    def __call__(self, account: Account) -> Access | None:
        """Return fresh access, or None if no session could be stored: the customer logs in later."""
        try:
            return self.sessions.open(account)
        except Unavailable as error:
            _log.warning("account %s: no session stored, so the customer has to log in: %s", account.account_id, error)
            return None
