"""Copies of sub-processes and of loop bodies, with every name made unambiguous.

A process and all it inlines become one flat namespace: locals of a copied sub-process get the prefix of their call,
`self` becomes the receiver, globals keep their name or, where two modules disagree about it, get another.
"""

from __future__ import annotations

import ast
import builtins
import copy
import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from virtspec.frontend.routine import Routine, comprehended, locals_of
from virtspec.frontend.shape import Instance
from virtspec.frontend.static import fold, is_known
from virtspec.frontend.subset import Diagnostics
from virtspec.ir.types import Type
from virtspec.lang.domains import Scalarset

LABEL = re.compile(r"[A-Za-z_]\w*")
NO_NAME = object()


@dataclass(frozen=True)
class Copied:
    """Which call a copied statement belongs to. Shared by all copies, hence never copied itself."""

    routine: Routine
    prefix: str
    """What labels and locals of this copy start with, such as "common_removal."; "" in the process itself."""
    stack: tuple[Any, ...]
    """The sub-processes being inlined, outermost first."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Copied:
        return self


class Inliner:
    """Makes the copies for one process."""

    def __init__(self, routine: Routine, diagnostics: Diagnostics) -> None:
        self.routine = routine
        self.diagnostics = diagnostics
        self.names: dict[str, Any] = dict(routine.names)
        self.types: dict[str, Type] = {}
        self.locals: set[str] = set(locals_of(routine.fn))
        self.copies: dict[int, tuple[ast.stmt, tuple[list[ast.stmt], list[ast.stmt], str]]] = {}
        self.calls: dict[str, int] = {}

    def statics(self) -> Mapping[str, Any]:
        """The names whose value is known when the specification is compiled."""
        return {n: v for n, v in self.names.items() if n not in self.locals}

    def own_body(self) -> list[ast.stmt]:
        """The process's own statements, ready to be cut."""
        marks = Copied(self.routine, "", (self.routine.fn,))
        return _Copier(self, marks, {}, {}).body(self.routine.body())

    def fresh(self, base: str) -> str:
        """A local name not used yet."""
        n = self.calls[base] = self.calls.get(base, 0) + 1
        name = f"{base}_{n}"
        self.locals.add(name)
        return name

    def inline(self, frame: ast.stmt) -> tuple[list[ast.stmt], list[ast.stmt], str]:
        """For a statement `[x =] yield from self.helper(...)`: what binds the parameters, the body, its prefix."""
        if id(frame) not in self.copies:
            self.copies[id(frame)] = (frame, self._inline(frame))
        return self.copies[id(frame)][1]

    def _inline(self, frame: ast.stmt) -> tuple[list[ast.stmt], list[ast.stmt], str]:
        call = frame.value.value  # type: ignore[attr-defined]  # a statement whose value is a YieldFrom
        caller: Copied = frame.virtspec_copied  # type: ignore[attr-defined]
        refuse = self.diagnostics.refuse
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
            raise refuse("VS408", frame, self.routine.path)
        owner = fold(call.func.value, self.statics(), self.routine.instance)
        method = owner.method(call.func.attr) if isinstance(owner, Instance) else None
        if method is None or not isinstance(owner, Instance):
            raise refuse("VS408", frame, self.routine.path)
        callee = Routine.of(method, owner, self.routine.registry)
        if not callee.is_generator:
            raise refuse("VS408", frame, self.routine.path)
        if callee.fn in caller.stack:
            raise refuse("VS402", frame, self.routine.path, callee.name)
        prefix = self.prefix(caller.prefix + callee.name)
        marks = Copied(callee, prefix, (*caller.stack, callee.fn))
        prologue: list[ast.stmt] = []
        receiver = self.receiver(call.func.value, prefix, prologue)
        renames = self.bind(callee, call, prefix, prologue)
        return prologue, _Copier(self, marks, renames, {"self": receiver}).body(callee.body()), prefix

    def prefix(self, path: str) -> str:
        """`path.` for the first call of that name, `path[2].` for the second, and so on."""
        n = self.calls[path] = self.calls.get(path, 0) + 1
        return f"{path}." if n == 1 else f"{path}[{n}]."

    def local(self, prefix: str, name: str) -> str:
        """The flat name of a sub-process's local."""
        flat = prefix.replace(".", "__").replace("[", "_").replace("]", "") + name
        self.locals.add(flat)
        return flat

    def receiver(self, node: ast.expr, prefix: str, prologue: list[ast.stmt]) -> ast.expr:
        """What `self` becomes in the copy: the receiver, with keys that are no plain names evaluated now."""
        node = copy.deepcopy(node)
        for part in ast.walk(node):
            if isinstance(part, ast.Subscript) and not isinstance(part.slice, ast.Name | ast.Constant):
                name = self.local(prefix, "self_key")
                prologue.append(_assign(name, part.slice))
                part.slice = ast.copy_location(ast.Name(name, ast.Load()), part.slice)
        return node

    def bind(self, callee: Routine, call: ast.Call, prefix: str, prologue: list[ast.stmt]) -> dict[str, str]:
        """New names of the callee's locals; parameters given as plain names or constants share the caller's."""
        assigned = {
            n.id for n in ast.walk(callee.fn) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        hidden = comprehended(callee.fn) & self.locals  # a comprehension of the callee must not hide a local of the caller
        renames = {name: "" for name in locals_of(callee.fn) | hidden if name != "self"}
        for param, arg in self.arguments(callee, call):
            value = fold(arg, self.statics(), self.routine.instance)
            if param.arg in assigned:
                pass
            elif isinstance(arg, ast.Name):
                renames[param.arg] = arg.id
                continue
            elif is_known(value):
                renames[param.arg] = self.constant(prefix.replace(".", "__") + param.arg, value)
                continue
            flat = renames[param.arg] = self.local(prefix, param.arg)
            if param.annotation is not None:
                self.types[flat] = callee.type_of(param.annotation, self.diagnostics)
            prologue.append(_assign(flat, arg))
        return {old: new or self.local(prefix, old) for old, new in renames.items()}

    def arguments(self, callee: Routine, call: ast.Call) -> list[tuple[ast.arg, ast.expr]]:
        """Parameters with the argument each gets. Defaults count as arguments."""
        params = callee.params
        given = dict(zip((p.arg for p in params), call.args, strict=False))
        given |= {k.arg: k.value for k in call.keywords if k.arg is not None}
        defaults = callee.fn.args.defaults
        with_default = zip(params[len(params) - len(defaults) :], defaults, strict=True) if defaults else ()
        for param, value in with_default:
            given.setdefault(param.arg, value)
        if len(call.args) > len(params) or set(given) != {p.arg for p in params}:
            found = len(call.args) + len(call.keywords)
            raise self.diagnostics.refuse("VS204", call, self.routine.path, callee.name, len(params), found)
        return [(p, given[p.arg]) for p in params]

    def constant(self, base: str, value: Any) -> str:
        """A name that stands for `value` in this process."""
        name = base.replace("[", "_").replace("]", "")
        while self.names.get(name, value) != value or name in self.locals:
            name += "_"
        self.names[name] = value
        return name

    def global_name(self, routine: Routine, name: str) -> str:
        """The name by which a copy refers to a global of the module it comes from."""
        value = routine.names.get(name, getattr(builtins, name, NO_NAME))
        if value is NO_NAME or (name not in self.locals and self.names.get(name, value) is value):
            if value is not NO_NAME and not hasattr(builtins, name):
                self.names[name] = value
            return name
        return self.constant(f"{name}__of_{routine.name}", value)

    def unroll(self, loop: ast.For) -> list[list[ast.stmt]]:
        """The body of a for loop once per value of its domain, labels marked with the value."""
        values = domain_values(loop.iter, self.statics(), self.routine.instance)
        if values is None or not isinstance(loop.target, ast.Name):
            hint = "a loop with yield, return, break or continue runs through an Enum, a Scalarset or range(...)"
            raise self.diagnostics.refuse("VS309", loop.iter, self.routine.path, hint=hint)
        if loop.orelse:
            raise self.diagnostics.refuse("VS301", loop, self.routine.path, "for ... else", "write it as an if")
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
        return [self.visit(copy.deepcopy(s)) for s in stmts]

    def visit(self, node: ast.AST) -> Any:
        if not self.suffix and self.marks.stack[1:]:
            node.virtspec_path = self.marks.routine.path  # type: ignore[attr-defined]
        if isinstance(node, ast.stmt) and not self.suffix:
            node.virtspec_copied = self.marks  # type: ignore[attr-defined]
        return super().visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.replaced:
            return copy.deepcopy(self.replaced[node.id])
        if node.id in self.renames:
            return ast.copy_location(ast.Name(self.renames[node.id], node.ctx), node)
        if self.suffix or len(self.marks.stack) == 1 or self.bound(node.id):
            return node
        return ast.copy_location(ast.Name(self.inliner.global_name(self.marks.routine, node.id), node.ctx), node)

    def bound(self, name: str) -> bool:
        """Whether `name` is bound by a comprehension of this routine."""
        return any(
            isinstance(n, ast.comprehension) and any(isinstance(t, ast.Name) and t.id == name for t in ast.walk(n.target))
            for n in ast.walk(self.marks.routine.fn)
        )

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if not isinstance(node.target, ast.Name):
            return self.generic_visit(node)
        target = self.visit_Name(node.target)
        assert isinstance(target, ast.Name)
        self.inliner.types[target.id] = self.marks.routine.type_of(node.annotation, self.inliner.diagnostics)
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        made = ast.copy_location(ast.Assign([target], self.visit(node.value)), node)
        made.virtspec_copied = self.marks  # type: ignore[attr-defined]
        return made

    def visit_Yield(self, node: ast.Yield) -> ast.Yield:
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            label = node.value.value
            if self.suffix:
                label += self.suffix
            elif LABEL.fullmatch(label):
                label = self.marks.prefix + label
            else:
                return node
            return ast.copy_location(ast.Yield(ast.copy_location(ast.Constant(label), node.value)), node)
        return node


def label_of(frame: ast.Expr) -> str | None:
    """The label of a yield statement, or None where it is no proper label."""
    value = frame.value.value if isinstance(frame.value, ast.Yield) else None
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and LABEL.match(value.value):
        return value.value if " " not in value.value else None
    return None


def domain_values(node: ast.expr, names: Mapping[str, Any], instance: Instance | None) -> list[Any] | None:
    """The values of a domain known statically (Enum, Scalarset, range, tuple), or None."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range":
        bounds = [fold(a, names, instance) for a in node.args]
        if 1 <= len(bounds) <= 3 and all(isinstance(b, int) for b in bounds) and not node.keywords:
            return list(range(*bounds))
        return None
    value = fold(node, names, instance)
    if isinstance(value, type) and issubclass(value, enum.Enum | Scalarset):
        return list(value)
    return list(value) if isinstance(value, tuple | frozenset) else None


def _assign(name: str, value: ast.expr) -> ast.stmt:
    return ast.copy_location(ast.Assign([ast.copy_location(ast.Name(name, ast.Store()), value)], value), value)
