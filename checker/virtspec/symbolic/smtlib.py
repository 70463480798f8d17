"""Formulas as SMT-LIB 2 text that depends on nothing but the formulas: the same ones give the same bytes.

z3's own printer names shared parts by numbers that depend on what was made before. This one numbers them as they come,
so that a certificate can be made again and compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import z3

_INDEXED = {
    z3.Z3_OP_EXTRACT: "extract",
    z3.Z3_OP_ZERO_EXT: "zero_extend",
    z3.Z3_OP_SIGN_EXT: "sign_extend",
    z3.Z3_OP_INT2BV: "int_to_bv",
}
_NAMED = {"if": "ite", "bv2int": "ubv_to_int", "int2bv": "int_to_bv"}


class Definitions:
    """Formulas, each written down once under a name; what obligations have in common takes no room a second time."""

    def __init__(self) -> None:
        self.sorts: set[str] = set()
        self.symbols: dict[str, str] = {}
        self.bodies: list[str] = []
        self.names: dict[int, tuple[Any, str]] = {}

    def name(self, e: Any) -> str:
        """The name of a formula: `a0`, `a1` and so on, in the order in which they are asked for."""
        key = e.get_id()
        if key not in self.names:
            self._declare(e)
            name = f"a{len(self.bodies)}"
            self.bodies.append(f"(define-fun {name} () Bool {_Printer(e).text})")
            self.names[key] = e, name  # the formula is kept, or its number could become another's
        return self.names[key][1]

    def _declare(self, formula: Any) -> None:
        for e in _parts([formula]):
            if z3.is_app(e) and e.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                decl = e.decl()
                name = _symbol(str(decl.name()))
                if name not in self.symbols:
                    used = [*(decl.domain(i) for i in range(decl.arity())), decl.range()]
                    self.sorts.update(_symbol(str(s.name())) for s in used if s.kind() == z3.Z3_UNINTERPRETED_SORT)
                    *domain, result = map(_sort, used)
                    self.symbols[name] = f"(declare-fun {name} ({' '.join(domain)}) {result})"

    @property
    def text(self) -> str:
        """Sorts, symbols and definitions."""
        declared = [
            *(f"(declare-sort {s} 0)" for s in sorted(self.sorts)),
            *(t for _, t in sorted(self.symbols.items())),
        ]
        return "\n".join([*declared, *self.bodies]) + "\n"


def _parts(roots: Sequence[Any]) -> Iterator[Any]:
    seen: set[int] = set()
    stack = list(reversed(roots))
    while stack:
        e = stack.pop()
        if e.get_id() not in seen:
            seen.add(e.get_id())
            yield e
            stack.extend(reversed([e.body()] if z3.is_quantifier(e) else e.children()))


def _sort(sort: Any) -> str:
    if sort.kind() == z3.Z3_BV_SORT:
        return f"(_ BitVec {sort.size()})"
    return _symbol(str(sort.name()))


def _symbol(name: str) -> str:
    return name if name.replace("_", "a").isalnum() and not name[0].isdigit() else f"|{name}|"


class _Printer:
    """One formula, or the body of a quantifier. Parts that occur more than once are named by `let`, in the order in which
    they are needed; what is below a quantifier has names of its own."""

    def __init__(self, e: Any, bound: tuple[str, ...] = ()) -> None:
        self.bound = bound
        self.lets: list[str] = []
        self.named: dict[int, str] = {}
        self.uses = Counter(child.get_id() for part in _parts([e]) for child in _below(part))
        body = self.term(e)
        self.text = "".join(f"(let ({let}) " for let in self.lets) + body + ")" * len(self.lets)

    def term(self, e: Any) -> str:
        if z3.is_var(e):
            return self.bound[-1 - int(z3.get_var_index(e))]
        key = e.get_id()
        if key in self.named:
            return self.named[key]
        text = self.made(e)
        if self.uses[key] > 1 and text[0] == "(" and not z3.is_bv_value(e):
            name = self.named[key] = f"?{len(self.bound)}.{len(self.lets)}"
            self.lets.append(f"({name} {text})")
            return name
        return text

    def made(self, e: Any) -> str:
        if z3.is_quantifier(e):
            names = tuple(f"?x{len(self.bound) + i}" for i in range(e.num_vars()))
            typed = " ".join(f"({name} {_sort(e.var_sort(i))})" for i, name in enumerate(names))
            word = "forall" if e.is_forall() else "exists"
            return f"({word} ({typed}) {_Printer(e.body(), (*self.bound, *names)).text})"
        if z3.is_int_value(e):
            value = e.as_long()
            return str(value) if value >= 0 else f"(- {-value})"
        if z3.is_bv_value(e):
            return f"(_ bv{e.as_long()} {e.size()})"
        head = _head(e)
        parts = [self.term(part) for part in e.children()]
        return f"({head} {' '.join(parts)})" if parts else head


def _below(e: Any) -> list[Any]:
    return [e.body()] if z3.is_quantifier(e) else e.children()


def _head(e: Any) -> str:
    decl = e.decl()
    kind = decl.kind()
    if kind in _INDEXED:
        numbers = " ".join(str(p) for p in decl.params())
        return f"(_ {_INDEXED[kind]} {numbers})"
    if kind == z3.Z3_OP_UNINTERPRETED:
        return _symbol(str(decl.name()))
    return _NAMED.get(decl.name(), str(decl.name()))
