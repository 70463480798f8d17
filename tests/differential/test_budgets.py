"""Budgets of small random systems, by both engines, against all short behaviours measured by the definition."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from virtspec import api
from virtspec.explore.budgets.amounts import Amounts, Extreme
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.system import Action, System
from virtspec.semantics.budgets import spendings
from virtspec.semantics.interp import State, Taken
from virtspec.semantics.successors import successors
from virtspec.trace.verdict import Violated

LONGEST = 5
"""Steps of the behaviours tried."""

HEAD = """
from typing import Annotated
from virtspec import *

Place = Annotated[int, Range(0, 3)]

class T(Scalarset, size=2): ...

class Walk(Model):
    at: Place
"""


def specification(draw: random.Random) -> str:
    """A few places, some actions with ways between them that may cost something, perhaps a process, and a budget."""
    text = HEAD
    for number in range(draw.randint(1, 3)):
        text += f"\n    @action\n    def step{number}(self) -> None:\n{ways(draw)}"
    process = draw.random() < 0.5
    if process:
        text += f"\n    @process\n    def run(self, t: T) -> Steps:\n{ways(draw)}        yield 'on'\n{ways(draw)}"
        text += "        while self.at > 1:\n            yield 'again'\n            cost('bell')\n            self.at -= 1\n"
    stretch = draw.choice(["", f", start={claim(draw)}, stop={claim(draw)}", ", call=m.step0"])
    if process and draw.random() < 0.5:
        stretch = draw.choice([", call=m.run", ", call=m.run, by=t"])
    # One action marks the cost for sure.
    text += "\n    @action\n    def spend(self) -> None:\n        require(self.at == 2)\n"
    text += "        self.at = 3\n        cost('bell')\n"
    bound = draw.choice(["<= 1", "<= 2", ">= 1", "== 1", "> 0"])
    params = "m: Walk, t: T" if "by=t" in stretch else "m: Walk"
    return text + f"\n@budget(Walk)\ndef claim({params}) -> Budget:\n    return spent('bell'{stretch}) {bound}\n"


def ways(draw: random.Random) -> str:
    text = ""
    chosen = {draw.randrange(4): draw.randrange(4) for _ in range(draw.randint(1, 3))}
    for i, (source, target) in enumerate(chosen.items()):
        text += f"        {'if' if i == 0 else 'elif'} self.at == {source}:\n            self.at = {target}\n"
        text += "            cost('bell')\n" * draw.choice([0, 0, 0, 1, 1, 2])
        text += "            cost('other')\n" * draw.choice([0, 0, 1])
    return text + "        else:\n            require(False)\n"


def claim(draw: random.Random) -> str:
    return draw.choice(["m.at == 0", "m.at == 1", "m.at > 1", "m.at == 3", "m.at != 2", "True"])


def behaviours(system: System) -> Iterator[tuple[list[State], list[tuple[Action, Taken]]]]:
    """All of up to so many steps."""
    waiting: list[tuple[list[State], list[tuple[Action, Taken]]]] = [([system.init], [])]
    for states, steps in waiting:
        yield states, steps
        if len(steps) < LONGEST:
            for action, outcome in successors(system, states[-1]):
                if isinstance(outcome, Taken):
                    waiting.append(([*states, outcome.state], [*steps, (action, outcome)]))


def measured(system: System) -> tuple[int | None, int | None]:
    """The least and the most that short behaviours show."""
    least: int | None = None
    most: int | None = None
    for states, steps in behaviours(system):
        for allowance in system.budgets[0].allowances:
            for one in spendings(system, allowance, states, steps):
                most = one.amount if most is None else max(most, one.amount)
                if one.end is not None:
                    least = one.amount if least is None else min(least, one.amount)
    return least, most


def same(a: Extreme | None, b: Extreme | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.amount == b.amount and (a.amount is None or len(a.trace) == len(b.trace))


def agrees(amounts: Amounts, least: int | None, most: int | None) -> bool:
    """Whether the engine found what short behaviours show: no less where it gives a short behaviour itself."""
    for found, shown, better in ((amounts.least, least, min), (amounts.most, most, max)):
        if found is None:
            if shown is not None:
                return False
        elif found.amount is None:
            continue
        elif (shown is not None and better(found.amount, shown) != found.amount) or (
            len(found.trace) <= LONGEST and shown != found.amount
        ):
            return False
    return True


def compare(seeds: range) -> dict[str, int]:
    """How many are violated, bounded, unbounded, and how many have no stretch."""
    count = {"violated": 0, "bounded": 0, "unbounded": 0, "none": 0, "some": 0}
    for seed in seeds:
        text = specification(random.Random(seed))
        module = load_text(text, f"random{seed}.py")
        system = load(module.models[0], module.properties)
        oracle = api.check(system, engine="oracle")
        native = api.check(system, engine="native", workers=1)
        expected, found = oracle.amounts["claim"], native.amounts["claim"]
        assert type(native.verdicts["claim"]) is type(oracle.verdicts["claim"]), text
        assert same(expected.least, found.least) and same(expected.most, found.most), (text, str(expected), str(found))
        assert agrees(expected, *measured(system)), (text, str(expected), measured(system))
        count["violated"] += isinstance(oracle.verdicts["claim"], Violated)
        most = expected.most
        count["none" if most is None else "unbounded" if most.amount is None else "bounded"] += 1
        count["some"] += most is not None and bool(most.amount)
    return count


@pytest.mark.parametrize("part", range(4))
def test_amounts_are_those_of_short_behaviours(part: int) -> None:
    count = compare(range(40 * part, 40 * part + 40))
    assert min(count.values()) > 2, count


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_amounts_are_those_of_short_behaviours_of_ten_thousand(part: int) -> None:
    compare(range(1000 + 500 * part, 1500 + 500 * part))
