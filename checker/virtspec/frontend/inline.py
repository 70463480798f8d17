"""Copies of sub-processes and of loop bodies, with every name made unambiguous.

A process and all it inlines become one flat namespace: locals of a copied sub-process get the prefix of their call,
`self` becomes the receiver, globals keep their name or, where two modules disagree about it, get another.
"""

from __future__ import annotations

import ast
import builtins
import enum
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from virtspec.errors import InputError
from virtspec.frontend.calls import Default, matched
from virtspec.frontend.names import assigned, comprehension_variables, locals_of, loop_variables
from virtspec.frontend.routine import Routine
from virtspec.frontend.shape import Instance
from virtspec.frontend.spans import copied, placed
from virtspec.frontend.static import fold, is_known
from virtspec.frontend.subset import Diagnostics, Refused
from virtspec.ir.types import Type
from virtspec.lang.domains import ENDLESS, Scalarset
from virtspec.source import did_you_mean

LABEL = re.compile(r"[A-Za-z_]\w*")
NO_NAME = object()


@dataclass(frozen=True)
class Copied:
    """Which call a copied statement belongs to. Shared by all copies."""

    routine: Routine
    prefix: str
    """What labels and locals of this copy start with, such as "common_removal."; "" in the process itself."""
    stack: tuple[ast.FunctionDef, ...]
    """The sub-processes being inlined, outermost first."""


