"""Traces as files: the Informal Trace Format (Apalache ADR-015), with the names Quint gives to actions and picks.

What a file says beyond the format, and which value is encoded how, is documented in docs/reference/trace.md. Writing is
deterministic: same trace, same bytes. Reading trusts nothing: a file that is not a trace of the given system is refused
with its place and a remedy. Whether the trace is a behaviour is for `trace.replay` to say, which this module calls
before it writes anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from virtspec.errors import InputError
from virtspec.ir.nodes import Choose
from virtspec.ir.system import Action, System
from virtspec.ir.types import Value
from virtspec.ir.walk import statements
from virtspec.semantics.interp import Faulted, State, Taken
from virtspec.source import did_you_mean
from virtspec.trace.trace import Step, Trace, replay
from virtspec.trace.values import BadValue, decode, encode

SCHEMA = "virtspec/trace/v1"
FORMAT_DESCRIPTION = "https://apalache-mc.org/docs/adr/015adr-trace.html"
ACTION = "mbt::actionTaken"
PICKS = "mbt::nondetPicks"
FAULT = "virtspec:fault"
INIT = "init"
"""What Quint calls the action that leads to the initial state."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a trace file says about its origin: enough to load the system it is a trace of."""

    spec: str
    """The shipped mechanism or the file it was made from, as the user named it; "" if unknown."""
    system: str
    config: dict[str, str]
    fingerprint: str
    property: str

    def __str__(self) -> str:
        return f"{self.system} ({config_text(self.config)})" if self.config else self.system


def config_text(config: dict[str, str]) -> str:
    """A configuration in one line: `Task=2, design=V4`."""
    return ", ".join(f"{name}={value}" for name, value in config.items())


def subject(trace: Trace) -> str:
    """What the trace is about: the id of its property, or "fault" or "deadlock"."""
    if trace.property is not None:
        return trace.property
    return "fault" if trace.ends_in_fault() else "deadlock"


# --- writing ---------------------------------------------------------------------------------------------------------


