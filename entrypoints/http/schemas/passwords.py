"""
The rules for passwords, after NIST SP 800-63B-4, section 3.1.1.2: any characters are allowed, passwords that are
guessed first are refused, and there are no rules of composition.

Two rules differ. A password needs 8 characters; NIST demands 15 without a second factor. Characters are counted in
NFKC, as in revision 3 of the standard, since the passwords of accounts are hashed in that form; revision 4 names NFC.
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
    """A refused password. The sentence says how to correct it."""


def check_password(text: str) -> None:
    """
    Return if this may become an account's password. It may hold any character, control characters too: it is hashed and
    never shown, and a rule against them would be a rule of composition.

    Raises: PasswordRefused
    """
    if _length(text) < SHORTEST:
        raise PasswordRefused(f"Use at least {SHORTEST} characters, of any kind.")
    if _is_guessed_first(_folded(text)):
        raise PasswordRefused("Use another password, such as a few words. This is one of the first that are guessed.")


def check_is_not_email(text: str, email: Email) -> None:
    """
    Return if the password differs from the e-mail address in every form.

    Raises: PasswordRefused
    """
    if _folded(text) in (_folded(email.address), email.key):
        raise PasswordRefused("Use another password, such as a few words. This is the e-mail address.")


def check_given_password(text: str) -> None:
    """
    Return if this can be an account's password. Only its length is checked: it may be older than the rules.

    Raises: PasswordRefused
    """
    if not _length(text):
        raise PasswordRefused("Send the password.")


def _length(text: str) -> int:
    """Return the length in the form that is hashed. Raise PasswordRefused if it is too long."""
    # This check comes first: NFKC is slow for long texts. It joins at most four characters into one.
    if len(text) > 4 * LONGEST or (length := len(normal_form(text))) > LONGEST:
        raise PasswordRefused(_TOO_LONG)
    return length


def _is_guessed_first(text: str) -> bool:
    once = _once(text)
    return len(once) < SHORTEST or once in _COMMON or _is_run(text)


def _once(text: str) -> str:
    """Return the repeated part of a text: "12" of "12121212". Return a text without repetition unchanged."""
    return text[: (text + text).find(text, 1)]


def _is_run(text: str) -> bool:
    """Tell whether each character follows by the same step, as in "abcdefgh" and "87654321"."""
    return len({ord(after) - ord(before) for before, after in pairwise(text)}) == 1


def _folded(text: str) -> str:
    """Return the form in which passwords count as equal: an attacker guesses them together."""
    return normal_form(normal_form(text).casefold())


def _common() -> frozenset[str]:
    """
    Return the words of zxcvbn's frequency lists, in their folded form. All lists are needed: a word is only in the list
    where it ranks highest, so a common password such as "jennifer" is in the list of names. No list has runs and
    repetitions: zxcvbn computes them.
    """
    # Import the module of the lists alone: the package would build other tables, and keep all of them in memory.
    package = find_spec("zxcvbn")
    spec = PathFinder.find_spec("frequency_lists", package.submodule_search_locations) if package else None
    if not spec or not spec.loader:
        raise ImportError("zxcvbn has no frequency lists where 4.5 has them")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    lists: dict[str, list[str]] = module.FREQUENCY_LISTS
    return frozenset({word for words in lists.values() for word in words if len(word) >= SHORTEST})


_COMMON = _common()
