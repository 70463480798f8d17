"""Processes and actions: from methods to guarded atomic actions of the System."""

from __future__ import annotations

import ast
from typing import Any

from virtspec.frontend.liveness import live_locals, surely_assigned, targets
from virtspec.frontend.module import class_tree
from virtspec.frontend.names import assigned
from virtspec.frontend.places import Names
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import POISON, Binding, Event, Place, Process, Scope, Slot, Unit
from virtspec.frontend.shape import Instance
from virtspec.frontend.spans import span_of
from virtspec.frontend.steps import IDLE, Step, Steps, split
from virtspec.frontend.stmts import Statements
from virtspec.frontend.subset import Refused
from virtspec.ir import build
from virtspec.ir.nodes import Assign, Expr, Require, Var
from virtspec.ir.system import Action, Field, Runner
from virtspec.ir.types import BoolType, EnumType, ScalarsetType, TableType, Type, default, is_scalar
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
        try:
            steps, runner_type = _cut(unit, name)
        except Refused:
            unit.refused.add(name)
            continue
        pc = f"{runner_type}.pc" if isinstance(runner_type, ScalarsetType | EnumType) else f"{name}.pc"
        by_runner.setdefault(pc, []).append((name, steps, runner_type, rule))
    runners = []
    for pc, processes in by_runner.items():
        locations = [IDLE, *(s.location for _, steps, _, _ in processes for s in steps.steps[1:])]
        enum = EnumType(pc, tuple(locations))
        runner = Runner(processes[0][2], pc, enum, tuple(name for name, *_ in processes))
        runners.append(runner)
        for name, steps, _, rule in processes:
            unit.processes[name] = Process(steps, runner, rule.fair, rule.begins, steps.routine.fn)
    return runners


def _cut(unit: Unit, name: str) -> tuple[Steps, Type]:
    """The steps of one process and the type of those who run it."""
    method = unit.root.method(name)
    assert method is not None
    routine = Routine.of(method, unit.root, unit.registry)
    refuse = unit.diagnostics.refuse
    if not routine.is_generator:
        raise refuse("VS409", routine.fn, routine.path, name)
    if not routine.params:
        raise refuse("VS404", routine.fn, routine.path, name)
    runner = _parameter_types(unit, routine)[0][1]
    if isinstance(runner, BoolType):
        raise refuse("VS404", routine.params[0], routine.path, name, hint="a bool runs nothing; use a Scalarset")
    return split(routine, unit.diagnostics), runner


def _parameter_types(unit: Unit, routine: Routine) -> list[tuple[str, Type]]:
    """Names and types of a process's or action's parameters; every one must be a finite scalar."""
    found = []
    refused = False
    for param in routine.params:
        try:
            t = None if param.annotation is None else routine.type_of(param.annotation, unit.diagnostics)
            if t is None or not is_scalar(t):
                raise unit.diagnostics.refuse("VS410", param, routine.path, param.arg)
            found.append((param.arg, t))
        except Refused:
            refused = True
    if refused:
        raise Refused
    return found


