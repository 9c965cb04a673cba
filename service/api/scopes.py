"""Which scope does a request need? One table; what it does not name needs `read` to look, `write` to change.

A test lists the scope of every route, so that a new one is judged by a person.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from service.model import Scope

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROBES = frozenset({"/healthz", "/readyz"})


class Rule(NamedTuple):
    """Requests with these methods (empty: all) to these paths need this scope; None: no key."""

    methods: frozenset[str]
    paths: re.Pattern[str]
    scope: Scope | None


def _paths(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)  # ids may hold line ends


ALL: frozenset[str] = frozenset()
RULES = (
    Rule(ALL, _paths(r"/healthz|/readyz"), None),
    Rule(SAFE_METHODS, _paths(r"/static/.*|/problems/.*|/language/.*|/v1/openapi\.json"), None),
    Rule(ALL, _paths(r"/login|/logout"), None),
    Rule(frozenset({"POST"}), _paths(r"/v1/miniflux"), None),  # its signature is its key
    Rule(frozenset({"POST"}), _paths(r"/v1/match"), "read"),
    Rule(ALL, _paths(r"/v1/webhooks(/.*)?"), "admin"),  # where they point to, and sending there
    Rule(frozenset({"POST", "DELETE"}), _paths(r"/(v1/)?(feeds|opml)(/.*)?"), "admin"),  # what is fetched
    Rule(frozenset({"POST"}), _paths(r"/v1/prune|/(v1/)?reclusters(/.*)?"), "admin"),
    Rule(frozenset({"DELETE"}), _paths(r"/v1/articles/.*"), "admin"),
)


def scope_of(method: str, path: str) -> Scope | None:
    """The scope that a request needs; None where everybody may ask."""
    for rule in RULES:
        if (not rule.methods or method in rule.methods) and rule.paths.fullmatch(path):
            return rule.scope
    return "read" if method in SAFE_METHODS else "write"
