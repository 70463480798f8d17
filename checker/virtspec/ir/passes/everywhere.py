"""A block that is run once for each member of a type, written as updates of whole tables.

What is done for one member must touch, of the tables it writes, the entries of this member alone. Then the turns do not
see each other, and `{k: what the block makes of the entry at k for k in T}` is what all of them leave, in any order and
however many there are.
"""

from __future__ import annotations

from collections.abc import Iterable

from virtspec.ir import build
from virtspec.ir.nodes import Block, Expr, Index, MapUpdate, Read, Var
from virtspec.ir.passes.functional import updates
from virtspec.ir.walk import children, rebuild, subexpressions


def everywhere(body: Block, member: Var, reads: Iterable[Read]) -> list[tuple[str, Expr]] | None:
    """The new values of the fields among `reads` that `body` writes, run for every value of `member`.

    None where turns may depend on each other, or where more can happen than assignments: a fault, a choice, a cost, a
    condition that disables the step.
    """
    turn = updates(body, reads)
    if turn is None:
        return None
    written = {field for field, _ in turn}
    found = []
    for field, value in turn:
        whole = _all(value, member, written)
        if whole is None:
            return None
        found.append((field, whole))
    return found


def _all(value: Expr, member: Var, written: set[str]) -> Expr | None:
    """The table of which `value` is the version with another entry at `member`, with all entries so."""
    if not isinstance(value, MapUpdate):
        return None
    if value.key is member:
        entry = value.value
        apart = _without_own(entry, member)
        if any(isinstance(e, Read) and e.field in written for e in subexpressions(apart)):
            return None
        return build.coerce(build.map_of(member, entry), value.type)
    if member in subexpressions(value.key):
        return None
    inner = _all(value.value, member, written)
    return None if inner is None else build.map_update(value.table, value.key, inner)


def _without_own(e: Expr, member: Var) -> Expr:
    """`e` with every entry read at `member` replaced by something that reads nothing."""
    if isinstance(e, Index) and e.key is member:
        return build.var("own", e.type)
    return rebuild(e, tuple(_without_own(part, member) for part in children(e)))
