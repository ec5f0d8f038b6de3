"""Strategies: the inputs of the machine, by name, so that a failing program can be read."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.proof.http.model import answers
from tests.proof.http.model.answers import Answer
from tests.proof.http.model.entities import Object, Person

UNKNOWN = "qt_01KAQ3ZC0V8Q4W2R7X9T5N6M1B"
APPLICANTS = tuple(
    Person(email, password, name)
    for email, name in (("maria@example.com", "Maria"), ("MARIA@example.com", None), ("zoë@example.org", "Zoë"))
    for password in ("correct horse battery", "battery staple")
) + tuple(Person(f"visitor{number}@example.com", "correct horse battery") for number in range(24))
PASSWORDS = ("correct horse battery", "battery staple")
KEYS = ("a key", "another key")
ACCOUNT_CALLS: tuple[tuple[str, str, Object | None], ...] = (
    ("GET", "/v1/account", None),
    ("DELETE", "/v1/account", {"password": PASSWORDS[0]}),
    ("PUT", "/v1/account/password", {"password": PASSWORDS[0], "new_password": PASSWORDS[1]}),
    ("GET", "/v1/account/export", None),
    ("GET", "/v1/account/quotes", None),
    ("GET", f"/v1/account/quotes/{UNKNOWN}", None),
    ("DELETE", f"/v1/account/quotes/{UNKNOWN}", None),
    ("DELETE", "/v1/sessions/current", None),
)
CALLS = (("GET", ""), ("PUT", "/details"), ("PATCH", "/details"), ("DELETE", ""), ("POST", "/registration"))
METHODS = {
    "/v1/quotes": {"POST", "OPTIONS"},
    f"/v1/quotes/{UNKNOWN}": {"GET", "HEAD", "OPTIONS", "DELETE"},
    f"/v1/quotes/{UNKNOWN}/details": {"PUT", "PATCH", "OPTIONS"},
    f"/v1/quotes/{UNKNOWN}/registration": {"POST", "OPTIONS"},
    "/healthz": {"GET", "HEAD", "OPTIONS"},
    "/readyz": {"GET", "HEAD", "OPTIONS"},
    "/openapi.json": {"GET", "HEAD", "OPTIONS"},
}
INVALID_BODIES = (
    b"{", b"{'a':1}", b'{"a":1,"a":2}', b'{"b":{"a":1,"a":2}}', b'{"a":NaN}', b'{"a":-Infinity}', b'{"a":1e999}',
    b'{"a":9007199254740993}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"a":"\xff"}', b'{"a":1}x',
    b'{"a":' * 31 + b"1" + b"}" * 31,
)  # fmt: skip
INVALID_TAGS = ('"1", "2"', "", '"1"x', "two words", "two words, here", "abc", "W/", "REVISION")
MEDIA_TYPES = ("text/plain", "application/x-www-form-urlencoded", "")
Body = tuple[bytes, str, Answer]
INVALID_QUOTES: tuple[tuple[Object, str], ...] = (
    ({"product": 1}, "/product"),
    ({"product": "Motor Car"}, "/product"),
    ({"product": None}, "/product"),
    ({"details": []}, "/details"),
    ({"details": {}, "status": "claimed"}, "/status"),
)
INVALID_APPLICANTS: tuple[tuple[Object, str], ...] = (
    ({"email": "nobody"}, "/email"),
    ({"email": 1}, "/email"),
    ({"password": "short"}, "/password"),
    ({"password": 12345678}, "/password"),
    ({"name": ""}, "/name"),
    ({"admin": True}, "/admin"),
)

_names = st.sampled_from(["a", "b", "vehicle", "", "naïve \U0001f3e0"])
_scalars = st.sampled_from(
    [None, True, 0, -1.5, 2**53, 1e300, "", "Seat", "\x7f\n", "é\U0001f3e0", [], [None, {"a": 1}]]
)
values = st.recursive(_scalars, lambda inner: st.dictionaries(_names, inner, max_size=2), max_leaves=4)
objects = st.dictionaries(_names, values, max_size=3)


class _Long(bytes):
    """Bytes with a short repr: Hypothesis keeps the repr of each input."""

    def __repr__(self) -> str:
        return f"{bytes(self[:10])!r}..."


bodies: st.SearchStrategy[Body] = st.one_of(
    st.sampled_from(INVALID_BODIES).map(lambda body: (body, "application/json", answers.MALFORMED)),
    st.sampled_from([b"[]", b"null", b"1", b'"x"']).map(lambda body: (body, "application/json", answers.INVALID)),
    st.sampled_from(MEDIA_TYPES).map(lambda media_type: (b"{}", media_type, answers.MEDIA_TYPE)),
    st.just((_Long(b'{"a":"' + b"x" * 210_000 + b'"}'), "application/json", answers.TOO_LARGE)),
)
"""Bodies that every call refuses."""
products = st.sampled_from([None, "motor", "it_services"])
applicants = st.sampled_from(APPLICANTS)
# No `integers`: it tries constants of loaded modules, so that a seed would depend on them.
numbers = st.sampled_from(range(12))
seconds = st.sampled_from(range(1, 41))
durations = st.sampled_from(range(2, 13))
if_matches = st.sampled_from(["absent", "absent", "absent", "present", "present", "star", "stale", "weak", "foreign"])
