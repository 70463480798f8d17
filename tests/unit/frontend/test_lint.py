"""lint: which steps it asks about, and what silences it. Each specification says in comments what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtspec.frontend.lint import Finding, lint, render, survey
from virtspec.frontend.load import Specification, compile_model
from virtspec.frontend.module import load_text

HEAD = """
from virtspec import Component, Model, Scalarset, Singleton, Steps, acquires, action, atomic, process, releases, require


class Task(Scalarset, size=2):
    '''A thread.'''


class Lock(Component):
    owner: Task | None

    @acquires
    def lock(self, t: Task) -> None:
        require(self.owner is None)
        self.owner = t

    @acquires
    def trylock(self, t: Task) -> bool:
        if self.owner is not None:
            return False
        self.owner = t
        return True

    @releases
    def unlock(self, t: Task) -> None:
        self.owner = None


"""


def compiled(body: str, path: Path) -> Specification:
    module = load_text(HEAD + body, str(path / "spec.py"))
    return compile_model(module.models[0])


def found(body: str, path: Path) -> list[Finding]:
    return lint(compiled(body, path))


def line(body: str, text: str) -> int:
    return (HEAD + body).splitlines().index(text) + 1


MISSING_YIELD = """
class Counter(Model):
    n: bool

    @process
    def run(self, t: Task) -> Steps:
        yield "read"
        old = self.n
        self.n = not old
"""


def test_a_missing_yield_is_found(tmp_path: Path) -> None:
    (finding,) = found(MISSING_YIELD, tmp_path)
    assert finding.action == "run.read"
    assert finding.message == "touches shared state more than once: reads n, writes n"
    assert finding.span.line == line(MISSING_YIELD, "        self.n = not old")
    assert [(a.kind, a.what, a.locks) for a in finding.accesses] == [("reads", "n", ()), ("writes", "n", ())]


def test_the_rendering_shows_every_touch_with_its_place(tmp_path: Path) -> None:
    text = render(found(MISSING_YIELD, tmp_path))
    read, write = (line(MISSING_YIELD, x) for x in ("        old = self.n", "        self.n = not old"))
    path = tmp_path / "spec.py"
    assert text.splitlines() == [
        f"{path}:{write}: run.read: touches shared state more than once: reads n, writes n",
        f"    {path}:{read}: reads n",
        f"    {path}:{write}: writes n",
        '    = hint: put a yield between them, hold a lock meanwhile, or say why it is one step: atomic("...")',
    ]


def test_a_yield_between_them_is_enough(tmp_path: Path) -> None:
    body = MISSING_YIELD.replace("        self.n = not old", '        yield "write"\n        self.n = not old')
    assert found(body, tmp_path) == []


def test_a_reason_is_accepted(tmp_path: Path) -> None:
    body = MISSING_YIELD.replace("        old = self.n", '        atomic("one xchg instruction")\n        old = self.n')
    assert found(body, tmp_path) == []


def test_one_statement_that_reads_and_writes_is_two_touches(tmp_path: Path) -> None:
    body = MISSING_YIELD.replace("        old = self.n\n        self.n = not old", "        self.n = not self.n")
    (finding,) = found(body, tmp_path)
    assert [str(a) for a in finding.accesses] == ["reads n", "writes n"]


UNDER_LOCK = """
class Locked(Model):
    lock: Lock
    n: bool

    @process
    def run(self, t: Task) -> Steps:
        yield "lock"
        self.lock.lock(t)
        yield "work"
        old = self.n
        self.n = not old
        self.lock.unlock(t)
"""


def test_a_lock_held_is_accepted_from_step_to_step(tmp_path: Path) -> None:
    assert found(UNDER_LOCK, tmp_path) == []
    (_, work) = [v for k, v in survey(compiled(UNDER_LOCK, tmp_path)).items() if k != "run"]
    assert [(a.kind, a.locks) for a in work] == [("reads", ("lock",)), ("writes", ("lock",)), ("releases", ("lock",))]


def test_a_lock_taken_and_let_go_within_the_step_is_accepted(tmp_path: Path) -> None:
    assert found(UNDER_LOCK.replace('        yield "work"\n', ""), tmp_path) == []


def test_a_lock_released_too_early_is_found(tmp_path: Path) -> None:
    body = UNDER_LOCK.replace("        self.lock.unlock(t)\n", "")
    body = body.replace("        self.n = not old", "        self.lock.unlock(t)\n        self.n = not old")
    (finding,) = found(body, tmp_path)
    assert finding.action == "run.work"
    assert [str(a) for a in finding.accesses] == ["reads n, holding lock", "releases lock, holding lock", "writes n"]
    assert finding.span.line == line(body, "        self.n = not old")


TRYLOCK = """
class Tried(Model):
    lock: Lock
    n: bool

    @process
    def run(self, t: Task) -> Steps:
        yield "try"
        if not self.lock.trylock(t):
            FAILED
            return
        self.n = not self.n
        self.lock.unlock(t)
