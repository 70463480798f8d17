"""The front door: a model class in one configuration becomes a System."""

from __future__ import annotations

import ast
import enum
import inspect
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from virtspec.errors import UsageError
from virtspec.frontend import fairness
from virtspec.frontend.domains import NoType, Registry
from virtspec.frontend.module import class_tree
from virtspec.frontend.processes import cut_processes, lower_rules
from virtspec.frontend.props import lower_properties
from virtspec.frontend.scope import Unit
from virtspec.frontend.shape import EVALUATION_ERRORS, Instance, Shaper, declarations
from virtspec.frontend.spans import span_of
from virtspec.frontend.subset import Diagnostics
from virtspec.ir.budget import Budget
from virtspec.ir.system import Faultless, Field, Property, Runner, System, Temporal
from virtspec.ir.types import ANY, TableType, default, growing
from virtspec.lang.domains import CONST_MARK, Range, Scalarset, Singleton, sized
from virtspec.lang.model import Model
from virtspec.source import did_you_mean


@dataclass(frozen=True)
class Parameter:
    """Something `-p name=value` can set: a constant of the model or the size of a Scalarset."""

    name: str
    kind: Literal["constant", "size"]
    annotation: Any
    default: Any
    doc: str = ""


@dataclass
class Specification:
    """A compiled model: the System, and what is needed to run the same text under CPython or to lint it."""

    system: System
    unit: Unit
    model: type[Model]
    sizes: dict[type[Scalarset], int]


def load(
    model: type[Model], properties: Sequence[Callable[..., Any]] = (), params: Mapping[str, Any] | None = None
) -> System:
    """The System of `model` with `params` (values, or text as the command line gives it) and those properties that
    are about it. Raises SpecError with every problem found, UsageError for parameters that do not exist or fit.
    """
    return compile_model(model, properties, params).system


def compile_model(
    model: type[Model], properties: Sequence[Callable[..., Any]] = (), params: Mapping[str, Any] | None = None
) -> Specification:
    """The same, with everything found on the way."""
    known = {p.name: p for p in parameters(model)}
    constants: dict[str, Any] = {}
    sizes: dict[type[Scalarset], int] = {}
    fair = fairness.chosen(params or {})
    for name, value in (params or {}).items():
        if name.startswith(fairness.PREFIX):
            continue
        if name not in known:
            hint = did_you_mean(name, known) or ("`virtspec show` lists them" if known else "it has none")
            raise UsageError(f"{model.__name__} has no parameter {name!r}; {hint}")
        p = known[name]
        if p.kind == "size":
            sizes[p.annotation] = _size(p, value)
        else:
            constants[name] = _constant(p, value)
    diagnostics = Diagnostics()
    for p in known.values():
        if p.kind == "size":
            sizes.setdefault(p.annotation, p.default)
    registry = Registry(sizes)
    with sized(sizes), growing(sizes.values()):
        shaper = Shaper(registry, diagnostics)
        root = shaper.shape(model, constants)
        _demand(model, properties, params or {}, shaper)
        unit = Unit(registry, diagnostics, root)
        runners = cut_processes(unit)
        actions = lower_rules(unit)
        fields = (*root.all_fields(), *(_pc_field(r) for r in runners), *unit.local_fields.values())
        unit.rules = System(model.__name__, (), fields, tuple(actions), (), tuple(runners))
        props = lower_properties(unit, properties)
    tree, node = class_tree(model)
    diagnostics.raise_if_any()
    system = System(
        model.__name__,
        (*_shown_config(root, known, sizes), *((fairness.PREFIX + name, fair[name]) for name in sorted(fair))),
        fields,
        tuple(fairness.applied(actions, fair, model.__name__)),
        tuple(p for p in props if isinstance(p, Property)),
        tuple(runners),
        inspect.getdoc(model) or "",
        span_of(node, tree.path),
        tuple(p for p in props if isinstance(p, Temporal)),
        tuple(p for p in props if isinstance(p, Budget)),
        tuple(p for p in props if isinstance(p, Faultless)),
    )
    return Specification(system, unit, model, sizes)


def _demand(
    model: type[Model], properties: Sequence[Callable[..., Any]], params: Mapping[str, Any], shaper: Shaper
) -> None:
    """Refuse a configuration that an assert of a class body refuses: UsageError, or SpecError if it is the defaults."""
    if not shaper.unmet:
        return
    if params:
        compile_model(model, properties)  # raises SpecError where the defaults are refused as well
        unmet = shaper.unmet[0]
        given = {} if unmet.values.keys() & params.keys() else params  # a component's constant may come from them
        raise UsageError(f"{_shown_values({**given, **unmet.values})}: {unmet.message} ({unmet.span})")
    for unmet in shaper.unmet:
        shaper.diagnostics.note("VS115", unmet.span, unmet.span.path, _shown_values(unmet.values), unmet.message)
    shaper.diagnostics.raise_if_any()  # now: what follows from wrong constants is not worth telling


