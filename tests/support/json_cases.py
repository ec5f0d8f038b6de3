"""
JSON texts of clients, and the expected outcome of each: accepted with exactly this value, or refused.

Values are compared by their `repr`: it distinguishes 1 from 1.0, 0.0 from -0.0, and the order of members.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from domain.model import Json


class Accepted(NamedTuple):
    """A text, and the value that is stored and comes back."""

    name: str
    body: bytes
    value: Json


class Refused(NamedTuple):
    """A text that the service refuses; `why` is part of the answer's sentence."""

    name: str
    body: bytes
    why: str = "not JSON"


def _nested(opening: bytes, closing: bytes, depth: int, inner: bytes = b"") -> bytes:
    return opening * depth + inner + closing * depth


def _lists(depth: int) -> Any:
    value: Any = []
    for _ in range(depth - 1):
        value = [value]
    return value


def _objects(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


NUMBERS = [
    Accepted("zero", b"0", 0),
    Accepted("one", b"1", 1),
    Accepted("minus one", b"-1", -1),
    Accepted("minus zero keeps its sign", b"-0", -0.0),
    Accepted("zero as a fraction", b"0.0", 0.0),
    Accepted("minus zero as a fraction", b"-0.0", -0.0),
    Accepted("minus zero with an exponent", b"-0e5", -0.0),
    Accepted("zero with a huge exponent", b"0e999999", 0.0),
    Accepted("zero with a tiny exponent", b"0.00e-999999", 0.0),
    Accepted("one as a fraction is no integer", b"1.0", 1.0),
    Accepted("one with an exponent is no integer", b"1e0", 1.0),
    Accepted("capital exponent", b"1E2", 100.0),
    Accepted("exponent with a plus", b"1E+2", 100.0),
    Accepted("exponent with zeros", b"1e002", 100.0),
    Accepted("exponent below zero", b"25e-2", 0.25),
    Accepted("tenth", b"0.1", 0.1),
    Accepted("three tenths, nearly", b"0.30000000000000004", 0.30000000000000004),
    Accepted("trailing zeros", b"1.500000", 1.5),
    Accepted("more digits than a double has", b"3.14159265358979323846264338327950288", 3.141592653589793),
    Accepted("a thousand digits behind the point", b"0." + b"1" * 1000, 0.1111111111111111),
    Accepted("price", b"1234567.89", 1234567.89),
    Accepted("2^31", b"2147483648", 2**31),
    Accepted("2^32 + 1", b"4294967297", 2**32 + 1),
    Accepted("-2^31 - 1", b"-2147483649", -(2**31) - 1),
    Accepted("2^53 - 1", b"9007199254740991", 2**53 - 1),
    Accepted("2^53", b"9007199254740992", 2**53),
    Accepted("-2^53", b"-9007199254740992", -(2**53)),
    Accepted("2^53 + 2 as a fraction", b"9007199254740994.0", 9007199254740994.0),
    Accepted("10^16 with an exponent", b"1e16", 1e16),
    Accepted("2^64 with an exponent", b"18446744073709551616e0", 1.8446744073709552e19),
    Accepted("largest double", b"1.7976931348623157e308", 1.7976931348623157e308),
    Accepted("smallest normal double", b"2.2250738585072014e-308", 2.2250738585072014e-308),
    Accepted("largest subnormal double", b"2.225073858507201e-308", 2.225073858507201e-308),
    Accepted("smallest double", b"5e-324", 5e-324),
    Accepted("smallest double below zero", b"-4.9E-324", -5e-324),
]

STRINGS = [
    Accepted("empty string", b'""', ""),
    Accepted("space", b'" "', " "),
    Accepted("every short escape", rb'"\"\\\/\b\f\n\r\t"', '"\\/\b\f\n\r\t'),
    Accepted("escaped letter", rb'"\u0041\u00e9"', "Aé"),
    Accepted("capital and small hexadecimal", rb'"\u00e9\u00E9\u00eA"', "ééê"),
    Accepted("smallest character", rb'"\u0001"', "\x01"),
    Accepted("every control character but NUL", b'"' + b"".join(b"\\u%04x" % n for n in range(1, 32)) + b'"',
         "".join(map(chr, range(1, 32)))),
    Accepted("delete", b'"\x7f"', "\x7f"),
    Accepted("next line and separators", '"\x85\u2028\u2029"'.encode(), "\x85\u2028\u2029"),
    Accepted("two, three and four bytes", '"é€\U0001f3e0"'.encode(), "é€\U0001f3e0"),
    Accepted("escaped pair of surrogates", rb'"\ud83c\udfe0"', "\U0001f3e0"),
    Accepted("escaped pair in capitals", rb'"\uD83C\uDFE0"', "\U0001f3e0"),
    Accepted("first and last of the upper planes", rb'"\ud800\udc00\udbff\udfff"', "\U00010000\U0010ffff"),
    Accepted("last before the surrogates, first behind", rb'"\ud7ff\ue000"', "\ud7ff\ue000"),
    Accepted("backslash before a surrogate's name", rb'"\\ud800"', "\\ud800"),
    Accepted("backslash before the name of NUL", rb'"\\u0000"', "\\u0000"),
    Accepted("byte order mark inside", '"\ufeff"'.encode(), "\ufeff"),
    Accepted("byte order mark as an escape", rb'"\ufeff"', "\ufeff"),
    Accepted("no characters", rb'"\uffff\ufdd0\ufffe"', "\uffff\ufdd0\ufffe"),
    Accepted("last code point", '"\U0010ffff"'.encode(), "\U0010ffff"),
    Accepted("composed and decomposed stay apart", '["\u00e9","e\u0301"]'.encode(), ["\u00e9", "e\u0301"]),
    Accepted("right to left", '"\u202eabc\u200f"'.encode(), "\u202eabc\u200f"),
    Accepted("joined family", '"\U0001f468\u200d\U0001f469\u200d\U0001f467"'.encode(),
         "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
    Accepted("brackets", b'"[[[[{{{{]]}}"', "[[[[{{{{]]}}"),
    Accepted("what other languages take for something", b'["null","NaN","1","${x}","<b>","\'; DROP TABLE quote;--"]',
         ["null", "NaN", "1", "${x}", "<b>", "'; DROP TABLE quote;--"]),
    Accepted("percent and marks of formats", b'"%s %d {0} {} $1 :name"', "%s %d {0} {} $1 :name"),
    Accepted("long", b'"' + b"x" * 5000 + b'"', "x" * 5000),
]  # fmt: skip

STRUCTURES = [
    Accepted("null", b"null", None),
    Accepted("true and false", b"[true,false]", [True, False]),
    Accepted("empty object", b"{}", {}),
    Accepted("empty array", b"[]", []),
    Accepted("empties within each other", b"[[],{},[{}],{\"a\":[]}]", [[], {}, [{}], {"a": []}]),
    Accepted("empty name", b'{"":1}', {"": 1}),
    Accepted("names that differ by case alone", b'{"a":1,"A":2}', {"a": 1, "A": 2}),
    Accepted(
        "names that differ by composition alone", '{"\u00e9":1,"e\u0301":2}'.encode(), {"\u00e9": 1, "e\u0301": 2}
    ),
    Accepted("the same name in two objects", b'{"a":{"a":1},"b":{"a":2}}', {"a": {"a": 1}, "b": {"a": 2}}),
    Accepted("order of members", b'{"z":1,"a":2,"10":3,"9":4}', {"z": 1, "a": 2, "10": 3, "9": 4}),
    Accepted("names of other languages", b'{"__proto__":1,"constructor":{},"__class__":2,"$ref":"#"}',
         {"__proto__": 1, "constructor": {}, "__class__": 2, "$ref": "#"}),
    Accepted("names with dots, slashes, quotes", rb'{"a.b":1,"a/b~c":2,"\"":3,"\\":4}', {"a.b": 1, "a/b~c": 2, '"': 3,
         "\\": 4}),
    Accepted("name of every kind of character", '{"\\u0001\U0001f3e0é":1}'.encode(), {"\x01\U0001f3e0é": 1}),
    Accepted("white space everywhere", b' \t\r\n{ \n"a"\t:\r[ 1 , 2 ]\n} \t\r\n', {"a": [1, 2]}),
    Accepted("values of every kind", b'[null,true,0,0.5,"",[],{}]', [None, True, 0, 0.5, "", [], {}]),
    Accepted("nulls", b'{"a":null,"b":[null]}', {"a": None, "b": [None]}),
    Accepted("wide", b"[" + b"0," * 999 + b"0]", [0] * 1000),
    Accepted("thirty arrays", _nested(b"[", b"]", 30), _lists(30)),
    Accepted("thirty objects", _nested(b'{"a":', b"}", 30, b"1"), _objects(30)),
    Accepted("many that are thirty deep", b"[" + b",".join([_nested(b"[", b"]", 29)] * 40) + b"]", [_lists(29)] * 40),
    Accepted("brackets in strings count for nothing",
         b'["' + b"[" * 50 + b'","\\"[[[[[[[[[[[[[[[[","\\\\",{"{{{{{{{{{":1}]',
         ["[" * 50, '"[[[[[[[[[[[[[[[[', "\\", {"{{{{{{{{{": 1}]),
]  # fmt: skip

ACCEPTED = [*NUMBERS, *STRINGS, *STRUCTURES]

_BAD_NUMBERS = [
    b"01", b"-01", b"00", b"+1", b"-", b"--1", b"- 1", b".5", b"-.5", b"1.", b"1.e1", b"1e", b"1e+", b"1e1.5", b"1 000",
    b"0x10", b"0b1", b"0o7", b"1_000", b"1,5", b"1f", b"1n", b"Inf", b"nan", b"1e1e1", b"0.1.2", b"1+1", b"0e", b"-a",
    "\u0661".encode(), "\uff11".encode(),
]  # fmt: skip
_BAD_STRINGS = [
    b"'a'", b"a", b'"a', b'a"', b'"', b'"\\"', rb'"\a"', rb'"\x41"', rb'"\u41"', rb'"\u004"', rb'"\u00g1"',
    rb'"\U00000041"',
    rb'"\u{41}"', b'"\\', b'"\\u', rb'"\ud83c\u"', b'"a\nb"', b'"a\tb"', b'"\x00"', b'"\x1f"', b'"a"b"', b"`a`",
    b'""" """',
    rb"\u0022a\u0022",
]  # fmt: skip
_BAD_STRUCTURES = [
    b"", b" ", b"{", b"}", b"[", b"]", b"[1", b"1]", b"[1,]", b"[,1]", b"[,]", b"[1,,2]", b"[1 2]", b"[1:2]", b'{"a"}',
    b'{"a":}', b'{"a":1,}', b'{,"a":1}', b'{"a":1,,"b":2}', b'{"a":1 "b":2}', b'{"a" 1}', b'{"a"::1}', b"{a:1}",
    b"{'a':1}",
    b"{1:1}", b"{null:1}", b'{"a":1;"b":2}', b'{"a":1}}', b"{}{}", b"{} x", b"1 2", b"[}", b"{]", b'{"a":[}', b"[1}",
    b",",
    b":", b"nul", b"NULL", b"True", b"undefined", b"/* */ 1", b"1 // x", b"# x\n1", b"[1]\x00", b"\x0b[]", b"\x0c[]",
    "\u00a0[]".encode(), "\u2028[]".encode(), "\u2060[]".encode(), b"[1]\x1a", b"<a/>", b"%7B%7D", b"a=1&b=2", b"{...}",
    b'{"a":1', b'{"a":', b'{"a"', b'{"', b"tru", b"[true", b'["a"', b'["a', b"[1e", b"[-", b"[\\u005b]", b"yes",
    b"()", b"[(1)]",
]  # fmt: skip
_BAD_BYTES = {
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16, little end first, with a mark": b"\xff\xfe" + '{"a":1}'.encode("utf-16-le"),
    "UTF-16, big end first, with a mark": b"\xfe\xff" + '{"a":1}'.encode("utf-16-be"),
    "UTF-16 without a mark": '{"a":1}'.encode("utf-16-le"),
    "UTF-32": '{"a":1}'.encode("utf-32"),
    "UTF-7": b"+AHs-+AH0-",
    "Latin-1": '"é"'.encode("latin-1"),
    "lone continuation": b'"\x80"',
    "continuation missing": b'"\xc3"',
    "three bytes cut to two": b'"\xe2\x82"',
    "four bytes cut to three": b'"\xf0\x9f\x8f"',
    "cut off at the end of the body": b'"\xf0\x9f\x8f',
    "slash in two bytes": b'"\xc0\xaf"',
    "NUL in two bytes": b'"\xc0\x80"',
    "surrogate in three bytes": b'"\xed\xa0\x80"',
    "pair of surrogates in six bytes": b'"\xed\xa0\xbc\xed\xbf\xa0"',
    "beyond the last code point": b'"\xf4\x90\x80\x80"',
    "five bytes": b'"\xf8\x88\x80\x80\x80"',
    "byte that never occurs": b'"\xff"',
    "byte that never occurs, in a name": b'{"\xfe":1}',
    "byte that never occurs, behind the text": b"[]\xff",
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\xae\x05\x00\x43\xbf\xa6\xa3\x02\x00\x00\x00",
}
_BEYOND_DOUBLES = [
    b"1e309", b"-1e309", b"1e400", b"1E+400", b"1.8e308", b"1" + b"0" * 400 + b".0", b"1e99999999999", b"1e-400",
    b"1E-400",
    b"-1e-400", b"2e-324", b"0." + b"0" * 400 + b"1", b"123e-10000000",
]  # fmt: skip
_BEYOND_INTEGERS = [
    b"9007199254740993", b"-9007199254740993", b"9223372036854775807", b"9223372036854775808", b"18446744073709551616",
    b"-9223372036854775809", b"99999999999999999", b"1" + b"0" * 400, b"9" * 5000,
]  # fmt: skip
_NO_CHARACTERS = [
    rb'"\u0000"', rb'"a\u0000b"', rb'{"\u0000":1}', rb'"\ud800"', rb'"\uD800"', rb'"\udbff"', rb'"\udc00"',
    rb'"\udfff"',
    rb'"\udfe0\ud83c"', rb'"\ud83c\ud83c\udfe0"', rb'"\ud83cx\udfe0"', rb'"\ud83c \udfe0"', rb'"\ud83c\\udfe0"',
    rb'{"\ud83c":1}', rb'[[{"a":["\udfe0"]}]]', rb'"\ud83c\u0041"', rb'"\\\ud83c"',
]  # fmt: skip
_TWICE = [
    b'{"a":1,"a":1}', b'{"a":1,"a":2}', b'{"a":1,"b":2,"a":3}', rb'{"a":1,"\u0061":2}', b'{"":1,"":2}',
    b'[{"a":{"b":1,"b":2}}]',
    b'{"a":null,"a":null}', rb'{"\ud83c\udfe0":1,"' + "\U0001f3e0".encode() + b'":2}', b'{"a":{},"a":[]}',
]  # fmt: skip
_DEEP = {
    "thirty-one arrays": _nested(b"[", b"]", 31),
    "thirty-one objects": _nested(b'{"a":', b"}", 31, b"1"),
    "arrays and objects by turns": _nested(b'[{"a":', b"}]", 16, b"1"),
    "behind much that is shallow": b"[" + b"{}," * 500 + _nested(b"[", b"]", 30) + b"]",
    "before much that is shallow": b"[" + _nested(b"[", b"]", 30) + b",{}" * 500 + b"]",
    "with strings in between": _nested(b'["]]]]",', b"]", 31, b"1"),
    "with escaped quotes in between": _nested(rb'["\"]",', b"]", 31, b"1"),
    "with backslashes in between": _nested(rb'["\\",', b"]", 31, b"1"),
    "with backslashes and quotes in between": _nested(rb'["\\\"]\\",', b"]", 31, b"1"),
    "a thousand": _nested(b"[", b"]", 1000),
    "a hundred thousand": _nested(b"[", b"]", 100_000),
    "a hundred thousand that never close": b"[" * 100_000,
    "objects that never close": b'{"a":' * 40_000,
    "and an open string": b"[" * 31 + b'"' + b'\\"' * 50_000,
    "and nonsense": b"[" * 100_000 + b"?" + b"]" * 100_000,
}

REFUSED = [
    *(Refused(f"number {body[:20]!r}", body) for body in _BAD_NUMBERS),
    *(Refused(f"string {body[:20]!r}", body) for body in _BAD_STRINGS),
    *(Refused(f"structure {body[:20]!r}", body) for body in _BAD_STRUCTURES),
    *(Refused(name, body, r"not (UTF-8|JSON)") for name, body in _BAD_BYTES.items()),
    *(Refused(f"constant {body!r}", body, "is not JSON") for body in (b"NaN", b"Infinity", b"-Infinity", b"[NaN]")),
    *(Refused(f"double {body[:20]!r}", body, "beyond the range of a double") for body in _BEYOND_DOUBLES),
    *(Refused(f"integer {body[:20]!r}", body, r"beyond 2\^53") for body in _BEYOND_INTEGERS),
    *(Refused(f"character {body[:30]!r}", body, r"Remove U\+") for body in _NO_CHARACTERS),
    *(Refused(f"twice {body[:30]!r}", body, "stands twice in one object") for body in _TWICE),
    *(Refused(name, body, "nested deeper than 30") for name, body in _DEEP.items()),
]
