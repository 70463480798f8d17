"""Live objects: a state as objects of the specification's own classes, which check what is stored as the language does.

Fields, entries, members and items check themselves: an integer outside its range, None where a value is needed or an
item too many is a fault. Variables and results with a declared type are checked by code that `checked` adds to a copy
of the author's, whose lines stay what they are.
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from virtspec.frontend.domains import NoType, Registry
from virtspec.frontend.routine import Routine
from virtspec.frontend.shape import Instance
from virtspec.frontend.spans import copied
from virtspec.frontend.steps import RESULT
from virtspec.frontend.subset import Diagnostics
from virtspec.ir.types import (
    EnumType,
    ModType,
    OptionType,
    RecordType,
    ScalarsetType,
    SeqType,
    SetType,
    TableType,
    Type,
    Value,
    ordinal,
    values,
)
from virtspec.lang.domains import Seq
from virtspec.lang.model import Component, Model
from virtspec.lang.rules import FaultSignal


class Fit:
    """Makes a Python value fit an IR type as storing it does: checked, wrapped, containers copied."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.makers: dict[Type, Callable[[Any], Any]] = {}

    def maker(self, t: Type) -> Callable[[Any], Any]:
        """Makes of a canonical value of `t`, which is known to be one, what storing it makes of it. Objects that cannot
        change are made once.
        """
        if t not in self.makers:
            self.makers[t] = self._maker(t)
        return self.makers[t]

    def _maker(self, t: Type) -> Callable[[Any], Any]:
        match t:
            case EnumType() | ScalarsetType():
                return {v: self.registry.python(t, v) for v in values(t)}.__getitem__
            case OptionType(of):
                some = self.maker(of)
                return lambda value: None if value is None else some(value)
            case TableType(key, of):
                keys, entry = [self.registry.python(key, k) for k in values(key)], self.maker(of)
                return lambda value: _Table.made(self, t, zip(keys, map(entry, value), strict=True))
            case SetType(of):
                member = self.maker(of)
                return lambda value: _Set.made(self, of, map(member, value))
            case SeqType(of, cap):
                item = self.maker(of)
                return lambda value: _Seq.made(self, of, cap, map(item, value))
            case RecordType():
                return lambda value: self.registry.python(t, value)
            case _:
                return lambda value: value

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


class _Keyed(dict[Any, Any]):
    """A dict whose keys are those of a type: an integer is reduced where that wraps."""

    def __init__(self, fit: Fit, key: Type, entries: Mapping[Any, Any]) -> None:
        super().__init__({fit(key, k): v for k, v in entries.items()})
        self.fit, self.key_type = fit, key

    @staticmethod
    def of(fit: Fit, key: Type, entries: Mapping[Any, Any]) -> _Keyed:
        """The same where the keys are known to be those of the type."""
        made = _Keyed.__new__(_Keyed)
        dict.update(made, entries)
        made.fit, made.key_type = fit, key
        return made

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(self.fit(self.key_type, key))


class _Table(_Keyed):
    """A total dict that checks its values, too."""

    def __init__(self, fit: Fit, t: TableType, entries: Mapping[Any, Any]) -> None:
        super().__init__(fit, t.key, {k: fit(t.value, v) for k, v in entries.items()})
        self.value_type = t.value

    @staticmethod
    def made(fit: Fit, t: TableType, entries: Iterable[tuple[Any, Any]]) -> _Table:
        """The same where entries are known to fit."""
        made = _Table.__new__(_Table)
        dict.update(made, entries)
        made.fit, made.key_type, made.value_type = fit, t.key, t.value
        return made

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(self.fit(self.key_type, key), self.fit(self.value_type, value))


class _Set(set[Any]):
    """A set that checks its members. A loop runs through those it has at the beginning, in the order of their type."""

    def __init__(self, fit: Fit, of: Type, members: Any) -> None:
        super().__init__(fit(of, m) for m in members)
        self.fit, self.of = fit, of

    @staticmethod
    def made(fit: Fit, of: Type, members: Iterable[Any]) -> _Set:
        """The same where members are known to fit."""
        made = _Set.__new__(_Set)
        set.update(made, members)
        made.fit, made.of = fit, of
        return made

    def __iter__(self) -> Iterator[Any]:
        registry = self.fit.registry
        return iter(sorted(super().__iter__(), key=lambda m: ordinal(self.of, registry.canonical(self.of, m))))

    def add(self, item: Any) -> None:
        super().add(self.fit(self.of, item))

    def discard(self, item: Any) -> None:
        super().discard(self.fit(self.of, item))

    def remove(self, item: Any) -> None:
        super().remove(self.fit(self.of, item))


