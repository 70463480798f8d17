"""An explicit-state model checker in sixty lines; run it with `python docs/toy_checker.py`.

`peterson` lists guarded commands: where a guard is true, the step has a name and a successor. `check` is the engine:
breadth-first, so that the first path to a state is a shortest one. Protocol and counts: those of tutorial/peterson.py.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

State = tuple[tuple[str, ...], tuple[bool, ...], int]  # where the two stand, who wants to enter, who came last


class Result(NamedTuple):
    states: int
    transitions: int
    depth: int
    bad: list[str] | None  # a shortest trace to a state that violates the invariant
    stuck: list[str] | None  # a shortest trace to a state without a successor


def put(old: tuple[Any, ...], i: int, value: Any) -> tuple[Any, ...]:
    return (*old[:i], value, *old[i + 1 :])


def peterson(polite: bool, state: State) -> Iterator[tuple[str, State]]:
    at, wants, last = state
    for i in (0, 1):
        if at[i] == "idle":
            yield f"P{i} wants to enter", (put(at, i, "turn"), put(wants, i, True), last)
        elif at[i] == "turn":
            yield f"P{i} came last", (put(at, i, "wait"), wants, i)
        elif at[i] == "wait" and (not wants[1 - i] or (polite and last != i)):
            yield f"P{i} enters", (put(at, i, "critical"), wants, last)
        elif at[i] == "critical":
            yield f"P{i} leaves", (put(at, i, "idle"), put(wants, i, False), last)


def check(init: State, steps: Callable[[State], Iterator[tuple[str, State]]], ok: Callable[[State], bool]) -> Result:
    found: dict[State, list[str]] = {init: []}  # every state seen, with the trace that found it
    queue, transitions, bad, stuck = deque([init]), 0, None, None
    while queue:
        state = queue.popleft()
        if bad is None and not ok(state):
            bad = found[state]
        successors = list(steps(state))
        transitions += len(successors)
        if stuck is None and not successors:
            stuck = found[state]
        for name, successor in successors:
            if successor not in found:
                found[successor] = [*found[state], name]
                queue.append(successor)
    return Result(len(found), transitions, max(map(len, found.values())), bad, stuck)


if __name__ == "__main__":
    for polite in (True, False):
        print(check((("idle",) * 2, (False,) * 2, 0), partial(peterson, polite), lambda s: s[0] != ("critical",) * 2))
