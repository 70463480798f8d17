"""Is every guard of mdev as merged, and of mdev repaired, needed by some property? What is not is listed with its reason."""

import pytest

from virtspec import api
from virtspec_models.mdev.history import SURVIVORS

GUARDS = {
    "v6": ("v6", "v6-removers", "v6-fails", "v6-uuids", "v6-reuse", "I13"),
    "F4": ("F4", "F4-removers", "F4-fails", "F4-uuids", "F4-reuse"),
}


@pytest.mark.slow
@pytest.mark.parametrize("text", GUARDS)
def test_deleting_a_guard_is_noticed_or_there_is_a_reason(text: str) -> None:
    found = api.mutate("mdev", GUARDS[text])
    assert [m.key for m in found.unexpected] == []
    assert not [m for m in found.mutants if type(m.outcome).__name__ == "Undetermined"]
    assert {m.key for m in found.mutants if m.expected} == set(SURVIVORS)
    assert found.score() > 0.89
