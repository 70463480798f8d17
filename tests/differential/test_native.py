"""The interpreter against CPython: the same steps from every reachable state of every small specification."""

from __future__ import annotations

from pathlib import Path

import pytest

from virtspec.frontend.load import compile_model
from virtspec.frontend.module import load_path
from virtspec.testing.cpython import disagreements

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "lang" / "accept").glob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_same_steps_from_every_state(path: Path) -> None:
    module = load_path(path)
    spec = compile_model(module.models[-1], module.properties)
    assert list(disagreements(spec)) == []
