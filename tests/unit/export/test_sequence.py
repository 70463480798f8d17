"""Sequence diagrams: every step once, what it changes and whose that is, in text that Mermaid can read."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from virtspec.explore.oracle import check
from virtspec.explore.report_json import trace_of
from virtspec.export.sequence import sequence
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path, load_text
from virtspec.ir.system import System
from virtspec.ir.types import Value
from virtspec.semantics.interp import Faulted, Taken, run
from virtspec.trace.trace import NotABehaviour, Step, Trace
from virtspec.trace.verdict import Violated

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorial"

RING = '''\
from typing import Annotated

from virtspec import (
    Cap, Component, Model, Range, Scalarset, Seq, Steps, action, choose, cost, fault, invariant, process, reachable,
    require,
)

Number = Annotated[int, Range(0, 1)]
Count = Annotated[int, Range(0, 3)]


class Cpu(Scalarset, size=2):
    """Who sends."""


class Queue(Component):
    used: Count
    rung: bool


class Switch(Component):
    on: bool
    by: dict[Number, bool]


class Ring(Model):
    todo: Count = 3
    log: Annotated[Seq[Count], Cap(3)]
    pending: dict[Cpu, bool]
    queue: dict[Number, Queue]
    switch: Switch

    @process
    def send(self, c: Cpu, q: Number) -> Steps:
        yield "look"
        yield "again"
        kept = choose(Number)
        yield "add"
        other = choose(Cpu)
        self.todo -= 1
        self.log.append(2)
        self.queue[q].used += 1
        self.pending[other] = True
        yield "kick"
        self.queue[q].rung = kept == 0
        cost("doorbell")
        cost("exit")
        yield "halt"
        cost("exit")
        yield "own"
        self.pending[c] = not self.pending[c]
        yield "done"

    @process
    def serve(self, q: Number) -> Steps:
        require(self.queue[q].used > 0)
        yield "pop"
        if self.queue[q].rung:
            fault("a; b #1 <br/> 50% $$x$$ {y}\\nz: the sentence goes on and on")
        self.queue[q].used -= 1

    @action
    def flip(self) -> None:
        self.switch.by[0] = not self.switch.by[0]

    @action
    def rest(self) -> None:
        require(self.todo > 0)


@invariant(Ring, id="R-S1")
def all_done(m: Ring) -> bool:
    """False at first."""
    return m.todo == 0


@reachable(Ring, id="R-R1")
def begun(m: Ring) -> bool:
    return m.todo < 3
'''

DIAGRAM = """\
sequenceDiagram
    participant m0 as Cpu0
    participant m1 as Cpu1
    participant m2 as serve[1]
    participant e0 as environment
    participant s0 as queue[1]
    participant s1 as switch
    Note over m0: 1 send(q=1)<br/>q: 0 -> 1<br/>2 look<br/>3 again(kept=1)<br/>kept: 0 -> 1
    activate m0
    m0->>m1: 4 add(other=Cpu1)<br/>pending: False -> True<br/>queue.used[1]: 0 -> 1<br/>todo: 3 -> 2<br/>... 1 more
    e0->>s1: 5 flip<br/>by[0]: False -> True
    Note over e0: 6 rest
    Note over e0: 7 rest
    m0->>m0: 8 kick<br/>q: 1 -> 0<br/>kept: 1 -> 0
    Note over m0: spends doorbell, exit
    m0->>m0: 9 halt
    Note over m0: spends exit
    m0->>m0: 10 own<br/>pending: False -> True
    Note over m2: 11 serve
    activate m2
    m2->>s0: 12 pop<br/>used: 1 -> 0
    deactivate m2
    Note over m0: at done
    Note over m0,s1: R-R1 is reached
    deactivate m0
"""

LOOP = """\
sequenceDiagram
    participant m0 as Task0
    participant m1 as Task1
    participant s0 as Lock
    Note over m0: 1 lock
    activate m0
    loop for ever
        Note over m1: 2 lock
        activate m1
        m1->>s0: 3 acquire<br/>owner: None -> Task1
        m1->>s0: 4 release<br/>owner: Task1 -> None
        deactivate m1
    end
    Note over m0: at acquire
    Note over m0,s0: L2 is violated:<br/>this goes on for ever, for t = Task0<br/>\
Task0 could go on at lock.acquire now<br/>and then, but not always#59; only strong<br/>fairness would help
    deactivate m0
"""

STANDSTILL = """\
sequenceDiagram
    participant m0 as Task0
    participant s0 as Lock
    Note over m0: 1 lock
    activate m0
    m0->>s0: 2 acquire<br/>owner: None -> Task0
    Note over m0,s0: nothing more happens, for ever
    Note over m0: at release
    Note over m0,s0: L1 is violated:<br/>this goes on for ever<br/>\
