"""Random walks of a System, in lockstep with the author's own generators run by CPython.

This shares nothing with the way a process is cut into steps: the methods run as they are written, a process is one
Python generator from its call to its return, and a step is `next()`. That works because a walk never undoes a step.
What is compared after each step: every field, the label each generator stands at, and its own locals that are kept.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from virtspec.frontend.domains import NoType, Registry
from virtspec.frontend.load import Specification
from virtspec.frontend.shape import Instance
from virtspec.ir.nodes import Choose, Var
from virtspec.ir.system import Action
from virtspec.ir.types import ModType, SeqType, SetType, TableType, Type, Value, default, ordinal, values
from virtspec.ir.walk import statements
from virtspec.lang.domains import Seq, sized
from virtspec.lang.rules import Disabled as NotNow
from virtspec.lang.rules import FaultSignal, stepping
from virtspec.semantics.interp import Disabled, Faulted, Taken, outcomes
from virtspec.semantics.successors import successors

FAULTS = (FaultSignal, AssertionError, KeyError, IndexError, TypeError, AttributeError, ZeroDivisionError, NoType)
"""What Python raises, or `Registry.canonical`, where the language has a fault."""


class Mismatch(Exception):
    """CPython and the System disagree. The text says where."""


@dataclass
class Walker:
    """One walk: a live object, and a generator per member that is inside a process."""

    spec: Specification
    seed: int
    running: dict[tuple[str, int], Generator[str, None, None]] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.registry = self.spec.unit.registry
        self.random = random.Random(self.seed)
        self.state = self.spec.system.init
        self.live = plain(self.spec.unit.root, self.registry)
        for f in self.spec.system.fields:
            if f.role == "shared":
                self.put(f.name, f.type, f.init)

    def walk(self, length: int) -> None:
        """Take up to `length` steps, then try one that is disabled. Raises Mismatch."""
        with sized(self.spec.sizes):
            for _ in range(length):
                enabled = list(successors(self.spec.system, self.state))
                if not enabled:
                    break
                action, outcome = self.random.choice(enabled)
                self.taken.append(action.name)
                if isinstance(outcome, Faulted):
                    self.expect_fault(action, outcome)
                    return
                self.step(action, outcome)
            self.try_disabled()

    def step(self, action: Action, taken: Taken) -> None:
        try:
            self.run(action, [v for _, v in taken.picks])
        except (NotNow, *FAULTS) as error:
            raise Mismatch(f"{self}: {type(error).__name__}: {error}") from error
        self.state = taken.state
        self.compare()

    def expect_fault(self, action: Action, faulted: Faulted) -> None:
        try:
            self.run(action, [v for _, v in faulted.picks])
            for f in self.spec.system.fields:
                if f.role == "shared":
                    self.get(f.name, f.type)  # Python itself does not mind a value out of range
        except FAULTS:
            return
        if "lies outside" in faulted.message:
            return  # of a variable or result with a declared range: Python does not mind
        raise Mismatch(f"{self}: expected the fault {faulted.message!r}")

    def try_disabled(self) -> None:
        """A step that the System disables is disabled here, too: of those whose process stands before it."""
        waiting = []
        for action in self.spec.system.actions:
            for outcome in outcomes(self.spec.system, action, self.state):
                if isinstance(outcome, Disabled) and self.stands(action, outcome):
                    waiting.append((action, [outcome.env.vars[p.name] for p in picks_of(action, outcome)]))
        if waiting:
            action, picks = self.random.choice(waiting)
            self.taken.append(f"{action.name} (disabled)")
            try:
                self.run(action, picks)
            except NotNow:
                return
            except FAULTS as error:
                raise Mismatch(f"{self}: a fault, {error!r}") from error
            raise Mismatch(f"{self}: it is enabled")

    def stands(self, action: Action, outcome: Disabled) -> bool:
        """Whether what disables the step is not the program counter."""
        return action.process is None or outcome.require is not action.body[0]

    # --- CPython

    def run(self, action: Action, picks: list[Value]) -> None:
        """Take the step of the live object with these parameters and choices."""
        arity = len(action.params)
        params = [self.registry.python(p.type, v) for p, v in zip(action.params, picks[:arity], strict=True)]
        with stepping(Recorded(self.registry, picks[arity:])):
            if action.process is None:
                holder, depth, instance = self.live, 0, self.spec.unit.root
                *path, name = action.name.split(".")
                for attr in path:
                    instance = instance.parts[attr]
                    holder = getattr(holder, attr)
                    for key in params[depth : len(instance.keys)]:
                        holder = holder[key]
                    depth = len(instance.keys)
                getattr(holder, name)(*params[depth:])
                return
            process = self.spec.unit.processes[action.process]
            member = process.runner.pc, ordinal(process.runner.type, picks[0])
            if action.location == process.runner.idle:
                if member in self.running:
                    raise Mismatch(f"{self}: the member is inside a call")
                self.running[member] = getattr(self.live, action.process)(*params)
            try:
                label = next(self.running[member])
            except StopIteration:
                del self.running[member]
            else:
                assert isinstance(label, str)

    def compare(self) -> None:
        for f, value in zip(self.spec.system.fields, self.state, strict=True):
            if f.role == "shared":
                found = self.get(f.name, f.type)
                if found != value:
                    raise Mismatch(f"{self}: {f.name} is {found}, not {value}")
                self.put(f.name, f.type, value)  # a Mod field is reduced
        for runner in self.spec.system.runners:
            table = self.state[self.spec.system.field_index[runner.pc]]
            assert isinstance(table, tuple)
            for i, location in enumerate(table):
                running = self.running.get((runner.pc, i))
                if (running is None) != (location == runner.idle):
                    raise Mismatch(f"{self}: member {i} is at {location}")
                if running is not None:
                    self.compare_process(running, str(location), i)

    def compare_process(self, running: Generator[str, None, None], location: str, member: int) -> None:
        frames: list[Any] = [running]
        while frames[-1].gi_yieldfrom is not None:
            frames.append(frames[-1].gi_yieldfrom)
        line = frames[-1].gi_frame.f_lineno
        process = self.spec.unit.processes[location.partition(".")[0]]
        steps = process.steps
        step = next(s for s in steps.steps if s.location == location)
        if line != step.node.lineno:  # type: ignore[attr-defined]  # a statement
            raise Mismatch(f"{self}: at line {line}, not at {location}")
        for local in sorted(steps.locals):
            f = self.spec.unit.local_fields.get(steps.field_name(local))
            if f is None:
                continue
            table = self.state[self.spec.system.field_index[f.name]]
            assert isinstance(f.type, TableType)
            assert isinstance(table, tuple)
            *calls, name = steps.shown.get(local, local).split(".")
            inside = len(frames[: len(calls) + 1]) > len(calls) and calls == location.split(".")[1 : len(calls) + 1]
            known = frames[len(calls)].gi_frame.f_locals if inside else {}
            if local not in steps.live[location]:
                expected = default(f.type.value)
            elif name in known:
                expected = self.registry.canonical(f.type.value, known[name])
            else:
                continue  # made by the compiler, such as a key evaluated at a call
            if expected != table[member]:
                raise Mismatch(f"{self}: local {local} is {table[member]}, not {expected}")

    def put(self, name: str, t: Type, value: Value) -> None:
        for holder, attr, of, part in self.spread(name, t, value):
            setattr(holder, attr, ordered(self.registry, of, part))

    def get(self, name: str, t: Type) -> Value:
        """The canonical value of a field, put together from all the components that have a part of it."""
        parts = [self.registry.canonical(of, getattr(h, a)) for h, a, of, _ in self.spread(name, t, None)]
        return gathered(t, self.keys_of(name), iter(parts))

    def keys_of(self, name: str) -> int:
        instance = self.spec.unit.root
        for attr in name.split(".")[:-1]:
            instance = instance.parts[attr]
        return len(instance.keys)

    def spread(self, name: str, t: Type, value: Value) -> Iterator[tuple[Any, str, Type, Value]]:
        """Every object that holds a part of a field: (object, attribute, type, value)."""
        *path, attr = name.split(".")

        def descend(holder: Any, path: list[str], instance: Instance, depth: int, t: Type, value: Value) -> Any:
            if depth < len(instance.keys):
                assert isinstance(t, TableType)
                parts = value if isinstance(value, tuple) else [None] * len(values(t.key))
                for key, part in zip(values(t.key), parts, strict=True):
                    entry = holder[self.registry.python(t.key, key)]
                    yield from descend(entry, path, instance, depth + 1, t.value, part)
            elif path:
                yield from descend(getattr(holder, path[0]), path[1:], instance.parts[path[0]], depth, t, value)
            else:
                yield holder, attr, t, value

        yield from descend(self.live, path, self.spec.unit.root, 0, t, value)

    def __str__(self) -> str:
        return f"{self.spec.system.name}, seed {self.seed}, {' '.join(self.taken)}"


@dataclass
class Recorded:
    """Answers `choose` with the picks of the System's step."""

    registry: Registry
    picks: list[Value]

    def pick(self, domain: Any) -> Any:
        value = self.picks.pop(0)
        return value if isinstance(domain, range) else self.registry.python(self.registry.type_of(domain), value)

    def spend(self, name: str) -> None:
        pass


