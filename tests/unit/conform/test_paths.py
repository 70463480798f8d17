"""What a thread logs, as an expression: which words it takes, and which expressions are refused.

Random expressions are compared with Python's `re`; which of them are ambiguous is found with derivatives, which share
nothing with the construction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from virtspec.conform.paths import START, Automaton, BadPath, Place, automaton, words

LETTERS = "abc"
LONGEST = 6
EXAMPLES = 1000

# --- random expressions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Letter:
    name: str
    mark: int = 0
    """Which of those in the text it is."""


@dataclass(frozen=True)
class Both:
    first: Tree
    second: Tree


@dataclass(frozen=True)
class Either:
    first: Tree
    second: Tree


@dataclass(frozen=True)
class Repeated:
    of: Tree
    how: str


@dataclass(frozen=True)
class Empty:
    """The empty word, and nothing else."""


Tree = Letter | Both | Either | Repeated | Empty

TREES: st.SearchStrategy[Tree] = st.recursive(
    st.sampled_from(LETTERS).map(Letter),
    lambda inner: st.one_of(
        st.builds(Both, inner, inner),
        st.builds(Either, inner, inner),
        st.builds(Repeated, inner, st.sampled_from("?*+")),
    ),
    max_leaves=5,
)


def text(tree: Tree, gap: str) -> str:
    """As an expression, for `re` without gaps."""
    match tree:
        case Letter(name):
            return name
        case Both(first, second):
            return f"({text(first, gap)}{gap}{text(second, gap)})"
        case Either(first, second):
            return f"({text(first, gap)}{gap}|{gap}{text(second, gap)})"
        case Repeated(of, how):
            return f"({text(of, gap)}){how}"
        case Empty():
            return "()"


def marked(tree: Tree, numbers: list[int]) -> Tree:
    """The same, each letter with a number of its own."""
    match tree:
        case Letter(name):
            numbers.append(len(numbers))
            return Letter(name, numbers[-1])
        case Both(first, second):
            return Both(marked(first, numbers), marked(second, numbers))
        case Either(first, second):
            return Either(marked(first, numbers), marked(second, numbers))
        case Repeated(of, how):
            return Repeated(marked(of, numbers), how)
        case Empty():
            return tree


def nullable(tree: Tree) -> bool:
    match tree:
        case Letter():
            return False
        case Both(first, second):
            return nullable(first) and nullable(second)
        case Either(first, second):
            return nullable(first) or nullable(second)
        case Repeated(of, how):
            return how != "+" or nullable(of)
        case Empty():
            return True


def steps(tree: Tree) -> set[tuple[Letter, Tree]]:
    """The letters that a word may begin with, and what comes behind: partial derivatives."""
    match tree:
        case Letter():
            return {(tree, Empty())}
        case Both(first, second):
            found: set[tuple[Letter, Tree]] = {(letter, Both(rest, second)) for letter, rest in steps(first)}
            return found | steps(second) if nullable(first) else found
        case Either(first, second):
            return steps(first) | steps(second)
        case Repeated(of, how):
            again = Empty() if how == "?" else Repeated(of, "*")
            return {(letter, Both(rest, again)) for letter, rest in steps(of)}
        case Empty():
            return set()


def ambiguous(tree: Tree) -> bool:
    """Whether behind some beginning of a word one letter may be two of the text."""
    start = frozenset({marked(tree, [])})
    found, fresh = {start}, [start]
    while fresh:
        ways = {way for rest in fresh.pop() for way in steps(rest)}
        letters = {letter for letter, _ in ways}
        if len(letters) > len({letter.name for letter in letters}):
            return True
        for letter in letters:
            behind = frozenset(rest for other, rest in ways if other == letter)
            if behind not in found:
                found.add(behind)
                fresh.append(behind)
    return False


def takes(a: Automaton, word: str) -> bool:
    place = START
    for letter in word:
        following = a.next[place].get(letter)
        if following is None:
            return False
        place = following
    return place in a.rests


@settings(max_examples=EXAMPLES)
@given(TREES)
def test_random_expressions_take_the_words_that_re_takes_or_are_ambiguous(tree: Tree) -> None:
    try:
        a = automaton({"thread": text(tree, " ")}, "thread")
    except BadPath as why:
        assert "may mean two places" in str(why)
        assert ambiguous(tree)
        return
    assert not ambiguous(tree)
    pattern = re.compile(text(tree, ""))
    for length in range(LONGEST + 1):
        for word in map("".join, product(LETTERS, repeat=length)):
            assert takes(a, word) is (pattern.fullmatch(word) is not None), word


@settings(max_examples=60)
@given(TREES, TREES)
def test_a_path_means_its_text_in_its_place(first: Tree, second: Tree) -> None:
    paths = {"thread": "(one | two x)* one", "one": text(first, "\n"), "two": f"y {text(second, ' ')}"}
    whole = f"(({paths['one']}) | (y {text(second, ' ')}) x)* ({paths['one']})"
    try:
        expected = automaton({"thread": whole}, "thread")
    except BadPath as why:
        with pytest.raises(BadPath, match=re.escape(str(why))):
            automaton(paths, "thread")
        return
    found = automaton(paths, "thread")
    assert (found.next, found.rests, found.begins) == (expected.next, expected.rests, expected.begins)
    assert [p.event for p in found.places] == [p.event for p in expected.places]


def test_most_random_expressions_are_not_ambiguous_and_many_are() -> None:
    """Or the first test would test little."""
    told: dict[Tree, bool] = {}

    @settings(max_examples=EXAMPLES)
    @given(TREES)
    def count(tree: Tree) -> None:
        told[tree] = ambiguous(tree)

    count()
    clear = [tree for tree, unclear in told.items() if not unclear]
    assert len(told) > 500 and 0.4 * len(told) < len(clear) < 0.8 * len(told)
    assert sum(text(tree, "").count("(") > 3 for tree in clear) > 20


# --- single expressions -----------------------------------------------------------------------------------------------


def test_places_are_numbered_in_the_order_of_the_text() -> None:
    a = automaton({"thread": "(go in out)*", "go": "in2 in3"}, "thread")
    assert a.places == (
        Place("in2", ("thread", "go")),
        Place("in3", ("thread", "go")),
        Place("in", ("thread",)),
        Place("out", ("thread",)),
    )
    assert a.next == ({"in2": 1}, {"in3": 2}, {"in": 3}, {"out": 4}, {"in2": 1})
    assert [sorted(some) for some in (a.rests, a.begins, a.ends)] == [[START, 4], [1], [START, 4]]
    assert a.place(3).event == "in"


def test_a_call_that_may_go_on_does_not_end() -> None:
    a = automaton({"thread": "(in (more)? | one)*"}, "thread")
    assert [sorted(some) for some in (a.rests, a.ends, a.begins)] == [[START, 1, 2, 3], [START, 2, 3], [1, 3]]


@pytest.mark.parametrize(
    ("selector", "called"),
    [
        ("x", [1, 2, 4]),
        ("inner.x", [1, 2]),
        ("other.x", [2]),
        ("other.inner.x", [2]),
        ("inner.other.x", [2]),
        ("thread.inner.x", [1, 2]),
        ("thread.x", [1, 2, 4]),
        ("y", [3]),
        ("inner.y", []),
        ("z", []),
        ("inner", []),
    ],
)
def test_a_selector_means_the_places_inside_all_paths_it_names(selector: str, called: list[int]) -> None:
    a = automaton({"thread": "inner other y x", "inner": "x", "other": "inner"}, "thread")
    assert a.called(selector) == called


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("(a b", "thread: a ( is not closed"),
        ("((a) b", "thread: a ( is not closed"),
        ("(", "thread: a ( is not closed"),
        ("a) b", "thread: there is ')' too much"),
        ("(a))", "thread: there is ')' too much"),
        ("* a", "thread: there is nothing before *"),
        ("a | + b", "thread: there is nothing before +"),
        ("(? a)", "thread: there is nothing before ?"),
        ("a & b", "'&' has no meaning; there are names, ( ) | ? * and +"),
        ("a 1b", "'1' has no meaning; there are names, ( ) | ? * and +"),
        ("a.b", "'.' has no meaning; there are names, ( ) | ? * and +"),
        ("a b{2}", "'{' has no meaning; there are names, ( ) | ? * and +"),
        ("again", "thread contains itself: thread -> again -> thread"),
        ("(far)?", "far contains itself: thread -> far -> near -> far"),
        (
            "a | a b",
            "at the beginning of thread the event a may mean two places of the text; write it so that it means one",
        ),
        ("a b? b", "behind a the event b may mean two places of the text; write it so that it means one"),
        ("(a b?)* b", "behind a the event b may mean two places of the text; write it so that it means one"),
        (
            "open shut | open",
            "at the beginning of thread the event x may mean two places of the text; write it so that it means one",
        ),
        ("broken", "broken: there is ')' too much"),
        ("halved", "halved: a ( is not closed"),
    ],
)
def test_what_is_wrong_is_told_with_the_path_it_is_in(path: str, why: str) -> None:
    paths = {"again": "b thread", "far": "(near)*", "near": "c | far", "open": "x", "shut": "y", "broken": "a) (b"}
    with pytest.raises(BadPath) as raised:
        automaton({**paths, "halved": "a | (b c", "thread": path}, "thread")
    assert str(raised.value) == why


@pytest.mark.parametrize("path", ["", "()", "(a)?", "a* b*", "a |", "((a b)*)*"])
def test_some_expressions_take_the_empty_word(path: str) -> None:
    assert START in automaton({"thread": path}, "thread").rests


def test_names_may_hold_digits_and_gaps_of_any_kind_part_them() -> None:
    assert words(" a_1\tB2\n( _x )*+? ") == ["a_1", "B2", "(", "_x", ")", "*", "+", "?"]
