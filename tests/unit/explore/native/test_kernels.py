"""The visited set against a set of Python's, with many equal states and with hashes that could not be worse."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import numpy as np
import pytest
from tests.unit.explore.native.conftest import system_of

from virtspec.explore.native import visited as visiting
from virtspec.explore.native import visited_kernels as kernels
from virtspec.explore.native.intrinsics import less
from virtspec.explore.native.jit import Code
from virtspec.explore.native.layout import WORD
from virtspec.explore.native.memory import Words
from virtspec.explore.native.module import module
from virtspec.explore.native.paths import predecessors
from virtspec.explore.native.search import Bits, Search, Wanted
from virtspec.explore.native.visited import Part
from virtspec.explore.native.visited_kernels import SLACK
from virtspec.explore.report import Limits
from virtspec.semantics.interp import Taken
from virtspec.semantics.successors import successors

WORDS = [1, 2, 3, 17]
MASK = (1 << 64) - 1
FIRST, SECOND, START = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0x243F6A8885A308D3
FIRST_INVERSE, SECOND_INVERSE = (pow(factor, -1, 1 << 64) for factor in (FIRST, SECOND))

State = tuple[int, ...]


class Visited(visiting.Visited):
    """The set. Its parts take turns in finding states."""

    def __init__(self, words: int, workers: int = 1, memory: int = 1 << 24) -> None:
        super().__init__(words, workers, memory)
        self.turn = 0

    def put(self, states: Sequence[State]) -> bool:
        self.turn = (self.turn + 1) % len(self.parts)
        return self.add(self.parts[self.turn], np.array(states, np.uint64).reshape(-1), len(states))

    @property
    def held(self) -> list[State]:
        return [part.state(number) for part in self.parts for number in range(part.states)]

    def check(self, expected: Iterable[State]) -> None:
        """It holds these states, each once, and finds all of them."""
        states, found = set(expected), self.held
        assert len(found) == len(states) == np.count_nonzero(self.store.table[: self.slots + SLACK])
        assert set(found) == states
        assert all(self.put(found[start : start + 4]) for start in range(0, len(found), 4))
        assert self.states == len(states)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables begin with eight slots, and few states are added at a time."""
    monkeypatch.setattr(visiting, "FIRST_SLOTS", 8)
    monkeypatch.setattr(visiting, "BATCH", 4)


def hash_of(array: Words, at: int, words: int) -> int:
    with np.errstate(over="ignore"):  # it is meant to
        return int(kernels.hashed(array, at, words))


def state_with(wanted: int, ahead: State = ()) -> State:
    """The state that begins with these words and has this hash."""
    before = START
    for word in ahead:
        before = ((before ^ word) * FIRST) & MASK
        before ^= before >> 32
    h = wanted ^ wanted >> 32
    h = (h * SECOND_INVERSE) & MASK
    h ^= h >> 32
    return (*ahead, (h * FIRST_INVERSE & MASK) ^ before)


def states_with(hashes: Iterable[int], words: int) -> list[State]:
    """Different states with these hashes, where there are any: of one word there is just one, perhaps of too many bits."""
    found: list[State] = []
    for i, wanted in enumerate(hashes):
        ahead = [(*(0,) * (words - 2), i << 20 | k) for k in range(200)] if words > 1 else [()]
        tries = (state_with(wanted, words_before) for words_before in ahead)
        found += islice((state for state in tries if all(word >> WORD == 0 for word in state)), 1)
    return list(dict.fromkeys(found))


def some_states(words: int, count: int, seed: int) -> list[State]:
    """Random, many of them equal, many that differ in one bit only."""
    draw = random.Random(seed)
    found: list[State] = [(0,) * words]
    while len(found) < count:
        kind, old = draw.randrange(3), draw.choice(found)
        if kind == 0:
            found.append(old)
        elif kind == 1:
            at = draw.randrange(words)
            found.append((*old[:at], old[at] ^ 1 << draw.randrange(WORD), *old[at + 1 :]))
        else:
            found.append(tuple(draw.getrandbits(WORD) for _ in range(words)))
    return found


# --- insert and grow -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", WORDS)
def test_a_state_can_be_made_for_every_hash(words: int) -> None:
    for wanted in (0, 1, 0xFFFF, 1 << 63, MASK, 0x0123456789ABCDEF):
        state = state_with(wanted, tuple(range(words - 1)))
        assert hash_of(np.array(state, np.uint64), 0, words) == wanted


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("at_once", [1, 5, 64, 500])
def test_it_holds_what_a_set_holds(words: int, at_once: int) -> None:
    visited, states = Visited(words), some_states(words, 3000, words)
    expected: set[State] = set()
    for start in range(0, len(states), at_once):
        assert visited.put(states[start : start + at_once])
        expected |= set(states[start : start + at_once])
        assert visited.states == len(expected)
    assert 1000 < len(expected) < 2500
    assert len(expected) < visited.slots
    visited.check(expected)


