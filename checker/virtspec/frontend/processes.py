"""Processes and actions: from methods to guarded atomic actions of the System."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from virtspec.frontend.expr import Names
from virtspec.frontend.liveness import assigned, live_locals, own_names, targets
from virtspec.frontend.module import class_tree, span_of
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import Binding, Event, Place, Process, Scope, Slot, Unit
from virtspec.frontend.shape import Instance
from virtspec.frontend.stmts import Statements
from virtspec.frontend.steps import IDLE, Step, Steps, split
from virtspec.frontend.subset import Refused
from virtspec.ir import build
from virtspec.ir.nodes import Action, Assign, Expr, Field, Require, Runner, Stmt, Var
from virtspec.ir.types import EnumType, ScalarsetType, TableType, Type, default, is_scalar
from virtspec.lang.model import RULE, Rule
from virtspec.source import Span


def rules(cls: type[Any]) -> list[tuple[str, Rule]]:
    """The names of a class's processes and actions, in order of declaration, bases first."""
    found: dict[str, Rule] = {}
    for base in reversed(cls.__mro__):
        if any(RULE in getattr(v, "__dict__", {}) for v in vars(base).values()):
            for node in class_tree(base)[1].body:
                rule = getattr(getattr(base, getattr(node, "name", ""), None), RULE, None)
                if isinstance(node, ast.FunctionDef) and rule is not None:
                    found[node.name] = rule
    return list(found.items())


def cut_processes(unit: Unit) -> list[Runner]:
    """Cut every process of the model into steps and find out who runs it; fills `unit.processes`."""
    by_runner: dict[str, list[tuple[str, Steps, Type, Rule]]] = {}
    for name, rule in rules(unit.root.cls):
        if rule.kind != "process":
            continue
        method = unit.root.method(name)
        assert method is not None
        routine = Routine.of(method, unit.root, unit.registry)
        try:
            runner_type = _parameter_types(unit, routine)[0][1]
            steps = split(routine, unit.diagnostics)
        except Refused:
            continue
        pc = f"{runner_type}.pc" if isinstance(runner_type, ScalarsetType) else f"{name}.pc"
        by_runner.setdefault(pc, []).append((name, steps, runner_type, rule))
    runners = []
    for pc, processes in by_runner.items():
        locations = [IDLE, *(s.location for _, steps, _, _ in processes for s in steps.steps[1:])]
        enum = EnumType(pc, tuple(locations))
        runner = Runner(processes[0][2], pc, enum, tuple(name for name, *_ in processes))
        runners.append(runner)
        for name, steps, _, rule in processes:
            unit.processes[name] = Process(steps, runner, rule.fair, steps.routine.fn)
    return runners


def _parameter_types(unit: Unit, routine: Routine) -> list[tuple[str, Type]]:
    """Names and types of a process's or action's parameters; every one must be a finite scalar."""
    found = []
    for param in routine.params:
        if param.annotation is None:
            raise unit.diagnostics.refuse("VS410", param, routine.path, param.arg)
        t = routine.type_of(param.annotation, unit.diagnostics)
        if not is_scalar(t):
            raise unit.diagnostics.refuse("VS410", param, routine.path, param.arg)
        found.append((param.arg, t))
    if not found and routine.is_generator:
        raise unit.diagnostics.refuse("VS404", routine.fn, routine.path)
    return found


def lower_rules(unit: Unit) -> list[Action]:
    """Every action of the System: the model's rules in order of declaration, then those of its components."""
    actions: list[Action] = []
    for name, rule in rules(unit.root.cls):
        if rule.kind == "action":
            actions += lower_action(unit, unit.root, name, rule)
        elif name in unit.processes:
            actions += lower_process(unit, unit.processes[name])
    for part in _parts(unit.root):
        for name, rule in rules(part.cls):
            if rule.kind == "action":
                actions += lower_action(unit, part, name, rule)
    return actions


def _parts(instance: Instance) -> Iterator[Instance]:
    for part in instance.parts.values():
        yield part
        yield from _parts(part)


def lower_action(unit: Unit, instance: Instance, name: str, rule: Rule) -> list[Action]:
    """One atomic action of the environment; a component's gets one parameter per key in front."""
    method = instance.method(name)
    assert method is not None
    routine = Routine.of(method, instance, unit.registry)
    span = span_of(routine.fn, routine.path)
    if routine.is_generator:
        unit.diagnostics.note("VS406", routine.fn, routine.path, "an @action")
        return []
    try:
        params = _parameter_types(unit, routine)
        code = unit.straighten(routine)
    except Refused:
        return []
    names = Names()
    keys = tuple(names.var(f"at{i or ''}", t) for i, t in enumerate(instance.keys))
    variables = tuple(names.var(n, t) for n, t in params)
    scope = Scope(routine.path, code.names, code.types, {v.name: v for v in variables})
    scope.locals["self"] = Place(instance, keys)
    full = instance.prefix + name
    events = unit.events.setdefault(full, [])
    out: list[Stmt] = []
    lowering = Statements(unit, scope, names, out, events, (routine.fn,))
    lowering.block(code.body)
    return [Action(full, (*keys, *variables), tuple(out), fair=rule.fair, atomic="an action", span=span)]


