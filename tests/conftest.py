"""Settings of the whole suite: Hypothesis draws the same examples on every machine and in every run."""

import pytest
from hypothesis import settings

from virtspec.explore.native import search, visited

# No data base and no deadline: what passed once must not fail later because of an earlier run or a busy machine.
settings.register_profile("virtspec", derandomize=True, database=None, deadline=None, print_blob=True)
settings.load_profile("virtspec")


@pytest.fixture(autouse=True)
def workers_are_never_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The systems of most tests are so small that one worker would explore them alone, and the table would never grow."""
    monkeypatch.setattr(search, "FEW", 0)
    monkeypatch.setattr(visited, "FIRST_SLOTS", 1 << 14)
    monkeypatch.setattr(visited, "SMALL", 0)
