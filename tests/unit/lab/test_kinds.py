"""Parameters: how their values are read, and what of them the guest and the trace's first line see."""

from importlib.resources import files

import pytest

from virtspec.errors import UsageError
from virtspec.lab.kinds import KINDS, assignments, first_line

BATCHING = KINDS["batching"]


def test_the_first_line_of_a_trace() -> None:
    assert first_line(BATCHING.values({"num_queues": 2})) == (
        "# config: num_queues=2 event_idx=on sched=none procs=2 batch=8 rounds=6 depth=default vqsize=default rw=r "
        "indirect=on"
    )
    assert first_line(KINDS["mdev"].values({})) == "# config: creators=2 removers=2 iters=40 reloads=0 nuuid=4"


def test_what_the_guest_is_given() -> None:
    text = assignments(BATCHING.values({"depth": 3}))
    assert "\ndepth=3\nvqsize=\nrw=r\n" in text


@pytest.mark.parametrize(
    ("kind", "option", "text", "message"),
    [
        ("batching", "queues", "0", "--queues 0: expected a whole number from 1 to 8"),
        ("batching", "rounds", "1e3", "--rounds 1e3: expected a whole number from 1 to 1000"),
        ("batching", "event-idx", "yes", "--event-idx yes: expected one of on, off"),
        ("batching", "vq-size", "48", "--vq-size 48: expected one of 16, 32, 64, 128, 256, 512, 1024"),
        ("mdev", "reloads", "-1", "--reloads -1: expected a whole number from 0 to 1000"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(kind: str, option: str, text: str, message: str) -> None:
    parameter = next(p for p in KINDS[kind].parameters if p.option == option)
    with pytest.raises(UsageError) as caught:
        parameter.read(text)
    assert str(caught.value) == message


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_scripts_use_what_they_are_given(kind: object) -> None:
    assert hasattr(kind, "name")
    found = KINDS[kind.name]
    package = files("virtspec.lab")
    script = (package / "guest" / f"{found.name}.sh").read_text()
    for parameter in found.parameters:
        of_the_device = parameter.key in ("num_queues", "event_idx", "vqsize", "indirect")
        assert of_the_device or f"${parameter.key}" in script
    assert f"traced {found.program}" in script or f"{found.program} " in script
    assert (package / "programs" / f"{found.program}.c").is_file()
    assert (package / "probes" / f"{found.name}.probes").is_file()
    assert all(parameter.default is None or parameter.read(str(parameter.default)) is not None
               for parameter in found.parameters)  # fmt: skip
