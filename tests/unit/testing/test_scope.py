"""What the generator knows of integers is what the compiler infers."""

from itertools import product

import pytest

from virtspec.ir import build
from virtspec.ir.build import IllTyped
from virtspec.ir.nodes import ArithOp
from virtspec.ir.types import IntType, ModType, bounds
from virtspec.testing.generate.expressions import tidy
from virtspec.testing.generate.scope import combined, divides, either, exactly, meets, of_type, of_variable, within

INTERVALS = [(lo, hi) for lo in range(-3, 4) for hi in range(lo, 4)]
OPERATORS: tuple[ArithOp, ...] = ("+", "-", "*", "//", "%")


@pytest.mark.parametrize("op", OPERATORS)
def test_the_range_of_a_result_is_the_one_the_compiler_infers(op: ArithOp) -> None:
    for a, b in product(INTERVALS, INTERVALS):
        operands = [build.var(name, IntType(*r)) for name, r in (("a", a), ("b", b))]
        if op in ("//", "%") and not divides(frozenset({b}), partial=True):
            with pytest.raises(IllTyped):
                build.arith(op, *operands)
        elif a[0] < a[1] or b[0] < b[1]:  # the compiler knows a constant from a variable of one value
            assert combined(op, frozenset({a}), frozenset({b})) == {bounds(build.arith(op, *operands).type)}


@pytest.mark.parametrize("op", OPERATORS)
def test_the_range_of_constants_is_their_value(op: ArithOp) -> None:
    for a, b in product(range(-3, 4), range(1, 4)):
        found = build.arith(op, build.integer(a), build.integer(b))
        assert combined(op, exactly(a), exactly(b)) == {build.interval(found)}


def test_a_variable_may_be_a_literal_and_a_field_may_not() -> None:
    assert of_type(ModType(3)) == {(0, 2)}
    assert of_variable(IntType(-1, 1)) == {(-1, 1), (-1, -1), (0, 0), (1, 1)}
    assert meets(of_type(IntType(0, 2)), 2, 5)
    assert not meets(of_variable(IntType(0, 2)), 2, 5)


def test_one_of_two_expressions_may_be_either_or_unknown() -> None:
    found = either(exactly(0), exactly(3))
    assert found == {(0, 0), (3, 3), (0, 3)}
    assert within(found, 0, 3)
    assert not within(found, 0, 2)


def test_a_divisor_is_positive_and_0_only_where_it_may_fault() -> None:
    assert divides(exactly(1, 2), partial=False)
    assert not divides(frozenset({(0, 2)}), partial=False)
    assert divides(frozenset({(0, 2)}), partial=True)
    assert not divides(exactly(0), partial=True)
    assert not divides(frozenset({(-1, 2)}), partial=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("((self.a == 1) and (not (self.b)))", "self.a == 1 and (not self.b)"),
        ("(all(((a == b) in s) for x in T))", "all((a == b) in s for x in T)"),
        (
            "any(sum((1) for y in (False, True) if (x)) > 2 for z in T)",
            "any(sum(1 for y in (False, True) if x) > 2 for z in T)",
        ),
        ("at(m.run, 'wait')", 'at(m.run, "wait")'),
    ],
)  # fmt: skip
def test_expressions_are_written_as_people_write_them(text: str, expected: str) -> None:
    assert tidy(text) == expected
