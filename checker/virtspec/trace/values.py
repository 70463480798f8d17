"""Values as ITF has them in JSON: both directions, by type.

bool                          true, false
integer                       {"#bigint": "3"}
enum member, scalarset member "ACTIVE", "Task0"
optional                      {"tag": "Some", "value": ...}, {"tag": "None", "value": {"#tup": []}}
table                         {"#map": [[key, value], ...]} in key order
set                           {"#set": [...]} in value order
sequence                      [...]
record                        {"name": ..., ...}
"""

from __future__ import annotations

from typing import Any, assert_never

from virtspec.ir.types import (
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
    ordinal,
    show,
    values,
)


class BadValue(Exception):
    """The JSON at `where` is not what its place asks for."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")


def encode(t: Type, value: Value) -> Any:
    """`value`, a value of `t`, as JSON."""
    match t:
        case BoolType() | EnumType():
            return value
        case IntType() | ModType():
            return {"#bigint": str(value)}
        case ScalarsetType():
            return show(t, value)
        case OptionType(of):
            if value is None:
                return {"tag": "None", "value": {"#tup": []}}
            return {"tag": "Some", "value": encode(of, value)}
        case TableType(key, of):
            assert isinstance(value, tuple)
            return {"#map": [[encode(key, k), encode(of, v)] for k, v in zip(values(key), value, strict=True)]}
        case SetType(of):
            assert isinstance(value, frozenset)
            return {"#set": [encode(of, v) for v in sorted(value, key=lambda v: ordinal(of, v))]}
        case SeqType(of, _):
            assert isinstance(value, tuple)
            return [encode(of, v) for v in value]
        case RecordType(_, fields):
            assert isinstance(value, tuple)
            return {name: encode(of, v) for (name, of), v in zip(fields, value, strict=True)}
        case _:
            assert_never(t)


def decode(t: Type, data: Any, where: str) -> Value:
    """The value of `t` that `data` encodes. Raises BadValue, which names the place below `where`."""
    match t:
        case BoolType():
            if not isinstance(data, bool):
                raise BadValue(where, f"expected true or false, found {_shown(data)}")
            return data
        case IntType() | ModType():
            return _integer(t, data, where)
        case EnumType() | ScalarsetType():
            known = {show(t, v): v for v in values(t)}
            if not isinstance(data, str) or data not in known:
                raise BadValue(where, f"expected a member of {t} ({', '.join(known)}), found {_shown(data)}")
            return known[data]
        case OptionType(of):
            match data:
                case {"tag": "Some", "value": inner}:
                    return decode(of, inner, where)
                case {"tag": "None"}:
                    return None
            raise BadValue(where, f"expected an optional value with the tag Some or None, found {_shown(data)}")
        case TableType(key, of):
            return _table(key, of, data, where)
        case SetType(of):
            members = [decode(of, item, where) for item in _items(data, "#set", where)]
            if len(set(members)) != len(members):
                raise BadValue(where, "the set holds a value twice")
            return frozenset(members)
        case SeqType(of, cap):
            if not isinstance(data, list) or len(data) > cap:
                raise BadValue(where, f"expected a list of at most {cap} items, found {_shown(data)}")
            return tuple(decode(of, item, f"{where}[{i}]") for i, item in enumerate(data))
        case RecordType(name, fields):
            if not isinstance(data, dict) or set(data) != {n for n, _ in fields}:
                parts = ", ".join(n for n, _ in fields)
                raise BadValue(where, f"expected a {name} with the components {parts}, found {_shown(data)}")
            return tuple(decode(of, data[n], f"{where}.{n}") for n, of in fields)
        case _:
            assert_never(t)


def _integer(t: IntType | ModType, data: Any, where: str) -> Value:
    digits = data.get("#bigint") if isinstance(data, dict) else data
    try:
        value = int(digits) if isinstance(digits, str | int) and not isinstance(digits, bool) else None
    except ValueError:  # no digits, or too many of them
        value = None
    if value is None or not contains(t, value):
        raise BadValue(where, f'expected {{"#bigint": "n"}} with n in {t}, found {_shown(data)}')
    return value


def _table(key: Type, of: Type, data: Any, where: str) -> Value:
    found: dict[Value, Value] = {}
    for pair in _items(data, "#map", where):
        if not isinstance(pair, list) or len(pair) != 2:
            raise BadValue(where, f"expected [key, value] pairs, found {_shown(pair)}")
        k = decode(key, pair[0], f"{where} (a key)")
        if k in found:
            raise BadValue(where, f"the key {show(key, k)} stands twice")
        found[k] = decode(of, pair[1], f"{where}[{show(key, k)}]")
    for k in values(key):
        if k not in found:
            raise BadValue(where, f"there is no entry for {show(key, k)}")
    return tuple(found[k] for k in values(key))


def _items(data: Any, tag: str, where: str) -> list[Any]:
    if not isinstance(data, dict) or not isinstance(data.get(tag), list):
        raise BadValue(where, f'expected {{"{tag}": [...]}}, found {_shown(data)}')
    items: list[Any] = data[tag]
    return items


def _shown(data: Any) -> str:
    text = repr(data)
    return text if len(text) <= 60 else text[:57] + "..."
