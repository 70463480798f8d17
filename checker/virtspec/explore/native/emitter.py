"""LLVM assembly, written line by line; what is known while it is written is not computed when it runs.

A `Num` is a 64-bit integer, a `Bit` a truth value: a Python int or bool if known, else the name of an LLVM value. All
arithmetic is that of 64-bit words; whoever emits it sees to it that nothing overflows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

Num: TypeAlias = "int | str"
Bit: TypeAlias = "bool | str"

WORD_MASK = (1 << 64) - 1
SHIFTS = 63
"""Masks a distance to shift by, so that it is one even where the result means nothing."""


class Emitter:
    """The body of one function. Code goes to the block opened last; `here` is its name.

    `checked` code goes to the block `broken` where it would otherwise read or write what it must not.
    """

    def __init__(self, checked: bool = False) -> None:
        self.checked = checked
        self.lines: list[str] = []
        self.entry: list[str] = []
        """What stands at the head of the function: its local variables."""
        self.count = 0
        self.here = "entry"
        self.open = True
        """Whether the block still lacks its last instruction."""

    def fresh(self, hint: str = "") -> str:
        """A name not used before."""
        self.count += 1
        return f"%{hint}{self.count}" if hint else f"%v{self.count}"

    # --- blocks

    def label(self, hint: str) -> str:
        """The name of a block to be opened later."""
        self.count += 1
        return f"{hint}{self.count}"

    def block(self, name: str) -> None:
        """Open a block; the one before falls into it unless it has ended."""
        if self.open:
            self.jump(name)
        self.lines.append(f"{name}:")
        self.here, self.open = name, True

    def jump(self, name: str) -> None:
        self.end(f"br label %{name}")

    def branch(self, cond: Bit, then: str, orelse: str) -> None:
        if isinstance(cond, bool):
            self.jump(then if cond else orelse)
        else:
            self.end(f"br i1 {cond}, label %{then}, label %{orelse}")

    def unless(self, cond: Bit, elsewhere: str) -> None:
        """Go on here where `cond` holds, at `elsewhere` where it does not."""
        if cond is True:
            return
        on = self.label("on")
        self.branch(cond, on, elsewhere)
        self.block(on)

    def insist(self, a: Num, limit: int) -> None:
        """Of checked code: 0 <= a < limit."""
        if not self.checked:
            return
        if isinstance(a, int):
            assert 0 <= a < limit
        else:
            self.unless(self.let(f"icmp ult i64 {a}, {limit}"), "broken")

    def end(self, instruction: str) -> None:
        """The last instruction of a block. What follows an end without a block of its own can never run."""
        if self.open:
            self.lines.append(f"  {instruction}")
        self.open = False

    def do(self, instruction: str) -> None:
        if self.open:
            self.lines.append(f"  {instruction}")

    def let(self, instruction: str, hint: str = "") -> str:
        name = self.fresh(hint)
        self.do(f"{name} = {instruction}")
        return name

    def text(self, head: str) -> str:
        """The whole function."""
        return "\n".join([f"{head} {{", "entry:", *self.entry, *self.lines, "}", ""])

    # --- memory

    def variable(self, llvm_type: str = "i64") -> str:
        """A local variable; the optimizer turns it into values."""
        name = self.fresh("local")
        self.entry.append(f"  {name} = alloca {llvm_type}")
        return name

    def load(self, pointer: str, llvm_type: str = "i64") -> str:
        return self.let(f"load {llvm_type}, ptr {pointer}")

    def store(self, value: Num | Bit, pointer: str, llvm_type: str = "i64") -> None:
        shown = _bit(value) if isinstance(value, bool) else _num(value)
        self.do(f"store {llvm_type} {shown}, ptr {pointer}")

    def address(self, base: str, index: Num, llvm_type: str = "i64") -> str:
        return base if index == 0 else self.let(f"getelementptr {llvm_type}, ptr {base}, i64 {index}")

    # --- numbers

    def binary(self, op: str, a: Num, b: Num, known: Callable[[int, int], int]) -> Num:
        if isinstance(a, int) and isinstance(b, int):
            return known(a, b)
        return self.let(f"{op} i64 {_num(a)}, {_num(b)}")

    def add(self, a: Num, b: Num) -> Num:
        if a == 0:
            return b
        return a if b == 0 else self.binary("add", a, b, lambda x, y: x + y)

    def sub(self, a: Num, b: Num) -> Num:
        return a if b == 0 else self.binary("sub", a, b, lambda x, y: x - y)

    def mul(self, a: Num, b: Num) -> Num:
        if a == 0 or b == 0:
            return 0
        if a == 1:
            return b
        return a if b == 1 else self.binary("mul", a, b, lambda x, y: x * y)

    def and_(self, a: Num, b: Num) -> Num:
        return 0 if a == 0 or b == 0 else self.binary("and", a, b, lambda x, y: x & y)

    def or_(self, a: Num, b: Num) -> Num:
        if a == 0:
            return b
        return a if b == 0 else self.binary("or", a, b, lambda x, y: x | y)

    def xor(self, a: Num, b: Num) -> Num:
        return a if b == 0 else self.binary("xor", a, b, lambda x, y: x ^ y)

    def shl(self, a: Num, b: Num) -> Num:
        return a if a == 0 or b == 0 else self.binary("shl", a, b, lambda x, y: (x << y) & WORD_MASK)

    def lshr(self, a: Num, b: Num) -> Num:
        return a if a == 0 or b == 0 else self.binary("lshr", a, b, lambda x, y: x >> y)

    def count_bits(self, a: Num) -> Num:
        return a.bit_count() if isinstance(a, int) else self.let(f"call i64 @llvm.ctpop.i64(i64 {a})")

    def floored(self, op: str, x: Num, y: Num) -> Num:
        """Division, or its rest, that rounds down, by one that rounds towards 0; `y` is not 0."""
        quotient = self.let(f"sdiv i64 {_num(x)}, {_num(y)}")
        rest = self.sub(x, self.mul(quotient, y))
        off = self.both(self.not_(self.eq(rest, 0)), self.lt(self.xor(rest, y), 0))
        return self.sub(quotient, self.as_num(off)) if op == "//" else self.add(rest, self.select(off, y, 0))

    # --- truth values

    def compare(self, op: str, a: Num, b: Num, known: Callable[[int, int], bool]) -> Bit:
        if isinstance(a, int) and isinstance(b, int):
            return known(a, b)
        return self.let(f"icmp {op} i64 {_num(a)}, {_num(b)}")

    def eq(self, a: Num, b: Num) -> Bit:
        return True if a == b else self.compare("eq", a, b, lambda x, y: x == y)

    def lt(self, a: Num, b: Num) -> Bit:
        return self.compare("slt", a, b, lambda x, y: x < y)

    def le(self, a: Num, b: Num) -> Bit:
        return self.compare("sle", a, b, lambda x, y: x <= y)

    def not_(self, a: Bit) -> Bit:
        return not a if isinstance(a, bool) else self.let(f"xor i1 {a}, true")

    def both(self, a: Bit, b: Bit) -> Bit:
        if a is False or b is False:
            return False
        if a is True:
            return b
        return a if b is True else self.let(f"and i1 {a}, {b}")

    def either(self, a: Bit, b: Bit) -> Bit:
        if a is True or b is True:
            return True
        if a is False:
            return b
        return a if b is False else self.let(f"or i1 {a}, {b}")

    def same(self, a: Bit, b: Bit) -> Bit:
        if isinstance(a, bool):
            return b if a else self.not_(b)
        if isinstance(b, bool):
            return a if b else self.not_(a)
        return self.let(f"icmp eq i1 {a}, {b}")

    def as_num(self, a: Bit) -> Num:
        return int(a) if isinstance(a, bool) else self.let(f"zext i1 {a} to i64")

    # --- choices

    def select(self, cond: Bit, a: Num, b: Num) -> Num:
        if isinstance(cond, bool):
            return a if cond else b
        return a if a == b and type(a) is type(b) else self.let(f"select i1 {cond}, i64 {_num(a)}, i64 {_num(b)}")

    def select_bit(self, cond: Bit, a: Bit, b: Bit) -> Bit:
        if isinstance(cond, bool):
            return a if cond else b
        if isinstance(a, bool) and isinstance(b, bool):
            return a if a is b else (cond if a else self.not_(cond))
        return self.let(f"select i1 {cond}, i1 {_bit(a)}, i1 {_bit(b)}")

    def phi(self, ways: Sequence[tuple[Num, str]]) -> Num:
        """The value of the way, by the name of the block it came from, on which control came here."""
        return self.let("phi i64 " + ", ".join(f"[ {_num(v)}, %{block} ]" for v, block in ways))

    def phi_bit(self, ways: Sequence[tuple[Bit, str]]) -> Bit:
        return self.let("phi i1 " + ", ".join(f"[ {_bit(v)}, %{block} ]" for v, block in ways))


def _num(a: Num) -> str:
    """An operand. Words are unsigned here, integers in LLVM's text are signed."""
    return str(a - (1 << 64) if isinstance(a, int) and a >> 63 == 1 else a)


def _bit(a: Bit) -> str:
    return str(a).lower() if isinstance(a, bool) else a
