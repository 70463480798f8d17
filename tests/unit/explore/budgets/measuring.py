"""What tests of budgets share: systems from texts, and what each engine says is spent."""

from __future__ import annotations

from functools import cache

from virtspec import api
from virtspec.api.checking import Engine
from virtspec.explore.budgets.amounts import Amounts, Extreme
from virtspec.explore.report import Report
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import System
from virtspec.semantics.interp import Taken
from virtspec.trace.trace import Trace, replay
from virtspec.trace.verdict import Violated

HEAD = "from typing import Annotated\nfrom virtspec import *\n\nPlace = Annotated[int, Range(0, 4)]\n"

ENGINES: tuple[Engine, ...] = ("oracle", "native")


@cache
def system(text: str) -> System:
    module = load_text(HEAD + text, "spec.py")
    return load(module.models[0], module.properties)


@cache
def report(text: str, engine: Engine) -> Report:
    return api.check(system(text), engine=engine, workers=1)


def amounts(text: str, engine: Engine, prop: str = "claim") -> Amounts:
    return report(text, engine).amounts[prop]


def extreme(found: Extreme | None) -> tuple[int | None, int]:
    """An amount, and the length of the behaviour that shows it."""
    assert found is not None
    return found.amount, len(found.trace)


def violated(text: str, engine: Engine, prop: str = "claim") -> Violated:
    found = report(text, engine).verdicts[prop]
    assert isinstance(found, Violated)
    return found


def costs(judged: System, trace: Trace) -> list[list[str]]:
    """What each step spends, told by the interpreter."""
    return [list(o.costs) if isinstance(o, Taken) else [] for o in replay(judged, trace)]
