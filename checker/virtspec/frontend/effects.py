"""Statements with an effect of their own: picks, loops, and the methods that change a set or a sequence."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Literal

from virtspec.frontend.collect import stored
from virtspec.frontend.inline import domain_values, is_endless
from virtspec.frontend.scope import POISON, Static
from virtspec.frontend.static import fold
from virtspec.ir import build
from virtspec.ir.nodes import Assign, Choose, Expr, Fault, Get, If, Index, Let, Read, Stmt, Unwrap
from virtspec.ir.passes.everywhere import everywhere
from virtspec.ir.types import SeqType, SetType, Type, is_scalar
from virtspec.ir.walk import children, statements

if TYPE_CHECKING:
    from virtspec.frontend.scope import Slot
    from virtspec.frontend.stmts import Statements

METHODS = {
    SetType: ("add", "discard", "remove", "clear"),
    SeqType: ("append", "appendleft", "popleft", "pop", "remove", "clear"),
}
"""The methods that change a collection."""
TAKE_ITEM = ("add", "discard", "remove", "append", "appendleft")


def pick(lw: Statements, node: ast.stmt, target: ast.expr, call: ast.Call) -> None:
    """`target = choose(T)`."""
    t = picked_type(lw, call)
    name = target.id if isinstance(target, ast.Name) and target.id.isidentifier() and target.id != "return" else "pick"
    variable = lw.names.var(name, t)
    lw.emit(Choose(variable, lw.span(node)))
    if isinstance(target, ast.Name):
        lw.bind(node, target.id, build.coerce(variable, lw.wanted(target.id) or t), call)
    else:
        lw.store(lw.slot(target), variable, node)


def picked_type(lw: Statements, call: ast.Call) -> Type:
    """The finite type choose(T) picks from: a class, bool, range(...) or the Annotated type itself."""
    if len(call.args) != 1 or call.keywords:
        raise lw.refuse("VS204", call, "choose", "(T)", f"found {len(call.args) + len(call.keywords)}")
    (arg,) = call.args
    if isinstance(arg, ast.Call) and isinstance(arg.func, ast.Name) and arg.func.id == "range":
        listed = domain_values(arg, lw.statics, None)
        if not listed or listed != list(range(listed[0], listed[-1] + 1)):
            raise lw.refuse("VS309", arg, hint="choose(range(a, b)) needs constant ends and at least one value")
        return build.int_range(listed[0], listed[-1])
    t = lw.annotated(arg)
    if not is_scalar(t):
        raise lw.refuse("VS104", arg, t, hint="choose picks from bool, an Enum, an int range or a Scalarset")
    return t


def mutate(lw: Statements, node: ast.Call, func: ast.Attribute, slot: Slot) -> Expr | None:
    """A method of a set or a sequence that changes it; what it returns, if anything."""
    t, name = slot.type, func.attr
    if not isinstance(t, SetType | SeqType):
        raise lw.unknown_method(node)
    if name not in METHODS[type(t)] or node.keywords or len(node.args) != (name in TAKE_ITEM):
        known = ", ".join(f"{m}({'x' if m in TAKE_ITEM else ''})" for m in METHODS[type(t)])
        raise lw.refuse("VS301", node, f"{name}() here", f"a {t} has {known}")
    span = lw.span(node)
    old = slot.value()
    item = stored(lw, node.args[0], lw.expr(node.args[0], t.of)) if node.args else None
    if name == "clear":
        lw.store(slot, build.const(frozenset() if isinstance(t, SetType) else (), t), node)
    elif name in ("popleft", "pop"):
        taken = lw.names.var("taken", t.of)
        lw.emit(Let(taken, build.seq_at(old, build.integer(0 if name == "popleft" else -1)), span))
        lw.store(slot, build.seq_op("tail" if name == "popleft" else "init", old), node)
        return taken
    elif isinstance(t, SeqType):
        op: Literal["append", "appendleft", "remove"]
        op = "append" if name == "append" else "appendleft" if name == "appendleft" else "remove"
        lw.store(slot, build.seq_op(op, old, item), node)
    else:
        assert item is not None
        if name == "remove":
            gone = Fault(f"{ast.unparse(node.args[0])} is not in the set", span)
            lw.emit(If(build.not_(build.contains_item(item, old)), (gone,), (), span))
        only = build.set_lit(t, [item])
        lw.store(slot, build.set_op("|" if name == "add" else "-", old, only), node)
    return None


def for_loop(lw: Statements, node: ast.For) -> None:
    """A loop without yields: unrolled over its domain."""
    if not isinstance(node.target, ast.Name) or node.orelse:
        raise lw.refuse("VS301", node, "this for loop", "for x in T, without else")
    name, span = node.target.id, lw.span(node)
    if all_at_once(lw, node, name):
        return
    listed = domain_values(node.iter, lw.statics, None)
    if listed is not None:
        for value in listed:
            lw.scope.locals[name] = Static(value)
            lw.block(node.body)
    else:
        source = lw.expr(node.iter)
        begin = len(lw.out)
        for cond, element in lw.turns(node, lw.settled(f"{name}_in", source, node)):

            def turn(element: Expr = element) -> None:
                lw.scope.locals[name] = lw.settled(name, element, node)
                lw.block(node.body)

            lw.branch(cond, turn, lambda: None, span)
        _check_unchanged(lw, node, source, lw.out[begin:])
    lw.scope.locals[name] = POISON  # a use behind the loop was refused before


def all_at_once(lw: Statements, node: ast.For, name: str) -> bool:
    """A loop over a Scalarset of any size, as one update of each table that it writes; False for any other loop.

    Each turn may write, and read of what others write, only the entries of its own member: then it does not matter in
    which order the turns are taken, and they can be taken at once.
    """
    if not is_endless(node.iter, lw.statics):
        return False
    domain = fold(node.iter, lw.statics)
    t = lw.unit.registry.type_of(domain)
    member = lw.names.var(name, t)
    before = dict(lw.scope.locals)
    with lw.collected() as turn:
        lw.scope.locals[name] = member
        lw.block(node.body)
    lw.restore(before)
    lw.scope.locals[name] = POISON
    updates = everywhere(tuple(turn.out), member, lw.unit.reads())
    if updates is None:
        raise lw.refuse("VS316", node, domain.__name__)
    for field, value in updates:
        lw.emit(Assign(field, (), value, lw.span(node)))
    return True


def _check_unchanged(lw: Statements, node: ast.For, source: Expr, body: list[Stmt]) -> None:
    """Refuse a loop whose body changes the very object that it runs through."""
    if not isinstance(node.iter, ast.Name | ast.Attribute | ast.Subscript):
        return  # a new object: nobody else has it
    copy = "Seq" if isinstance(source.type, SeqType) else "set"
    while isinstance(source, Index | Get | Unwrap):
        source = source.table if isinstance(source, Index) else children(source)[0]
    read = source.field if isinstance(source, Read) else None
    changed = [s.field for s in statements(tuple(body)) if isinstance(s, Assign) and s.field == read]
    if changed:
        raise lw.refuse("VS315", node, changed[0], f"{copy}({ast.unparse(node.iter)})")
