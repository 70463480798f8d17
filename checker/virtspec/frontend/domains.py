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
    cardinality,
    contains,
    is_scalar,
    values,
)
from virtspec.lang.domains import Cap, Each, Mod, Range, Scalarset, Seq


class NoType(Exception):
    """A Python annotation or value with no counterpart. `code` is the refusal, `args` fill its message."""

    def __init__(self, code: str, *args: object) -> None:
        super().__init__(*args)
        self.code = code


class Registry:
    """IR types of the Python classes one specification uses, and the way back."""

    def __init__(self, sizes: Mapping[type[Scalarset], int]) -> None:
        self.sizes = dict(sizes)
        self.classes: dict[Type, type[Any]] = {}

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
            return TableType(self._scalar(key), value)
        if origin is set or origin is frozenset:
            return SetType(self._scalar(self.type_of(typing.get_args(annotation)[0])))
        if origin is Seq or annotation is Seq:
            raise NoType("VS103")
        if isinstance(annotation, type):
            return self._class(annotation)
        raise NoType("VS101", _name(annotation))

    def _annotated(self, base: Any, notes: list[Any]) -> Type:
        for note in notes:
            match note:
                case Range(lo, hi) if base is int:
                    if hi < lo:
                        raise NoType("VS113", f"{lo}..{hi}")
                    return IntType(lo, hi)
                case Mod(n) if base is int:
                    if n < 1:
                        raise NoType("VS113", f"mod {n}")
                    return ModType(n)
                case Cap(n) if typing.get_origin(base) is Seq:
                    return SeqType(self.type_of(typing.get_args(base)[0]), n)
        return self.type_of(base)

    def _optional(self, annotation: Any) -> Type:
        inner = [a for a in typing.get_args(annotation) if a is not type(None)]
        if len(inner) != 1 or len(inner) == len(typing.get_args(annotation)):
            raise NoType("VS101", _name(annotation))
        return OptionType(self.type_of(inner[0]))

    def _class(self, cls: type[Any]) -> Type:
        t: Type
        if issubclass(cls, Scalarset):
            t = ScalarsetType(cls.__name__, self.sizes.setdefault(cls, cls.size))
        elif issubclass(cls, enum.Enum):
            t = EnumType(cls.__name__, tuple(m.name for m in cls))
        elif dataclasses.is_dataclass(cls):
            if not cls.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # there on every dataclass
                raise NoType("VS112", cls.__name__)
            hints = typing.get_type_hints(cls, include_extras=True)
            t = RecordType(cls.__name__, tuple((f.name, self.type_of(hints[f.name])) for f in dataclasses.fields(cls)))
        else:
            raise NoType("VS101", cls.__name__)
        self.classes[t] = cls
        return t

    def _scalar(self, t: Type) -> Type:
        if not is_scalar(t):
            raise NoType("VS104", str(t))
        return t

    # --- values

    def canonical(self, t: Type, value: Any) -> Value:
        """The canonical value of a Python object. Raises NoType (VS105) where it does not fit `t`."""
        if isinstance(value, Each):
            if isinstance(t, TableType):
                return (self.canonical(t.value, value.value),) * cardinality(t.key)
            raise NoType("VS105", "each(...) initialises a dict")
        found = self._canonical(t, value)
        if not contains(t, found):
            raise NoType("VS105", f"{value!r} is not a value of {t}")
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
                raise NoType("VS105", f"{value!r} is not a value of {t}")

    def python(self, t: Type, value: Value) -> Any:
        """A fresh Python object for a canonical value, of the kind the specification declares."""
        match t:
            case EnumType():
                return self.classes[t][value]  # type: ignore[index]  # an Enum class
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
                return self.classes[t](*(self.python(ft, v) for (_, ft), v in zip(fields, value, strict=True)))
            case _:
                return value


def _name(annotation: Any) -> str:
    return getattr(annotation, "__name__", None) or str(annotation)
