"""Properties about faults: from functions over models to messages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from virtspec.frontend.module import parse
from virtspec.frontend.quantified import returned
from virtspec.frontend.routine import Routine
from virtspec.frontend.scope import Unit
from virtspec.frontend.spans import span_of
from virtspec.frontend.static import fold
from virtspec.ir.nodes import Fault
from virtspec.ir.system import Faultless
from virtspec.ir.walk import statements
from virtspec.lang.faults import faults
from virtspec.lang.props import PropertyNote
from virtspec.lang.rules import fault
from virtspec.source import did_you_mean


def lower_faultless(unit: Unit, routine: Routine, note: PropertyNote) -> Faultless:
    """One property about faults, each of which some step has in its text."""
    refuse = unit.diagnostics.refuse
    if not routine.params:
        raise refuse("VS502", routine.fn, routine.path, "a state of the model", "def f(m: Model) -> Faults")
    for param in routine.params[1:]:
        raise refuse("VS511", param, routine.path, "has no parameters behind the model", "leave this one out")
    call = returned(unit, routine, "VS511", *CALLS)
    if not isinstance(call, ast.Call) or fold(call.func, routine.names) is not faults or not call.args or call.keywords:
        raise refuse("VS511", call, routine.path, *CALLS)
    messages = tuple(dict.fromkeys(_message(unit, routine, argument) for argument in call.args))
    span = span_of(routine.fn, routine.path)
    return Faultless(note.id or routine.name, routine.name, messages, routine.doc, note.source, span)


CALLS = ("is one call of faults(...)", 'return faults("used after it was freed")')
"""What VS511 says of a body that is something else."""


def _message(unit: Unit, routine: Routine, node: ast.expr) -> str:
    scope = {**routine.names, routine.params[0].arg: unit.root}
    message = fold(node, scope)
    if not isinstance(message, str):
        raise unit.diagnostics.refuse("VS308", node, routine.path, "faults()")
    if message in unit.asserted_within:
        raise unit.diagnostics.refuse("VS512", node, routine.path, message, unit.asserted_within[message])
    if unit.fault_messages is None:
        unit.fault_messages = frozenset(_messages(unit))
    if message not in unit.fault_messages:
        hint = (
            did_you_mean(message, sorted(unit.fault_messages))
            or "messages are those of fault(...) and assert in a step"
        )
        raise unit.diagnostics.refuse("VS510", node, routine.path, message, hint=hint)
    return message


def _messages(unit: Unit) -> Iterator[str]:
    assert unit.rules is not None
    yield from (s.message for a in unit.rules.actions for s in statements(a.body) if isinstance(s, Fault))
    yield from _in_text(unit)


def _in_text(unit: Unit) -> Iterator[str]:
    """Every message in the text of the model and of its components, in this configuration or not."""
    for instance in unit.root.everything():
        methods = (m for name in instance.names() if (m := instance.method(name)) is not None)
        files = {m.__code__.co_filename: m.__globals__ for m in methods}
        for path, names in files.items():
            for node in (n for f in parse(path).functions.values() for n in ast.walk(f)):
                message = _said(node, names)
                found = None if message is None else fold(message, names, instance)
                if isinstance(found, str):
                    yield found


def _said(node: ast.AST, names: dict[str, Any]) -> ast.expr | None:
    """The message of an assert or a fault."""
    match node:
        case ast.Assert(msg=message):
            return message
        case ast.Call(func=f, args=[message]) if fold(f, names) is fault:
            return message
        case _:
            return None
