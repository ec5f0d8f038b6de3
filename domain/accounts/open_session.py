from __future__ import annotations

import logging
from dataclasses import dataclass

from domain.errors import Unavailable
from domain.model import Access, Account
from domain.ports import Sessions

_log = logging.getLogger("quotehold.sessions")


@dataclass(frozen=True, slots=True)
class OpenSession:
    """Open a session after something that is committed already, and so cannot fail for want of one."""

    sessions: Sessions

    def __call__(self, account: Account) -> Access | None:
        """None where no session could be stored: the customer logs in later."""
        try:
            return self.sessions.open(account)
        except Unavailable as error:
            _log.warning("no session for account %s: %s", account.account_id, error)
            return None
