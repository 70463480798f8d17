"""`virtspec --help` answers at once: nothing heavy is imported before a verb needs it."""

import json
import subprocess
import sys

import pytest

HEAVY = ("rich", "networkx", "hypothesis", "pytest", "llvmlite", "numba", "numpy", "z3")

PROBE = """
import json, sys
from virtspec.cli import main
code = main({args!r})
print("\\n" + json.dumps(sorted(name for name in sys.modules)))
"""


def modules_after(*args: str) -> set[str]:
    program = PROBE.format(args=list(args))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("args", [("--help",), ("--version",), ("check", "--help"), ("chekc",), ("check", "--nix")])
def test_help_and_mistyped_commands_import_no_engine(args: tuple[str, ...]) -> None:
    loaded = modules_after(*args)
    assert not [name for name in loaded if name.partition(".")[0] in HEAVY]
    ours = {name.split(".")[1] for name in loaded if name.startswith("virtspec.")}
    assert ours <= {"lang", "errors", "source", "cli"}


def test_the_oracle_needs_nothing_but_python(spec: object) -> None:
    loaded = modules_after("check", "lock.py", "--no-traces", "--engine", "oracle")
    assert "virtspec.explore.oracle" in loaded
    assert not [name for name in loaded if name.partition(".")[0] in HEAVY]


def test_the_native_engine_without_a_terminal_imports_what_it_needs(spec: object) -> None:
    """Numba is needed for what is compiled once per machine, by whoever comes first."""
    for _ in range(2):
        loaded = {name.partition(".")[0] for name in modules_after("check", "lock.py", "--no-traces")}
    assert loaded & set(HEAVY) == {"llvmlite", "numpy"}
