"""One action as a function: from a packed state to all its successors by that action.

    ptr @step(ptr in, ptr out, ptr event, ptr counts)

writes the successors one behind the other from `out` on and returns the place behind the last. A step that faults sets
bits of the event instead, and one that violates a transition property does so, too. Parameters and choices are digits of a
counter, the last turning fastest: the body is run once for every reading, and a choice that a run did not come to does
not turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import TypeAlias, assert_never

from virtspec.explore.native.emitter import Bit, Emitter, Num
from virtspec.explore.native.expressions import Expressions, free_vars_of, is_partial
from virtspec.explore.native.layout import Layout, is_leaf, part_types
from virtspec.explore.native.places import Place, State
from virtspec.explore.native.trees import Tree, from_position
from virtspec.ir import build
from virtspec.ir.nodes import Assign, Block, Choose, Cost, Fault, If, Let, Require, Stmt, Var
from virtspec.ir.system import Action, Runner
from virtspec.ir.types import BOOL, TableType, Type, cardinality

FAULT_BIT, DEADLOCK_BIT, FAULTED_BIT, FIRST_PROPERTY_BIT = 1, 2, 4, 3
"""The event of a state: a step out of it runs into a fault that no property names, nothing is enabled and somebody is busy,
a step runs into any fault at all, and from bit 3 on, one per property of steps or faults, a step violates it."""
BROKEN_BIT = -(1 << 63)
"""Of checked code: it would have read or written what it must not."""

Slots: TypeAlias = "str | list[Slots]"


@dataclass
class Digit:
    """A parameter or a choice that is counted through."""

    var: Var
    local: str
    met: str | None
    """Whether this run came to it; None for a parameter, which every run comes to."""


MOST_MEMBERS = 16
"""Up to how many values an action's first parameter may have to be written out for each; more are counted through."""


def step_name(action: int, member: int) -> str:
    return f"@step.{action}.{member}"


def members(action: Action) -> int:
    """How many functions an action becomes."""
    return prod(cardinality(v.type) for v in written_out(action))


def written_out(action: Action) -> tuple[Var, ...]:
    """The parameter for each value of which there is a function: the member of a process, and any of a small type."""
    first = action.params[:1]
    return first if first and (action.process is not None or cardinality(first[0].type) <= MOST_MEMBERS) else ()


