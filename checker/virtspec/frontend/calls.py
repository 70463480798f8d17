"""Callables with a meaning of their own in the language."""

from __future__ import annotations

from typing import Any

from virtspec.lang.rules import atomic, choose, cost, fault, require

BUILTINS: dict[str, Any] = {
    f.__name__: f for f in (all, any, sum, len, min, max, range, set, frozenset)
}
"""Python's own that expressions may use."""

STATEMENTS = (require, choose, fault, cost, atomic)
"""The language's statements: calls with an effect."""
