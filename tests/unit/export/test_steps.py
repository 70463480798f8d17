"""The step table of a README."""

from virtspec.export.steps import markdown
from virtspec.ir import build as b
from virtspec.ir.nodes import Assign, If, Require
from virtspec.ir.system import Action, Field, System
from virtspec.ir.types import BOOL, OptionType, ScalarsetType
from virtspec.source import Span


def test_the_step_table() -> None:
    task = OptionType(ScalarsetType("Task", 2))
    t = b.var("t", task)
    flag = b.read("flag", BOOL)
    body = (Require(flag), If(flag, (Assign("owner", (), t),)), Assign("flag", (), b.FALSE))
    fields = (Field("flag", BOOL, False), Field("owner", task, None), Field("x", BOOL, False, "local"))
    action = Action("go", (t,), body, span=Span("spec.py", 3, 0, 3, 1))
    assert markdown(System("S", (), fields, (action,), ())) == (
        "| step | parameters | at | reads | writes | source |\n"
        "| --- | --- | --- | --- | --- | --- |\n"
        "| `go` | `t: Task \\| None` |  | `flag` | `flag`, `(owner)` | `spec.py:3` |\n"
    )