class Step:
    """Writes the function of one action for one value of its first parameter, if it has any."""

    def __init__(
        self,
        layout: Layout,
        action: Action,
        number: int,
        stepwise: bool,
        checked: bool,
        event_of: Callable[[str], int] = lambda message: FAULT_BIT,
        faulting: Callable[[int], int] = lambda member: 0,
        first: tuple[Var, ...] | None = None,
        given: tuple[Var, ...] = (),
    ) -> None:
        self.checked = checked
        self.event_of = event_of
        """The bits that a `Fault` statement with that message sets, beside the one that every fault sets."""
        self.faulting = faulting
        """The bits that any fault of a member sets, too."""
        self.first = written_out(action) if first is None else first
        self.given = given
        """Parameters whose values the caller gives, by position, in the array %given, a further argument."""
        self.layout = layout
        self.action = action
        self.number = number
        self.stepwise = stepwise
        """Whether there are transition properties to look at."""

    def text(self, member: int, dispatched: Runner | None) -> str:
        """The function for the first parameter's value at position `member`.

        `dispatched` says that it is called only where the runner's program counter stands at the action's location.
        """
        self.emitter = e = Emitter(self.checked)
        self.state = State(e, [e.variable() for _ in range(self.layout.words)])
        self.expressions = Expressions(e, self.layout, self.state)
        self.expressions.undefined = "fault"
        self.digits: list[Digit] = []
        self.lets: dict[str, Slots] = {}
        self.faults = {FAULT_BIT: "fault"}
        """Where to jump in order to set these bits; expressions outside their domain jump to `fault`."""
        self.out = e.variable("ptr")
        e.store("%out", self.out, "ptr")
        for v in self.action.params:
            if v in self.first:
                self.bind(v, member)
            elif v in self.given:
                self.bind(v, e.load(e.address("%given", self.given.index(v))))
            else:
                self.digit(v, met=False)
        self.counter(self.ahead(self.action.body, dispatched), FAULTED_BIT | self.faulting(member))
        name = step_name(self.number, member)
        given = ", ptr %given" if self.given else ""
        return e.text(f"define internal ptr {name}(ptr noalias %in, ptr noalias %out, ptr %event, ptr %counts{given})")

    def bind(self, v: Var, number: Num) -> None:
        self.expressions.variables[v.name] = partial(from_position, self.emitter, v.type, number)

    def digit(self, v: Var, met: bool) -> Digit:
        """Another digit, which turns faster than all before."""
        e = self.emitter
        found = Digit(v, e.variable(), e.variable("i1") if met else None)
        e.entry.append(f"  store i64 0, ptr {found.local}")
        self.digits.append(found)
        if not met:
            self.expressions.variables[v.name] = partial(self.reading, found)
        return found

    def reading(self, digit: Digit) -> Num | Bit:
        return from_position(self.emitter, digit.var.type, self.emitter.load(digit.local))

    # --- the counter

    def ahead(self, body: Block, dispatched: Runner | None) -> Block:
        """Emit the conditions at the head of the body that no digit changes; what is left of it."""
        known = {*self.first, *self.given}
        self.state.load("%in")
        while body and isinstance(body[0], Require):
            cond = body[0].cond
            if is_partial(cond) or not known.issuperset(free_vars_of(cond)):
                break
            if dispatched is None or cond is not self.pc_test(dispatched):
                self.emitter.unless(self.expressions.bit(cond), "done")
            body = body[1:]
        return body

    def pc_test(self, runner: Runner) -> object:
        """The condition by which a step of a process begins."""
        pc = build.read(runner.pc, TableType(runner.type, runner.locations))
        assert self.action.location is not None
        return build.eq(build.index(pc, self.action.params[0]), build.const(self.action.location, runner.locations))

    def counter(self, body: Block, faulted: int) -> None:
        """Run the body for every reading of the digits. Every fault sets the bits `faulted`."""
        e = self.emitter
        e.block("again")
        self.expressions.forget()
        begins = len(e.lines)
        self.block(body)
        self.success()
        for bits, label in self.faults.items():
            e.block(label)
            e.store(e.or_(e.load("%event"), bits | faulted), "%event")
            self.count()
            e.jump("next")
        e.block("next")
        e.lines[begins:begins] = self.begin_again()
        for digit in reversed(self.digits):
            self.turn(digit)
        e.block("done")
        e.end(f"ret ptr {e.load(self.out, 'ptr')}")
        if self.checked:
            e.block("broken")
            e.store(BROKEN_BIT, "%event")
            e.end("ret ptr %out")

    def begin_again(self) -> list[str]:
        """What every run of the body begins with; which digits there are is known behind it only."""
        if not self.digits:
            return []
        body, self.emitter.lines = self.emitter.lines, []
        self.state.load("%in")
        for digit in self.digits:
            if digit.met is not None:
                self.emitter.store(False, digit.met, "i1")
        found, self.emitter.lines = self.emitter.lines, body
        return found

    def turn(self, digit: Digit) -> None:
        """Turn the digit and run again; go on behind where it has gone round, or was not met."""
        e = self.emitter
        behind = e.label("behind")
        if digit.met is not None:
            e.unless(e.load(digit.met, "i1"), behind)
        further = e.add(e.load(digit.local), 1)
        e.store(further, digit.local)
        round_, more = e.label("round"), e.lt(further, cardinality(digit.var.type))
        e.branch(more, "again", round_)
        e.block(round_)
        e.store(0, digit.local)
        e.block(behind)

    def success(self) -> None:
        """The run came to the end of the body: write the successor."""
        e = self.emitter
        if not e.open:
            return
        out = e.load(self.out, "ptr")
        self.state.save(out)
        e.store(e.address(out, self.layout.words), self.out, "ptr")
        if self.stepwise:
            found = e.let(f"call i64 @stepwise(ptr %in, ptr {out})")
            e.store(e.or_(e.load("%event"), found), "%event")
        self.count()
        e.jump("next")

    def count(self) -> None:
        e = self.emitter
        counter = e.address("%counts", self.number)
        e.store(e.add(e.load(counter), 1), counter)

    # --- statements

    def block(self, body: Block) -> None:
        for stmt in body:
            if self.emitter.open:
                self.statement(stmt)

    def statement(self, stmt: Stmt) -> None:
        e = self.emitter
        match stmt:
            case Require(cond):
                e.unless(self.expressions.bit(cond), "next")
            case Assign(name, keys, value):
                new = self.expressions.value(value)
                place, t = Place((self.layout.node(name),)), self.layout.system.field_type(name)
                for key in keys:
                    assert isinstance(t, TableType)
                    place, t = self.expressions.entry(place, t.key, self.expressions.value(key)), t.value
                self.state.write(place, t, new)
                self.expressions.forget()
            case Let(v, value):
                self.let(v, self.expressions.value(value))
            case If(cond, then, orelse):
                self.fork(self.expressions.bit(cond), then, orelse)
            case Choose(v):
                digit = self.digit(v, met=True)
                e.store(True, str(digit.met), "i1")
                self.let(v, self.reading(digit))
            case Fault(message):
                bits = self.event_of(message)
                e.jump(self.faults.setdefault(bits, f"fault.{bits}"))
            case Cost():
                pass
            case _:
                assert_never(stmt)

    def fork(self, cond: Bit, then: Block, orelse: Block) -> None:
        if isinstance(cond, bool):
            self.block(then if cond else orelse)
            return
        e = self.emitter
        yes, no, end = e.label("then"), e.label("else"), e.label("end")
        e.branch(cond, yes, no)
        come = False
        for label, body in ((yes, then), (no, orelse)):
            e.block(label)
            with self.expressions.branch():
                self.block(body)
            come = come or e.open
            e.jump(end)
        if come:
            e.block(end)

    def let(self, v: Var, value: Tree) -> None:
        """Keep a value under the variable's name."""
        if v.name not in self.lets:
            self.lets[v.name] = slots = self.slots(v.type)
            self.expressions.variables[v.name] = partial(self.kept, v.type, slots)
        self.keep(v.type, value, self.lets[v.name])
        self.expressions.forget()

    def slots(self, t: Type) -> Slots:
        if is_leaf(t):
            return self.emitter.variable("i1" if t == BOOL else "i64")
        return [self.slots(of) for of in part_types(t)]

    def keep(self, t: Type, value: Tree, slots: Slots) -> None:
        if isinstance(slots, str):
            assert not isinstance(value, list)
            self.emitter.store(value, slots, "i1" if t == BOOL else "i64")
            return
        assert isinstance(value, list)
        for of, part, slot in zip(part_types(t), value, slots, strict=True):
            self.keep(of, part, slot)

    def kept(self, t: Type, slots: Slots) -> Tree:
        if isinstance(slots, str):
            return self.emitter.load(slots, "i1" if t == BOOL else "i64")
        return [self.kept(of, slot) for of, slot in zip(part_types(t), slots, strict=True)]