def write(path: Path, system: System, trace: Trace, spec: str = "") -> None:
    """Write the trace to `path`, making its folder. Raises OSError, and NotABehaviour if it does not replay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dumps(system, trace, spec), encoding="utf-8")


def dumps(system: System, trace: Trace, spec: str = "") -> str:
    """The text of the trace file. `spec` is how `virtspec replay` finds the specification again."""
    from virtspec import __version__

    outcomes = replay(system, trace)
    meta = {
        "format": "ITF",
        "format-description": FORMAT_DESCRIPTION,
        "description": f"virtspec {__version__}: {subject(trace)} of {system.name}",
        "virtspec:schema": SCHEMA,
        "virtspec:spec": spec,
        "virtspec:system": system.name,
        "virtspec:config": dict(system.config),
        "virtspec:fingerprint": system.fingerprint,
        "virtspec:property": subject(trace),
    }
    lines = ["{", f'  "#meta": {_json(meta, indent=4)},', '  "params": [],']
    lines.append(f'  "vars": {_json([*(f.name for f in system.fields), ACTION, PICKS])},')
    lines.append('  "states": [')
    lines.append(",\n".join("    " + _json(state) for state in _states(system, trace, outcomes)))
    end = "  ]" if trace.loop is None else f'  ],\n  "loop": {trace.loop}'
    return "\n".join([*lines, end, "}", ""])


def _json(value: Any, indent: int | None = None) -> str:
    text = json.dumps(value, ensure_ascii=False, indent=2 if indent else None)
    return text.replace("\n", "\n  ") if indent else text


def _states(system: System, trace: Trace, outcomes: list[Taken | Faulted]) -> Iterator[dict[str, Any]]:
    """One object per state; every one names the same picks, those not made being None, as Quint has it."""
    names = list(dict.fromkeys(var.name for outcome in outcomes for var, _ in outcome.picks))
    state = system.init
    yield _state(system, 0, state, INIT, dict.fromkeys(names, _NONE))
    for number, (step, outcome) in enumerate(zip(trace.steps, outcomes, strict=True), 1):
        picks = dict.fromkeys(names, _NONE)
        picks |= {var.name: {"tag": "Some", "value": encode(var.type, value)} for var, value in outcome.picks}
        if isinstance(outcome, Taken):
            state = outcome.state
        shown = _state(system, number, state, step.action, picks)
        yield {**shown, FAULT: outcome.message} if isinstance(outcome, Faulted) else shown


_NONE: dict[str, Any] = {"tag": "None", "value": {"#tup": []}}


def _state(system: System, number: int, state: State, action: str, picks: dict[str, Any]) -> dict[str, Any]:
    values = {f.name: encode(f.type, value) for f, value in zip(system.fields, state, strict=True)}
    return {"#meta": {"index": number}, **values, ACTION: action, PICKS: picks}


# --- reading ---------------------------------------------------------------------------------------------------------


def header(path: Path) -> Header:
    """What the file says about its origin. Raises InputError for what is no trace written by virtspec."""
    return _header(path, _document(path))


def read(path: Path, system: System) -> Trace:
    """The trace in a file written by `write`.

    Raises InputError for a file that cannot be read, is no trace, belongs to another model or configuration, or holds
    an action or a value the system does not have. What it returns may still not be a behaviour: `replay` tells.
    """
    doc = _document(path)
    head = _header(path, doc)
    if head.fingerprint != system.fingerprint:
        raise InputError(f"{path}: {_foreign(head, system)}")
    states = _list(path, doc, "states")
    loop = doc.get("loop")
    if loop is not None and not (type(loop) is int and 0 <= loop < len(states)):
        raise InputError(f"{path}: 'loop' is no number of a state; the file has been altered")
    try:
        if not states or _fields(system, states[0], "states[0]") != system.init:
            raise BadValue("states[0]", "is not the initial state of the system")
        steps = tuple(_step(system, states, number) for number in range(1, len(states)))
    except BadValue as bad:
        raise InputError(f"{path}: {bad}; make the trace again with `virtspec check`") from None
    prop = head.property if head.property in system.declared else None
    return Trace(head.fingerprint, steps, prop, loop)


def _document(path: Path) -> dict[str, Any]:
    remedy = "name a trace written by `virtspec check` (*.itf.json)"
    try:
        doc = json.loads(path.read_text(encoding="utf-8"))
    except IsADirectoryError:
        raise InputError(f"{path} is a directory; {remedy}") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}; {remedy}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}); {remedy}") from None
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}; {remedy}") from None
    except (RecursionError, ValueError) as error:  # nested too deeply, or a number too long to convert
        raise InputError(f"{path} is not a trace: {error}; {remedy}") from None
    if not isinstance(doc, dict) or not isinstance(doc.get("#meta"), dict) or "states" not in doc:
        raise InputError(f"{path} is JSON, but not a trace in the Informal Trace Format; {remedy}")
    return doc


def _header(path: Path, doc: dict[str, Any]) -> Header:
    meta = doc["#meta"]
    schema = meta.get("virtspec:schema")
    if schema is None:
        raise InputError(f"{path} is a trace, but not one of virtspec's: its #meta has no key 'virtspec:schema'")
    if schema != SCHEMA:
        raise InputError(f"{path} has the schema {schema!r}; this version of virtspec reads {SCHEMA!r}")
    texts = {key: meta.get(f"virtspec:{key}") for key in ("spec", "system", "fingerprint", "property")}
    for key, text in texts.items():
        if not isinstance(text, str):
            raise InputError(f"{path}: #meta['virtspec:{key}'] is missing or no text; the file has been altered")
    config = meta.get("virtspec:config")
    if not isinstance(config, dict) or not all(isinstance(value, str) for value in config.values()):
        raise InputError(f"{path}: #meta['virtspec:config'] is missing or malformed; the file has been altered")
    return Header(config=config, **texts)


def _list(path: Path, doc: dict[str, Any], key: str) -> list[Any]:
    found = doc[key]
    if not isinstance(found, list):
        raise InputError(f"{path}: {key!r} is not a list; the file has been altered")
    return found


def _foreign(head: Header, system: System) -> str:
    """Why a trace of `head` is none of `system`, and what to do."""
    config = dict(system.config)
    if head.system != system.name or head.config != config:
        here = Header("", system.name, config, system.fingerprint, "")
        return f"this trace was made from {head}, not from {here}; replay it with --spec naming the former"
    return (
        f"this trace was made from {head} with fingerprint {head.fingerprint}, but the specification has changed since "
        f"(now {system.fingerprint}); run `virtspec check` again to make a new trace"
    )


def _fields(system: System, state: Any, where: str) -> State:
    if not isinstance(state, dict):
        raise BadValue(where, "is not an object")
    for field in system.fields:
        if field.name not in state:
            raise BadValue(where, f"has no variable {field.name!r}")
    return tuple(decode(f.type, state[f.name], f"{where}.{f.name}") for f in system.fields)


def _step(system: System, states: list[Any], number: int) -> Step:
    where, data = f"states[{number}]", states[number]
    state = _fields(system, data, where)
    name = data.get(ACTION)
    known = [a.name for a in system.actions]
    if name not in known:
        hint = did_you_mean(str(name), known)
        raise BadValue(f"{where}[{ACTION!r}]", f"there is no action {name!r}" + (f" ({hint})" if hint else ""))
    picks = _picks(system.action(name), data.get(PICKS), f"{where}[{PICKS!r}]")
    if FAULT not in data:
        return Step(name, picks, state)
    if number != len(states) - 1 or state != _fields(system, states[number - 1], f"states[{number - 1}]"):
        raise BadValue(where, "a step that ends in a fault is the last one and repeats the state before it")
    return Step(name, picks, None)


def _picks(action: Action, data: Any, where: str) -> tuple[Value, ...]:
    """The values picked, in the order met: parameters, then choices as they stand in the text."""
    if not isinstance(data, dict):
        raise BadValue(where, "is missing or no record")
    picks: list[Value] = []
    for var in (*action.params, *dict.fromkeys(s.var for s in statements(action.body) if isinstance(s, Choose))):
        pick = data.get(var.name, _NONE)
        if isinstance(pick, dict) and pick.get("tag") == "Some":
            picks.append(decode(var.type, pick.get("value"), f"{where}.{var.name}"))
        elif not (isinstance(pick, dict) and pick.get("tag") == "None"):
            raise BadValue(f"{where}.{var.name}", "is no optional value ({'tag': 'Some' or 'None', ...})")
        elif var in action.params:
            raise BadValue(where, f"has no value for the parameter {var.name!r} of {action.name}")
    return tuple(picks)