Task0 can go on at lock.release, but no<br/>fairness says that it does\
<br/>lock(Task1) is possible, but no fairness<br/>says that it happens
    deactivate m0
"""


@pytest.fixture(scope="module")
def ring() -> System:
    module = load_text(RING, "ring.py")
    return load(module.models[0], module.properties)


def tutorial(name: str, **params: object) -> System:
    module = load_path(TUTORIAL / name)
    return load(module.models[0], module.properties, {key.replace("__", "."): value for key, value in params.items()})


def violated(system: System, prop: str) -> tuple[Trace, str]:
    verdict = check(system).verdicts[prop]
    assert isinstance(verdict, Violated)
    return verdict.trace, verdict.reason


def walk(system: System, *steps: tuple[str, tuple[Value, ...]], prop: str | None = None) -> Trace:
    """The trace that takes these steps from the initial state."""
    state, done = system.init, []
    for name, picks in steps:
        outcome = run(system, system.action(name), state, picks)
        assert isinstance(outcome, Taken | Faulted), name
        done.append(Step(name, picks, outcome.state if isinstance(outcome, Taken) else None))
        state = outcome.state if isinstance(outcome, Taken) else state
    return Trace(system.fingerprint, tuple(done), prop)


SEND = (("send", (0, 1)), ("send.look", (0,)), ("send.again", (0, 1)), ("send.add", (0, 1)))


# --- what Mermaid can read -------------------------------------------------------------------------------------------

TEXT = r"(?:[^#;<%$\n]|#(?:\d+|[a-z]+);|<br/>)+"
STATEMENT = re.compile(
    rf" +(?:participant (?P<name>[mes]\d+) as {TEXT}|(?P<one>[mes]\d+)(?:->>|-x)(?P<two>[mes]\d+): {TEXT}"
    rf"|Note over (?P<first>[mes]\d+)(?:,(?P<last>[mes]\d+))?: {TEXT}"
    r"|activate (?P<on>[mes]\d+)|deactivate (?P<off>[mes]\d+)|(?P<loop>loop for ever)|(?P<end>end))"
)


def well_formed(text: str) -> list[str]:
    """The statements; fails for what Mermaid would refuse or draw otherwise than it is meant."""
    head, *lines = text.removesuffix("\n").split("\n")
    assert head == "sequenceDiagram" and text.endswith("\n")
    declared: list[str] = []
    bars: list[str] = []
    depth = 0
    for line in lines:
        found = STATEMENT.fullmatch(line)
        assert found is not None, line
        parts = found.groupdict()
        if parts["name"]:
            declared.append(parts["name"])
        assert {parts[role] for role in ("one", "two", "first", "last", "on", "off") if parts[role]} <= {*declared}
        if parts["on"]:
            assert parts["on"] not in bars
            bars.append(parts["on"])
        if parts["off"]:
            bars.remove(parts["off"])
        depth += bool(parts["loop"]) - bool(parts["end"])
        assert 0 <= depth <= 1
    assert not bars and depth == 0 and len(declared) == len({*declared})
    return [line.strip() for line in lines]


def numbers(text: str) -> list[int]:
    """The numbers of the steps, in the order in which they are drawn."""
    return [int(n) for n in re.findall(r"(?:: |<br/>)(\d+) [a-z]", text)]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("spinlock.py", {}),
        ("broken.py", {}),
        ("two_locks.py", {}),
        ("one_cpu.py", {}),
        ("ticket.py", {"tickets": 2, "Task": 3}),
        ("peterson.py", {"polite": False}),
        ("waiting.py", {}),
        ("waiting.py", {"fair__lock": "weak"}),
    ],
)
def test_every_trace_of_the_tutorial_is_drawn_with_all_its_steps(name: str, params: dict[str, object]) -> None:
    system, drawn = tutorial(name, **params), 0
    for verdict in check(system).verdicts.values():
        trace = trace_of(verdict)
        if trace is not None:
            text = sequence(system, trace, reason=verdict.reason if isinstance(verdict, Violated) else "")
            well_formed(text)
            assert numbers(text) == [*range(1, len(trace) + 1)]
            drawn += 1
    assert drawn


# --- what is drawn ---------------------------------------------------------------------------------------------------


def test_who_does_what_to_whom(ring: System) -> None:
    rest = [("rest", ())] * 2
    mine = (("send.kick", (0,)), ("send.halt", (0,)), ("send.own", (0,)))
    trace = walk(ring, *SEND, ("flip", ()), *rest, *mine, ("serve", (1,)), ("serve.pop", (1,)), prop="R-R1")
    assert sequence(ring, trace) == DIAGRAM
    assert numbers(DIAGRAM) == [*range(1, 13)]
    well_formed(DIAGRAM)


def test_a_behaviour_that_goes_round_for_ever() -> None:
    system = tutorial("waiting.py", fair__lock="weak")
    trace, reason = violated(system, "L2")
    assert sequence(system, trace, reason=reason) == LOOP


def test_a_behaviour_that_stops_for_ever() -> None:
    system = tutorial("waiting.py")
    trace, reason = violated(system, "L1")
    assert sequence(system, trace, reason=reason) == STANDSTILL


def test_what_is_before_the_loop_is_not_drawn_with_it(ring: System) -> None:
    trace = replace(walk(ring, *SEND[:1], ("flip", ()), ("flip", ()), prop="R-S1"), loop=1)
    lines = well_formed(sequence(ring, trace))
    loop = lines.index("loop for ever")
    assert lines[loop - 1 : loop + 4] == [
        "activate m0",
        "loop for ever",
        "e0->>s0: 2 flip<br/>by[0]: False -> True",
        "e0->>s0: 3 flip<br/>by[0]: True -> False",
        "end",
    ]


def test_a_fault_is_crossed_out_and_its_message_cannot_break_the_diagram(ring: System) -> None:
    again = ("send.again", (0, 0))
    trace = walk(ring, *SEND[:2], again, SEND[3], ("send.kick", (0,)), ("serve", (1,)), ("serve.pop", (1,)))
    lines = well_formed(sequence(ring, trace, reason="said by the step"))
    assert trace.steps[-1].state is None
    message = (
        "fault: a#59; b #35;1 #lt;br/> 50#37; #36;#36;x#36;#36; {y} z:<br/>the sentence goes on and on (ring.py:59)"
    )
    assert lines[-7:] == [
        "m2-xm2: 7 pop",
        f"Note over m2: {message}",
        "Note over m0: at halt",
        "Note over m2: at pop",
        "Note over m0,s0: a step ends in a fault",
        "deactivate m0",
        "deactivate m2",
    ]


def test_a_deadlock_says_who_waits() -> None:
    system = tutorial("two_locks.py")
    trace, reason = violated(system, "deadlock")
    lines = well_formed(sequence(system, trace, reason=reason))
    assert lines[-5:-3] == ["Note over m0: at inner", "Note over m1: at inner"]
    assert lines[-3].startswith("Note over m0,s0: nobody can take a step<br/>Task0 waits at nested.inner<br/>(")


def test_a_violation_without_a_step_is_the_model_s(ring: System) -> None:
    assert sequence(ring, Trace(ring.fingerprint, (), "R-S1"), reason="todo == 0") == (
        "sequenceDiagram\n    participant s0 as Ring\n    Note over s0: R-S1 is violated#59; not true:<br/>todo == 0\n"
    )


def test_quiet_steps_of_two_calls_are_told_apart() -> None:
    module = load_text(
        "from virtspec import Model, Scalarset, Steps, process\n\n\n"
        'class Task(Scalarset):\n    """Runs."""\n\n\n'
        'class Quiet(Model):\n    @process\n    def run(self, t: Task) -> Steps:\n        yield "a"\n',
        "quiet.py",
    )
    system = load(module.models[0], module.properties)
    steps = [(name, (0,)) for name in ("run", "run.a", "run", "run.a")]
    assert well_formed(sequence(system, walk(system, *steps)))[1:5] == [
        "Note over m0: 1 run<br/>2 a",
        "Note over m0: 3 run<br/>4 a",
        "Note over m0: nobody can take a step",
    ]


def test_long_lines_and_long_reasons_are_cut(ring: System) -> None:
    text = sequence(ring, walk(ring, *SEND, prop="R-S1"), reason="word " * 100)
    assert text.count("word") == 5 * 8
    assert well_formed(text)[-2].endswith("word<br/>...")
    module = load_text(re.sub(r"\bpending\b", "somebody_has_sent_something_to_this_one", RING), "longer.py")
    longer = load(module.models[0], module.properties)
    assert "<br/>somebody_has_sent_something_to_this_one: Fals...<br/>" in sequence(longer, walk(longer, *SEND))


def test_what_is_no_behaviour_is_refused(ring: System) -> None:
    trace = walk(ring, *SEND)
    with pytest.raises(NotABehaviour, match="step 2"):
        sequence(ring, replace(trace, steps=(trace.steps[0], *trace.steps[2:])))
