"""Does the page about request batching show what the checker finds?

    python tests/docs/test_request_batching_page.py      writes its diagrams and tables anew

Diagrams are those of `pages.py`, the tables those of `TABLES`.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import pytest

from virtspec import api
from virtspec.explore.simulation import Mean
from virtspec.ir.budget import Budget
from virtspec.ir.system import System
from virtspec.lang.props import PROPERTY
from virtspec_models.request_batching import history
from virtspec_models.request_batching.versions import VERSIONS

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.docs.pages import ROOT, Page, table

LIST, RUN = "RB-P5", "RB-P5R"
SEED, WALKS = 1, 10_000
LENGTHS = (1, 2, 4)
SPACIOUS = {"slots": 8, "tags_total": 8, "wrap": 16}
"""Room for two lists of four: nothing is scarce but what the configuration makes so."""


# --- what is measured ------------------------------------------------------------------------------------------------


def compiled(config: str, params: Mapping[str, object]) -> System:
    """A configuration with the two budgets and no other property, which is much faster."""
    spec = api.find("request_batching")
    budgets = tuple(f for f in spec.properties if getattr(f, PROPERTY).id in (LIST, RUN))
    return replace(spec, properties=budgets).load(config, params)


def exact(system: System) -> Mapping[str, str]:
    """The least and the most of each budget in all behaviours."""
    return {prop: str(amounts) for prop, amounts in api.check(system, only=[LIST, RUN]).amounts.items()}


def means(system: System) -> Mapping[str, Mean]:
    """What random walks spend."""
    found = api.simulate(system, seed=SEED, walks=WALKS, only=[LIST, RUN])
    assert found.longest < found.depth, "a walk did not come to its end"
    return found.means


def requests(system: System) -> int:
    """How many there are: the bound of RB-P5R is that number."""
    budget = system.declared[RUN]
    assert isinstance(budget, Budget)
    (allowance,) = budget.allowances
    assert allowance.most is not None
    return allowance.most


def shared(amounts: str, by: int) -> str:
    """Amounts divided by a number: `1 to 4` of 8 is `1/8 to 1/2`."""
    return re.sub(r"\d+", lambda found: str(Fraction(int(found[0]), by)), amounts)


def mean(found: Mean, by: int = 1) -> str:
    """A mean with its interval, divided by a number; exact where every walk spends the same."""
    if found.mean is None or found.error is None:
        return "none ends"
    if found.least == found.most:
        return shared(str(found.most), by)
    return f"{found.mean / by:.3f} ± {found.error / by:.3f}"


# --- tables ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A configuration of the history, with lists of each length instead of its own."""

    says: str
    config: str
    params: Mapping[str, object] = field(default_factory=dict)


def twice(row: Row) -> Row:
    """The same with two lists of one submitter, so that the second may find the device awake."""
    return replace(row, params={**row.params, "lists_each": 2})


BEFORE, NOW = Row("before the series: every request is the last", "W12-stale"), Row("Linux 6.1", "v6.1")
BEFORE_FLAGS = Row("before the series, no event index", "W12-stale", {"event_idx": False})
NOW_FLAGS = Row("Linux 6.1, no event index", "v6.1-flags")
SERIES, LATER = Row("the series as merged", "v5.3"), Row("Linux 6.12", "v6.12-tags", {"tags_total": 8})

ERRORS = (
    Row("Linux 6.1, up to two of: error, busy, no budget", "v6.1-faults"),
    Row("v6.3, the same", "v6.3-faults"),
    Row("Linux 6.1, no event index, one error", "v6.1-flags-faults"),
    Row("v6.3, the same", "v6.3-flags-faults"),
)
SCARCE = (
    Row("v4.11, two tags", "v4.11-tags"),
    Row("Linux 6.1, two tags", "v6.1-tags"),
    Row("Linux 6.12, two tags", "v6.12-tags"),
    Row("Linux 6.1, two slots, split ring", "v6.1-ring-full"),
    Row("Linux 6.1, two slots, packed ring", "v6.1-ring-full-packed"),
)
OTHERS = (
    Row("Linux 6.1, two queues in turn", "v6.1-queues"),
    Row("a commit behind every list, no event index", "W13-redundant"),
    Row("a commit behind every list, event index", "W13-redundant", {"event_idx": True}),
)


