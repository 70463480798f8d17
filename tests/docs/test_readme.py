"""Does the README's table of mechanisms say what the manifests say?

python tests/docs/test_readme.py      writes the table anew
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from virtspec.api.shipped import Mechanism, catalog

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- table: python tests/docs/test_readme.py -->\n", "<!-- end of table -->"


def test_the_table_is_that_of_the_manifests() -> None:
    assert written(README.read_text(encoding="utf-8")) == README.read_text(encoding="utf-8")


def test_the_table_shows_holding_and_violated_configurations() -> None:
    (mechanism,) = [m for m in catalog().values() if m.name == "request_batching"]
    lines = rows(mechanism)
    assert any("all hold" in line for line in lines)
    assert any("RB-P1 violated in" in line for line in lines)
    assert len(lines) == len(mechanism.cases)


def written(text: str) -> str:
    """The README with the table made from the manifests."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + table() + END + tail


def table() -> str:
    """One section per mechanism, one row per configuration."""
    parts = []
    for mechanism in catalog().values():
        wrong = sum(bool(violations(entry["verdicts"])) for entry in mechanism.measured.values())
        right = len(mechanism.measured) - wrong
        head = f"**{mechanism.name}**: {right} configurations hold, {wrong} are violated as expected."
        lines = "\n".join(rows(mechanism))
        parts.append(
            f"{head}\n\n<details><summary>Every configuration with its verdicts</summary>\n\n"
            f"| configuration | what it is | verdict | states |\n|---|---|---|---:|\n{lines}\n\n</details>\n"
        )
    return "\n" + "\n".join(parts) + "\n"


def rows(mechanism: Mechanism) -> list[str]:
    """A row per configuration, in the order of the history."""
    found = []
    for case in mechanism.cases:
        entry: Mapping[str, Any] = mechanism.measured[case.name]
        verdict = ", ".join(violations(entry["verdicts"])) or "all hold"
        reduced = " (reduced)" if entry.get("reduced") else ""
        found.append(f"| {case.name} | {case.summary} | {verdict} | {entry['states']:,}{reduced} |")
    return found


def violations(verdicts: Mapping[str, str]) -> list[str]:
    """The broken properties with the length of their traces; witnesses that do not exist say so."""
    found = []
    for prop, verdict in verdicts.items():
        word, _, length = verdict.partition(" ")
        if word == "violated":
            found.append(f"{prop} violated in {length}")
        elif word == "unreached":
            found.append(f"{prop} unreached")
    return found


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
