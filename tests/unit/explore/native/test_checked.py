"""Checked code finds the same, and finds out what unchecked code would do wrong in silence.

`VIRTSPEC_CHECK=1` is read when the kernels are imported, so that searches under it run in a process of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.explore.native.conftest import system_of

from virtspec.errors import InternalError
from virtspec.explore.native.jit import Code
from virtspec.explore.native.layout import Group, Layout, Leaf, Node, layout
from virtspec.explore.native.module import Module, module
from virtspec.explore.native.search import Bits, Search, Wanted
from virtspec.explore.native.visited_kernels import BROKEN_CODE
from virtspec.explore.report import Limits
from virtspec.ir.system import System

CLASSICS = Path(__file__).parents[3] / "corpus" / "classics"

SCRIPT = """
import sys
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

from virtspec.explore.native import intrinsics
from virtspec.explore.native.check import check as native
from virtspec.explore.native.search import Search
from virtspec.explore.oracle import check as oracle
from virtspec.explore.report import Limits
from virtspec.explore.report_json import short
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path
from virtspec.testing import systems

assert intrinsics.CHECKED
made = []
begin = Search.__init__

def noting(self, module, *rest):
    made.append(module.checked)
    begin(self, module, *rest)

Search.__init__ = noting

def told(report):
    counts = report.states, report.transitions, report.depth, dict(report.per_action), report.values
    return counts, {i: short(v) for i, v in report.verdicts.items()}

def compare(system):
    expected = oracle(system, values=True, limits=Limits(states=1000))
    if expected.complete:
        for workers in (1, 2):
            assert told(native(system, workers=workers, reduce=(), values=True)) == told(expected)

for name, params in (("mcs", {"Proc": 2}), ("ring", {"P": 1, "C": 1, "K": 2}), ("dining", {"N": 3})):
    module = load_path(Path(sys.argv[1]) / f"{name}.py")
    compare(load(module.models[0], module.properties, params))

@seed(4711)
@settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(systems())
def random(spec):
    compare(spec.system)

random()
print(len(made), all(made))
"""


def test_checked_searches_find_what_the_oracle_finds() -> None:
    env = {**os.environ, "VIRTSPEC_CHECK": "1"}
    command = [sys.executable, "-c", SCRIPT, str(CLASSICS)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    searches, checked = done.stdout.split()
    assert int(searches) >= 20 and checked == "True"


BEYOND = """
import numpy as np

from virtspec.errors import InternalError
from virtspec.explore.native.visited_kernels import clear

table = np.ones(12, np.uint32)[:10]
clear(table, 0, 10)
try:
    clear(table, 0, 11)
except InternalError as error:
    print(error, table.base.tolist())
"""


def test_a_kernel_that_leaves_its_array_is_stopped() -> None:
    env = {**os.environ, "VIRTSPEC_CHECK": "1"}
    done = subprocess.run([sys.executable, "-c", BEYOND], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == f"the kernel clear left the bounds of an array {[0] * 10 + [1, 1]}\n"


# --- what checking is good for ---------------------------------------------------------------------------------------


TEXT = """
class Spread(Model):
    b: bool
    five: Annotated[int, Range(0, 5)] = 5
    x: Annotated[int, Range(0, 7)]
    t: dict[Annotated[int, Range(0, 3)], Annotated[int, Range(0, 5)]]
    q: Annotated[Seq[Annotated[int, Range(0, 5)]], Cap(3)]

    @action
    def go(self, p: Annotated[int, Range(0, 7)], k: Annotated[int, Range(0, 3)]) -> None:
        self.b = not self.b
        self.x = self.five if self.b else 0
        self.t[k] = self.five - self.t[k]
        if len(self.q) < 2:
            self.q.append(self.five)
        elif p > 3:
            self.q.popleft()

@invariant(Spread)
def known(m: Spread) -> bool:
    return m.t[m.x % 4] < 6

@transition(Spread)
def stays(before: Spread, after: Spread) -> bool:
    return before.t[after.x % 4] < 6
"""


@pytest.fixture(scope="module")
def spread() -> System:
    return system_of(TEXT)


def searched(made: Module, workers: int = 1) -> frozenset[tuple[int, ...]]:
    """The states that the code of this module finds; they may be wrong."""
    code = Code.of(made.text)
    search = Search(made, code, workers, Limits(), Wanted(Bits(3), Bits(0)))
    search.run(made.layout.pack(made.layout.system.init))
    assert code.address("expand")  # it has lived as long as the search
    states = (part.state(number) for part in search.visited.parts for number in range(part.states))
    return frozenset(states)


def altered(node: Node, change: Callable[[Leaf], Leaf]) -> Node:
    """The same place with something changed about its leaves."""
    if isinstance(node, Leaf):
        return change(node)
    return Group(node.type, tuple(altered(part, change) for part in node.parts))


def narrowed(made: Module, field: str) -> Module:
    """The module with a field whose leaves have one bit less than they need."""
    old = made.layout
    nodes = list(old.nodes)
    at = old.system.field_index[field]
    nodes[at] = altered(nodes[at], lambda leaf: replace(leaf, bits=leaf.bits - 1))
    return replace(made, layout=Layout(old.system, old.words, tuple(nodes)))


@pytest.mark.parametrize("workers", [1, 3])
def test_correct_code_keeps_to_its_bounds(spread: System, workers: int) -> None:
    found = {searched(module(spread, spread.properties, checked), workers) for checked in (False, True)}
    assert len(found) == 1 and len(found.pop()) > 30


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("most", [1, 16, 31])
def test_more_successors_than_there_is_room_for_are_noticed(spread: System, workers: int, most: int) -> None:
    made = module(spread, spread.properties, checked=True)
    assert made.most_successors == 32
    with pytest.raises(InternalError, match=BROKEN_CODE):
        searched(replace(made, most_successors=most), workers)


@pytest.mark.parametrize("field", ["x", "t", "q"])
def test_a_value_that_its_bits_do_not_hold_is_noticed(spread: System, field: str) -> None:
    made = narrowed(module(spread, spread.properties, checked=True), field)
    with pytest.raises(InternalError, match=BROKEN_CODE):
        searched(made)


@pytest.mark.parametrize("field", ["x", "t", "q"])
def test_without_checking_it_goes_wrong_in_silence(spread: System, field: str) -> None:
    """Or the test above would show nothing."""
    right = module(spread, spread.properties)
    assert searched(narrowed(right, field)) != searched(right)


def test_a_key_that_no_table_has_is_noticed_in_steps_and_in_properties() -> None:
    """A field with more bits than its type has values, in a state that cannot be."""
    text = """
class Key(Model):
    k: Annotated[int, Range(0, 4)]
    t: dict[Annotated[int, Range(0, 4)], bool]

    @action
    def go(self) -> None:
        self.t[self.k] = True
        self.k = 0

@invariant(Key)
def known(m: Key) -> bool:
    return m.t[m.k] or not m.t[m.k] or m.k > 9
"""
    key = system_of(text)
    for properties in (key.properties, ()):
        made = module(key, properties, checked=True)
        code = Code.of(made.text)
        search = Search(made, code, 1, Limits(), Wanted(Bits(1), Bits(0)))
        (leaf,) = (node for node in layout(key).nodes if isinstance(node, Leaf))
        state = [0] * made.layout.words
        state[leaf.word] = 7 << leaf.shift
        with pytest.raises(InternalError, match=BROKEN_CODE):
            search.run(tuple(state))