def lower_process(unit: Unit, process: Process) -> list[Action]:
    """The actions of one process, one per step."""
    lowering = _ProcessLowering(unit, process)
    actions = []
    for step in process.steps.steps:
        try:
            actions.append(lowering.lower(step))
        except Refused:
            continue
    return actions


class _ProcessLowering:
    """Lowers the steps of one process; the fields of its locals are declared as their types become known."""

    def __init__(self, unit: Unit, process: Process) -> None:
        self.unit = unit
        self.process = process
        self.routine = process.routine
        self.name = self.routine.name
        self.runner = process.runner
        params = _parameter_types(unit, self.routine)
        self.who = params[0][0]
        self.params = params[1:]
        self.types = {**process.steps.types, **dict(self.params)}
        code = [s for step in process.steps.steps for s in step.body]
        self.local_names = (assigned(code) | dict(self.params).keys()) - {self.who}
        self.live = live_locals(process.steps.steps, self.local_names)
        process.steps.live = self.live
        self.check_runner(code)

    def check_runner(self, code: list[ast.stmt]) -> None:
        for stmt in code:
            for node in own_names(stmt):
                if node.id == self.who and isinstance(node.ctx, ast.Store):
                    self.unit.diagnostics.note("VS306", node, self.routine.path, self.who)

    def lower(self, step: Step) -> Action:
        names = Names()
        who = names.var(self.who, self.runner.type)
        entry = step.location == IDLE
        free = tuple(names.var(n, t) for n, t in self.params) if entry else ()
        ends = targets(step.body)
        written = assigned(step.body) & self.local_names
        kept = frozenset().union(*(self.live[e] for e in ends)) | self.live.get(step.location, frozenset())
        scope = Scope(self.routine.path, self.process.steps.names, self.types, {self.who: who})
        scope.locals["self"] = Place(self.unit.root)
        events = self.unit.events[step.name] = []
        out: list[Stmt] = []
        lowering = Statements(self.unit, scope, names, out, events, (self.routine.fn,))
        pc = TableType(self.runner.type, self.runner.locations)
        here = build.index(build.read(self.runner.pc, pc), who)
        span = span_of(step.node, self.routine.path)
        out.append(Require(build.eq(here, build.const(step.location, self.runner.locations)), span))
        self.enter(step, scope.locals, free, kept, written, who, lowering, span)
        dirty = (self.live[step.location] if not entry else frozenset(v.name for v in free)) | written

        def persist(name: str, t: Type | None, node: ast.AST) -> Slot | None:
            return self.slot(name, t, who) if name in kept and name in self.local_names else None

        def at_end(location: str, at: Span) -> None:
            for name in sorted((dirty & kept) - self.live[location]):
                self.reset(name, who, lowering, at)
            lowering.out.append(Assign(self.runner.pc, (who,), build.const(location, self.runner.locations), at))

        lowering.persist, lowering.at_end = persist, at_end
        lowering.block(step.body)
        fair: Any = self.process.fair
        return Action(
            step.name, (who, *free), tuple(out), self.name, step.location, fair, lowering.atomic, span
        )

    def enter(
        self,
        step: Step,
        bound: dict[str, Binding],
        free: tuple[Var, ...],
        kept: frozenset[str],
        written: set[str],
        who: Var,
        lowering: Statements,
        span: Span,
    ) -> None:
        """Bind the locals a step begins with: parameters on entry, else what is live."""
        if step.location != IDLE:
            for name in self.live[step.location]:
                slot = self.slot(name, self.types.get(name), who)
                if slot is None:
                    self.unit.diagnostics.note("VS202", step.node, self.routine.path, name)
                    raise Refused
                bound[name] = slot
            return
        for variable in free:
            bound[variable.name] = variable
            if variable.name in kept:
                slot = self.slot(variable.name, variable.type, who)
                assert slot is not None
                lowering.out.append(Assign(slot.field.name, slot.keys, variable, span))
                if variable.name in written:
                    bound[variable.name] = slot

    def slot(self, name: str, t: Type | None, who: Expr) -> Slot | None:
        """The state behind a local that outlives a step; declared when first met with a type."""
        full = f"{self.name}.{name.replace('__', '.')}"
        if full not in self.unit.local_fields:
            t = self.types.get(name, t)
            if t is None:
                return None
            table = TableType(self.runner.type, t)
            span = span_of(self.routine.fn, self.routine.path)
            self.unit.local_fields[full] = Field(full, table, default(table), "local", span)
        return Slot(self.unit.local_fields[full], (who,))

    def reset(self, name: str, who: Expr, lowering: Statements, span: Span) -> None:
        """Forget a local that nothing will read again."""
        full = f"{self.name}.{name.replace('__', '.')}"
        field = self.unit.local_fields.get(full)
        if field is not None:
            t = Slot(field, (who,)).type
            lowering.out.append(Assign(full, (who,), build.const(default(t), t), span))
