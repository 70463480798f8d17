"""Pages whose diagrams and tables are the checker's: what stands between two comments is made anew and compared.

A piece stands between `<!-- diagram: W1 RB-L1 -->` and `<!-- end of diagram -->`: the trace of a property in a
configuration, of a budget the behaviour that spends `least` or `most`. The tables of a page are those it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from virtspec import api
from virtspec.explore.report_json import trace_of
from virtspec.export.sequence import sequence

ROOT = Path(__file__).parents[2]
PIECE = re.compile(r"(<!-- (diagram|table): (.*?) -->\n).*?(<!-- end of \2 -->)", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page about one mechanism."""

    path: Path
    mechanism: str
    tables: Mapping[str, Callable[[], str]]
    most_steps: int
    """A longer diagram is no picture any more."""
    _made: dict[tuple[str, str], str] = field(default_factory=dict, compare=False)

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The page without its pieces."""
        return PIECE.sub("", self.text)

    def pieces(self) -> list[tuple[str, str, str]]:
        """Kind, name and text of every piece of the page."""
        return [(m[2], m[3], m[0].removeprefix(m[1]).removesuffix(m[4])) for m in PIECE.finditer(self.text)]

    def names(self) -> list[str]:
        """What to call the pieces in the names of tests."""
        return [f"{kind}: {what}" for kind, what, _ in self.pieces()]

    def made(self, kind: str, what: str) -> str:
        """A piece as the checker finds it."""
        if (kind, what) not in self._made:
            self._made[kind, what] = self._diagram(what) if kind == "diagram" else self.tables[what]()
        return self._made[kind, what]

    def _diagram(self, what: str) -> str:
        """The trace that `what` names as a block that GitHub draws."""
        config, prop, *extreme = what.split()
        system = api.load(self.mechanism, config)
        report = api.check(system, only=[prop])
        trace = report.amounts[prop].extremes[extreme[0]].trace if extreme else trace_of(report.verdicts[prop])
        assert trace is not None, f"{what}: there is no trace"
        assert len(trace) <= self.most_steps, f"{what}: {len(trace)} steps are too many for a picture"
        why = next(iter((api.reason_of(system, trace) or "").splitlines()), "")  # who waits for what is in the steps
        return f"\n```mermaid\n{sequence(system, trace, reason=why)}```\n\n"

    def assert_made_here(self) -> None:
        """Every diagram and every table of the page is a piece, and every table given is on the page."""
        found = self.pieces()
        assert self.text.count("<!-- ") == 2 * len(found)
        assert self.text.count("```mermaid\n") == sum(kind == "diagram" for kind, _, _ in found)
        assert [what for kind, what, _ in found if kind == "table"] == list(self.tables)

    def write(self) -> None:
        """Make every piece anew."""

        def anew(found: re.Match[str]) -> str:
            return found[1] + self.made(found[2], found[3]) + found[4]

        self.path.write_text(PIECE.sub(anew, self.text), encoding="utf-8")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown as a piece of a page."""
    lines = [f"| {' | '.join(cells)} |" for cells in (head, *rows)]
    return "\n" + "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]]) + "\n\n"
