"""The steps of the System against the author's generators: random walks in lockstep."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtspec.frontend.load import compile_model
from virtspec.frontend.module import load_path

from .generators import Walker

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "lang" / "accept").glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_generators_go_the_same_way(path: Path) -> None:
    module = load_path(path)
    spec = compile_model(module.models[-1], module.properties)
    for seed in range(20):
        Walker(spec, seed).walk(40)
