"""JSON Lines, virtspec's own format for logs (docs/reference/log.md): one object a line, nothing nested."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NoReturn, TypeAlias

from virtspec.conform.events import Event, Header, Lost, Record, Value
from virtspec.conform.readers.source import Block, Source

VERSION = 1
"""Of the schema."""

_Object: TypeAlias = dict[str, Any]
_PLAIN = frozenset((int, str))
_REMEDY = 'a line is one object such as {"event": "add_in", "thread": "fio-7", "idx": 2}'


class _NotJson(Exception):
    """The line is no object of JSON, maybe because it was cut off."""


class _Refused(Exception):
    """The line is an object, but outside the schema."""


def read(source: Source, blocks: Iterable[Block], wanted: Collection[str] | None) -> Iterator[Record]:
    """The records in `blocks`. Raises InputError for a line outside the schema, and for a time before the last one."""
    every, names = wanted is None, frozenset(wanted or ())
    last: float | int | None = None
    start = True
    for first, lines in blocks:
        for number, line in enumerate(lines, first):
            text = line.strip()
            if not text:
                continue
            try:
                values = _object(text)
                if "event" not in values:
                    yield _header(number, values) if start and "virtspec" in values else _lost(number, values)
                    start = False
                    continue
                start = False
                event = _event(number, values)
                if every or event.name in names:
                    event.fields = _fields(values)
            except _NotJson as error:
                raise source.malformed(number, f"{error}; {_REMEDY}") from None
            except _Refused as error:
                raise source.error(number, str(error)) from None
            if event.time is not None:
                if last is not None and event.time < last:
                    raise source.backwards(number, last, event.time)
                last = event.time
            yield event


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


_decode = json.JSONDecoder(parse_constant=_no_number).raw_decode


def _object(text: str) -> _Object:
    try:
        values, end = _decode(text)
        if "\\u" in text:
            json.dumps(values, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except json.JSONDecodeError as error:
        raise _NotJson(f"this is not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError) as error:
        raise _NotJson(f"this cannot be read: {error}") from None
    if end != len(text):
        raise _NotJson(f"there is more than one value (column {end + 1})")
    if type(values) is not dict:
        raise _NotJson(f"this is JSON, but no object: {_shown(values)}")
    return values


def _event(number: int, values: _Object) -> Event:
    """The event without its fields, which is all that stays in `values`."""
    name, thread = values.pop("event"), values.pop("thread", "")
    cpu, time = values.pop("cpu", None), values.pop("time", None)
    if type(name) is not str or not name:
        raise _Refused(f"'event' is {_shown(name)}; it is the name of the event, as text")
    if type(thread) is not str:
        if type(thread) is not int:
            raise _Refused(f"'thread' is {_shown(thread)}; it is text or a whole number, or left out")
        thread = str(thread)
    if time is not None and type(time) is not int and type(time) is not float:
        raise _Refused(f"'time' is {_shown(time)}; it is a number, or left out")
    return Event(number, name, thread, -1 if cpu is None else _natural("cpu", cpu), time, {})


def _fields(values: _Object) -> dict[str, Value]:
    if _PLAIN.issuperset(map(type, values.values())):
        return values
    found: dict[str, Value] = {}
    for key, value in values.items():
        if type(value) is bool:
            value = int(value)
        if type(value) is int or type(value) is str:
            found[key] = value
        elif value is not None:
            raise _Refused(f"{key!r} is {_shown(value)}; a field is a whole number, text, true, false or null")
    return found


def _lost(number: int, values: _Object) -> Lost:
    if "virtspec" in values:
        raise _Refused("there is a header here; only the first line can be one, so convert each log on its own")
    if "lost" not in values:
        raise _Refused("there is neither 'event' nor 'lost' in it; say what happened as {\"event\": \"name\", ...}")
    count, cpu = values["lost"], values.get("cpu")
    return Lost(
        number, None if count is None else _natural("lost", count), None if cpu is None else _natural("cpu", cpu)
    )


def _header(number: int, values: _Object) -> Header:
    version = values.pop("virtspec")
    if type(version) is not int or version != VERSION:
        raise _Refused(f"the schema has the version {_shown(version)}; this virtspec reads version {VERSION}")
    params = values.pop("params", {})
    if type(params) is not dict:
        raise _Refused(f"'params' is {_shown(params)}; it is an object with the parameters of a configuration")
    return Header(number, {**_fields(values), **{f"params.{name}": v for name, v in _fields(params).items()}})


def _natural(key: str, value: object) -> int:
    if type(value) is not int or value < 0:
        raise _Refused(f"{key!r} is {_shown(value)}; it is a whole number from 0, or left out")
    return value


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:37] + "..."
