"""Do the configurations that take minutes give what their history claims and their manifest holds?

`make test` leaves them out, `make test-all` and `pytest -m slow` run them, each with every processor.
"""

import pytest

from virtspec.api.agreement import compared
from virtspec.api.shipped import catalog

SLOW = [(name, case.name) for name, mechanism in catalog().items() for case in mechanism.cases if case.slow]


@pytest.mark.slow
@pytest.mark.skipif(not SLOW, reason="no shipped configuration is slow")
@pytest.mark.parametrize(("mechanism", "config"), SLOW or [("", "")], ids=lambda name: name)
def test_finding_agrees_with_history_and_manifest(mechanism: str, config: str) -> None:
    result = compared(mechanism, config)
    assert result.error == ""
    assert result.disagreements == ()
