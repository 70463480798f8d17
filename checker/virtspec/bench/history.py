"""What is kept of a run: one JSON object a line in `tests/bench/history.jsonl`.

`kind` says what was measured: `bench` is this, `oracle` the interpreter alone (`tests/bench/oracle.py`). A line names
the machine's kind, never the machine.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from virtspec import __version__
from virtspec.bench.checkers import memory

HISTORY = Path("tests", "bench", "history.jsonl")
_TELLS_VERSION = {
    "spin": (["spin", "-V"], r"Version (\S+)"),
    "rumur": (["rumur", "--version"], r"version v?(\S+)"),
    "gcc": (["gcc", "--version"], r"\) (\S+)"),
    "java": (["java", "-version"], r'version "(\S+)"'),
}


def record(root: Path, line: dict[str, Any]) -> Path:
    """Append a line to the history; where that is, relative to `root`."""
    with (root / HISTORY).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    return HISTORY


def facts(root: Path, tools: set[str], jar: Path | None) -> dict[str, Any]:
    """When, on what and with which versions. `tools` are those that took part."""
    versions = {"virtspec": __version__, "commit": _said(["git", "describe", "--always", "--dirty"], "(.+)", root)}
    with_gcc, with_java = {"spin", "rumur"} & tools, {"tlc"} & tools
    for tool in [*sorted(with_gcc), *(["gcc"] if with_gcc else []), *(["java"] if with_java else [])]:
        command, pattern = _TELLS_VERSION[tool]
        versions[tool] = _said(command, pattern, root)
    if with_java and jar is not None:
        versions["tlc"] = _said(["java", "-cp", str(jar), "tlc2.TLC"], r"Version (\S+)", root)
    return {"date": datetime.now(UTC).date().isoformat(), "host": host(), "versions": versions}


def host() -> dict[str, Any]:
    """What kind of machine this is."""
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory() / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return platform.machine()
    found = re.search(r"^model name\s*: (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _said(command: list[str], pattern: str, folder: Path) -> str | None:
    """What `pattern` finds in the output of a program; None if there is no such thing."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(pattern, done.stdout + done.stderr)
    return found[1].strip() if found else None