def _pc_field(runner: Runner) -> Field:
    table = TableType(runner.type, runner.locations)
    return Field(runner.pc, table, default(table), "pc")


def parameters(model: type[Model]) -> list[Parameter]:
    """What a configuration of `model` can set: its constants, then the sizes of the Scalarsets its module names."""
    found: dict[str, Parameter] = {}
    for d in declarations(model):
        try:
            annotation = eval(compile(ast.Expression(d.node.annotation), d.path, "eval"), d.names, {})
        except EVALUATION_ERRORS:
            continue  # an annotation that needs the constants themselves declares a field
        if CONST_MARK in getattr(annotation, "__metadata__", ()):
            found[d.name] = Parameter(d.name, "constant", annotation, getattr(model, d.name, None))
    for base in model.__mro__:
        if base.__module__ != "virtspec.lang.model":
            for name, value in vars(sys.modules.get(base.__module__, sys)).items():
                if _sizeable(value) and name not in found:
                    found[name] = Parameter(name, "size", value, value.size, inspect.getdoc(value) or "")
    return list(found.values())


def _sizeable(value: Any) -> bool:
    """Whether `value` is a Scalarset whose size a configuration may choose."""
    return (
        isinstance(value, type)
        and value is not Scalarset
        and issubclass(value, Scalarset)
        and not issubclass(value, Singleton)
    )


def _size(p: Parameter, value: Any) -> int:
    if value == "any":
        return ANY
    try:
        size = int(value)
    except (TypeError, ValueError):
        size = 0
    if size < 1:
        raise UsageError(f"{p.name}={value}: the size of a Scalarset is a whole number from 1, or `any`")
    return size


def _constant(p: Parameter, value: Any) -> Any:
    """The value of a constant, from a Python object or from text."""
    base, *notes = typing.get_args(p.annotation)
    try:
        parsed = _parse(base, value) if isinstance(value, str) and base is not str else value
        Registry({}).check_constant(base, [n for n in notes if n != CONST_MARK], parsed)
    except (ValueError, KeyError, NoType):
        raise UsageError(f"{p.name}={value}: expected {_expected(base, notes)}") from None
    return parsed


def _parse(base: Any, text: str) -> Any:
    """A constant from the command line. Raises ValueError or KeyError."""
    if base is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
    if base is int:
        return ANY if text == "any" else int(text)
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return base[text] if text in base.__members__ else base[text.upper()]
    if typing.get_origin(base) is Annotated:
        return _parse(typing.get_args(base)[0], text)
    if typing.get_origin(base) is tuple:
        return tuple(_parse(typing.get_args(base)[0], part) for part in text.split(",") if part)
    if type(None) in typing.get_args(base):
        inner = next(a for a in typing.get_args(base) if a is not type(None))
        return None if text.lower() == "none" else _parse(inner, text)
    raise ValueError(text)


def _expected(base: Any, notes: Sequence[Any]) -> str:
    for note in notes:
        if isinstance(note, Range):
            return f"a whole number from {note.lo} to {note.hi}"
    if isinstance(base, type) and issubclass(base, enum.Enum):
        return "one of " + ", ".join(base.__members__)
    if base in (bool, int):
        return "true or false" if base is bool else "a whole number"
    if typing.get_origin(base) is Annotated:
        inner, *more = typing.get_args(base)
        return _expected(inner, [*more, *notes])
    if type(None) in typing.get_args(base):
        inner = next(a for a in typing.get_args(base) if a is not type(None))
        return f"{_expected(inner, notes)}, or none"
    if typing.get_origin(base) is tuple:
        return f"values separated by commas, each {_expected(typing.get_args(base)[0], ())}"
    return getattr(base, "__name__", str(base)) if not typing.get_args(base) else str(base)


def _shown_config(
    root: Instance, known: Mapping[str, Parameter], sizes: Mapping[type[Scalarset], int]
) -> tuple[tuple[str, str], ...]:
    found = []
    for p in known.values():
        value = sizes[p.annotation] if p.kind == "size" else root.constants.get(p.name)
        found.append((p.name, _shown(value)))
    return tuple(found)


def _shown_values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_shown(value)}" for name, value in values.items()) or "this configuration"


def _shown(value: Any) -> str:
    """A constant as the command line takes it."""
    if isinstance(value, enum.Enum):
        return value.name
    if isinstance(value, tuple):
        return ",".join(_shown(v) for v in value)
    if value == ANY:
        return "any"
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
