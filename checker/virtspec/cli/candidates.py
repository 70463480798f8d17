"""States in which a model may be, in few words: who stands where, what they have in common, in what they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from virtspec.ir.system import System
from virtspec.ir.types import RecordType, TableType, Type, Value, show, values
from virtspec.semantics.interp import State
from virtspec.semantics.successors import location
from virtspec.trace.render import brief, member_name


@dataclass(frozen=True)
class Seen:
    """Something that states have, with the values it has in them."""

    what: str
    values: Counter[str]

    def __str__(self) -> str:
        if len(self.values) == 1:
            return f"{self.what}: {next(iter(self.values))}"
        return f"{self.what}: " + ", ".join(f"{value} in {n:,}" for value, n in self.values.most_common())


def standing(system: System, states: Sequence[State]) -> list[Seen]:
    """Where everybody stands who is inside a process in some of the states."""
    found = []
    for runner in system.runners:
        for number, member in enumerate(values(runner.type)):
            places = Counter(location(system, runner, number, state) for state in states)
            if set(places) != {runner.idle}:
                found.append(Seen(member_name(runner.type, runner.pc, member), places))
    return found


def differing(system: System, states: Sequence[State]) -> list[Seen]:
    """The parts of fields that are not the same in all of the states: shared ones first, then what processes keep."""
    found = []
    for role in ("shared", "local"):
        for number, f in enumerate(system.fields):
            if f.role == role and len({state[number] for state in states}) > 1:
                seen: dict[str, Counter[str]] = {}
                for state in states:
                    for what, value in _parts(f.name, f.type, state[number]):
                        seen.setdefault(what, Counter())[value] += 1
                found += [Seen(what, counts) for what, counts in seen.items() if len(counts) > 1]
    return found


def common(system: System, states: Sequence[State]) -> list[Seen]:
    """The shared fields that are the same in all of the states."""
    found = []
    for number, f in enumerate(system.fields):
        if f.role == "shared" and len({state[number] for state in states}) == 1:
            found.append(Seen(f.name, Counter([brief(f.type, states[0][number])])))
    return found


def _parts(what: str, t: Type, value: Value) -> Iterator[tuple[str, str]]:
    """The entries of tables and components of records in a value, each with its name and as text."""
    if isinstance(t, TableType) and isinstance(value, tuple):
        for key, entry in zip(values(t.key), value, strict=True):
            yield from _parts(f"{what}[{show(t.key, key)}]", t.value, entry)
    elif isinstance(t, RecordType) and isinstance(value, tuple):
        for (name, of), component in zip(t.fields, value, strict=True):
            yield from _parts(f"{what}.{name}", of, component)
    else:
        yield what, show(t, value)
