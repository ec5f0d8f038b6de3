"""The rules for new passwords, and the looser rules for passwords of existing accounts."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError

from domain.model import Applicant, Email
from entrypoints.http.schemas import passwords
from entrypoints.http.schemas.accounts import RegistrationSchema
from entrypoints.http.schemas.fields import GivenPassword, NewPassword
from entrypoints.http.schemas.passwords import PasswordRefused, check_given_password, check_is_not_email, check_password

ROOT = Path(__file__).parents[2]
MARIA = {"email": "Maria@Example.com", "password": "correct horse battery"}
E_ACUTE = "e\u0301"  # one character in NFKC
SALAM = "\ufdfa"  # 18 characters in NFKC, a few words
COMPOSED_OF_FOUR = unicodedata.normalize("NFD", "\u1f82")


def words(length: int) -> str:
    """Return a password of that many characters, without repetition."""
    return "".join(f"{number:x} " for number in range(length))[:length]


class TestNewPassword:
    @pytest.mark.parametrize(
        "text",
        [
            "correct horse battery",
            "a7$Kq2!x",
            "        x",
            "tab\tand\nline\x07end",
            "\u043f\u0430\u0440\u043e\u043b\u044c\u043a\u0430",
            "\U0001f600\U0001f40e\U0001f50b\U0001f4ce\U0001f600\U0001f600\U0001f40e\U0001f50b",
            "password of mine",
            "jennifer 1987",
        ],
    )
    def test_any_characters_are_accepted(self, text: str) -> None:
        check_password(text)

    @pytest.mark.parametrize("length", [8, 64, 1024])
    def test_an_accepted_length(self, length: int) -> None:
        check_password(words(length))

    def test_too_short(self) -> None:
        with pytest.raises(PasswordRefused, match="at least 8 characters"):
            check_password("a7$Kq2!")

    def test_too_long(self) -> None:
        with pytest.raises(PasswordRefused, match="at most 1,024 characters"):
            check_password(words(1025))

    def test_characters_are_counted_in_the_form_that_is_hashed(self) -> None:
        check_password(SALAM)
        check_password(words(1023) + E_ACUTE)
        with pytest.raises(PasswordRefused, match="at least"):
            check_password("a7$Kq2" + E_ACUTE)
        with pytest.raises(PasswordRefused, match="at most"):
            check_password(words(1024 - 17) + SALAM)

    def test_no_form_of_fewer_characters_is_too_long(self) -> None:
        """NFKC makes one character of at most four."""
        assert len(COMPOSED_OF_FOUR) == 4
        with pytest.raises(PasswordRefused, match="guessed"):  # and so not "too long"
            check_password(COMPOSED_OF_FOUR * 1024)

    @pytest.mark.parametrize(
        "text",
        [
            "password",
            "12345678",
            "qwertyuiop",
            "trustno1",
            "password1234",
            "jennifer",
            "christopher",
            "williams",
            "international",
            "something",
        ],
    )
    def test_the_commonest_passwords_words_and_names_are_refused(self, text: str) -> None:
        with pytest.raises(PasswordRefused, match="guessed"):
            check_password(text)

    @pytest.mark.parametrize("text", ["PassWord", "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44", "TRUSTNO\u2460"])
    def test_a_common_password_is_refused_in_every_form(self, text: str) -> None:
        with pytest.raises(PasswordRefused, match="guessed"):
            check_password(text)

    @pytest.mark.parametrize(
        "text",
        ["aaaaaaaa", "00000000", "abcdefgh", "87654321", "0123456789", "12121212", "123123123", "passwordpassword"],
    )
    def test_runs_and_repetitions_are_refused(self, text: str) -> None:
        with pytest.raises(PasswordRefused, match="guessed"):
            check_password(text)

    def test_a_repetition_of_a_phrase_is_accepted(self) -> None:
        check_password("correct horse " * 2)

    def test_the_list_holds_whole_passwords_in_the_form_in_which_they_are_compared(self) -> None:
        assert 40_000 < len(passwords._COMMON) < 50_000
        assert all(len(word) >= 8 and word == passwords._folded(word) for word in passwords._COMMON)

    def test_zxcvbn_s_tables_are_not_kept(self) -> None:
        script = (
            "import sys, entrypoints.http.schemas.passwords\n"
            "assert not [name for name in sys.modules if 'zxcvbn' in name]"
        )
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, timeout=60)


class TestEmail:
    @pytest.mark.parametrize(
        "text", ["Maria@B\u00fccher.example", "maria@b\u00fccher.example", "MARIA@xn--bcher-kva.example"]
    )
    def test_the_address_is_refused_in_every_form(self, text: str) -> None:
        with pytest.raises(PasswordRefused, match="e-mail address"):
            check_is_not_email(text, Email("Maria@b\u00fccher.example", "maria@xn--bcher-kva.example"))

    def test_a_text_that_begins_with_the_address_is_accepted(self) -> None:
        check_is_not_email("maria@example.com, and more", Email("maria@example.com", "maria@example.com"))


class TestGivenPassword:
    @pytest.mark.parametrize("text", ["x", "password", "12345678", words(1024), words(1023) + E_ACUTE])
    def test_a_password_that_would_be_refused_as_new_is_accepted(self, text: str) -> None:
        check_given_password(text)
        assert GivenPassword().deserialize(text) == text

    @pytest.mark.parametrize(("text", "what"), [("", "Send the password"), (words(1025), "at most 1,024")])
    def test_an_empty_and_a_too_long_password_are_refused(self, text: str, what: str) -> None:
        with pytest.raises(PasswordRefused, match=what):
            check_given_password(text)
        with pytest.raises(ValidationError, match=what):
            GivenPassword().deserialize(text)


class TestSchema:
    def test_a_password_is_taken_as_it_was_typed(self) -> None:
        loaded = RegistrationSchema().load(MARIA | {"password": f" {E_ACUTE}\t correct Horse "})
        assert isinstance(loaded, Applicant)
        assert loaded.password == f" {E_ACUTE}\t correct Horse "

    @pytest.mark.parametrize(
        ("password", "sentence"),
        [
            ("short", "Use at least 8 characters, of any kind."),
            (words(1025), "Use at most 1,024 characters."),
            ("Password", "Use another password, such as a few words. This is one of the first that are guessed."),
            ("maria@example.COM", "Use another password, such as a few words. This is the e-mail address."),
            (12345678, "Not a valid string."),
            (None, "Field may not be null."),
        ],
    )
    def test_the_refusal_names_the_password(self, password: Any, sentence: str) -> None:
        assert RegistrationSchema().validate(MARIA | {"password": password}) == {"password": [sentence]}

    def test_a_wrong_address_and_a_wrong_password_are_both_named(self) -> None:
        assert RegistrationSchema().validate({"email": "short", "password": "short"}).keys() == {"email", "password"}

    def test_neither_field_is_in_an_answer(self) -> None:
        assert NewPassword().load_only
        assert GivenPassword().load_only
