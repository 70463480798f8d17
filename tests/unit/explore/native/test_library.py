"""Kernels that are kept for the next start."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import pytest

from virtspec.explore.native import budget_kernels, graph_kernels, library
from virtspec.explore.native.jit import kept
from virtspec.explore.native.library import Kernel


def test_kernels_of_two_files_may_have_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    def told(name: str, make: Callable[[], bytes]) -> bytes:
        names.append(name)
        return kept(name, make)

    monkeypatch.setattr(library, "kept", told)
    known = [cast("Kernel", module.way) for module in (budget_kernels, graph_kernels)]
    kernels = [Kernel(one.function) for one in known]  # of which nothing is loaded yet
    assert len({kernel.name for kernel in kernels}) == 1
    for kernel in kernels:
        kernel.variant(0)
    assert len(set(names)) == len(names) == 2
