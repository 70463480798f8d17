"""Budgets: from functions over models to allowances."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from virtspec.frontend.calls import Effect
from virtspec.frontend.module import parse
from virtspec.frontend.quantified import choices, returned
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import Unit
from virtspec.frontend.spans import span_of
from virtspec.frontend.static import fold
from virtspec.frontend.symbolic import Symbolic
from virtspec.ir import build
from virtspec.ir.budget import Allowance, Between, Budget, Occurrence, Stretch, WholeRun
from virtspec.ir.nodes import Const, Cost, Expr
from virtspec.ir.system import Runner, System
from virtspec.ir.types import TableType, Type, Value, show, values
from virtspec.ir.walk import statements
from virtspec.lang.budgets import spent
from virtspec.lang.props import PropertyNote
from virtspec.source import did_you_mean

MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.LtE: ast.GtE,
    ast.Lt: ast.Gt,
    ast.GtE: ast.LtE,
    ast.Gt: ast.Lt,
    ast.Eq: ast.Eq,
}
"""What a comparison becomes when its sides are exchanged."""


def lower_budget(unit: Unit, routine: Routine, note: PropertyNote) -> Budget:
    """One budget, with an allowance for every choice of its parameters and, where anybody may call, of who does."""
    comparison = returned(unit, routine, "VS507")
    allowances: list[Allowance] = []
    for chosen in choices(unit, routine, "def f(m: Model, ...) -> Budget"):
        reading = _Reading(chosen.lowering)
        amount, least, most = reading.comparison(comparison)
        cost = reading.cost(amount)
        for who, stretch in reading.stretches(amount):
            allowances.append(Allowance((*chosen.shown, *who), cost, stretch, least, most))
    span = span_of(routine.fn, routine.path)
    return Budget(note.id or routine.name, routine.name, tuple(allowances), routine.doc, note.source, span)


@dataclass
class _Reading:
    """Reads a budget in one scope."""

    lw: Symbolic

    def comparison(self, node: ast.expr) -> tuple[ast.Call, int | None, int | None]:
        """The call of `spent`, and between which numbers its value is to lie."""
        match node:
            case ast.Compare(left=left, ops=ops, comparators=right) if all(type(op) in MIRRORED for op in ops):
                operands = [left, *right]
                amounts = [i for i, e in enumerate(operands) if self.is_amount(e)]
                if len(amounts) == 1 and len(operands) <= 3 and (len(operands) == 2 or amounts == [1]):
                    return self.bounded(operands, ops, amounts[0])
        raise self.lw.refuse("VS507", node)

    def bounded(
        self, operands: list[ast.expr], ops: list[ast.cmpop], at: int
    ) -> tuple[ast.Call, int | None, int | None]:
        least: int | None = None
        most: int | None = None
        for i, op in enumerate(ops):
            left = i == at
            kind = type(op) if left else MIRRORED[type(op)]
            number = self.number(operands[i + 1 if left else i])
            if kind in (ast.GtE, ast.Gt, ast.Eq):
                low = number + (kind is ast.Gt)
                least = low if least is None else max(least, low)
            if kind in (ast.LtE, ast.Lt, ast.Eq):
                high = number - (kind is ast.Lt)
                most = high if most is None else min(most, high)
        call = operands[at]
        assert isinstance(call, ast.Call)
        return call, least, most

    def is_amount(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Call) and fold(node.func, self.lw.statics) is spent

    def number(self, node: ast.expr) -> int:
        """A bound, which must be the same in every state."""
        match self.pure(node):
            case Const(int() as value) if not isinstance(value, bool):
                return value
        raise self.lw.refuse("VS507", node)

    def pure(self, node: ast.expr, want: Type | None = None) -> Expr:
        try:
            return self.lw.pure(node, want)
        except Effect as effect:
            raise self.lw.refuse("VS501", effect.node, effect.what) from None

    def condition(self, node: ast.expr) -> Expr:
        try:
            return self.lw.condition(node)
        except Effect as effect:
            raise self.lw.refuse("VS501", effect.node, effect.what) from None

    def cost(self, call: ast.Call) -> str:
        """The cost that is spent, which some step has to mark."""
        match call.args:
            case [ast.Constant(value=str() as name)]:
                pass
            case _:
                raise self.lw.refuse("VS308", call, "spent()")
        known = {s.name: None for a in self.system.actions for s in statements(a.body) if isinstance(s, Cost)}
        if name not in known and name not in self.in_text():
            hint = did_you_mean(name, known) or "marks are set with cost(...) in a step"
            raise self.lw.refuse("VS508", call.args[0], name, hint=hint)
        return name

    def in_text(self) -> set[str]:
        """Every cost that the text of the model and of its components marks, in this configuration or not."""
        methods = (m for i in self.lw.unit.root.everything() for n in i.names() if (m := i.method(n)) is not None)
        files = dict.fromkeys(m.__code__.co_filename for m in methods)
        found: set[str] = set()
        for node in (n for path in files for f in parse(path).functions.values() for n in ast.walk(f)):
            match node:
                case ast.Call(func=ast.Name(id="cost"), args=[ast.Constant(value=str(name))]):
                    found.add(name)
        return found

    @property
    def system(self) -> System:
        assert self.lw.unit.rules is not None
        return self.lw.unit.rules

    def stretches(self, call: ast.Call) -> Iterator[tuple[tuple[tuple[str, str], ...], Stretch]]:
        """What is looked at, and who calls, if that was not said."""
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        match given:
            case {"start": start, "stop": stop} if len(given) == 2:
                yield (), Between(self.condition(start), self.condition(stop))
            case {"call": what, "by": who} if len(given) == 2:
                yield from self.occurrences(what, who)
            case {"call": what} if len(given) == 1:
                yield from self.occurrences(what, None)
            case {} if not given:
                yield (), WholeRun()
            case _:
                raise self.lw.refuse("VS509", call)

    def occurrences(
        self, what: ast.expr, who: ast.expr | None
    ) -> Iterator[tuple[tuple[tuple[str, str], ...], Stretch]]:
        name = what.attr if isinstance(what, ast.Attribute) else ""
        of_model = isinstance(what, ast.Attribute) and fold(what.value, self.lw.statics) is self.lw.unit.root
        runner = next((r for r in self.system.runners if name in r.processes), None)
        if of_model and runner is not None:
            if who is not None:
                yield (), _call(runner, name, self.member(who, runner))
                return
            for member in values(runner.type):
                yield (("by", show(runner.type, member)),), _call(runner, name, member)
        elif of_model and who is None and any(a.name == name and a.process is None for a in self.system.actions):
            yield (), Occurrence(name, None, build.TRUE)
        else:
            raise self.lw.refuse("VS509", what)

    def member(self, node: ast.expr, runner: Runner) -> Value:
        match self.pure(node, runner.type):
            case Const(value):
                return value
        raise self.lw.refuse("VS509", node)


def _call(runner: Runner, process: str, member: Value) -> Occurrence:
    pcs = build.read(runner.pc, TableType(runner.type, runner.locations))
    where = build.index(pcs, build.const(member, runner.type))
    return Occurrence(process, member, build.eq(where, build.const(runner.idle, runner.locations)))
