"""The same steps under CPython: what the author wrote, run by Python itself on ordinary objects.

Each step of a process becomes a Python function compiled from the author's own syntax tree, file and line kept, so that
`pdb` stops in it; methods and actions are called as they are. A state is loaded into a live object of the model's class
and read back after the step. The interpreter and this module share only the cutting into steps: types, lowering,
inlining of methods and the semantics of every expression are Python's here, which makes it a test of all of them.

Fields check what is stored in them, as the language demands: an integer outside its range, None where a value is needed
or an item too many is a fault.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from virtspec.frontend.domains import NoType, Registry
from virtspec.frontend.load import Specification
from virtspec.frontend.scope import Process
from virtspec.frontend.shape import Instance
from virtspec.frontend.steps import IDLE, Step
from virtspec.ir.nodes import Action, Field
from virtspec.ir.types import (
    IntType,
    ModType,
    OptionType,
    SeqType,
    SetType,
    TableType,
    Type,
    Value,
    default,
    ordinal,
    values,
)
from virtspec.lang.domains import Seq, sized
from virtspec.lang.rules import Disabled, FaultSignal, stepping

State: TypeAlias = tuple[Value, ...]

FAULTS = (FaultSignal, AssertionError, KeyError, IndexError, TypeError, ValueError, ZeroDivisionError)
"""What Python raises where the language has a fault."""


@dataclass(frozen=True, slots=True)
class Move:
    """One step taken: `state` is None where it faulted. `costs` are the units spent."""

    action: str
    picks: tuple[Value, ...]
    state: State | None
    costs: tuple[str, ...] = ()


class _MorePicks(Exception):
    def __init__(self, count: int) -> None:
        self.count = count


class Native:
    """Runs the steps of one specification under CPython."""

    def __init__(self, spec: Specification) -> None:
        self.spec = spec
        self.system = spec.system
        self.registry = spec.unit.registry
        self.fit = Fit(self.registry)
        self.paths = dict(_paths(spec.unit.root, ()))
        self.functions: dict[str, Callable[..., tuple[str, dict[str, Any]]]] = {}
        for process in spec.unit.processes.values():
            for step in process.steps.steps:
                self.functions[step.name] = self.compile(process, step)

    def successors(self, state: State) -> list[Move]:
        """Every step enabled in `state`, in the order of the interpreter's `successors`."""
        moves: list[Move] = []
        with sized(self.spec.sizes):
            for action in self.system.actions:
                for params in itertools.product(*(values(p.type) for p in action.params)):
                    if self.stands(action, params, state):
                        self.explore(action, params, (), state, moves)
        return moves

    def stands(self, action: Action, params: tuple[Value, ...], state: State) -> bool:
        """Whether the member that would take the step stands before it (always so for actions)."""
        if action.process is None:
            return True
        runner = self.spec.unit.processes[action.process].runner
        table = state[self.system.field_index[runner.pc]]
        assert isinstance(table, tuple)
        return table[ordinal(runner.type, params[0])] == action.location

    def explore(
        self, action: Action, params: tuple[Value, ...], choices: tuple[int, ...], state: State, moves: list[Move]
    ) -> None:
        """Take the step for every way its `choose`s can go."""
        try:
            move = self.run(action, params, choices, state)
        except _MorePicks as more:
            for i in range(more.count):
                self.explore(action, params, (*choices, i), state, moves)
        else:
            if move is not None:
                moves.append(move)

    def run(self, action: Action, params: tuple[Value, ...], choices: tuple[int, ...], state: State) -> Move | None:
        """Take one step with its choices given by number; None where it is disabled."""
        chooser = _Chooser(self.registry, choices)
        live = self.load(state)
        python = [self.registry.python(p.type, v) for p, v in zip(action.params, params, strict=True)]
        try:
            with stepping(chooser):
                after = self.step(action, live, python, state)
        except Disabled:
            return None
        except FAULTS:
            after = None
        return Move(action.name, (*params, *chooser.taken), after, tuple(chooser.costs))

    def step(self, action: Action, live: Any, params: list[Any], state: State) -> State:
        if action.process is None:
            holder, name, arity = live, action.name, 0
            for attr, keys in self.action_path(action.name):
                holder = getattr(holder, attr)
                for key in params[arity : arity + keys]:
                    holder = holder[key]
                arity += keys
                name = action.name.rsplit(".", 1)[1]
            getattr(holder, name)(*params[arity:])
            return self.read(live, state, {})
        process = self.spec.unit.processes[action.process]
        who = params[0]
        kept = process.steps.live.get(action.location or IDLE, frozenset())
        names = [p.arg for p in process.routine.params[1:]]
        given = dict(zip(names, params[1:], strict=True)) if action.location == IDLE else self.locals(process, who, state)
        location, found = self.functions[action.name](live, who, **{n: v for n, v in given.items() if n in kept or action.location == IDLE})
        return self.read(live, state, self.frame(process, who, location, found, state))

    def action_path(self, name: str) -> list[tuple[str, int]]:
        """Attributes and numbers of keys from the model to the component an action belongs to."""
        found, instance, depth = [], self.spec.unit.root, 0
        for part in name.split(".")[:-1]:
            instance = instance.parts[part]
            found.append((part, len(instance.keys) - depth))
            depth = len(instance.keys)
        return found

    # --- states

    def load(self, state: State) -> Any:
        """A live object of the model's class in `state`."""
        live = _live(self.spec.unit.root, self.fit)
        object.__setattr__(live, "_virtspec_at", lambda p, label, who: self.at(state, p, label, who))
        for f, value in zip(self.system.fields, state, strict=True):
            if f.role == "shared":
                _put(live, self.paths[f.name], self.registry, f.type, value)
        return live

    def at(self, state: State, name: str, label: str | None, who: Any) -> bool:
        """What `lang.at` answers in `state`."""
        runner = self.spec.unit.processes[name].runner
        table = state[self.system.field_index[runner.pc]]
        assert isinstance(table, tuple)
        here = table if who is None else (table[ordinal(runner.type, self.registry.canonical(runner.type, who))],)
        wanted = self.spec.unit.processes[name].steps.standing(label)
        return any(location in wanted for location in here)

    def read(self, live: Any, before: State, frame: dict[str, Value]) -> State:
        """The canonical state of a live object; pc and locals come from `frame`, or stay as they were."""
        return tuple(
            _get(live, self.paths[f.name], self.registry, f.type) if f.role == "shared" else frame.get(f.name, old)
            for f, old in zip(self.system.fields, before, strict=True)
        )

    def locals(self, process: Process, who: Any, state: State) -> dict[str, Any]:
        """The locals a member has in `state`."""
        i = ordinal(process.runner.type, self.registry.canonical(process.runner.type, who))
        found = {}
        for name, f in self.local_fields(process):
            assert isinstance(f.type, TableType)
            table = state[self.system.field_index[f.name]]
            assert isinstance(table, tuple)
            found[name] = self.registry.python(f.type.value, table[i])
        return found

    def local_fields(self, process: Process) -> Iterator[tuple[str, Field]]:
        prefix = process.routine.name + "."
        for full, f in self.spec.unit.local_fields.items():
            if full.startswith(prefix):
                yield full.removeprefix(prefix).replace(".", "__"), f

    def frame(
        self, process: Process, who: Any, location: str, found: dict[str, Any], state: State
    ) -> dict[str, Value]:
        """The pc and the locals after a step: those live at `location` keep their value, the others are reset."""
        i = ordinal(process.runner.type, self.registry.canonical(process.runner.type, who))
        frame = {process.runner.pc: self.replaced(process.runner.pc, i, location, state)}
        live = process.steps.live[location]
        for name, f in self.local_fields(process):
            assert isinstance(f.type, TableType)
            t = f.type.value
            value = self.registry.canonical(t, self.fit(t, found[name])) if name in live else default(t)
            frame[f.name] = self.replaced(f.name, i, value, state)
        return frame

    def replaced(self, field: str, i: int, value: Value, state: State) -> Value:
        table = state[self.system.field_index[field]]
        assert isinstance(table, tuple)
        return (*table[:i], value, *table[i + 1 :])

    # --- code

    def compile(self, process: Process, step: Step) -> Callable[..., tuple[str, dict[str, Any]]]:
        """The Python function of one step: takes self, the runner and the locals, gives location and locals."""
        steps = process.steps
        who, *params = [p.arg for p in process.routine.params]
        names = params if step.location == IDLE else sorted(steps.live[step.location])
        body = [_Returns(steps.types).visit(copy.deepcopy(s)) for s in step.body]
        args = ast.arguments([], [ast.arg(a) for a in ("self", who, *names)], None, [], [], None, [])
        made = ast.FunctionDef(process.routine.name, args, body, [], None)
        module = ast.Module([ast.copy_location(made, process.routine.fn)], [])
        ast.fix_missing_locations(module)
        types = {**steps.types}

        def fit(name: str, value: Any) -> Any:
            return self.fit(types[name], value)

        names_in_scope = {**steps.names, "__locals__": locals, "__fit__": fit}
        exec(compile(module, process.routine.path, "exec"), names_in_scope)
        function: Callable[..., tuple[str, dict[str, Any]]] = names_in_scope[process.routine.name]
        return function


