"""The interpreter against CPython: the same steps from every reachable state of every small specification."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtspec.explore.oracle import Search
from virtspec.frontend.load import compile_model
from virtspec.frontend.module import load_path
from virtspec.frontend.native import Move, Native
from virtspec.semantics.interp import Faulted
from virtspec.semantics.successors import successors

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "lang" / "accept").glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_steps_from_every_state(path: Path) -> None:
    module = load_path(path)
    spec = compile_model(module.models[-1], module.properties)
    native = Native(spec)
    search = Search(spec.system)
    search.run()
    for state in search.states:
        expected: list[tuple[object, ...]] = []
        for action, outcome in successors(spec.system, state):
            picks = tuple(value for _, value in outcome.picks)
            if isinstance(outcome, Faulted):
                expected.append((action.name, picks, None))
            else:
                expected.append((action.name, picks, (outcome.state, outcome.costs)))
        assert [_shown(move) for move in native.successors(state)] == expected


def _shown(move: Move) -> tuple[object, ...]:
    return (move.action, move.picks, None if move.state is None else (move.state, move.costs))