@pytest.mark.parametrize("words", WORDS)
def test_so_it_does_with_tables_and_buffers_as_they_are(words: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    visited, states = Visited(words), some_states(words, 30_000, words)
    for some in (states[:9000], states[2000:20_000], states[20_000:]):
        assert visited.put(some)
    visited.check(states)


@pytest.mark.parametrize("words", WORDS)
def test_many_equal_states_at_once_are_one(words: int) -> None:
    visited, state = Visited(words), tuple(range(words))
    assert visited.put([state] * 1000)
    visited.check([state])


@pytest.mark.parametrize("words", WORDS)
def test_growing_loses_nothing(words: int) -> None:
    """Looked at after every single state that makes the table grow, and after the one before."""
    states, grown = list(dict.fromkeys(some_states(words, 1000, words))), 0
    visited = Visited(words)
    for count, state in enumerate(states, 1):
        slots = visited.slots
        assert visited.put([state])
        if visited.slots > slots:
            visited.check(states[:count])
            grown += 1
    assert grown >= 4
    visited.check(states)


HIGH, LOW = 0xFFFFFFFF << 32, 0xFFFFFFFF
HASHES: dict[str, Callable[[int], int]] = {
    "one hash": lambda i: 5 << 40,
    "one slot": lambda i: 5 << 40 | i,
    "the first slot": lambda i: i * 0x10001 & LOW,
    "the last slot": lambda i: HIGH | (i * 0x10001 & LOW),
    "the last hash": lambda i: MASK,
    "one slot after growing, too": lambda i: 0x40000000 << 32 | i << 9,
    "two runs that touch": lambda i: (0x7FFFFFFF if i % 2 else 0x80000000) << 32 | i << 9,
    "neighbours": lambda i: i << 32,
    "every slot in turn, backwards": lambda i: ((1 << 32) - 1 - (i << 22)) << 32 & MASK,
}


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("kind", HASHES)
def test_the_worst_hashes_only_take_longer(words: int, kind: str) -> None:
    """Those that share the last slot lie in the slack at the end."""
    states = states_with(map(HASHES[kind], range(250)), words)
    assert len(states) > 80 or (words == 1 and "hash" in kind)
    visited = Visited(words)
    for start in range(0, len(states), 3):
        assert visited.put([*states[start : start + 3], *states[:start:7]])
    visited.check(states)
    for _ in range(3):
        full = some_states(words, visited.slots, visited.slots)
        assert visited.put(full)
        states += full
        visited.check(states)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("workers", [2, 3, 5])
def test_several_workers_hold_what_one_holds(words: int, workers: int) -> None:
    visited, states = Visited(words, workers), some_states(words, 3000, words)
    for start in range(0, len(states), 20):
        assert visited.put(states[start : start + 20])
    assert all(part.states > 100 for part in visited.parts)
    visited.check(states)


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("workers", [2, 4])
def test_workers_that_find_the_same_at_once_hold_it_once(
    words: int, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nearly every state is entered by all workers, in the same order, so that they are often at the same slot."""
    monkeypatch.undo()
    visited = Visited(words, workers, 1 << 28)
    visited.grow(1 << 18, visited.one_by_one)
    visited.share()
    states = np.array(some_states(words, 30_000, words), np.uint64).reshape(-1)

    def enter(part: Part) -> int:
        return part.enter(states, 30_000)

    with ThreadPoolExecutor(workers) as pool:
        assert list(pool.map(enter, visited.parts)) == [30_000] * workers
    visited.check(map(tuple, states.reshape(-1, words).tolist()))


@pytest.mark.parametrize("words", WORDS)
def test_what_finds_no_room_is_told(words: int) -> None:
    """The table may take a few slots more and no others; what was added before is kept."""
    states = list(dict.fromkeys(some_states(words, 900, 5)))
    visited = Visited(words, memory=1000)
    added = 0
    while visited.put([states[added]]):
        added += 1
    assert 8 < added < visited.slots < 256
    assert visited.states == added
    assert set(visited.held) == set(states[:added])
    assert not visited.put(states)


# --- order, slots, predecessors -------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", WORDS)
def test_less_is_the_order_of_tuples_of_unsigned_words(words: int) -> None:
    states = some_states(words, 60, 3)
    states += [(1 << 63,) * words, ((1 << 63) - 1,) * words, (MASK,) * words]
    flat = np.array(states, np.uint64).reshape(-1)
    for i, a in enumerate(states):
        for j, b in enumerate(states):
            assert less(flat, i * words, flat, j * words, words) == (a < b)


def test_the_slot_of_a_hash_grows_with_it_and_lies_in_the_table() -> None:
    hashes = sorted({0, 1, MASK, *(random.Random(1).getrandbits(64) for _ in range(500))})
    for slots in (8, 1 << 10, 1 << 31):
        found = [int(kernels.slot(np.uint64(h), slots)) for h in hashes]
        assert found == sorted(found)
        assert (found[0], found[-1]) == (0, slots - 1)


TEXT = """
class Walk(Model):
    x: dict[Annotated[int, Range(0, 2)], Annotated[int, Range(0, 4)]]

    @action
    def move(self, k: Annotated[int, Range(0, 2)], by: Annotated[int, Range(1, 2)]) -> None:
        require(self.x[k] + by < 5)
        self.x[k] += by
        require(self.x[0] != 3 or k != 2)
"""


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_predecessors_are_the_least_of_the_level_before(workers: int) -> None:
    system = system_of(TEXT)
    made = module(system, [])
    code = Code.of(made.text)  # must live as long as the search
    search = Search(made, code, workers, Limits(), Wanted(Bits(0), Bits(0)))
    search.run(made.layout.pack(system.init))
    levels: list[dict[State, list[State]]] = [{made.layout.pack(system.init): []}]
    seen = set(levels[0])
    while levels[-1]:
        following: dict[State, list[State]] = {}
        for source in levels[-1]:
            for _, outcome in successors(system, made.layout.unpack(source)):
                assert isinstance(outcome, Taken)
                target = made.layout.pack(outcome.state)
                if target not in seen:
                    following.setdefault(target, []).append(source)
        seen |= set(following)
        levels.append(following)
    assert search.depth == len(levels) - 2 > 4
    assert any(len(set(sources)) > 1 for level in levels for sources in level.values())
    for number, level in enumerate(levels[1:-1]):
        expected = {target: min(sources) for target, sources in level.items()}
        assert predecessors(search, number, list(level)) == expected
        for target in level:
            assert predecessors(search, number, [target]) == {target: expected[target]}
