"""Labels: each step writes down what it was, and is otherwise the step it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virtspec.errors import UsageError
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.nodes import Block, Cost, If
from virtspec.ir.passes.labels import LABEL, Labelled, labelled
from virtspec.ir.system import Action, System
from virtspec.ir.types import ScalarsetType
from virtspec.ir.verify import verify
from virtspec.semantics.interp import Faulted, Outcome, State, Taken
from virtspec.semantics.successors import successors

SPEC = """
from typing import Annotated
from virtspec import *

class T(Scalarset, size=3): ...

class M(Model):
    n: Annotated[int, Range(0, 2)]

    @process
    def work(self, t: T, loud: bool) -> Steps:
        require(self.n < 2)
        cost("bell")
        if loud:
            cost("bell")
            cost("drum")
        yield "on"
        if self.n == 0:
            cost("drum")
        self.n = choose(Annotated[int, Range(0, 2)])
        assert self.n > 0, "nothing"

    @process
    def again(self, t: T) -> Steps:
        yield "here"
        while self.n > 0:
            yield "there"
            self.n -= 1
            cost("bell")

    @action
    def change(self, i: Annotated[int, Range(0, 2)]) -> None:
        for j in range(2):
            if i > j:
                cost("change")
        if i == 2:
            cost("drum")
        else:
            cost("drum")
            cost("drum")
            cost("drum")
        self.n = i
"""


def compared(system: System, marked: Labelled, state: State) -> Iterator[State]:
    """Asserts that the same steps lead on from a state as without labels, with the right ones; where they lead."""
    for before in (0, len(marked.labels) - 1):
        theirs = list(successors(marked.system, (*state, before)))
        ours = list(successors(system, state))
        assert [a.name for a, _ in theirs] == [a.name for a, _ in ours]
        for (action, one), (_, other) in zip(ours, theirs, strict=True):
            yield from same(marked, action, one, other)
        unlabelled = successors(marked.blank, (*state, 0))
        assert [o.state[-1] for _, o in unlabelled if isinstance(o, Taken)] == [
            0 for _, o in ours if isinstance(o, Taken)
        ]


def same(marked: Labelled, action: Action, one: Outcome, other: Outcome) -> Iterator[State]:
    if isinstance(one, Faulted):
        assert isinstance(other, Faulted)
        assert (one.picks, one.message) == (other.picks, other.message)
        return
    assert isinstance(one, Taken) and isinstance(other, Taken)
    assert (one.picks, one.state) == (other.picks, other.state[:-1])
    number = other.state[-1]
    assert isinstance(number, int)
    label = marked.labels[number]
    who = one.picks[0][1] if action.process is not None else None
    assert (label.action, label.member, label.spent) == (action, who, Counter(one.costs))
    yield one.state


def test_every_step_of_a_system_writes_its_label() -> None:
    module = load_text(SPEC, "spec.py")
    system = load(module.models[0])
    marked = labelled(system)
    verify(marked.system)
    verify(marked.blank)
    seen, waiting = {system.init}, [system.init]
    while waiting:
        for state in compared(system, marked, waiting.pop()):
            if state not in seen:
                seen.add(state)
                waiting.append(state)
    assert len(seen) > 100
    assert marked.system.fields[-1].name == LABEL


def test_labels_of_the_small_system(small: System) -> None:
    marked = labelled(small)
    verify(marked.system)
    verify(marked.blank)
    assert not [*marked.system.properties, *marked.blank.properties]
    # use and use.put by two members, reset by nobody; with or without a "lock".
    assert [(label.action.name, label.member, dict(label.spent)) for label in marked.labels] == [
        (name, who, spent)
        for spent in ({}, {"lock": 1})
        for name, who in (("use", 0), ("use", 1), ("use.put", 0), ("use.put", 1), ("reset", None))
    ]
    assert list(compared(small, marked, small.init)) != []


@given(data=st.data())
def test_random_steps_write_their_labels(random_systems: Any, random_states: Any, data: st.DataObject) -> None:
    system = data.draw(random_systems)
    marked = labelled(system)
    verify(marked.system)
    for _ in compared(system, marked, data.draw(random_states)):
        pass


def test_too_many_labels_are_refused(small: System) -> None:
    body: Block = ()
    for number in range(12):
        cost = Cost(f"cost {number}")
        body = (*body, cost, If(small.properties[0].expr, (cost, cost), (cost,)))
    many = Action("many", (), body)
    with pytest.raises(UsageError, match=r"Small marks costs in more ways \(201,326,592\) than can be told apart"):
        labelled(System(small.name, (), small.fields, (*small.actions, many), (), small.runners))


def test_a_process_of_many_members_is_told_by_member() -> None:
    module = load_text(SPEC, "spec.py")
    system = load(module.models[0], (), {"T": 5})
    [t] = {a.params[0].type for a in system.actions if a.process is not None}
    assert isinstance(t, ScalarsetType) and t.size == 5
    assert {label.member for label in labelled(system).labels if label.action.name == "work.on"} == set(range(5))