class _Returns(ast.NodeTransformer):
    """Lets a step's code give back its locals, and check what goes into locals with a declared range."""

    def __init__(self, types: dict[str, Type]) -> None:
        self.types = types

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        everything = ast.Call(ast.Name("__locals__", ast.Load()), [], [])
        assert node.value is not None
        value = ast.Tuple([node.value, everything], ast.Load())
        return ast.fix_missing_locations(ast.copy_location(ast.Return(value), node))

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id in self.types:
            fitted = ast.Call(ast.Name("__fit__", ast.Load()), [ast.Constant(target.id), node.value], [])
            node.value = ast.copy_location(fitted, node.value)
            ast.fix_missing_locations(node)
        return node


class _Chooser:
    """Answers `choose` with the choices given, and asks for more when they run out."""

    def __init__(self, registry: Registry, choices: tuple[int, ...]) -> None:
        self.registry = registry
        self.choices = list(choices)
        self.taken: list[Value] = []
        self.costs: list[str] = []

    def pick(self, domain: Any) -> Any:
        if isinstance(domain, range):
            t: Type = IntType(domain.start, domain.stop - 1)
        else:
            t = self.registry.type_of(domain)
        if len(self.taken) == len(self.choices):
            raise _MorePicks(len(values(t)))
        value = values(t)[self.choices[len(self.taken)]]
        self.taken.append(value)
        return self.registry.python(t, value)

    def spend(self, name: str) -> None:
        self.costs.append(name)


