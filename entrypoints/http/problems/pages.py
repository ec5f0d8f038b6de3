"""Examples for the pages under /problems: each problem as a client sees it. The texts are in templates/problems."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from http import HTTPStatus

import orjson

from entrypoints.http.problems.examples import EXAMPLES, REQUEST_ID
from entrypoints.http.problems.problem import MEDIA_TYPE, Problem


@dataclass(frozen=True, slots=True)
class Example:
    """An example of an answer."""

    status: int
    phrase: str
    title: str
    headers: dict[str, str]
    body: str


def _example(problem: Problem) -> Example:
    body = orjson.dumps(problem.body(REQUEST_ID), option=orjson.OPT_INDENT_2).decode()
    headers = {"Content-Type": MEDIA_TYPE, **problem.headers}
    return Example(problem.status, HTTPStatus(problem.status).phrase, problem.title, headers, body)


def _by_code() -> dict[str, list[Example]]:
    # One example is enough where two classes share a code and a status.
    first = {(problem.status, problem.code): problem for problem in reversed(EXAMPLES.values())}
    pages: dict[str, list[Example]] = defaultdict(list)
    for (_, code), problem in sorted(first.items()):
        pages[code].append(_example(problem))
    return dict(pages)


PAGES = _by_code()
"""Examples by code, one for each status of the code."""
ROWS = sorted((example.status, code, example.title) for code, examples in PAGES.items() for example in examples)
"""Status, code and title of each problem, for the index."""
