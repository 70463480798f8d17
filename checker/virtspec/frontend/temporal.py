"""Temporal properties: from functions over models to formulas over closed expressions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from virtspec.frontend.calls import Effect, is_one_of
from virtspec.frontend.comprehend import Listed, ranging
from virtspec.frontend.quantified import choices, returned
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import Unit
from virtspec.frontend.spans import span_of
from virtspec.frontend.static import fold
from virtspec.frontend.symbolic import Symbolic
from virtspec.ir import build
from virtspec.ir import temporal as ltl
from virtspec.ir.nodes import Const, Expr
from virtspec.ir.system import Instance, Temporal
from virtspec.ir.temporal import CanReach, Formula
from virtspec.ir.types import values
from virtspec.lang import formulas as words
from virtspec.lang.props import PropertyNote

OPERATORS: dict[Callable[..., Any], tuple[Callable[..., Formula], int]] = {
    words.always: (ltl.always, 1),
    words.eventually: (ltl.eventually, 1),
    words.until: (ltl.until, 2),
    words.weak_until: (ltl.weak_until, 2),
    words.release: (ltl.release, 2),
    words.leads_to: (ltl.leads_to, 2),
}
"""What the words of the language mean, and how many claims each takes."""


def lower_temporal(unit: Unit, routine: Routine, note: PropertyNote) -> Temporal:
    """One temporal property, with an instance for every choice of its parameters, and for each part of a conjunction: many
    small automata are less work than a large one.
    """
    formula = returned(unit, routine, "VS505")
    instances = []
    for chosen in choices(unit, routine, "def f(m: Model, ...) -> Formula"):
        formulas = Formulas(chosen.lowering)
        whole = formulas.whole(formula)
        for part in ltl.conjuncts(whole):
            instances.append(Instance(chosen.shown, part, tuple(formulas.claims), tuple(formulas.triggers)))
    span = span_of(routine.fn, routine.path)
    return Temporal(note.id or routine.name, routine.name, tuple(instances), routine.doc, note.source, span)


class Formulas:
    """Lowers formulas in one scope; `claims` are what their atoms stand for."""

    def __init__(self, lowering: Symbolic) -> None:
        self.lw = lowering
        self.claims: dict[Expr, int] = {}
        self.triggers: dict[int, None] = {}
        """Atoms that lead to something."""

    def whole(self, node: ast.expr) -> Formula | CanReach:
        match node:
            case ast.Call(args=[goal], keywords=[]) if self.operator(node) is words.can_always_reach:
                return CanReach(self.claims.setdefault(self.claim(goal), len(self.claims)))
        return self.formula(node)

    def formula(self, node: ast.expr) -> Formula:
        if not any(self.operator(part) for part in ast.walk(node)):
            return self.atom(node)
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=inner):
                return ltl.negated(self.formula(inner))
            case ast.BoolOp(op=op, values=parts):
                return self.joined(isinstance(op, ast.And), map(self.formula, parts))
            case ast.Call(func=ast.Name(id="all" | "any" as name), args=[ast.GeneratorExp() as each], keywords=[]):
                return self.joined(name == "all", self.turns(each.elt, each.generators, name == "all"))
            case ast.Call() if (found := OPERATORS.get(self.operator(node))) is not None:  # type: ignore[arg-type]
                make, count = found
                if len(node.args) != count or node.keywords:
                    what = f"{ast.unparse(node.func)}() with {len(node.args) + len(node.keywords)} arguments"
                    raise self.lw.refuse("VS301", node, what, f"it takes {count}")
                operands = [self.formula(arg) for arg in node.args]
                if make is ltl.leads_to and isinstance(operands[0], ltl.Literal):
                    self.triggers[operands[0].atom] = None
                return make(*operands)
        raise self.lw.refuse("VS506", node, ast.unparse(node))

    def operator(self, node: ast.AST) -> Callable[..., Any] | None:
        """The temporal word that a call applies, None for anything else."""
        if not isinstance(node, ast.Call):
            return None
        f = fold(node.func, self.lw.statics)
        return f if is_one_of(f, (*OPERATORS, words.can_always_reach)) else None

    def atom(self, node: ast.expr) -> Formula:
        claim = self.claim(node)
        if isinstance(claim, Const):
            return ltl.Truth(bool(claim.value))
        return ltl.Literal(self.claims.setdefault(claim, len(self.claims)))

    def claim(self, node: ast.expr) -> Expr:
        try:
            return self.lw.condition(node)
        except Effect as effect:
            raise self.lw.refuse("VS501", effect.node, effect.what) from None

    def joined(self, conjunction: bool, parts: Iterator[Formula]) -> Formula:
        found: Formula = ltl.TRUE if conjunction else ltl.FALSE
        for part in parts:
            found = ltl.both(found, part) if conjunction else ltl.either(found, part)
        return found

    def turns(self, body: ast.expr, generators: list[ast.comprehension], every: bool) -> Iterator[Formula]:
        """The formula for each value of a domain; a filter that depends on the state is a claim like any other."""
        if not generators:
            yield self.formula(body)
            return
        first, *rest = generators
        with ranging(self.lw, first) as domain:
            assert isinstance(first.target, ast.Name)
            if isinstance(domain, Listed):
                binders = domain.binders
            elif domain.whole:
                t, name = domain.variable.type, first.target.id
                binders = [self.binder(name, build.const(value, t)) for value in values(t)]
            else:
                raise self.lw.refuse("VS506", first.iter, ast.unparse(first.iter))
            for bind in binders:
                bind()
                inner = self.joined(every, self.turns(body, rest, every))
                for test in first.ifs:
                    holds = self.formula(test)
                    inner = ltl.either(ltl.negated(holds), inner) if every else ltl.both(holds, inner)
                yield inner

    def binder(self, name: str, value: Expr) -> Callable[[], None]:
        def bind() -> None:
            self.lw.scope.locals[name] = value

        return bind