class Inliner:
    """Makes the copies for one process."""

    def __init__(self, routine: Routine, diagnostics: Diagnostics) -> None:
        self.routine = routine
        self.diagnostics = diagnostics
        self.names: dict[str, Any] = dict(routine.names)
        self.types: dict[str, Type] = {}
        self.locals = set(locals_of(routine.fn)) - {"self"}
        """Flat names of what the process and its copies bind by parameters and assignments."""
        self.loops = loop_variables(routine.fn)
        self.taken = {n.id for n in ast.walk(routine.fn) if isinstance(n, ast.Name)} | self.locals | {"self"}
        """Names that a new flat name must differ from."""
        self.shown: dict[str, str] = {}
        """What a flat name is called in states and reports, if not by itself."""
        self.copies: dict[int, tuple[ast.stmt, tuple[list[ast.stmt], list[ast.stmt], str]]] = {}
        self.calls: dict[str, int] = {}
        routine.check(diagnostics)

    def statics(self) -> Mapping[str, Any]:
        """The names whose value is known when the specification is compiled."""
        hidden = self.locals | self.loops
        return {n: v for n, v in self.names.items() if n not in hidden}

    def own_body(self) -> list[ast.stmt]:
        """The process's own statements, ready to be cut."""
        marks = Copied(self.routine, "", (self.routine.fn,))
        return _Copier(self, marks, {}, {}).body(self.routine.body())

    def fresh(self, base: str) -> str:
        """A local name not used yet."""
        n = 1
        while f"{base}_{n}" in self.taken:
            n += 1
        return self.local("", f"{base}_{n}")

    def inline(self, frame: ast.stmt) -> tuple[list[ast.stmt], list[ast.stmt], str]:
        """For a statement `[x =] yield from self.helper(...)`: what binds the parameters, the body, its prefix."""
        if id(frame) not in self.copies:
            self.copies[id(frame)] = (frame, self._inline(frame))
        return self.copies[id(frame)][1]

    def _inline(self, frame: ast.stmt) -> tuple[list[ast.stmt], list[ast.stmt], str]:
        awaited: ast.YieldFrom = frame.value  # type: ignore[attr-defined]  # a statement whose value is a YieldFrom
        call = awaited.value
        caller: Copied = frame.virtspec_copied  # type: ignore[attr-defined]
        callee = self.callee(call, awaited)
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        if callee.fn in caller.stack:
            raise self.refuse("VS402", call, callee.name)
        callee.check(self.diagnostics)
        prefix = self.prefix(caller.prefix + callee.name)
        marks = Copied(callee, prefix, (*caller.stack, callee.fn))
        prologue: list[ast.stmt] = []
        replaced = {"self": self.receiver(call.func.value, prefix, prologue)}
        renames = self.bind(callee, call, prefix, prologue, replaced)
        return prologue, _Copier(self, marks, renames, replaced).body(callee.body()), prefix

    def callee(self, call: ast.expr, awaited: ast.YieldFrom) -> Routine:
        """The sub-process a `yield from` runs."""
        owner = None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            owner = fold(call.func.value, self.statics(), self.routine.instance)
        if not isinstance(owner, Instance):
            raise self.refuse("VS408", awaited)
        assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
        method = owner.method(call.func.attr)
        try:
            callee = None if method is None else Routine.of(method, owner, self.routine.registry)
        except InputError:
            raise self.refuse("VS313", call.func, ast.unparse(call.func)) from None
        if callee is None or not callee.is_generator:
            raise self.refuse("VS408", awaited)
        return callee

    def refuse(self, code: str, node: ast.AST, *args: object, hint: str | None = None) -> Refused:
        return self.diagnostics.refuse(code, node, self.routine.path, *args, hint=hint)

    def note(self, code: str, node: ast.AST, *args: object, hint: str | None = None) -> None:
        self.diagnostics.note(code, node, self.routine.path, *args, hint=hint)

    def prefix(self, path: str) -> str:
        """`path.` for the first call of that name, `path[2].` for the second, and so on."""
        n = self.calls[path] = self.calls.get(path, 0) + 1
        return f"{path}." if n == 1 else f"{path}[{n}]."

    def local(self, prefix: str, name: str) -> str:
        """A new local: the flat name of the local `name` of the copy `prefix`."""
        flat = self.flat(prefix, name)
        self.locals.add(flat)
        self.shown[flat] = prefix + name
        return flat

    def flat(self, prefix: str, name: str) -> str:
        """A name nothing else has."""
        flat = re.sub(r"\W+", "_", prefix.replace(".", "__")) + name
        while flat in self.taken or flat in self.names:
            flat += "_"
        self.taken.add(flat)
        return flat

    def receiver(self, node: ast.expr, prefix: str, prologue: list[ast.stmt]) -> ast.expr:
        """What `self` becomes in the copy: the receiver, with keys that are no plain names evaluated now."""
        node = copied(node)
        for part in ast.walk(node):
            if isinstance(part, ast.Subscript) and not isinstance(part.slice, ast.Name | ast.Constant):
                name = self.local(prefix, "self_key")
                prologue.append(_assign(name, part.slice))
                part.slice = placed(ast.Name(name, ast.Load()), part.slice)
        return node

    def bind(
        self, callee: Routine, call: ast.Call, prefix: str, prologue: list[ast.stmt], replaced: dict[str, ast.expr]
    ) -> dict[str, str]:
        """New names of what the callee binds. Parameters it does not assign and that are given as plain names,
        constants or components become those; all others are evaluated now.
        """
        written = assigned(callee.fn.body)
        renames: dict[str, str] = {}
        for param, arg in matched(call, callee, self.refuse):
            name, kept = param.arg, param.arg not in written
            value = arg.value if isinstance(arg, Default) else fold(arg, self.statics(), self.routine.instance)
            if kept and isinstance(value, Instance) and isinstance(arg, ast.expr):
                replaced[name] = self.receiver(arg, prefix, prologue)
            elif kept and isinstance(arg, ast.Name):
                renames[name] = arg.id
            elif kept and is_known(value):
                renames[name] = self.constant(prefix + name, value)
            else:
                renames[name] = self.local(prefix, name)
                declared = callee.loose_type_of(param.annotation)
                if declared is not None:
                    self.types[renames[name]] = declared
                prologue.append(_assign(renames[name], self.as_name(arg, prefix + name, call)))
        own = (locals_of(callee.fn) - {p.arg for p in callee.params} - {"self"}) | loop_variables(callee.fn)
        for name in sorted(own):
            renames[name] = self.local(prefix, name) if name in written else self.flat(prefix, name)
        for name in sorted(comprehension_variables(callee.fn) - renames.keys() - replaced.keys()):
            renames[name] = self.flat(prefix, name)
        return renames

    def as_name(self, arg: ast.expr | Default, base: str, at: ast.expr) -> ast.expr:
        """An argument as an expression of the caller."""
        if isinstance(arg, ast.expr):
            return arg
        return ast.copy_location(ast.Name(self.constant(base + "_default", arg.value), ast.Load()), at)

    def constant(self, base: str, value: Any) -> str:
        """A new name that stands for `value` in this process."""
        name = self.flat("", re.sub(r"\W+", "_", base.replace(".", "__")))
        self.names[name] = value
        return name

    def global_name(self, routine: Routine, name: str) -> str | None:
        """The name by which a copy refers to a global of the module it comes from; None if there is no such global."""
        value = routine.names.get(name, getattr(builtins, name, NO_NAME))
        if value is NO_NAME:
            return None
        known = self.names.get(name, getattr(builtins, name, NO_NAME))
        if name not in self.taken and known is NO_NAME:
            self.names[name] = value
            return name
        if known is value and name not in self.locals and name not in self.loops:
            return name
        alias = f"{name}__of_{routine.name}"
        return alias if self.names.get(alias, NO_NAME) is value else self.constant(alias, value)

    def unroll(self, loop: ast.For) -> list[list[ast.stmt]]:
        """The body of a for loop once per value of its domain, labels marked with the value."""
        values = domain_values(loop.iter, self.statics(), self.routine.instance)
        if values is None or not isinstance(loop.target, ast.Name):
            hint = "a loop with yield, return or break runs through an Enum, a Scalarset, range(...) or a tuple"
            raise self.refuse("VS309", loop.iter, hint=hint)
        if loop.orelse:
            raise self.refuse("VS301", loop, "for ... else", "write it as an if")
        marks: Copied = loop.virtspec_copied  # type: ignore[attr-defined]
        bodies = []
        for value in values:
            shown = value.name if isinstance(value, enum.Enum) else str(value)
            name = self.constant(f"{loop.target.id}__{shown.replace('-', 'minus_')}", value)
            copier = _Copier(self, marks, {loop.target.id: name}, {}, suffix=f"[{shown}]")
            bodies.append(copier.body(loop.body))
        return bodies


