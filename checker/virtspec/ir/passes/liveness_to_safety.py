"""From a temporal property to an invariant: a System whose runs look for a fair behaviour that violates the formula.

A finite System violates a formula exactly if a behaviour does that goes round for ever. Such a run is found step by step:
at some time it saves a copy of the state, from then on it notes what fairness and the automaton of the negated formula ask
for, and it has found a violation once it is in the saved state again and everything was met on the way. So engines for
invariants judge temporal properties, too (Biere, Artho, Schuppan: Liveness Checking as Safety Checking, FMICS 2002).

The new System has the fields of the old one, first and in order, and beside them

    (automaton)      the state of the automaton, if it has more than one
    (phase)          `stem` until something is saved, `saved`, and `loop` from the next step on
    (saved) FIELD    the copy of each field that some step writes; until something is saved, as the field starts
    (until) NUMBER   whether the loop took a transition from this acceptance set
    (weak) DUTY      whether the loop has a step of who is owed weak fairness, or a state in which they could take none
    (strong) DUTY    whether the loop has a step of who is owed strong fairness
    (enabled) DUTY   whether they could take one in some state of the loop

Its actions are the old ones, each of which moves the automaton and takes the notes, and two more: `(save)`, and `(rest)`,
in which the behaviour stays as it is. A step that is owed to somebody has to change the state, since others do not count;
what changes nothing is a rest. A step that faults in the old System faults in the new one and is no part of a loop.

Something is saved only where the automaton can stay and accept, and from then on it does stay there. Many formulas thereby
need no `(until)`, no copy of the automaton, or neither: what violates `leads_to` has one state to stay in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from virtspec.errors import UsageError
from virtspec.ir import build
from virtspec.ir.nodes import Assign, Block, Choose, Expr, If, Let, Require, Stmt, Var
from virtspec.ir.passes.buchi import Automaton, Transition, automaton
from virtspec.ir.passes.defined import defined
from virtspec.ir.passes.enabled import enabled
from virtspec.ir.passes.footprint import footprint
from virtspec.ir.passes.obligations import Obligation, duties, obligations
from virtspec.ir.system import Action, Fairness, Field, Instance, Property, System, Temporal
from virtspec.ir.temporal import CanReach, negated
from virtspec.ir.types import BOOL, EnumType, IntType
from virtspec.ir.walk import renamed_apart, statements

SAVE, REST = "(save)", "(rest)"
"""The actions that the old System does not have."""
PHASE = Field("(phase)", EnumType("(phase)", ("stem", "saved", "loop")), "stem")


@dataclass(frozen=True)
class Lassos:
    """`system` violates its invariant exactly if `original` violates one instance of the property with the same id.

    It has no other property, and nothing else about it is to be judged: it faults where the original does, and what else
    is true of it says nothing about the original.
    """

    system: System
    original: System
    property: str
    chooses: bool
    """Whether every step but `(save)` picks what the automaton does: the first pick behind the parameters."""


def liveness_to_safety(system: System, prop: Temporal, instance: Instance) -> Lassos:
    """The System whose invariant is that no fair behaviour of `system` violates `instance`, one of `prop`.

    `trace.lasso` takes a violation back to `system`. Raises UsageError for `CanReach`, which claims nothing about single
    behaviours, and for a process that is run by a scalarset of any size.
    """
    if isinstance(instance.formula, CanReach):
        raise UsageError(
            f"{prop.id} claims that there is a way, not what every behaviour does: no lasso can violate it"
        )
    taken = {v.name for a in system.actions for v in _own(a)}
    watch = _Watch(automaton(negated(instance.formula)), instance.claims)
    owed = obligations(system, taken)
    copied = [*_written(system), *watch.copied]
    notes = (*watch.notes, *(o.note for o in owed.values()))
    enter = If(build.not_(_in("stem")), (Assign(PHASE.name, (), _phase("loop")), *notes))
    ahead = _apart((*watch.choice, enter, *watch.move), taken)
    lasso = [_in("loop"), *(build.eq(_read(f), _read(_copy(f))) for f in copied), *watch.kept]
    none = build.not_(build.and_(*lasso, *(o.kept for o in owed.values())))
    noting = [*watch.noting, *(f for o in owed.values() for f in o.fields)]
    made = replace(
        system,
        fields=(*system.fields, *watch.fields, PHASE, *map(_copy, copied), *noting),
        actions=(
            Action(REST, (), ahead),  # first, so that who looks for short violations prefers to rest
            Action(SAVE, (), _saving(watch.can_stay, copied)),
            *(_watched(system, a, ahead, owed) for a in system.actions),
        ),
        properties=(Property(prop.id, prop.name, "invariant", none, prop.doc, prop.source, prop.span),),
        temporal=(),
        budgets=(),
        faultless=(),
    )
    return Lassos(made, system, prop.id, watch.pick is not None)


# --- steps -----------------------------------------------------------------------------------------------------------


def _watched(system: System, action: Action, ahead: Block, owed: dict[tuple[str, Fairness], Obligation]) -> Action:
    """The action, which first, but behind the guard of its program counter, does what every step does, and notes in the
    end that it was taken."""
    met = tuple(owed[key].taken(action) for key in duties(action))
    before: Block = ()
    after: Block = ()
    if met:
        if not enabled(system, action).always:
            before, after = _changing(system, action)
        after += (If(build.not_(_in("stem")), met),)
    guard = 0 if action.location is None else 1
    body = (*action.body[:guard], *ahead, *before, *action.body[guard:], *after)
    return replace(action, body=body, fair="none", exceptions=())


def _changing(system: System, action: Action) -> tuple[Block, Block]:
    """Statements ahead of a step and behind it that disable it where it does not change the state."""
    written = [f for f in system.fields if f.name in footprint(system, action).may_write]
    old = [build.var(f"(was) {f.name}", f.type) for f in written]
    differ = build.or_(*(build.not_(build.eq(v, _read(f))) for v, f in zip(old, written, strict=True)))
    return tuple(Let(v, _read(f)) for v, f in zip(old, written, strict=True)), (Require(differ),)


def _saving(can_stay: Expr, copied: Iterable[Field]) -> Block:
    copies = (Assign(_copy(f).name, (), _read(f)) for f in copied)
    return (Require(build.and_(_in("stem"), can_stay)), Assign(PHASE.name, (), _phase("saved")), *copies)


def _apart(body: Block, taken: Collection[str]) -> Block:
    """The statements, which bind no name that is taken."""
    return tuple(_stmt_apart(stmt, taken) for stmt in body)


def _stmt_apart(stmt: Stmt, taken: Collection[str]) -> Stmt:
    match stmt:
        case Assign(_, _, value):
            return replace(stmt, value=renamed_apart(value, taken))
        case Require(cond):
            return replace(stmt, cond=renamed_apart(cond, taken))
        case If(_, then, orelse):
            return replace(stmt, then=_apart(then, taken), orelse=_apart(orelse, taken))
        case _:
            return stmt


def _own(action: Action) -> Iterator[Var]:
    """What an action binds for its whole step."""
    yield from action.params
    yield from (stmt.var for stmt in statements(action.body) if isinstance(stmt, Let | Choose))


# --- fields ----------------------------------------------------------------------------------------------------------


def _written(system: System) -> list[Field]:
    """The fields that some step may write; the others are always what they were."""
    names = frozenset[str]().union(*(footprint(system, a).may_write for a in system.actions))
    return [f for f in system.fields if f.name in names]


def _copy(f: Field) -> Field:
    return Field(f"(saved) {f.name}", f.type, f.init)


def _read(f: Field) -> Expr:
    return build.read(f.name, f.type)


def _phase(member: str) -> Expr:
    return build.const(member, PHASE.type)


def _in(member: str) -> Expr:
    return build.eq(_read(PHASE), _phase(member))


# --- the automaton ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Way:
    """Transitions that lead to one state and postpone the same: one pick of a step."""

    target: int
    postponed: frozenset[int]
    possible: Expr


class _Watch:
    """The automaton as what every step does besides.

    `choice` picks a transition that the state allows, `move` takes it, `notes` are on acceptance sets. `kept` is what
    these have to say in the end, and `can_stay` whether an accepting run can stay where the automaton is now.
    """

    def __init__(self, made: Automaton, claims: Sequence[Expr]) -> None:
        self.made = made
        self.true = [build.and_(defined(claim), claim) for claim in claims]  # what is not defined is not true
        self.cores = made.cores()
        self.at = Field("(automaton)", IntType(0, len(made.transitions) - 1), 0)
        self.fields = [self.at] if len(made.transitions) > 1 else []
        self.copied = [self.at] if any(len(core) > 1 for core in self.cores) else []
        self.can_stay = build.or_(*(self._at(state) for core in self.cores for state in sorted(core)))
        sets = sorted({k for core in self.cores for t in self._inside(core) for k in t.postponed})
        ways = self._ways(frozenset(sets))
        self.pick = build.var("(move)", IntType(0, len(ways) - 1)) if len(ways) > 1 else None
        possible = build.or_(*(build.and_(self._picked(i), way.possible) for i, way in enumerate(ways)))
        self.choice: Block = (Require(possible),) if self.pick is None else (Choose(self.pick), Require(possible))
        self.move: Block = tuple(Assign(f.name, (), self._target(ways)) for f in self.fields)
        self.noting = [Field(f"(until) {k}", BOOL, False) for k in sets]
        self.kept = [_read(f) for f in self.noting]
        self.notes = [
            Assign(
                f.name, (), build.or_(_read(f), *(self._picked(i) for i, w in enumerate(ways) if k not in w.postponed))
            )
            for k, f in zip(sets, self.noting, strict=True)
        ]

    def _at(self, state: int) -> Expr:
        """Whether the automaton is in a state."""
        return build.eq(_read(self.at), build.const(state, self.at.type)) if self.fields else build.TRUE

    def _picked(self, number: int) -> Expr:
        return build.TRUE if self.pick is None else build.eq(self.pick, build.const(number, self.pick.type))

    def _inside(self, core: Collection[int]) -> list[Transition]:
        """The transitions that stay in a core."""
        return [t for state in core for t in self.made.transitions[state] if t.target in core]

    def _ways(self, sets: Collection[int]) -> list[_Way]:
        """What a step may do to the automaton, as far as it matters: which of these sets it postpones."""
        found: dict[tuple[int, frozenset[int]], list[Expr]] = {}
        for state, row in enumerate(self.made.transitions):
            for t in row:
                letter = (*(self.true[i] for i in sorted(t.true)), *(build.not_(self.true[i]) for i in sorted(t.false)))
                leaves = any(state in core and t.target not in core for core in self.cores)
                possible = build.and_(self._at(state), *([_in("stem")] if leaves else []), *letter)
                found.setdefault((t.target, t.postponed.intersection(sets)), []).append(possible)
        return [_Way(target, postponed, build.or_(*any_of)) for (target, postponed), any_of in found.items()]

    def _target(self, ways: Sequence[_Way]) -> Expr:
        """Where the way picked leads to."""
        target: Expr = _read(self.at)
        for i, way in reversed(list(enumerate(ways))):
            there = build.const(way.target, self.at.type)
            target = there if way is ways[-1] else build.ite(self._picked(i), there, target)
        return target