def picks_of(action: Action, outcome: Disabled) -> list[Var]:
    """The parameters and choices that a disabled outcome had bound, in order."""
    chosen = [s.var for s in statements(action.body) if isinstance(s, Choose) and s.var.name in outcome.env.vars]
    return [*action.params, *chosen]


def gathered(t: Type, depth: int, parts: Iterator[Value]) -> Value:
    if not depth:
        return next(parts)
    assert isinstance(t, TableType)
    return tuple(gathered(t.value, depth - 1, parts) for _ in values(t.key))


def plain(instance: Instance, registry: Registry) -> Any:
    """An object of the instance's class with its constants and components; Mod attributes wrap, as they must."""
    depth = len(instance.keys)
    wraps: dict[str, int] = {}
    for name, f in instance.fields.items():
        t = f.type
        for _ in range(depth):
            assert isinstance(t, TableType)
            t = t.value
        if isinstance(t, ModType):
            wraps[name] = t.n

    def store(made: Any, name: str, value: Any) -> None:
        object.__setattr__(made, name, value % wraps[name] if name in wraps else value)

    made: Any = object.__new__(type(instance.cls.__name__, (instance.cls,), {"__setattr__": store}))
    for name, value in instance.constants.items():
        object.__setattr__(made, name, value)
    for name, part in instance.parts.items():
        object.__setattr__(made, name, table(part, part.keys[depth:], registry))
    return made


