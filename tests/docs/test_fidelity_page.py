"""Does the page on fidelity name every step and every probe of the tables, and the traces that there are?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from virtspec import api
from virtspec.api.conforming import table_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "explanation" / "fidelity.md").read_text(encoding="utf-8")
TRACES = ROOT / "tests" / "conform" / "traces"
MECHANISMS = ("mdev", "request_batching")

NAMED = set(re.findall(r"`([^`]+)`", PAGE))


@pytest.mark.parametrize("name", MECHANISMS)
def test_every_step_of_a_table_is_on_the_page(name: str) -> None:
    found = table_of(api.mechanism(name))
    steps = {*found.hidden, *found.eager, *found.never, *(a for r in found.rules for a in (*r.actions, *r.own))}
    assert sorted(steps - NAMED) == []


@pytest.mark.parametrize("name", MECHANISMS)
def test_every_event_of_a_table_is_on_the_page(name: str) -> None:
    assert sorted(set(table_of(api.mechanism(name)).events) - NAMED) == []


def test_the_traces_on_the_page_are_those_there_are() -> None:
    listed = re.findall(r"^\| `([\w-]+)` \| .* \| [\d,]+ of [\d,]+ \| [\d,]+ \|$", PAGE, flags=re.MULTILINE)
    assert sorted(listed) == sorted(path.name.removesuffix(".txt.gz") for path in TRACES.iterdir())
