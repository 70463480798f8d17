"""All of a System as one LLVM module.

i64 @expand(ptr states, i64 n, ptr out, ptr end, ptr ends, ptr events, ptr counts)
    The successors of `n` states one behind the other from `out` on, `ends[i]` how many there are up to state i,
    `events[i]` what is wrong with state i (see `steps`), `counts` increased per action. Returns how many states
    were done: it stops before one for which there might not be room up to `end`.
void @judge(ptr states, i64 n, ptr masks)
    One bit per judged invariant (in the order of the System) that the state violates, and then one per witness that
    it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import prod

from virtspec.errors import UsageError
from virtspec.explore.native.canonical import Renaming
from virtspec.explore.native.emitter import Emitter
from virtspec.explore.native.expressions import Expressions
from virtspec.explore.native.layout import Layout, layout
from virtspec.explore.native.places import Place, State
from virtspec.explore.native.steps import (
    BROKEN_BIT,
    DEADLOCK_BIT,
    FAULT_BIT,
    FAULTED_BIT,
    FIRST_PROPERTY_BIT,
    Step,
    members,
    step_name,
)
from virtspec.explore.native.trees import position
from virtspec.ir.nodes import Choose, Var
from virtspec.ir.system import Action, Faultless, Property, Runner, System
from virtspec.ir.types import ScalarsetType, cardinality
from virtspec.ir.walk import statements

MOST_PROPERTIES = 60


@dataclass(frozen=True)
class Module:
    """What is compiled, and what the numbers it gives stand for."""

    layout: Layout
    judged: tuple[Property, ...]
    """Invariants and witnesses, by bit of a mask."""
    stepwise: tuple[Property, ...]
    """Transition properties, by bit of an event, from `FIRST_PROPERTY_BIT` on."""
    faultless: tuple[Faultless, ...]
    """Properties about faults, by bit of an event, behind those."""
    most_successors: int
    """No state has more."""
    symmetric: tuple[ScalarsetType, ...] = ()
    """Scalarsets whose members may be renamed; see `canonical`."""
    checked: bool = False
    """Whether the code looks at every bound; see `steps.BROKEN_BIT`."""
    faulting: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """By action and position of the member who takes it (0 if nobody does), the bits of an event that any fault sets, too;
    none if left out."""

    @property
    def eventful(self) -> tuple[Property | Faultless, ...]:
        """What is judged by events, by bit, from `FIRST_PROPERTY_BIT` on."""
        return (*self.stepwise, *self.faultless)

    @property
    def event_bits(self) -> int:
        """The bits of an event that these have."""
        return ((1 << len(self.eventful)) - 1) << FIRST_PROPERTY_BIT

    def event_of(self, message: str) -> int:
        """The bits of an event that a fault with this message sets: those of the judged properties that name it; none
        where others do.
        """
        if not (named := self.layout.system.naming(message)):
            return FAULT_BIT
        return sum(1 << bit for bit, p in enumerate(self.eventful, FIRST_PROPERTY_BIT) if p in named)

    def faulted_by(self, action: Action, member: int) -> int:
        """The bits of an event that say whose step runs into a fault."""
        return self.faulting.get((action.name, 0 if action.process is None else member), 0)

    @cached_property
    def text(self) -> str:
        """LLVM assembly."""
        return _Writer(self).text()


def judgeable(system: System, only: Sequence[str] | None) -> list[Property | Faultless]:
    """The properties that a module can judge, of those whose ids are given; None means all."""
    found: list[Property | Faultless] = [*system.properties, *system.faultless]
    return [p for p in found if only is None or p.id in only]


def module(
    system: System,
    properties: Sequence[Property | Faultless],
    checked: bool = False,
    symmetric: tuple[ScalarsetType, ...] = (),
    faulting: Mapping[tuple[str, int], int] | None = None,
) -> Module:
    """The module of a System that judges the given properties. Raises TooWide, UsageError."""
    faultless = tuple(p for p in properties if isinstance(p, Faultless))
    stepwise = tuple(p for p in properties if isinstance(p, Property) and p.kind == "transition")
    judged = tuple(p for p in properties if isinstance(p, Property) and p.kind != "transition")
    if max(len(stepwise) + len(faultless), len(judged)) > MOST_PROPERTIES:
        raise UsageError(f"more than {MOST_PROPERTIES} properties at once; choose some with --property")
    most = max(_most_successors(system), 1)
    return Module(layout(system), judged, stepwise, faultless, most, symmetric, checked, faulting or {})


def _most_successors(system: System) -> int:
    """A bound: of each process at most one location is left, by as many ways as its step has digits."""
    total = sum(map(_ways, (a for a in system.actions if runner_of(system, a) is None)))
    for runner in system.runners:
        steps = [a for a in system.actions if runner_of(system, a) is runner]
        by_location = {a.location: sum(map(_ways, (b for b in steps if b.location == a.location))) for a in steps}
        total += max(by_location.values(), default=0)  # _ways counts every member already
    return total


def _ways(action: Action) -> int:
    return ways_of(action, action.params)


def ways_of(action: Action, params: Sequence[Var]) -> int:
    """In how many ways a step can go, if these of its parameters may be anything."""
    chosen = [stmt.var for stmt in statements(action.body) if isinstance(stmt, Choose)]
    return prod(cardinality(v.type) for v in (*params, *chosen))


def runner_of(system: System, action: Action) -> Runner | None:
    """Who runs the process that the action is a step of."""
    if action.process is None or action.location is None:
        return None
    return next((r for r in system.runners if action.process in r.processes), None)


class _Writer:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.layout = module.layout
        self.system = module.layout.system

    def text(self) -> str:
        stepwise = bool(self.module.stepwise)
        functions = ["declare i64 @llvm.ctpop.i64(i64)\n"]
        for number, action in enumerate(self.system.actions):
            faulting = partial(self.module.faulted_by, action)
            step = Step(self.layout, action, number, stepwise, self.module.checked, self.module.event_of, faulting)
            for member in range(members(action)):
                functions.append(step.text(member, runner_of(self.system, action)))
        if self.module.stepwise:
            functions.append(self.stepwise())
        if self.module.symmetric:
            functions.append(Renaming(self.layout, self.module.symmetric).text())
        return "\n".join([*functions, self.successors(), self.expand(), self.judge_one(), self.judge()])

    # --- expansion

    def successors(self) -> str:
        """All steps out of one state; process by process, only those of the location it stands at."""
        e = Emitter()
        state = State(e, [e.variable() for _ in range(self.layout.words)])
        state.load("%in")
        out = e.variable("ptr")
        e.store("%out", out, "ptr")
        for number, action in enumerate(self.system.actions):
            if runner_of(self.system, action) is None:
                for member in range(members(action)):
                    self.call(e, out, number, member)
        idle: list[str] = []
        for runner in self.system.runners:
            for member in range(cardinality(runner.type)):
                idle.append(self.dispatch(e, state, out, runner, member))
        self.deadlock(e, out, idle)
        e.end(f"ret ptr {e.load(out, 'ptr')}")
        return e.text("define internal ptr @successors(ptr noalias %in, ptr noalias %out, ptr %event, ptr %counts)")

    def call(self, e: Emitter, out: str, number: int, member: int) -> None:
        arguments = f"ptr %in, ptr {e.load(out, 'ptr')}, ptr %event, ptr %counts"
        e.store(e.let(f"call ptr {step_name(number, member)}({arguments})"), out, "ptr")

    def dispatch(self, e: Emitter, state: State, out: str, runner: Runner, member: int) -> str:
        """The steps of one member; its program counter."""
        place = Place((self.layout.node(runner.pc),)).part(member)
        pc = position(e, runner.locations, state.read(place, runner.locations))
        steps: dict[int, list[int]] = {}
        for number, action in enumerate(self.system.actions):
            if runner_of(self.system, action) is runner:
                assert action.location is not None
                steps.setdefault(runner.locations.members.index(action.location), []).append(number)
        labels = {at: e.label("at") for at in steps}
        end = e.label("end")
        ways = " ".join(f"i64 {at}, label %{label}" for at, label in labels.items())
        e.end(f"switch i64 {pc}, label %{end} [ {ways} ]")
        for at, label in labels.items():
            e.block(label)
            for number in steps[at]:
                self.call(e, out, number, member)
            e.jump(end)
        e.block(end)
        return str(pc)

    def deadlock(self, e: Emitter, out: str, pcs: list[str]) -> None:
        """Nothing was enabled although somebody is inside a process."""
        all_pcs: str | int = 0
        for pc in pcs:
            all_pcs = e.or_(all_pcs, pc)
        event = e.load("%event")
        stuck = e.both(e.let(f"icmp eq ptr {e.load(out, 'ptr')}, %out"), e.eq(e.and_(event, FAULTED_BIT), 0))
        stuck = e.both(stuck, e.not_(e.eq(all_pcs, 0)))
        e.store(e.select(stuck, e.or_(event, DEADLOCK_BIT), event), "%event")

    def expand(self) -> str:
        words = self.layout.words
        room = self.module.most_successors * words * 8
        return _EXPAND.format(words=words, room=room, test=_IN_BOUNDS.format(room=room) if self.module.checked else "")

    # --- properties

    def stepwise(self) -> str:
        """The transition properties that a step violates, as bits of an event."""
        e = Emitter(self.module.checked)
        before = State(e, [e.variable() for _ in range(self.layout.words)])
        after = State(e, [e.variable() for _ in range(self.layout.words)])
        before.load("%in")
        after.load("%out")
        found = self.judged_bits(
            e, Expressions(e, self.layout, after, before), self.module.stepwise, FIRST_PROPERTY_BIT
        )
        self.leave(e, found)
        return e.text("define internal i64 @stepwise(ptr noalias %in, ptr noalias %out)")

    def judge_one(self) -> str:
        e = Emitter(self.module.checked)
        state = State(e, [e.variable() for _ in range(self.layout.words)])
        state.load("%in")
        found = self.judged_bits(e, Expressions(e, self.layout, state), self.module.judged, 0)
        self.leave(e, found)
        return e.text("define internal i64 @judge_one(ptr noalias %in)")

    def judge(self) -> str:
        return _JUDGE.format(words=self.layout.words)

    def leave(self, e: Emitter, found: str) -> None:
        e.end(f"ret i64 {e.load(found)}")
        if e.checked:
            e.block("broken")
            e.end(f"ret i64 {BROKEN_BIT}")

    def judged_bits(self, e: Emitter, expressions: Expressions, properties: tuple[Property, ...], first: int) -> str:
        """A variable with a bit for each property that is violated (not defined is violated), or is witnessed."""
        found = e.variable()
        e.store(0, found)
        for number, prop in enumerate(properties):
            wanted = prop.kind == "reachable"
            hit, miss, end = e.label("hit"), e.label("miss"), e.label("end")
            expressions.undefined = miss if wanted else hit
            with expressions.branch():
                e.branch(expressions.bit(prop.expr), *((hit, miss) if wanted else (miss, hit)))
            e.block(hit)
            e.store(e.or_(e.load(found), 1 << (first + number)), found)
            e.jump(end)
            e.block(miss)
            e.block(end)
        return found


_EXPAND = """\
define i64 @expand(ptr %states, i64 %n, ptr %out, ptr %end, ptr %ends, ptr %events, ptr %counts) {{
entry:
  %first = ptrtoint ptr %out to i64
  %last = ptrtoint ptr %end to i64
  br label %test
test:
  %i = phi i64 [ 0, %entry ], [ %i.next, %work ]
  %to = phi ptr [ %out, %entry ], [ %to.next, %work ]
  %at = ptrtoint ptr %to to i64
  %left = sub i64 %last, %at
  %room = icmp sge i64 %left, {room}
  %more = icmp slt i64 %i, %n
  %go = and i1 %room, %more
  br i1 %go, label %work, label %done
work:
  %offset = mul i64 %i, {words}
  %in = getelementptr i64, ptr %states, i64 %offset
  %event = getelementptr i64, ptr %events, i64 %i
  store i64 0, ptr %event
  %to.next = call ptr @successors(ptr %in, ptr %to, ptr %event, ptr %counts)
  %now = ptrtoint ptr %to.next to i64
{test}  %bytes = sub i64 %now, %first
  %number = udiv i64 %bytes, {words}
  %successors = lshr i64 %number, 3
  %ended = getelementptr i64, ptr %ends, i64 %i
  store i64 %successors, ptr %ended
  %i.next = add i64 %i, 1
  br label %test
done:
  ret i64 %i
}}
"""

_IN_BOUNDS = """\
  %made = sub i64 %now, %at
  %inside = icmp ule i64 %made, {room}
  %before = load i64, ptr %event
  %after = select i1 %inside, i64 %before, i64 -9223372036854775808
  store i64 %after, ptr %event
"""

_JUDGE = """\
define void @judge(ptr %states, i64 %n, ptr %masks) {{
entry:
  br label %test
test:
  %i = phi i64 [ 0, %entry ], [ %i.next, %work ]
  %more = icmp slt i64 %i, %n
  br i1 %more, label %work, label %done
work:
  %offset = mul i64 %i, {words}
  %in = getelementptr i64, ptr %states, i64 %offset
  %mask = getelementptr i64, ptr %masks, i64 %i
  %found = call i64 @judge_one(ptr %in)
  store i64 %found, ptr %mask
  %i.next = add i64 %i, 1
  br label %test
done:
  ret void
}}
"""
