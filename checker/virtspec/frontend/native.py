"""The same steps under CPython: what the author wrote, run by Python itself on ordinary objects.

Each step of a process becomes a Python function compiled from the author's own syntax tree, file and line kept, so that
`pdb` stops in it; so do methods and actions. A state is loaded into a live object of the model's class (see `live`) and
read back after the step. The interpreter and this module share only the cutting into steps: types, lowering,
inlining of methods and the semantics of every expression are Python's here, which makes it a test of all of them.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from virtspec.frontend.domains import Registry
from virtspec.frontend.live import Checks, Living
from virtspec.frontend.load import Specification
from virtspec.frontend.scope import Process
from virtspec.frontend.spans import copied
from virtspec.frontend.steps import IDLE, Step
from virtspec.ir.system import Action, Field
from virtspec.ir.types import IntType, TableType, Type, Value, default, ordinal, values
from virtspec.lang.domains import sized
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
        self.living = Living(spec.unit.root, self.registry)
        self.fit = self.living.fit
        self.shared = [self.living.access(f.name, f.type) if f.role == "shared" else None for f in spec.system.fields]
        """What writes and reads each field that the author declared."""
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
        except AttributeError as error:
            if error.obj is not None:  # only a component of None is the author's; anything else is a mistake of ours
                raise
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
        if action.location == IDLE:
            given = dict(zip((p.arg for p in process.routine.params[1:]), params[1:], strict=True))
        else:
            given = {n: v for n, v in self.locals(process, who, state).items() if n in kept}
        location, found = self.functions[action.name](live, who, **given)
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
        live = self.living.new()
        object.__setattr__(live, "_virtspec_at", lambda p, label, who: self.at(state, p, label, who))
        object.__setattr__(live, "_virtspec_local", lambda p, name, who: self.local(state, p, name, who))
        for access, value in zip(self.shared, state, strict=True):
            if access is not None:
                access.write(live, value)
        return live

    def local(self, state: State, process: str, name: str, who: Any) -> Any:
        """What `lang.local` answers in `state`."""
        runner, field = self.spec.unit.processes[process].runner, self.spec.unit.local_fields.get(f"{process}.{name}")
        if field is None:
            return False
        assert isinstance(field.type, TableType)
        table = state[self.system.field_index[field.name]]
        assert isinstance(table, tuple)
        return self.registry.python(
            field.type.value, table[ordinal(runner.type, self.registry.canonical(runner.type, who))]
        )

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
            frame.get(f.name, old) if access is None else access.read(live)
            for f, access, old in zip(self.system.fields, self.shared, before, strict=True)
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
        for name in sorted(process.steps.locals):
            f = self.spec.unit.local_fields.get(process.steps.field_name(name))
            if f is not None:
                yield name, f

    def frame(self, process: Process, who: Any, location: str, found: dict[str, Any], state: State) -> dict[str, Value]:
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
        given = {v.name: v.type for v in self.system.action(process.routine.name).params[1:]}
        types = {**steps.types, **given}
        body = [_StepChecks(types).visit(copied(s)) for s in step.body]
        args = ast.arguments([], [ast.arg(a) for a in ("self", who, *names)], None, [], [], None, [])
        made = ast.copy_location(ast.FunctionDef(process.routine.name, args, body, [], None), process.routine.fn)
        return self.living.checking.compiled(made, process.routine.path, steps.names, types)


class _StepChecks(Checks):
    """Lets a step's code give back its locals as well."""

    def visit_Return(self, node: ast.Return) -> ast.stmt:  # noqa: N802  # the name that ast asks for
        everything = ast.Call(ast.Name("__locals__", ast.Load()), [], [])
        assert node.value is not None
        value = ast.Tuple([node.value, everything], ast.Load())
        return ast.fix_missing_locations(ast.copy_location(ast.Return(value), node))


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
