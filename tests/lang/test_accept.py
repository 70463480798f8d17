"""What the language means: each file of `accept` shows one construct and says in its header what must come out.

# states: 8 transitions: 12 depth: 3      exact counts
# holds: subset, other                    verdicts; freedom from faults and deadlocks is understood
# violated: fault in 2                    and the length of the shortest trace
# reached: everybody in 3
# unreached: nobody
# spends: a_call 0 to 2                   the amounts of a budget that stands among the verdicts
# with Task=1                             what follows is about this configuration
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from virtspec.explore.oracle import check
from virtspec.frontend.load import load
from virtspec.frontend.module import load_path
from virtspec.ir.verify import verify
from virtspec.trace.verdict import Holds, Reached, Unreached, Verdict, Violated

HERE = Path(__file__).parent
FILES = sorted((HERE / "accept").glob("*.py"))


@dataclass
class Expected:
    """What a header says of one configuration."""

    params: dict[str, str] = field(default_factory=dict)
    counts: tuple[int, ...] = ()
    verdicts: dict[str, str] = field(default_factory=dict)
    amounts: dict[str, str] = field(default_factory=dict)


def expectations(path: Path) -> list[Expected]:
    found = [Expected()]
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        word, _, rest = line.removeprefix("# ").partition(" ")
        if word == "with" and "=" in rest and "," not in rest.partition("=")[0]:
            found.append(Expected(dict(part.split("=") for part in rest.split())))
        elif counts := re.fullmatch(r"# states: (\d+) transitions: (\d+) depth: (\d+)", line):
            found[-1].counts = tuple(map(int, counts.groups()))
        elif word == "holds:":
            found[-1].verdicts |= dict.fromkeys(rest.split(", "), "holds")
        elif word in ("violated:", "reached:", "unreached:"):
            name, _, steps = rest.partition(" in ")
            found[-1].verdicts[name] = f"{word[:-1]} {steps}".strip()
        elif word == "spends:":
            name, _, amounts = rest.partition(" ")
            found[-1].amounts[name] = amounts
    return found


def shown(verdict: Verdict) -> str:
    match verdict:
        case Violated(trace):
            return f"violated {len(trace.steps)}"
        case Reached(trace):
            return f"reached {len(trace.steps)}"
        case Unreached():
            return "unreached"
        case Holds("exhaustive"):
            return "holds"
        case _:
            return str(verdict)


CASES = [(path, expected) for path in FILES for expected in expectations(path)]


@pytest.mark.parametrize(
    ("path", "expected"), CASES, ids=[" ".join([p.stem, *(f"{k}={v}" for k, v in e.params.items())]) for p, e in CASES]
)
def test_what_comes_out(path: Path, expected: Expected) -> None:
    module = load_path(path)
    system = load(module.models[-1], module.properties, expected.params)
    verify(system)
    report = check(system)
    assert (report.states, report.transitions, report.depth) == expected.counts
    wanted = {**dict.fromkeys(("fault", "deadlock"), "holds"), **expected.verdicts}
    assert {name: shown(v) for name, v in report.verdicts.items()} == wanted
    assert {name: str(amounts) for name, amounts in report.amounts.items()} == expected.amounts


def test_files_are_numbered_without_gaps() -> None:
    assert [int(path.name.partition("_")[0]) for path in FILES] == list(range(1, len(FILES) + 1))


def test_every_file_is_typed() -> None:
    command = [sys.executable, "-m", "mypy", "--strict", *map(str, FILES)]
    result = subprocess.run(command, cwd=HERE.parent.parent, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
