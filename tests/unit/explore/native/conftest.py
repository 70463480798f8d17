"""Small specifications, and what two engines must say alike about them."""

from __future__ import annotations

from typing import Any

import pytest

from virtspec.explore.native.check import check as native
from virtspec.explore.oracle import check as oracle
from virtspec.explore.report import Report
from virtspec.explore.report_json import short
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import System

HEAD = """\
from enum import Enum, auto
from typing import Annotated

from virtspec import (
    Cap, Const, Mod, Model, Range, Scalarset, Seq, Steps, action, choose, fault, invariant, process,
    reachable, require, transition,
)

"""


def system_of(text: str, name: str = "spec.py") -> System:
    """The last model in a text that needs no imports, with all properties."""
    module = load_text(HEAD + text, name)
    return load(module.models[-1], module.properties)


def told(report: Report) -> dict[str, Any]:
    """What must not depend on the engine, nor on the number of workers."""
    return {
        "counts": (report.states, report.transitions, report.depth, report.complete, report.stopped),
        "per_action": dict(report.per_action),
        "verdicts": {prop: short(verdict) for prop, verdict in report.verdicts.items()},
        "values": report.values,
    }


def agreed(system: System, workers: int = 1, **how: Any) -> Report:
    """What the native explorer finds, which is what the oracle finds."""
    found = native(system, workers=workers, reduce=(), values=True, **how)
    assert told(found) == told(oracle(system, values=True, **how))
    return found


@pytest.fixture(params=[1, 2, 3, 4])
def workers(request: pytest.FixtureRequest) -> int:
    """Every number of workers."""
    number: int = request.param
    return number