def _copied(members: Iterable[Any] = ()) -> set[Any]:
    """What `set` means in a specification: the copy of a set runs through its members as the set itself does."""
    return _Set(members.fit, members.of, members) if isinstance(members, _Set) else set(members)


class _Seq(Seq[Any]):
    """A sequence that checks its items. A loop runs through those it has at the beginning."""

    def __init__(self, fit: Fit, of: Type, cap: int, items: Any) -> None:
        super().__init__(fit(of, i) for i in items)
        if len(self) > cap:
            raise FaultSignal("the sequence is full")
        self.fit, self.of, self.cap = fit, of, cap

    @staticmethod
    def made(fit: Fit, of: Type, cap: int, items: Iterable[Any]) -> _Seq:
        """The same where items are known to fit."""
        made = _Seq.__new__(_Seq)
        list.extend(made, items)
        made.fit, made.of, made.cap = fit, of, cap
        return made

    def __iter__(self) -> Iterator[Any]:
        return iter(self[:])

    def append(self, item: Any) -> None:
        super().append(self.fit(self.of, item))

    def appendleft(self, item: Any) -> None:
        super().appendleft(self.fit(self.of, item))

    def remove(self, item: Any) -> None:
        super().remove(self.fit(self.of, item))


# --- code ------------------------------------------------------------------------------------------------------------