def by_length(*rows: Row) -> str:
    """Doorbells per list for each length, exactly; for the longest, what a request has of it, and means."""
    lengths = [f"N = {n}" for n in LENGTHS]
    lines = []
    for row in rows:
        systems = [compiled(row.config, of_length(row, n)) for n in LENGTHS]
        amounts, walked, number = [exact(system) for system in systems], means(systems[-1]), requests(systems[-1])
        cells = [row.says, f"`{row.config}`", *(each[LIST] for each in amounts)]
        cells += [shared(amounts[-1][RUN], number), mean(walked[LIST]), mean(walked[RUN], number)]
        lines.append(cells)
    return table(["", "configuration", *lengths, "per request", "mean per list", "mean per request"], lines)


def of_length(row: Row, n: int) -> dict[str, object]:
    """The parameters of a row for one list of n requests. What a configuration makes scarce stays so."""
    own = api.mechanism("request_batching").case(row.config).params
    queues = own.get("queues", 1)
    assert isinstance(queues, int)
    room = {name: value for name, value in SPACIOUS.items() if name not in own}
    return {**room, "lists_each": 1, "plan": tuple(k % queues for k in range(n)), **row.params}


NEVER = {"RB-L1": "an entry is seen", "RB-L3": "a request is issued"}


def mistakes() -> str:
    """Every mistake in its own configuration: what may never happen, and what it spends.

    Verdicts and exact amounts are those of the manifest, which `tests/corpus` compares with a search.
    """
    head = ["configuration", "what goes wrong", "evidence", "what may never happen", "per list", "per request"]
    lines = []
    measured = api.mechanism("request_batching").measured
    for case in history.WRONG:
        verdicts, spent = measured[case.name]["verdicts"], measured[case.name]["spent"]
        never = [what for prop, what in NEVER.items() if verdicts[prop].startswith("violated")]
        bells = f"**{spent[LIST]}**" if verdicts[LIST].startswith("violated") else spent[LIST]
        system = compiled(case.name, {})
        cells = [f"`{case.name}`", case.summary, case.evidence, "; ".join(never), bells]
        cells += [shared(spent[RUN], requests(system)), mean(means(system)[LIST])]
        lines.append(cells)
    return table([*head, "mean per list"], lines)


TABLES: Mapping[str, Callable[[], str]] = {
    "one list, the device asleep": lambda: by_length(BEFORE, SERIES, NOW, LATER, BEFORE_FLAGS, NOW_FLAGS),
    "two lists": lambda: by_length(twice(BEFORE), twice(NOW), twice(BEFORE_FLAGS), twice(NOW_FLAGS)),
    "errors": lambda: by_length(*ERRORS),
    "scarce tags and slots": lambda: by_length(*SCARCE),
    "queues and commits": lambda: by_length(*OTHERS),
    "mistakes": mistakes,
}


# --- the page --------------------------------------------------------------------------------------------------------

PAGE = Page(ROOT / "docs" / "explanation" / "request_batching.md", "request_batching", TABLES, most_steps=18)


@pytest.mark.parametrize(("kind", "what", "shown"), PAGE.pieces(), ids=PAGE.names())
def test_a_piece_of_the_page_is_what_the_checker_finds(kind: str, what: str, shown: str) -> None:
    assert shown == PAGE.made(kind, what), "python tests/docs/test_request_batching_page.py writes it anew"


def test_every_diagram_and_every_table_is_made_here() -> None:
    PAGE.assert_made_here()


def test_the_page_names_configurations_and_properties_that_there_are() -> None:
    configs = {case.name for case in history.CASES} | {each.name for each in history.OMITTED}
    properties = {getattr(f, PROPERTY).id for f in api.find("request_batching").properties}
    assert set(re.findall(r"`((?:v\d|W\d|event-)[\w.-]*)`", PAGE.prose)) <= configs
    assert set(re.findall(r"RB-\w+", PAGE.prose)) <= properties


def test_versions_keep_what_the_page_says_and_the_holes_are_as_deep_as_it_says() -> None:
    measured = api.mechanism("request_batching").measured
    kept = ("RB-P1", "RB-P1C", "RB-P2", "RB-P3", "RB-P4", "RB-P6", "RB-L1", "RB-L2", "RB-L3")
    broken = {
        (case.name, prop): measured[case.name]["verdicts"][prop]
        for case in VERSIONS
        for prop in kept
        if measured[case.name]["verdicts"][prop] != "holds"
    }
    assert broken == {}
    for hole in ("W5-H1", "W5-H2", "W15-H3"):
        assert [measured[hole]["verdicts"][prop] for prop in ("RB-P1", "RB-P3")] == ["violated 5"] * 2


def test_the_page_says_how_means_were_measured() -> None:
    assert f"{WALKS:,} random walks from seed {SEED}" in " ".join(PAGE.text.split())


if __name__ == "__main__":
    PAGE.write()
