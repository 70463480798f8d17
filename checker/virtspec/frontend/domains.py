"""Python types to IR types, Python values to canonical values, and back.

`Registry` remembers which Python class stands behind each IR type, so that a state can be turned into the objects a
specification's own code works on.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any

from virtspec.ir.types import (
    BOOL,
    BoolType,
    EnumType,
    IntType,
    ModType,
    OptionType,
    RecordType,
    ScalarsetType,
    SeqType,
    SetType,
    TableType,
    Type,
    Value,
    contains,
    entries,
    grows,
    is_scalar,
    values,
)
from virtspec.lang.domains import Cap, Each, Mod, Range, Scalarset, Seq


class NoType(Exception):
    """A Python annotation or value with no counterpart. `code` is the refusal, `args` fill its message, `hint` replaces
    its hint.
    """

    def __init__(self, code: str, *args: object, hint: str | None = None) -> None:
        super().__init__(*args)
        self.code = code
        self.hint = hint


class Registry:
    """IR types of the Python classes one specification uses, and the way back."""

    def __init__(self, sizes: Mapping[type[Scalarset], int]) -> None:
        self.sizes = dict(sizes)
        self.classes: dict[Type, type[Any]] = {}
        self.by_name: dict[str, type[Any]] = {}
        self.being_read: list[type[Any]] = []
        """Records whose components are being looked at."""

    # --- types

    def type_of(self, annotation: Any) -> Type:
        """The IR type of an evaluated annotation. Raises NoType."""
        origin = typing.get_origin(annotation)
        if annotation is bool:
            return BOOL
        if annotation is int:
            raise NoType("VS102")
        if origin is Annotated:
            base, *notes = typing.get_args(annotation)
            return self._annotated(base, notes)
        if origin in (typing.Union, types.UnionType):
            return self._optional(annotation)
        if origin is dict:
            key, value = (self.type_of(a) for a in typing.get_args(annotation))
            return TableType(_scalar(key), value)
        if origin is set or origin is frozenset:
            return SetType(self.key_type(typing.get_args(annotation)[0]))
        if origin is Seq or annotation is Seq:
            raise NoType("VS103")
        if isinstance(annotation, type):
            return self._class(annotation)
        if dataclasses.is_dataclass(origin):
            assert isinstance(origin, type)
            return self._class(origin, typing.get_args(annotation))
        raise NoType("VS101", _name(annotation))

    def _annotated(self, base: Any, notes: list[Any]) -> Type:
        for note in notes:
            match note:
                case Range(lo, hi) if base is int:
                    if hi < lo:
                        raise NoType("VS113", f"{lo}..{hi}")
                    return IntType(lo, hi)
                case Mod(n) if base is int:
                    if n < 1 or grows(n):
                        raise NoType("VS113", f"mod {'any' if grows(n) else n}")
                    return ModType(n)
                case Cap(n) if typing.get_origin(base) is Seq:
                    if n < 1:
                        raise NoType("VS113", f"Seq with Cap({n})", hint="a capacity is at least 1")
                    return SeqType(self.type_of(typing.get_args(base)[0]), n)
        return self.type_of(base)

    def _optional(self, annotation: Any) -> Type:
        inner = [a for a in typing.get_args(annotation) if a is not type(None)]
        if len(inner) != 1 or len(inner) == len(typing.get_args(annotation)):
            raise NoType("VS101", _name(annotation))
        return OptionType(self.type_of(inner[0]))

    def key_type(self, annotation: Any) -> Type:
        """The IR type of a key or member. Raises NoType."""
        return _scalar(self.type_of(annotation))

    def _class(self, cls: type[Any], args: tuple[Any, ...] = ()) -> Type:
        if self.by_name.setdefault(cls.__name__, cls) is not cls:
            raise NoType("VS114", cls.__name__)
        t: Type
        if issubclass(cls, Scalarset):
            t = ScalarsetType(cls.__name__, self.sizes.setdefault(cls, cls.size))
        elif issubclass(cls, enum.Enum):
            if not len(cls):
                raise NoType("VS113", cls.__name__)
            t = EnumType(cls.__name__, tuple(m.name for m in cls))
        elif dataclasses.is_dataclass(cls):
            t = self._record(cls, args)
        else:
            raise NoType("VS101", cls.__name__)
        self.classes[t] = cls
        return t

    def _record(self, cls: type[Any], args: tuple[Any, ...]) -> Type:
        """A generic one has the types it is used with in its name, so that two uses are two types."""
        params = cls.__dataclass_params__
        fields = dataclasses.fields(cls)
        wrong = (
            ("be a frozen dataclass", not params.frozen),
            ("be compared by value (eq=True)", not params.eq),
            ("have no __post_init__", hasattr(cls, "__post_init__")),
            ("have plain fields only (no init=False, no default_factory)", not all(map(_plain, fields))),
            ("not contain itself", cls in self.being_read),
        )
        for demand, broken in wrong:
            if broken:
                raise NoType("VS112", cls.__name__, demand)
        parameters = getattr(cls, "__parameters__", ())
        if len(parameters) != len(args):
            like = f"{cls.__name__}[{', '.join(p.__name__ for p in parameters)}]"
            raise NoType("VS101", cls.__name__, hint=f"it is generic: store it where a {like} is declared")
        self.being_read.append(cls)
        try:
            hints = typing.get_type_hints(cls, include_extras=True)
            given = dict(zip(parameters, args, strict=False))
            name = f"{cls.__name__}[{', '.join(str(self.type_of(a)) for a in args)}]" if args else cls.__name__
            return RecordType(name, tuple((f.name, self.type_of(_applied(hints[f.name], given))) for f in fields))
        except (NameError, TypeError) as error:
            raise NoType("VS106", f"{cls.__name__}: {error}") from None
        finally:
            self.being_read.pop()

    # --- constants

    def check_constant(self, base: Any, notes: list[Any], value: Any) -> None:
        """Raise NoType where `value` is no value for a constant declared as `base`, or where there is no such thing."""
        origin = typing.get_origin(base)
        if origin in (tuple, frozenset):
            if not isinstance(value, origin):
                raise NoType("VS105", f"{value!r} is no {origin.__name__}")
            for item in value:
                self.check_constant(typing.get_args(base)[0], [], item)
        elif origin is Annotated:
            inner, *more = typing.get_args(base)
            self.check_constant(inner, [*more, *notes], value)
        elif origin in (typing.Union, types.UnionType):
            for inner in typing.get_args(base):
                if value is not None and inner is not type(None):
                    self.check_constant(inner, notes, value)
        elif notes:
            self.canonical(self._annotated(base, notes), value)
        elif base is int:
            if isinstance(value, bool) or not isinstance(value, int):
                raise NoType("VS105", f"{value!r} is no int")
        elif base is str:
            if not isinstance(value, str):
                raise NoType("VS105", f"{value!r} is no string")
        else:
            t = self.type_of(base)
            if not is_scalar(t):
                hint = "a constant is a bool, an int, a str, a member of an enum, or a tuple of them"
                raise NoType("VS101", _name(base), hint=hint)
            self.canonical(t, value)

    # --- values

    def canonical(self, t: Type, value: Any) -> Value:
        """The canonical value of a Python object. Raises NoType (VS105) where it does not fit `t`."""
        if isinstance(value, Each):
            if isinstance(t, TableType):
                return (self.canonical(t.value, value.value),) * entries(t.key)
            raise NoType("VS105", "each(...) initialises a dict")
        found: Value = self._canonical(t, value)
        if not contains(t, found):
            raise NoType("VS105", f"{_shown(value)} is not a value of {t}")
        return found

    def _canonical(self, t: Type, value: Any) -> Any:
        match t:
            case EnumType() if isinstance(value, enum.Enum) and type(value) is self.classes.get(t):
                return value.name
            case ScalarsetType() if isinstance(value, Scalarset) and type(value) is self.classes.get(t):
                return value.index
            case OptionType(of) if value is not None:
                return self.canonical(of, value)
            case TableType(key, of) if isinstance(value, dict):
                entries = {self.canonical(key, k): self.canonical(of, v) for k, v in value.items()}
                missing = [k for k in values(key) if k not in entries]
                if missing:
                    raise NoType("VS105", f"no entry for {missing[0]}; a dict is total")
                return tuple(entries[k] for k in values(key))
            case SetType(of) if isinstance(value, set | frozenset):
                return frozenset(self.canonical(of, v) for v in value)
            case SeqType(of, _) if isinstance(value, list | tuple):
                return tuple(self.canonical(of, v) for v in value)
            case RecordType(_, fields) if type(value) is self.classes.get(t):
                return tuple(self.canonical(ft, getattr(value, name)) for name, ft in fields)
            case ModType(n) if isinstance(value, int) and not isinstance(value, bool):
                return value % n
            case BoolType() | IntType() | OptionType():
                return value
            case _:
                raise NoType("VS105", f"{_shown(value)} is not a value of {t}")

    def python(self, t: Type, value: Value) -> Any:
        """A fresh Python object for a canonical value, of the kind the specification declares."""
        match t:
            case EnumType():
                return self.classes[t][str(value)]
            case ScalarsetType():
                return self.classes[t](value)
            case OptionType(of):
                return None if value is None else self.python(of, value)
            case TableType(key, of):
                assert isinstance(value, tuple)
                return {self.python(key, k): self.python(of, v) for k, v in zip(values(key), value, strict=True)}
            case SetType(of):
                assert isinstance(value, frozenset)
                return {self.python(of, v) for v in value}
            case SeqType(of, _):
                assert isinstance(value, tuple)
                return Seq(self.python(of, v) for v in value)
            case RecordType(_, fields):
                assert isinstance(value, tuple)
                items = zip(fields, value, strict=True)
                return self.classes[t](**{name: self.python(ft, v) for (name, ft), v in items})
            case _:
                return value


def _scalar(t: Type) -> Type:
    if not is_scalar(t):
        raise NoType("VS104", str(t))
    return t


def _applied(annotation: Any, given: Mapping[Any, Any]) -> Any:
    """The annotation with types for its type variables."""
    if annotation in given:
        return given[annotation]
    parameters = getattr(annotation, "__parameters__", ())
    return annotation[tuple(given.get(p, p) for p in parameters)] if parameters else annotation


def _plain(f: dataclasses.Field[Any]) -> bool:
    return f.init and f.default_factory is dataclasses.MISSING


def _shown(value: Any) -> str:
    """A Python value as its author wrote it."""
    return f"{type(value).__name__}.{value.name}" if isinstance(value, enum.Enum) else repr(value)


def _name(annotation: Any) -> str:
    return getattr(annotation, "__name__", None) or str(annotation)
