"""The steps of the System against the author's generators: random walks in lockstep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from virtspec.frontend.load import compile_model
from virtspec.frontend.module import load_path
from virtspec.testing.systems import compiled, specifications

from .generators import Mismatch, Walker

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "lang" / "accept").glob("*.py"))

CHECKED = re.compile(r"Mod\(|^ {8,}\w+: |-> (Call\[)?(Small|Offset)", re.MULTILINE)
"""A wrapping integer, a local with a declared type, a result with one: Python neither wraps nor checks what goes there."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_generators_go_the_same_way(path: Path) -> None:
    module = load_path(path)
    spec = compile_model(module.models[-1], module.properties)
    for seed in range(10):
        Walker(spec, seed).walk(40)


@settings(max_examples=40, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(specifications())
def test_generators_of_random_specifications_go_the_same_way(text: str) -> None:
    assume(not CHECKED.search(text))
    spec = compiled(text)
    for seed in range(3):
        Walker(spec, seed).walk(25)


def test_a_wrong_step_is_noticed(tmp_path: Path) -> None:
    text = "from virtspec import *\n\nclass Flag(Model):\n    n: bool\n\n    @action\n    def step(self) -> None:\n"
    right, wrong = tmp_path / "right.py", tmp_path / "wrong.py"
    right.write_text(text + "        self.n = not self.n\n")
    wrong.write_text(text + "        self.n = self.n\n")
    walker = Walker(compile_model(load_path(right).models[0]), 0)
    walker.live.__class__.step = load_path(wrong).models[0].__dict__["step"]
    with pytest.raises(Mismatch, match="n is False, not True"):
        walker.walk(1)
