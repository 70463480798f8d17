"""Do the page about mdev and the README of its model show what the checker finds?

    python tests/docs/test_mdev_page.py      writes their diagrams and tables anew

Verdicts are those of the manifest, which `tests/corpus` compares with a search.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from virtspec import api
from virtspec.lang.props import PROPERTY
from virtspec_models.case import Finding
from virtspec_models.mdev.findings import FINDINGS, OMITTED
from virtspec_models.mdev.history import CASES

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.corpus.mdev_analysis import ANALYSIS, COLUMNS
from tests.docs.pages import ROOT, Page, table

MECHANISM = api.mechanism("mdev")
NAMES = [getattr(f, PROPERTY).id for f in MECHANISM.properties] + ["deadlock"]


# --- verdicts --------------------------------------------------------------------------------------------------------

DESIGNS = ("pre", "patch1", "patch2", "srcu", "v3", "v5", "v6", "v6-stale")
TODAY = ("v6.1", "v6.1-outlives", "v6.1-stale", "v6.1-fails")
MUTANTS = ("no-gate-create", "no-gate-remove", "drain-first", "up-write-early", "blocking-create", "blocking-remove")
REPAIRS = ("F1", "F2", "F3", "F3-6.1", "F4", "F4-fails")
ENDLESS = ("v3", "v3-stream", "v6-stream", "gate-late", "I7", "I7-v6", "I11", "I11-srcu")


def length(config: str, prop: str) -> str:
    """The steps of the shortest trace to a violation; "" where there is none."""
    verdict, _, steps = str(MECHANISM.measured[config]["verdicts"].get(prop, "")).partition(" ")
    return steps if verdict == "violated" else ""


def verdicts(configs: Iterable[str]) -> str:
    """One row per configuration, one column per property that one of them violates."""
    rows = list(configs)
    columns = [name for name in NAMES if any(length(config, name) for config in rows)]
    heads = [name.removeprefix("MDEV-") for name in columns]
    return table(
        ["configuration", "what it is", *heads],
        [[f"`{c}`", MECHANISM.case(c).summary, *(length(c, name) for name in columns)] for c in rows],
    )


# --- evidence --------------------------------------------------------------------------------------------------------

SURE = {"verified": "read", "derived": "derived", "recalled": "recalled"}
SEEN = "seen on 6.1.192"


def claimed(finding: Finding) -> str:
    """A verdict as a table says it: the steps, if they are claimed."""
    word, _, steps = finding.verdict.partition(" ")
    return f"{finding.property.removeprefix('MDEV-')}, {steps + ' steps' if steps else word}"


def sure(finding: Finding) -> str:
    return SURE[finding.evidence] + (", **observed**" if SEEN in finding.origin else "")


def findings() -> str:
    head = ["", "what happens", "configuration", "property", "fixed by, or open", "how sure"]
    return table(head, [[f.name, f.summary, f"`{f.config}`", claimed(f), f.origin, sure(f)] for f in FINDINGS])


def omitted() -> str:
    return table(["", "what happens", "why it is not shown"], [[o.name, o.summary, o.reason] for o in OMITTED])


# --- against the analysis --------------------------------------------------------------------------------------------

IDLE = "ceu"
"""Nobody need be waited for that the analysis waits for: a creator, a remover, a user."""
WHY: Mapping[str, Mapping[str, str]] = {
    # a small letter is one step less, a capital another question; the README says what each stands for
    "pre": {"S1": "g", "S2D": "g", "S5": "g", "S7": "g", "S8": "g", "S9": "Q"},
    "patch1": {"S1": "g", "S2D": "gf", "S5": "grf", "S7": "gf"},
    "patch2": {"S1": "g", "S5": "grf", "L2": "g" + IDLE},
    "v3": {"S2D": "f", "L2": IDLE},
    "v5": {"S2D": "f", "S10": "eu", "L2": IDLE},
    "v6": {"S2D": "f", "L2": IDLE},
    "v6-stale": {"S2D": "K", "S2P": "K", "S4": "ff", "S5": "ff", "S6": "ff", "L2": IDLE},
    "v6.1": {"S2D": "f", "S2P": "f", "L2": IDLE},
    "v6.1-outlives": {"S2D": "f", "L2": IDLE},
    "v6.1-stale": {"S2D": "K", "S2P": "K", "S4": "ff", "S5": "ff", "S6": "ff", "L2": IDLE},
    "blocking-create": {"S2D": "f", "L1": "eu", "L2": IDLE},
    "blocking-remove": {"S2D": "f", "L1": "fu", "L2": IDLE},
    "no-gate-create": {"S1": "g", "S2D": "D", "S5": "gf", "L2": "g" + IDLE},
    "no-gate-remove": {"S1": "rf", "S2D": "f", "S4": "rff", "S5": "rf", "S6": "rff", "L2": IDLE},
    "drain-first": {"S1": "g", "S5": "grf", "L2": "g" + IDLE},
    "F1": {"S2P": "f", "L2": "cu"},
    "F2": {"L2": "cu"},
    "F3-6.1": {"S2P": "f"},
}


def ours(config: str, column: str) -> str:
    """The length here: who waits for ever is told by `deadlock`, or, where users go on, by L3."""
    return (
        length(config, "deadlock") or length(config, "MDEV-L3") if column == "L1" else length(config, f"MDEV-{column}")
    )


def compared() -> Mapping[tuple[str, str], tuple[str, str, str]]:
    """The length there, here, and why they differ, wherever there is one."""
    found = {}
    for config, lengths in ANALYSIS.items():
        for column, theirs in zip(COLUMNS, lengths.replace(".", "-").split(), strict=True):
            here = ours(config, column) or "-"
            if (theirs, here) != ("-", "-"):
                found[config, column] = theirs, here, WHY.get(config, {}).get(column, "")
    return found


def against() -> str:
    cells = {key: f"{theirs} / {here} {why}".rstrip() for key, (theirs, here, why) in compared().items()}
    rows = [[f"`{config}`", *(cells.get((config, column), "") for column in COLUMNS)] for config in ANALYSIS]
    return table(["configuration", *COLUMNS], rows)


@pytest.mark.parametrize(("config", "column"), compared())
def test_every_difference_from_the_analysis_has_its_reason(config: str, column: str) -> None:
    """Steps that are none here add up to the difference; where the question is another, nothing adds up."""
    theirs, here, why = compared()[config, column]
    if why in ("K", "D", "Q"):
        assert theirs != here
    else:
        assert int(theirs) - len(why) == int(here)


def test_no_reason_is_given_for_what_does_not_differ() -> None:
    assert {(config, column) for config, reasons in WHY.items() for column in reasons} <= set(compared())


# --- the pages -------------------------------------------------------------------------------------------------------

STORY = Page(
    ROOT / "docs" / "explanation" / "mdev.md",
    "mdev",
    {
        "designs": lambda: verdicts(DESIGNS),
        "mutants": lambda: verdicts(MUTANTS),
        "for ever": lambda: verdicts(ENDLESS),
        "today": lambda: verdicts(TODAY),
        "repairs": lambda: verdicts(("v6", *REPAIRS)),
        "findings": findings,
        "omitted": omitted,
    },
    most_steps=21,
)
MODEL = Page(ROOT / "models" / "virtspec_models" / "mdev" / "README.md", "mdev", {"analysis": against}, most_steps=0)
PIECES: list[tuple[Page, str, str, str]] = [(page, *piece) for page in (STORY, MODEL) for piece in page.pieces()]


@pytest.mark.parametrize(("page", "kind", "what", "shown"), PIECES, ids=[*STORY.names(), *MODEL.names()])
def test_a_piece_of_a_page_is_what_the_checker_finds(page: Page, kind: str, what: str, shown: str) -> None:
    assert shown == page.made(kind, what), "python tests/docs/test_mdev_page.py writes it anew"


@pytest.mark.parametrize("page", [STORY, MODEL], ids=["story", "model"])
def test_every_diagram_and_every_table_is_made_here(page: Page) -> None:
    page.assert_made_here()


@pytest.mark.parametrize("page", [STORY, MODEL], ids=["story", "model"])
def test_a_page_names_configurations_and_properties_that_there_are(page: Page) -> None:
    like = r"`((?:v\d|F\d|I\d|H\d|pre|patch\d|srcu|gate|blocking|no-gate|drain|up-write|budget)[\w.-]*)`"
    assert set(re.findall(like, page.prose)) <= {case.name for case in CASES}
    assert set(re.findall(r"MDEV-\w+", page.prose)) <= set(NAMES)
    numbers = {f.name for f in FINDINGS} | {o.name for o in OMITTED}
    assert set(re.findall(r"\b[IH]\d+\b", page.prose)) <= numbers


def test_what_the_page_says_of_designs_and_repairs_is_what_they_violate() -> None:
    broken = {c: {p for p in NAMES if length(c, p)} for c in (*DESIGNS, *TODAY, *REPAIRS, *ENDLESS)}
    assert broken["srcu"] == broken["v3"] == broken["v6"] == {"MDEV-S2D", "MDEV-L2"}
    assert broken["v5"] - broken["v6"] == {"MDEV-S10", "MDEV-L6"}
    assert broken["v6.1"] == {"MDEV-S2D", "MDEV-S2P", "MDEV-L2"}
    assert [broken[c] for c in REPAIRS] == [{"MDEV-S2P", "MDEV-L2"}, {"MDEV-L2"}, set(), {"MDEV-S2P"}, set(), set()]
    assert {c for c in ENDLESS if "MDEV-L3" in broken[c]} == {*ENDLESS} - {"v3", "v6-stream"}


if __name__ == "__main__":
    STORY.write()
    MODEL.write()