def lower_rules(unit: Unit) -> list[Action]:
    """Every action of the System: the model's rules in order of declaration, then those of its components."""
    actions: list[Action] = []
    for name, rule in rules(unit.root.cls):
        if rule.kind == "action":
            actions += lower_action(unit, unit.root, name, rule)
        elif name in unit.processes:
            actions += lower_process(unit, unit.processes[name])
    for part in list(unit.root.everything())[1:]:
        for name, rule in rules(part.cls):
            if rule.kind == "action":
                actions += lower_action(unit, part, name, rule)
            else:
                method = part.method(name)
                assert method is not None
                routine = Routine.of(method, part, unit.registry)
                unit.diagnostics.note("VS412", routine.fn, routine.path)
    return actions


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
    variables = {n: names.var(n, t) for n, t in params}
    scope = Scope.of(routine.path, code)
    scope.locals |= {**variables, "self": Place(instance, keys)}
    full = instance.prefix + name
    lowering = Statements(unit, scope, names, (routine.fn,))
    lowering.block(code.body)
    unit.events[full] = lowering.events
    body = tuple(lowering.out)
    return [Action(full, (*keys, *variables.values()), body, fair=rule.fair, atomic="an action", span=span)]


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
        self.steps = process.steps
        self.routine = process.routine
        self.runner = process.runner
        params = _parameter_types(unit, self.routine)
        self.who = params[0][0]
        self.params = params[1:]
        self.steps.types = {**self.steps.types, **dict(self.params)}
        self.local_names = self.steps.locals - {self.who}
        self.live = self.steps.live = live_locals(self.steps.steps, self.local_names)
        self.surely = surely_assigned(self.steps.steps, frozenset(dict(params)))
        self.check_runner()

    def check_runner(self) -> None:
        for node in (n for step in self.steps.steps for stmt in step.body for n in ast.walk(stmt)):
            match node:
                case ast.Assign(targets=[ast.Name(id=name) as at]) | ast.AugAssign(target=ast.Name(id=name) as at):
                    if name == self.who:
                        self.unit.diagnostics.note("VS306", at, self.routine.path, self.who)

    def lower(self, step: Step) -> Action:
        names = Names()
        who = names.var(self.who, self.runner.type)
        entry = step.location == IDLE
        free = tuple(names.var(n, t) for n, t in self.params) if entry else ()
        written = assigned(step.body) & self.local_names
        kept = self.live[step.location].union(*(self.live[end] for end in targets(step.body)))
        scope = Scope.of(self.routine.path, self.steps)
        scope.locals |= {self.who: who, "self": Place(self.unit.root)}
        lowering = Statements(self.unit, scope, names, (self.routine.fn,))
        pc = TableType(self.runner.type, self.runner.locations)
        here = build.index(build.read(self.runner.pc, pc), who)
        span = span_of(step.node, self.routine.path)
        lowering.out.append(Require(build.eq(here, build.const(step.location, self.runner.locations)), span))
        if entry:
            self.enter(scope.locals, free, kept, written, who, lowering, span)
        else:
            self.resume(step, scope.locals, who)
        dirty = (self.live[step.location] if not entry else frozenset(v.name for v in free)) | written

        def at_end(location: str, at: Span) -> None:
            for name in sorted((dirty & kept) - self.live[location]):
                self.reset(name, who, lowering, at)
            lowering.out.append(Assign(self.runner.pc, (who,), build.const(location, self.runner.locations), at))
            lowering.events.append(Event("end", name=location, span=at))

        lowering.kept, lowering.at_end = kept, at_end
        lowering.slot_of = lambda name, t: self.slot(name, t, who)
        lowering.block(step.body)
        self.unit.events[step.name] = lowering.events
        fair: Any = self.process.begins if entry else self.process.fair
        body = tuple(lowering.out)
        return Action(
            step.name, (who, *free), body, self.routine.name, step.location, fair, atomic=lowering.atomic, span=span
        )

    def enter(
        self,
        bound: dict[str, Binding],
        free: tuple[Var, ...],
        kept: frozenset[str],
        written: set[str],
        who: Var,
        lowering: Statements,
        span: Span,
    ) -> None:
        """Bind the parameters at the beginning of a call."""
        for variable in free:
            bound[variable.name] = variable
            if variable.name in kept:
                slot = self.slot(variable.name, variable.type, who)
                assert slot is not None
                lowering.out.append(Assign(slot.field.name, slot.keys, variable, span))
                if variable.name in written:
                    bound[variable.name] = slot

    def resume(self, step: Step, bound: dict[str, Binding], who: Var) -> None:
        """Bind the locals that are live where a step begins."""
        for name in sorted(self.live[step.location]):
            if name in self.surely.get(step.location, frozenset()):
                bound[name] = self.slot(name, None, who) or POISON  # no type: what assigns it was refused

    def slot(self, name: str, t: Type | None, who: Expr) -> Slot | None:
        """The state behind a local that outlives a step; declared when first met with a type."""
        full = self.steps.field_name(name)
        if full not in self.unit.local_fields:
            t = self.steps.types.get(name, t)
            if t is None:
                return None
            table = TableType(self.runner.type, t)
            span = span_of(self.routine.fn, self.routine.path)
            self.unit.local_fields[full] = Field(full, table, default(table), "local", span)
        return Slot(self.unit.local_fields[full], (who,))

    def reset(self, name: str, who: Expr, lowering: Statements, span: Span) -> None:
        """Forget a local that nothing will read again."""
        field = self.unit.local_fields.get(self.steps.field_name(name))
        if field is not None:
            t = Slot(field, (who,)).type
            lowering.out.append(Assign(field.name, (who,), build.const(default(t), t), span))
