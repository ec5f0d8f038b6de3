"""
Passwords at the door, after NIST SP 800-63B-4, section 3.1.1.2: any characters, none of the passwords that are guessed
first, no rules of composition. Two things are otherwise here. 8 characters are enough, where NIST wants 15 unless there
is a second factor. And they are counted in NFKC, the form of its revision 3, in which accounts' passwords are hashed,
where it now names NFC.
"""

from __future__ import annotations

from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from itertools import pairwise

from domain.model import Email
from domain.passwords import normal_form

SHORTEST = 8
LONGEST = 1024
_TOO_LONG = f"Use at most {LONGEST:,} characters."


class PasswordRefused(ValueError):
    """The sentence says what to do."""


def check_password(text: str) -> None:
    """
    Return if this may become somebody's password. Any character may be in it, control characters too: it is hashed and
    never shown, and a rule against them would be one of composition.

    Raises: PasswordRefused
    """
    if _length(text) < SHORTEST:
        raise PasswordRefused(f"Use at least {SHORTEST} characters, of any kind.")
    if _is_guessed_first(_folded(text)):
        raise PasswordRefused("Use another password, such as a few words. This is one of the first that are guessed.")


def check_is_not_email(text: str, email: Email) -> None:
    """
    Return if the password is another text than the e-mail address, in whatever form.

    Raises: PasswordRefused
    """
    if _folded(text) in (_folded(email.address), email.key):
        raise PasswordRefused("Use another password, such as a few words. This is the e-mail address.")


def check_given_password(text: str) -> None:
    """
    Return if this can be somebody's password. Its length alone is looked at: it may be older than the rules.

    Raises: PasswordRefused
    """
    if not _length(text):
        raise PasswordRefused("Send the password.")


def _length(text: str) -> int:
    """In the form that is hashed. What is too long is refused here."""
    # First: NFKC takes its time over long ones. It makes one character of four at the most.
    if len(text) > 4 * LONGEST or (length := len(normal_form(text))) > LONGEST:
        raise PasswordRefused(_TOO_LONG)
    return length


def _is_guessed_first(text: str) -> bool:
    once = _once(text)
    return len(once) < SHORTEST or once in _COMMON or _is_run(text)


def _once(text: str) -> str:
    """What is repeated all along: the "12" of "12121212". A text that repeats nothing is returned as it is."""
    return text[: (text + text).find(text, 1)]


def _is_run(text: str) -> bool:
    """Whether it goes on by the same step, as "abcdefgh" and "87654321" do."""
    return len({ord(after) - ord(before) for before, after in pairwise(text)}) == 1


def _folded(text: str) -> str:
    """In which passwords are the same to one who guesses."""
    return normal_form(normal_form(text).casefold())


def _common() -> frozenset[str]:
    """
    zxcvbn's frequency lists, in their folded form. All of them: a word stands only in the list where it ranks highest,
    so that of names has passwords as common as "jennifer". Runs and repetitions, which zxcvbn computes, are in none.
    """
    # The table alone: the package around it builds others, and would keep it all.
    package = find_spec("zxcvbn")
    spec = PathFinder.find_spec("frequency_lists", package.submodule_search_locations) if package else None
    if not spec or not spec.loader:
        raise ImportError("zxcvbn has no frequency lists where 4.5 has them")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    lists: dict[str, list[str]] = module.FREQUENCY_LISTS
    return frozenset({word for words in lists.values() for word in words if len(word) >= SHORTEST})


_COMMON = _common()