"""


def test_a_lock_that_was_not_got_is_not_held(tmp_path: Path) -> None:
    assert found(TRYLOCK.replace("FAILED", "pass"), tmp_path) == []
    (finding,) = found(TRYLOCK.replace("FAILED", "self.n = False"), tmp_path)
    assert [str(a) for a in finding.accesses] == ["tries lock", "writes n"]


def test_a_lock_held_on_one_path_only_is_not_held(tmp_path: Path) -> None:
    body = """
class Sometimes(Model):
    lock: Lock
    n: bool
    fast: bool

    @action
    def switch(self) -> None:
        self.fast = True

    @process
    def run(self, t: Task) -> Steps:
        if not self.fast:
            yield "lock"
            self.lock.lock(t)
        yield "work"
        self.n = not self.n
"""
    (finding,) = found(body, tmp_path)
    assert finding.action == "run.work"


def test_what_nobody_else_touches_is_not_shared(tmp_path: Path) -> None:
    body = """
class Boss(Singleton):
    '''The only one.'''


class Own(Model):
    mine: dict[Task, bool]
    boss: bool
    fixed: bool = True

    @process
    def run(self, t: Task) -> Steps:
        yield "a"
        self.mine[t] = not self.mine[t] and self.fixed

    @process
    def rule(self, b: Boss) -> Steps:
        yield "b"
        self.boss = not self.boss
"""
    assert found(body, tmp_path) == []


def test_an_entry_somebody_else_reads_is_shared(tmp_path: Path) -> None:
    body = """
class Own(Model):
    mine: dict[Task, bool]

    @process
    def run(self, t: Task) -> Steps:
        yield "a"
        self.mine[t] = not self.mine[t]

    @action
    def look(self, u: Task) -> None:
        require(self.mine[u])
"""
    (finding,) = found(body, tmp_path)
    assert [str(a) for a in finding.accesses] == ["reads mine[t]", "writes mine[t]"]


def test_looking_at_many_entries_is_more_than_one_touch(tmp_path: Path) -> None:
    body = """
class Scan(Model):
    busy: dict[Task, bool]

    @process
    def run(self, t: Task) -> Steps:
        yield "a"
        self.busy[t] = True
        yield "b"
        require(not any(self.busy[u] for u in Task if u != t))
"""
    (finding,) = found(body, tmp_path)
    assert (finding.action, str(finding.accesses[0])) == ("run.b", "scans busy[u]")


METHOD = """
class Word(Component):
    value: bool

    def xchg(self, new: bool) -> bool:
        atomic("one xchg instruction")
        old = self.value
        self.value = new
        return old


class Words(Model):
    word: Word
    n: bool

    @process
    def run(self, t: Task) -> Steps:
        yield "a"
        old = self.word.xchg(True)
        MORE
"""


def test_the_reason_of_a_method_counts_for_its_own_touches_only(tmp_path: Path) -> None:
    assert found(METHOD.replace("MORE", "pass"), tmp_path) == []
    (finding,) = found(METHOD.replace("MORE", "self.n = not old"), tmp_path)
    assert [str(a) for a in finding.accesses] == ["calls xchg", "writes n"]


def test_actions_of_the_environment_are_not_asked(tmp_path: Path) -> None:
    body = """
class Env(Model):
    n: bool

    @action
    def flip(self) -> None:
        self.n = not self.n
"""
    assert found(body, tmp_path) == []


@pytest.mark.parametrize("steps", [6, 12])
def test_many_branches_take_no_time(tmp_path: Path, steps: int) -> None:
    branches = "".join(f"        if self.n[{i}]:\n            self.n[{i}] = False\n" for i in range(steps))
    body = (
        "\nfrom typing import Annotated\nfrom virtspec import Range\n\nclass Many(Model):\n"
        f"    n: dict[Annotated[int, Range(0, {steps})], bool]\n\n    @process\n"
        f'    def run(self, t: Task) -> Steps:\n        yield "a"\n{branches}'
    )
    (finding,) = found(body, tmp_path)
    assert len(finding.accesses) == 2 * steps