class _Copier(ast.NodeTransformer):
    """Copies statements with names replaced, labels extended, annotations taken off and noted."""

    def __init__(
        self,
        inliner: Inliner,
        marks: Copied,
        renames: Mapping[str, str],
        replaced: Mapping[str, ast.expr],
        suffix: str = "",
    ) -> None:
        self.inliner = inliner
        self.marks = marks
        self.renames = renames
        self.replaced = replaced
        self.suffix = suffix
        """Set for the body of an unrolled loop, which was copied, and its globals settled, before."""

    def body(self, stmts: list[ast.stmt]) -> list[ast.stmt]:
        return [self.visit(copied(s)) for s in stmts]

    def visit(self, node: ast.AST) -> Any:
        if not self.suffix and self.marks.stack[1:]:
            node.virtspec_path = self.marks.routine.path  # type: ignore[attr-defined]
        if isinstance(node, ast.stmt) and not self.suffix:
            node.virtspec_copied = self.marks  # type: ignore[attr-defined]
        return super().visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.replaced:
            return copied(self.replaced[node.id])
        new = self.renames.get(node.id)
        if new is None and not self.suffix and len(self.marks.stack) > 1:
            new = self.inliner.global_name(self.marks.routine, node.id)
            if new is None:
                known = [n for n in (*self.renames, *self.marks.routine.names) if not n.startswith("_")]
                self.inliner.note("VS108", node, node.id, hint=did_you_mean(node.id, known))
        if new is None or new == node.id:
            return node
        return placed(ast.Name(new, node.ctx), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if not isinstance(node.target, ast.Name):
            return self.generic_visit(node)
        target = self.visit_Name(node.target)
        assert isinstance(target, ast.Name)
        with suppress(Refused):  # it is noted; the rest of the body is worth a look
            self.inliner.types[target.id] = self.marks.routine.type_of(node.annotation, self.inliner.diagnostics)
        if node.value is None:
            return placed(ast.Pass(), node)
        return placed(ast.Assign([target], self.visit(node.value)), node)

    def visit_Yield(self, node: ast.Yield) -> ast.expr:
        label = getattr(node, "virtspec_label", None)
        if self.suffix and label is not None:
            node.virtspec_label = label + self.suffix  # type: ignore[attr-defined]
            return node
        match node.value:
            case ast.Constant(value=str(text)) if not self.suffix and LABEL.fullmatch(text):
                node.virtspec_label = self.marks.prefix + text  # type: ignore[attr-defined]
        return node


def label_of(frame: ast.Expr) -> str | None:
    """The label of a yield statement with the path of its copy, or None where it is no proper label."""
    return getattr(frame.value, "virtspec_label", None)


def domain_values(node: ast.expr, names: Mapping[str, Any], instance: Instance | None) -> list[Any] | None:
    """The values of a domain known statically (Enum, Scalarset, range, tuple), or None. A set has no order."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        bounds = [fold(a, names, instance) for a in node.args]
        if 1 <= len(bounds) <= 3 and all(isinstance(b, int) for b in bounds) and not node.keywords:
            return list(range(*bounds)) if len(bounds) < 3 or bounds[2] else None
        return None
    value = fold(node, names, instance)
    if isinstance(value, type) and issubclass(value, enum.Enum | Scalarset):
        return list(value)
    return list(value) if isinstance(value, tuple) and is_known(value) else None


def is_endless(node: ast.expr, names: Mapping[str, Any]) -> bool:
    """Whether the domain is a Scalarset of any size."""
    value = fold(node, names)
    return isinstance(value, type) and issubclass(value, Scalarset) and len(value) >= ENDLESS


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return placed(ast.Assign([placed(ast.Name(name, ast.Store()), value)], value), value)