# --- live objects ----------------------------------------------------------------------------------------------------


class Fit:
    """Makes a Python value fit an IR type as storing it does: checked, wrapped, containers copied."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def __call__(self, t: Type, value: Any) -> Any:
        match t:
            case OptionType(of):
                return None if value is None else self(of, value)
            case TableType():
                return _Table(self, t, value)
            case SetType(of):
                return _Set(self, of, value)
            case SeqType(of, cap):
                return _Seq(self, of, cap, value)
            case ModType(n) if isinstance(value, int):
                return value % n
            case _:
                try:
                    return self.registry.python(t, self.registry.canonical(t, value))
                except NoType as why:
                    raise FaultSignal(str(why)) from None


class _Table(dict[Any, Any]):
    """A dict that is total and checks its values; an integer key is reduced where its type wraps."""

    def __init__(self, fit: Fit, t: TableType, entries: dict[Any, Any]) -> None:
        super().__init__({fit(t.key, k): fit(t.value, v) for k, v in entries.items()})
        self.fit, self.type = fit, t

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.key(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(self.key(key), self.fit(self.type.value, value))

    def key(self, key: Any) -> Any:
        return self.fit(self.type.key, key)


class _Set(set[Any]):
    def __init__(self, fit: Fit, of: Type, members: Any) -> None:
        super().__init__(fit(of, m) for m in members)
        self.fit, self.of = fit, of

    def add(self, item: Any) -> None:
        super().add(self.fit(self.of, item))


class _Seq(Seq[Any]):
    def __init__(self, fit: Fit, of: Type, cap: int, items: Any) -> None:
        super().__init__(fit(of, i) for i in items)
        if len(self) > cap:
            raise FaultSignal("the sequence is full")
        self.fit, self.of, self.cap = fit, of, cap

    def append(self, item: Any) -> None:
        super().append(self.fit(self.of, item))

    def appendleft(self, item: Any) -> None:
        super().appendleft(self.fit(self.of, item))


def _live(instance: Instance, fit: Fit) -> Any:
    """An object of the instance's class whose attributes check what is stored."""
    depth = len(instance.keys)
    types = {}
    for name, f in instance.fields.items():
        t = f.type
        for _ in range(depth):
            assert isinstance(t, TableType)
            t = t.value
        types[name] = t

    def checked(self: Any, name: str, value: Any) -> None:
        object.__setattr__(self, name, fit(types[name], value))

    cls = type(instance.cls.__name__, (instance.cls,), {"__setattr__": checked})
    live = cls.__new__(cls)
    for name, value in instance.constants.items():
        object.__setattr__(live, name, value)
    for name, part in instance.parts.items():
        object.__setattr__(live, name, _parts(part, part.keys[depth:], fit))
    return live


