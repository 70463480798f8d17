"""`local()`: what a call remembers, in properties; the same for the compiled text and for the text under CPython."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from virtspec.api import Specification, check, find
from virtspec.errors import SpecError
from virtspec.trace.verdict import Holds, Reached, Unreached

TEXT = '''\
from virtspec import Const, Model, Scalarset, Steps, at, choose, invariant, local, process, reachable


class Task(Scalarset):
    """A thread."""


class Calls(Model):
    """A call that remembers what it chose."""

    forgetful: Const[bool] = False
    up: dict[Task, bool]

    @process
    def call(self, t: Task) -> Steps:
        chosen = choose(bool)
        self.up[t] = chosen
        if not self.forgetful:
            yield "work"
            self.up[t] = self.up[t] and not chosen
        yield "end"
        self.up[t] = False


@invariant(Calls, id="SAME")
def remembered(m: Calls, t: Task) -> bool:
    """What a call remembers is what it wrote."""
    return not at(m.call, "work", t) or local(m.call, "chosen", t) == m.up[t]


@invariant(Calls, id="DEAD")
def forgotten(m: Calls, t: Task) -> bool:
    """Outside of the steps between which it is kept, it is False."""
    return at(m.call, "work", t) or not local(m.call, "chosen", t)


@reachable(Calls, id="TRUE")
def worth(m: Calls, t: Task) -> bool:
    """It can be True."""
    return local(m.call, "chosen", t)
'''


@pytest.fixture
def calls(tmp_path: Path) -> Callable[..., Specification]:
    def made(old: str = "", new: str = "") -> Specification:
        path = tmp_path / "calls.py"
        path.write_text(TEXT.replace(old, new) if old else TEXT)
        return find(str(path))

    return made


def test_what_a_call_remembers(calls: Callable[..., Specification]) -> None:
    verdicts = check(calls().load()).verdicts
    assert isinstance(verdicts["SAME"], Holds) and isinstance(verdicts["DEAD"], Holds)
    assert isinstance(verdicts["TRUE"], Reached)


def test_where_nothing_is_remembered_it_is_false(calls: Callable[..., Specification]) -> None:
    """In this configuration no later step reads it."""
    spec = calls()
    assert not [f for f in spec.load(params={"forgetful": True}).fields if f.role == "local"]
    verdicts = check(spec.load(params={"forgetful": True})).verdicts
    assert isinstance(verdicts["SAME"], Holds) and isinstance(verdicts["DEAD"], Holds)
    assert isinstance(verdicts["TRUE"], Unreached)


@pytest.mark.parametrize(
    ("new", "hint"),
    [
        ('local(m.call, "chozen", t)', "did you mean 'chosen'"),
        ('local(m.call, "chosen")', 'local(m.create, "seen", t)'),
        ('local(m.cal, "chosen", t)', "cal"),
    ],
)
def test_what_is_refused(calls: Callable[..., Specification], new: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        calls('return local(m.call, "chosen", t)', f"return {new}").load()
    assert hint in str(caught.value)


def test_under_cpython(calls: Callable[..., Specification]) -> None:
    """The author's own function gives the same value in every state."""
    from virtspec.explore.oracle import Search
    from virtspec.frontend.native import Native
    from virtspec.lang.domains import sized
    from virtspec.semantics.successors import holds

    spec = calls()
    compiled = spec.compile()
    native = Native(compiled)
    search = Search(compiled.system)
    search.run()
    assert len(search.states) > 4
    for state in search.states:
        live = native.load(state)
        with sized(compiled.sizes):
            for prop, f in zip(compiled.system.properties, spec.properties, strict=True):
                some = any if prop.kind == "reachable" else all
                (tasks,) = compiled.sizes
                assert some(f(live, t) for t in tasks) == holds(compiled.system, prop, state), prop.id
