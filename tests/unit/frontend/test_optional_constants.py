"""A constant may be optional: `-p owner=none` and `-p owner=3` both set it, anything else is refused."""

import pytest

from virtspec.errors import UsageError
from virtspec.frontend.load import load
from virtspec.frontend.module import load_text

TEXT = """
from virtspec import Const, Model, action

class Device(Model):
    limit: Const[int | None] = None
    on: bool

    @action
    def toggle(self) -> None:
        if self.limit is None:
            self.on = not self.on
"""


@pytest.mark.parametrize(("given", "shown"), [("none", "none"), ("3", "3"), (None, "none"), (3, "3")])
def test_it_is_set(given: object, shown: str) -> None:
    (model,) = load_text(TEXT, "optional.py").models
    assert dict(load(model, (), {"limit": given}).config) == {"limit": shown}


@pytest.mark.parametrize("given", ["many", True, 1.5])
def test_what_it_is_not_is_refused(given: object) -> None:
    (model,) = load_text(TEXT, "optional.py").models
    with pytest.raises(UsageError, match="limit=.*: expected "):
        load(model, (), {"limit": given})