class Checks(ast.NodeTransformer):
    """Makes code check what goes into variables of these types, by calls of `__fit__`."""

    def __init__(self, types: Mapping[str, Type]) -> None:
        self.types = types

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id in self.types:
            node.value = self.fitted(target.id, node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return self.visit_Assign(ast.copy_location(ast.Assign([node.target], node.value), node))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        if not (isinstance(node.target, ast.Name) and node.target.id in self.types):
            return node
        old = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
        value = ast.copy_location(ast.BinOp(old, node.op, node.value), node)
        return self.visit_Assign(ast.copy_location(ast.Assign([node.target], value), node))

    def fitted(self, name: str, value: ast.expr) -> ast.expr:
        """`value` checked against the type noted under `name`."""
        call = ast.Call(ast.Name("__fit__", ast.Load()), [ast.Constant(name), value], [])
        return ast.fix_missing_locations(ast.copy_location(call, value))


class _MethodChecks(Checks):
    """The same for a method or a function, whose result may have a type, too."""

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        if RESULT in self.types and node.value is not None:
            node.value = self.fitted(RESULT, node.value)
        return node


class Checking:
    """Makes copies of a specification's methods and functions that check what they store in variables and return."""

    def __init__(self, registry: Registry, fit: Fit) -> None:
        self.registry = registry
        self.fit = fit
        self.functions: dict[int, Callable[..., Any]] = {}

    def copy(self, routine: Routine) -> Callable[..., Any]:
        """The checking copy of a method or function without yields."""
        quiet = Diagnostics()  # whatever is wrong was reported when the routine was lowered
        declared: dict[str, Type] = {}
        for node in ast.walk(routine.fn):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                declared[node.target.id] = routine.type_of(node.annotation, quiet)
        result = routine.result_type(quiet)
        if result is not None:
            declared[RESULT] = result
        made = copied(routine.fn)
        made.decorator_list, made.returns = [], None
        for arg in made.args.args:
            arg.annotation = None
        made.body = [_MethodChecks(declared).visit(stmt) for stmt in made.body]
        return self.compiled(made, routine.path, routine.names, declared)

    def compiled(
        self, made: ast.FunctionDef, path: str, names: Mapping[str, Any], declared: Mapping[str, Type]
    ) -> Callable[..., Any]:
        """The function that a definition with checks makes, in the module of these names."""

        def fit(name: str, value: Any) -> Any:
            return self.fit(declared[name], value)

        used = {n.id for n in ast.walk(made) if isinstance(n, ast.Name)} & names.keys()
        scope = {
            "set": _copied,
            **names,
            **{name: self.function(names[name]) for name in used},
            "__fit__": fit,
            "__locals__": locals,
        }
        module = ast.Module([ast.fix_missing_locations(made)], [])
        exec(compile(module, path, "exec", dont_inherit=True), scope)
        function: Callable[..., Any] = scope[made.name]
        return function

    def function(self, value: Any) -> Any:
        """The checking copy of a function of the specification; anything else as it is."""
        if not isinstance(value, types.FunctionType) or value.__module__.partition(".")[0] in FOREIGN:
            return value
        if id(value) not in self.functions:
            self.functions[id(value)] = self.copy(Routine.of(value, None, self.registry))
        return self.functions[id(value)]


FOREIGN = {"virtspec", *sys.stdlib_module_names}
"""Where functions come from that are not the specification's."""


# --- objects ---------------------------------------------------------------------------------------------------------


class Living:
    """Makes live objects of one specification."""

    def __init__(self, root: Instance, registry: Registry) -> None:
        self.root = root
        self.registry = registry
        self.fit = Fit(registry)
        self.checking = Checking(registry, self.fit)
        self.paths = dict(_paths(root, ()))
        self.classes: dict[int, type[Any]] = {}

    def new(self) -> Any:
        """A live object of the model's class, its fields not set."""
        return self.live(self.root)

    def live(self, instance: Instance) -> Any:
        cls = self.live_class(instance)
        made = object.__new__(cls)
        for name, value in instance.constants.items():
            object.__setattr__(made, name, value)
        for name, part in instance.parts.items():
            object.__setattr__(made, name, self.parts(part, part.keys[len(instance.keys) :]))
        return made

    def parts(self, part: Instance, keys: tuple[Type, ...]) -> Any:
        """A component, or a dict of them."""
        if not keys:
            return self.live(part)
        entries = {self.registry.python(keys[0], k): self.parts(part, keys[1:]) for k in values(keys[0])}
        return _Keyed.of(self.fit, keys[0], entries)

    def live_class(self, instance: Instance) -> type[Any]:
        """A subclass of the instance's class whose attributes and methods check."""
        if id(instance) not in self.classes:
            stored = {name: _entry_type(f.type, len(instance.keys)) for name, f in instance.fields.items()}

            def store(made: Any, name: str, value: Any) -> None:
                object.__setattr__(made, name, self.fit(stored[name], value))

            methods = {"__setattr__": store, **self.methods(instance)}
            self.classes[id(instance)] = type(instance.cls.__name__, (instance.cls,), methods)
        return self.classes[id(instance)]

    def methods(self, instance: Instance) -> dict[str, Any]:
        """Checking copies of the methods that are run as they are: those without yields."""
        found: dict[str, Any] = {}
        for base in reversed(instance.cls.__mro__):
            if base not in (object, Model, Component) and issubclass(base, Model | Component):
                for name, method in vars(base).items():
                    if isinstance(method, types.FunctionType):
                        found[name] = method
        routines = {name: Routine.of(method, instance, self.registry) for name, method in found.items()}
        return {name: self.checking.copy(r) for name, r in routines.items() if not r.is_generator}

    def access(self, field: str, t: Type) -> Access:
        """What writes and reads a field."""
        return Access(self, self.paths[field], t)


def _entry_type(t: Type, depth: int) -> Type:
    """The type of an entry that many keys down."""
    for _ in range(depth):
        assert isinstance(t, TableType)
        t = t.value
    return t


Path: TypeAlias = tuple[tuple[str, int], ...]
"""Attributes from the model to a field, each with how many keys follow it (only components have some)."""


def _paths(instance: Instance, path: Path, depth: int = 0) -> Iterator[tuple[str, Path]]:
    for name, f in instance.fields.items():
        yield f.name, (*path, (name, 0))
    for name, part in instance.parts.items():
        yield from _paths(part, (*path, (name, len(part.keys) - depth)), len(part.keys))


class Access:
    """Writes and reads one field, spread over the components on its path, whose keys are looked up here once."""

    def __init__(self, living: Living, path: Path, t: Type) -> None:
        self.living = living
        self.write = self.writer(path, t, 0)
        self.read = self.reader(path, t, 0)

    def writer(self, path: Path, t: Type, pending: int) -> Callable[[Any, Any], None]:
        """Stores a canonical value of `t` at `path` behind so many keys."""
        if pending:
            assert isinstance(t, TableType)
            keys, inner = self.keys(t), self.writer(path, t.value, pending - 1)

            def spread(holder: Any, value: Any) -> None:
                for key, v in zip(keys, value, strict=True):
                    inner(dict.__getitem__(holder, key), v)

            return spread
        (attr, behind), rest = path[0], path[1:]
        if rest:
            below = self.writer(rest, t, behind)
            return lambda holder, value: below(getattr(holder, attr), value)
        make = self.living.fit.maker(t)
        return lambda holder, value: object.__setattr__(holder, attr, make(value))

    def reader(self, path: Path, t: Type, pending: int) -> Callable[[Any], Value]:
        """Gives the canonical value of `t` found there."""
        if pending:
            assert isinstance(t, TableType)
            keys, inner = self.keys(t), self.reader(path, t.value, pending - 1)
            return lambda holder: tuple(inner(dict.__getitem__(holder, key)) for key in keys)
        (attr, behind), rest = path[0], path[1:]
        if rest:
            below = self.reader(rest, t, behind)
            return lambda holder: below(getattr(holder, attr))
        canonical = self.living.registry.canonical
        return lambda holder: canonical(t, getattr(holder, attr))

    def keys(self, t: TableType) -> list[Any]:
        return [self.living.registry.python(t.key, k) for k in values(t.key)]