def _parts(part: Instance, keys: tuple[Type, ...], fit: Fit) -> Any:
    """A component, or a dict of them."""
    if not keys:
        return _live(part, fit)
    return {fit.registry.python(keys[0], k): _parts(part, keys[1:], fit) for k in values(keys[0])}


Path: TypeAlias = tuple[tuple[str, int], ...]
"""Attributes from the model to a field, each with how many keys follow it (only components have some)."""


def _paths(instance: Instance, path: Path, depth: int = 0) -> Iterator[tuple[str, Path]]:
    for name, f in instance.fields.items():
        yield f.name, (*path, (name, 0))
    for name, part in instance.parts.items():
        yield from _paths(part, (*path, (name, len(part.keys) - depth)), len(part.keys))


def _put(holder: Any, path: Path, registry: Registry, t: Type, value: Value, pending: int = 0) -> None:
    """Store a canonical value of `t` at `path`, spread over the components on the way."""
    if pending:
        assert isinstance(t, TableType) and isinstance(value, tuple)
        for k, v in zip(values(t.key), value, strict=True):
            _put(holder[registry.python(t.key, k)], path, registry, t.value, v, pending - 1)
        return
    (attr, keys), rest = path[0], path[1:]
    if rest:
        _put(getattr(holder, attr), rest, registry, t, value, keys)
    else:
        setattr(holder, attr, registry.python(t, value))


def _get(holder: Any, path: Path, registry: Registry, t: Type, pending: int = 0) -> Value:
    """The canonical value of `t` found at `path`."""
    if pending:
        assert isinstance(t, TableType)
        return tuple(
            _get(holder[registry.python(t.key, k)], path, registry, t.value, pending - 1) for k in values(t.key)
        )
    (attr, keys), rest = path[0], path[1:]
    if rest:
        return _get(getattr(holder, attr), rest, registry, t, keys)
    return registry.canonical(t, getattr(holder, attr))


