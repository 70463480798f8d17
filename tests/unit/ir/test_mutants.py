"""Which conditions of a text can be taken away, and what is left of the system then."""

from __future__ import annotations

from zlib import crc32

import pytest

from virtspec.frontend.load import load
from virtspec.frontend.module import load_text
from virtspec.ir.passes.mutants import mutated, mutations
from virtspec.ir.system import Action, System
from virtspec.ir.text import block_lines
from virtspec.ir.verify import verify
from virtspec.testing.systems import rolled

HEAD = """\
from typing import Annotated

from virtspec import Call, Const, Model, Range, Scalarset, Steps, action, choose, fault, process, require


class Task(Scalarset):
    pass


class M(Model):
    careful: Const[bool] = True
    n: Annotated[int, Range(0, 3)] = 0
    on: bool
    bag: set[Task]

"""


def of(body: str) -> System:
    """A model with these methods."""
    text = HEAD + "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    module = load_text(text, f"<mutants {crc32(text.encode())}>")
    return load(module.models[0], module.properties)


def body(a: Action) -> str:
    return "\n".join(block_lines(a.body))


def found(methods: str) -> list[str]:
    return [f"{m.text} / {m.edit}" for m in mutations(of(methods))]


def action(body: str) -> str:
    """One action of the environment with this body."""
    return "@action\ndef act(self) -> None:\n" + "".join(f"    {line}\n" for line in body.splitlines())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("require(self.on)\nself.n = 1", ["require(self.on) / deleted"]),
        (
            "require(self.on and (self.n < 2 or self.n == 3))",
            ["self.on / deleted", "self.n < 2 or self.n == 3 / deleted"],
        ),
        ("require(self.careful and self.on)", ["self.on / deleted"]),
        ("require(not self.careful and self.on)\nself.n = 1", []),
        ("if self.on:\n    self.n = 1", ["if self.on / always false", "if self.on / always true"]),
        ("if self.careful:\n    self.n = 1", []),
        ("if self.on:\n    self.n = 1\nelse:\n    self.n = 1", []),
        ("assert self.on", []),
        ("if self.on:\n    fault('no')", []),
        ("for t in self.bag:\n    self.n = 1", []),
        (
            "for k in range(3):\n    if self.n == k:\n        if self.on:\n            break\n    self.n = k",
            [
                "if self.n == k / always false",
                "if self.n == k / always true",
                "if self.on / always false",
                "if self.on / always true",
            ],
        ),
    ],
)
def test_what_can_be_taken_away(body: str, expected: list[str]) -> None:
    assert found(action(body)) == expected


PROCESS = """\
@process
def run(self, t: Task) -> Steps:
    while self.n < 3:
        yield "one"
        self.step()
        yield "two"
        self.step()

def step(self) -> None:
    require(self.on)
    self.n += 1
"""


def test_one_place_is_edited_wherever_it_was_copied_to() -> None:
    system = of(PROCESS)
    loop_false, loop_true, deleted = mutations(system)
    assert [m.text for m in (loop_false, deleted)] == ["while self.n < 3", "require(self.on)"]
    after = mutated(system, deleted)
    verify(after)
    assert [a.name for a in after.actions if "require on" in body(a)] == []
    assert [a.name for a in system.actions if "require on" in body(a)] == ["run.one", "run.two"]
    for m in (loop_false, loop_true):
        assert [a.name for a in mutated(system, m).actions if "if n" in body(a)] == []


def test_the_guard_on_the_program_counter_stays() -> None:
    system = of(PROCESS)
    for m in mutations(system):
        assert all("require Task.pc[t]" in body(a) for a in mutated(system, m).actions)


def test_mutants_of_random_systems_are_legal() -> None:
    count = 0
    for seed in range(60):
        system = rolled(seed).system
        for m in mutations(system):
            verify(mutated(system, m))
            assert m.text
            count += 1
    assert count > 100
