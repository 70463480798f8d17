"""What comes of a mutant: noticed and by what, a survivor and what it does, one without effect, one left open."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtspec import api
from virtspec.api import Effect, Equivalent, Mutants, Noticed, Survives, Undetermined, mutation
from virtspec.errors import NothingChecked, UsageError

SPEC = """\
from typing import Annotated

from virtspec import Const, Model, Range, Scalarset, Steps, action, at, eventually, invariant, process, reachable, require
from virtspec import temporal


class Task(Scalarset):
    pass


class Box(Model):
    turns: Const[int] = 1
    owner: Task | None
    n: Annotated[int, Range(0, turns)]
    on: bool

    @process
    def run(self, t: Task) -> Steps:
        yield "take"
        require(self.owner is None)
        self.owner = t
        yield "held"
        if self.owner is not None:
            self.owner = None

    @action
    def tick(self) -> None:
        require(self.n < self.turns and self.owner is None)
        self.n += 1

    @action(fair="weak")
    def light(self) -> None:
        require(not self.on)
        if self.n == 0:
            self.on = True


@invariant(Box)
def exclusion(m: Box) -> bool:
    return sum(at(m.run, "held", t) for t in Task) <= 1


@reachable(Box)
def ticked(m: Box) -> bool:
    return m.n > 0
"""
LIT = """

@temporal(Box)
def lit(m: Box) -> object:
    return eventually(m.on or m.n > 0)
"""


def outcomes(found: Mutants) -> dict[str, object]:
    return {m.key.removeprefix("box.py: "): m.outcome for m in found.mutants}


@pytest.fixture
def box(tmp_path: Path) -> str:
    path = tmp_path / "box.py"
    path.write_text(SPEC + LIT)
    return str(path)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_outcome(box: str, jobs: int) -> None:
    found = api.mutate(box, jobs=jobs)
    assert outcomes(found) == {
        "require(self.owner is None) / deleted": Noticed(None, "exclusion", "violated 4"),
        "if self.owner is not None / always false": Noticed(None, "deadlock", "violated 6"),
        "if self.owner is not None / always true": Equivalent(),
        "self.n < self.turns / deleted": Noticed(None, "fault", "violated 2"),
        "self.owner is None / deleted": Survives((Effect(None, (32, 32), (80, 88)),)),
        "require(not self.on) / deleted": Survives((Effect(None, (32, 32), (80, 96)),)),
        "if self.n == 0 / always false": Noticed(None, "lit", "violated 0"),
        # Other steps between the same states, and as many: figures do not tell.
        "if self.n == 0 / always true": Survives((Effect(None, (32, 32), (80, 80)),)),
    }
    assert found.exit_code() == 1
    assert found.score() == pytest.approx(4 / 7)
    assert (found.exit_code(0.5), found.exit_code(0.6)) == (0, 1)


def test_without_a_property_of_behaviours_fewer_are_noticed(tmp_path: Path) -> None:
    (tmp_path / "box.py").write_text(SPEC)
    found = outcomes(api.mutate(str(tmp_path / "box.py")))
    assert isinstance(found["if self.n == 0 / always false"], Survives)


def test_where_there_are_too_many_states_to_compare_nothing_is_equivalent(
    box: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutation, "COMPARED", 31)
    found = outcomes(api.mutate(box, jobs=1))
    assert found["if self.owner is not None / always true"] == Survives((Effect(None, (32, 32), (80, 80)),))


def test_ctrl_c_leaves_the_rest_undetermined(box: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    found = api.mutate(box, jobs=1, progress=interrupt)
    assert [type(m.outcome) for m in found.mutants[2:]] == [Undetermined] * 6
    assert found.interrupted
    assert (found.exit_code(), found.exit_code(0.0)) == (130, 130)


def test_a_limit_leaves_open_what_nobody_noticed_before(box: str) -> None:
    found = api.mutate(box, max_states=10)
    kinds = {key: type(outcome) for key, outcome in outcomes(found).items()}
    assert kinds["self.n < self.turns / deleted"] is Noticed
    assert kinds["self.owner is None / deleted"] is Undetermined
    assert not found.such(Survives)
    assert found.exit_code() == 3
    assert [found.exit_code(score) for score in (0.1, 0.9)] == [0, 3]


def test_the_same_text_twice_has_two_keys(tmp_path: Path) -> None:
    path = tmp_path / "box.py"
    path.write_text(SPEC.replace("        self.n += 1\n", "        require(self.owner is None)\n        self.n += 1\n"))
    keys = [m.key for m in api.mutate(str(path)).mutants if "require(self.owner" in m.key]
    assert keys == [f"box.py: require(self.owner is None) / deleted{n}" for n in ("", " #2")]


def test_what_cannot_be_judged_is_refused(box: str, tmp_path: Path) -> None:
    plain = tmp_path / "plain.py"
    plain.write_text("from virtspec import Model, action\n\n\nclass M(Model):\n    on: bool\n\n    @action\n"
                     "    def act(self) -> None:\n        self.on = True\n")  # fmt: skip
    with pytest.raises(NothingChecked, match="no condition that could be taken away"):
        api.mutate(str(plain))
    with pytest.raises(NothingChecked, match="itself is undetermined, and so are its mutants: the time limit"):
        api.mutate(box, seconds=1e-9)
    with pytest.raises(UsageError, match="v6.1 is given twice"):
        api.mutate("request_batching", ["v6.1", "v6.1"])