def table(part: Instance, keys: tuple[Type, ...], registry: Registry) -> Any:
    """A component, or a dict of them."""
    if not keys:
        return plain(part, registry)
    return {registry.python(keys[0], k): table(part, keys[1:], registry) for k in values(keys[0])}


class _Set(set[Any]):
    """A set that is run through in the order of its type, the one thing Python leaves open."""

    def __init__(self, order: list[Any], members: Any) -> None:
        super().__init__(members)
        self.order = order

    def __iter__(self) -> Iterator[Any]:
        return (m for m in self.order if m in self)


class _Table(dict[Any, Any]):
    """A dict of integers that wrap."""

    n: int

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value % self.n)


def ordered(registry: Registry, t: Type, value: Value) -> Any:
    """A Python object for a canonical value, its sets in order, its sequences with their capacity."""
    made = registry.python(t, value)
    match t:
        case SetType(of):
            return _Set([registry.python(of, v) for v in values(of)], made)
        case SeqType(_, cap):
            assert isinstance(made, Seq)
            made.cap = cap
            return made
        case TableType(key, ModType(n)):
            wrapping = _Table(made)
            wrapping.n = n
            return wrapping
        case TableType(key, of):
            assert isinstance(value, tuple)
            return {registry.python(key, k): ordered(registry, of, v) for k, v in zip(values(key), value, strict=True)}
        case _:
            return made
