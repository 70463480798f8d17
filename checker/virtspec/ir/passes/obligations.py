"""What fairness asks of a loop, as fields, notes and conditions: the part of `liveness_to_safety` about who must step.

An obligation is that of one duty (`Action.duty`) and one strength, towards all members to whom it is owed; these are the
same for all actions of a duty. Weak fairness is kept if the loop has a step of the member, or a state in which it could
take none; strong fairness, if the loop has a step of the member, or the member could take none in any of its states. As in
`semantics.fairness`, only steps count that change the state or run into a fault.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from virtspec.ir import build
from virtspec.ir.nodes import Assign, Expr, Stmt, Var
from virtspec.ir.passes.enabled import enabled
from virtspec.ir.system import Action, Fairness, Field, System
from virtspec.ir.types import BOOL, TableType, Value, values
from virtspec.ir.walk import substitute, unused

STRENGTHS: tuple[Fairness, ...] = ("weak", "strong")


@dataclass(frozen=True, slots=True)
class Obligation:
    """Notes on the loop so far: `fields` hold them, `kept` is what they have to say in the end."""

    fields: tuple[Field, ...]
    note: Stmt
    """What is noted of a state that a step leaves."""
    kept: Expr

    def taken(self, action: Action) -> Stmt:
        """The note that a step of `action` was taken, one that counts."""
        who = _member(action)
        return Assign(self.fields[0].name, () if who is None else (who,), build.TRUE)


def obligations(system: System, taken: Collection[str]) -> dict[tuple[str, Fairness], Obligation]:
    """All obligations, by duty and strength. The variables they bind have other names than those taken."""
    groups: dict[tuple[str, Fairness], list[Action]] = {}
    for action in system.actions:
        for key in duties(action):
            groups.setdefault(key, []).append(action)
    return {key: _obligation(system, *key, actions, taken) for key, actions in groups.items()}


def duties(action: Action) -> Iterator[tuple[str, Fairness]]:
    """The obligations that a step of `action` may meet."""
    yield from ((action.duty, strength) for strength in STRENGTHS if _owed(action, strength))


def _obligation(
    system: System, duty: str, strength: Fairness, actions: list[Action], taken: Collection[str]
) -> Obligation:
    param = _member(actions[0])
    who = None if param is None else build.var(unused(param.name, taken), param.type)
    can = build.or_(*(_can(system, action, who) for action in actions))
    # To whom nothing is owed counts as having stepped, so that nothing is noted of them.
    stepped = _Notes(f"({strength}) {duty}", who, frozenset(_members(who)) - _owed(actions[0], strength))
    if strength == "weak":
        return Obligation((stepped.field,), stepped.more(build.not_(can)), stepped.each(stepped.entry))
    could = _Notes(f"(enabled) {duty}", who, frozenset())
    note = could.more(build.and_(build.not_(stepped.entry), can))
    kept = stepped.each(build.or_(stepped.entry, build.not_(could.entry)))
    return Obligation((stepped.field, could.field), note, kept)


class _Notes:
    """A truth value, or one for each member."""

    def __init__(self, name: str, who: Var | None, init: Collection[Value | None]) -> None:
        """`init` are the members for whom it is true from the beginning."""
        self.who = who
        if who is None:
            self.field = Field(name, BOOL, False)
        else:
            self.field = Field(name, TableType(who.type, BOOL), tuple(m in init for m in values(who.type)))
        whole = build.read(name, self.field.type)
        self.entry = whole if who is None else build.index(whole, who)
        """What is noted of `who`."""

    def more(self, cond: Expr) -> Stmt:
        """Note it where it is true already and where a condition on `who` is."""
        now = build.or_(self.entry, cond)
        return Assign(self.field.name, (), now if self.who is None else build.map_of(self.who, now))

    def each(self, cond: Expr) -> Expr:
        """Whether a condition on `who` is true of everybody."""
        return cond if self.who is None else build.quant("all", self.who, cond)


def _member(action: Action) -> Var | None:
    """The parameter that says who takes a step, if somebody does."""
    return None if action.process is None else action.params[0]


def _members(who: Var | None) -> tuple[Value | None, ...]:
    return (None,) if who is None else values(who.type)


def _owed(action: Action, strength: Fairness) -> frozenset[Value | None]:
    """To whom the action's steps are owed with that strength."""
    return frozenset(m for m in _members(_member(action)) if action.fair_to(m) == strength)


def _can(system: System, action: Action, who: Var | None) -> Expr:
    """Whether `who` can take a step of `action` that counts."""
    cond = enabled(system, action).cond
    return cond if who is None else substitute(cond, {action.params[0]: who})
