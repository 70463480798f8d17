"""What following a log came to, as people read it: the verdict, all about a rejection, and what the verdict rests on.

Plain text that survives an e-mail: no line is wider than the terminal, but those of the log with `verbose`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from virtspec.cli.candidates import common, differing, standing
from virtspec.cli.output import Cell, Output, Part, Style, paragraph, plural, table, width
from virtspec.conform.verdict import Conformance, Followed, Rejection, Violation
from virtspec.conform.verdict_json import NOTHING, Outcome

STYLES: Mapping[str, Style] = {"explained": "good", "rejected": "bad", "violated": "bad", "undetermined": "warn"}

FEW = 8
"""Up to so many events that were possible, fields that differ, processes; all with --verbose."""
MANY = 12
"""The same, of instances and of names of events."""

LONG = 1000
"""Events from which on it says how fast they were followed, and what memory that took."""

PROBED = re.compile(r"\([\w.]+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[\w+\])?\) ")
"""Where a probe is, which the kernel writes before the fields."""


def print_outcome(out: Output, outcome: Outcome, says: Mapping[str, str], verbose: bool, quiet: bool) -> None:
    """Everything; with `quiet` what is not as it should be, one line each."""
    found = outcome.found
    assert found is not None
    verdict, style = _verdict(outcome)
    if quiet:
        if outcome.exit_code:
            out.line((f"{outcome.log}: {verdict}", style))
        return
    out.lines_of(paragraph(f"{outcome.log}: {verdict}", style, indent=0))
    out.lines_of(_violations(found, says))
    if found.mistake is not None:
        out.lines_of(_mistake(found.mistake))
    if found.rejection is not None:
        out.line()
        out.lines_of(_rejection(outcome, found.rejection, verbose))
    out.line()
    out.lines_of(_figures(found, verbose))


def _verdict(outcome: Outcome) -> tuple[str, Style]:
    """The verdict in one line."""
    found, word = outcome.found, outcome.word
    assert found is not None
    if word is None or word == NOTHING:
        return "nothing was checked: no event says anything of the model", "warn"
    if found.rejection is not None:
        return f"rejected at line {found.rejection.line}: {found.rejection.why}", STYLES[word]
    if word == "undetermined":
        return f"undetermined: {found.reason}; --{found.limit} allows more", STYLES[word]
    if word == "violated":
        first = _lines_of([v for v in found.violations if not v.expected])
        return "violated: " + ", ".join(f"{prop} at {lines}" for prop, lines in first.items()), STYLES[word]
    known = ", ".join(dict.fromkeys(v.property for v in found.violations))
    return f"explained, with a known violation of {known}" if known else "explained", STYLES[word]


def _violations(found: Conformance, says: Mapping[str, str]) -> Iterator[list[Part]]:
    """A line for each property, those first that the configuration is not known to violate."""
    for expected in (False, True):
        known = f"configuration {found.config} is {'' if expected else 'not '}known to"
        for prop, lines in _lines_of([v for v in found.violations if v.expected is expected]).items():
            claim = says.get(prop, "").rstrip(".")
            yield from paragraph(f"{prop} is violated at {lines}: {claim} ({known})", "warn" if expected else "bad")


def _mistake(other: Conformance) -> list[list[Part]]:
    """A log that says with which mistake it was made is compared with the model of that, too."""
    where = "" if other.rejection is None else f" at line {other.rejection.line}"
    text = (
        f"It was made with a mistake, as it says. By the model of that, {other.config}, it is {other.verdict}{where}."
    )
    return paragraph(text, STYLES[other.verdict])


def _lines_of(violations: Sequence[Violation]) -> dict[str, str]:
    """By property the line where each instance begins to violate it."""
    found: dict[str, list[int]] = {}
    for v in violations:
        found.setdefault(v.property, []).append(v.line)
    return {prop: ("line " if len(lines) == 1 else "lines ") + _list(sorted(lines)) for prop, lines in found.items()}


def _list(numbers: Sequence[int]) -> str:
    """`1`, `1 and 2`, `1, 2, 3 and 4 more`."""
    *most, last = (
        [str(n) for n in numbers[:4]] if len(numbers) <= 4 else [*map(str, numbers[:3]), f"{len(numbers) - 3:,} more"]
    )
    return f"{', '.join(most)} and {last}" if most else last


# --- what it rests on -------------------------------------------------------------------------------------------------


def _figures(found: Conformance, verbose: bool) -> Iterator[list[Part]]:
    """How much was compared, and how long it took."""
    yield [f"  {found.mechanism}, configuration {found.config}, engine {found.engine}"]
    ignored, unknown = sum(found.ignored.values()), sum(found.unknown.values())
    parts = [f"{found.matched:,} of {plural(found.events, 'event')} compared"]
    parts += [f"{ignored:,} ignored by the table"] if ignored else []
    parts += [f"{found.foreign:,} of something else"] if found.foreign else []
    parts += [f"{unknown:,} unknown to the table"] if unknown else []
    yield from paragraph(", ".join(parts))
    unasked = sum(p.unasked for p in found.parts)
    if unasked:
        asked = sum(p.conditions for p in found.parts) - unasked
        yield from paragraph(f"{asked:,} conditions asked; {unasked:,} not, as the log lacks what they look at")
    if found.lost:
        yield from paragraph(f"events are missing at {plural(found.lost, 'place')}, as the log itself says", "warn")
    if found.unknown:
        yield from paragraph(f"unknown: {_counts(found.unknown, verbose)}", "warn")
    if found.ignored:
        yield from paragraph(f"ignored: {_counts(found.ignored, verbose)}", "dim")
    if found.parts:
        yield []
        yield from _instances(found.parts, verbose)
        yield []
    yield [(f"  {_times(found)}", "dim")]
    if found.events >= LONG:
        yield [(f"  {_memory(found)}", "dim")]


def _counts(of: Mapping[str, int], verbose: bool) -> str:
    shown = sorted(of, key=lambda name: -of[name])[: len(of) if verbose else MANY]
    more = f" and {len(of) - len(shown):,} names more" if len(shown) < len(of) else ""
    return ", ".join(f"{name} {of[name]:,}" for name in shown) + more


def _instances(parts: Sequence[Followed], verbose: bool) -> Iterator[list[Part]]:
    """One line each; of many those of which the log says most."""
    shown = parts if verbose else sorted(sorted(parts, key=lambda p: -p.rows)[:MANY], key=parts.index)
    rows: list[list[Cell]] = [["instance", "rows", "most states", "states in all", "bits of one", "what the log told"]]
    for part in shown:
        told = ", ".join(f"{name}={value}" for name, value in part.params.items())
        rows.append([str(part.instance), part.rows, part.largest, part.seen, part.bits or "-", told or "-"])
    yield from table(rows)
    if len(shown) < len(parts):
        yield [f"  and {len(parts) - len(shown):,} more with fewer rows (-v shows them)"]


def _times(found: Conformance) -> str:
    """Where the time went. Compilation is not part of the rate: it does not grow with the log."""
    followed = sum(p.seconds for p in found.parts)
    compiled = sum(p.compile_seconds for p in found.parts)
    seconds = found.read_seconds + followed
    rate = f", {found.events / seconds:,.0f} events/s" if found.events >= LONG and seconds > 0 else ""
    made = f"; compiled in {compiled:.2f} s" if compiled else ""
    return f"read in {found.read_seconds:.2f} s, followed in {followed:.2f} s{rate}{made}"


def _memory(found: Conformance) -> str:
    """What grows with the log, and all there is."""
    whole = f"; {found.peak / (1 << 20):,.0f} MiB in all at most" if found.peak else ""
    return f"{found.bytes / found.events:.1f} bytes per event are kept{whole}"


# --- a rejection ------------------------------------------------------------------------------------------------------


def _rejection(outcome: Outcome, rejection: Rejection, verbose: bool) -> Iterator[list[Part]]:
    of = "" if rejection.instance is None else f", instance {rejection.instance}"
    yield [(f"  Line {rejection.line}{of}", "head")]
    yield from _raw([rejection.line], outcome.lines, verbose)
    for detail in rejection.details:
        yield from paragraph(detail, indent=4)
    if rejection.explained:
        yield [("  Explained before it", "head")]
        yield from _raw(rejection.explained, outcome.lines, verbose)
    if rejection.possible:
        yield [("  Possible instead", "head")]
        yield from _some(rejection.possible, verbose)
    if rejection.states and outcome.system is not None:
        yield from _states(outcome, rejection, verbose)


def _raw(numbers: Sequence[int], lines: Mapping[int, str], verbose: bool) -> Iterator[list[Part]]:
    """Lines of the log with their numbers; unless `verbose`, in short."""
    if not lines:
        text = ", ".join(map(str, numbers))
        yield [f"    {'line' if len(numbers) == 1 else 'lines'} {text} of standard input, which cannot be read again"]
        return
    columns = len(str(max(numbers)))
    for number in numbers:
        head, text = f"    {number:{columns}}  ", lines.get(number, "")
        yield [head, (text if verbose else _shortened(text, max(width() - len(head), 24)), "info")]


def _shortened(line: str, room: int) -> str:
    """A line without needless blanks and without the place of the probe, cut off if that is still too long."""
    line = PROBED.sub("", " ".join(line.split()), count=1)
    return line if len(line) <= room else line[: room - 3] + "..."


def _states(outcome: Outcome, rejection: Rejection, verbose: bool) -> Iterator[list[Part]]:
    """In which states the model may have been: where everybody stands, in what they differ, what they share."""
    system, states = outcome.system, rejection.states
    assert system is not None
    of = f", of which {len(states):,} are looked at" if len(states) < rejection.candidates else ""
    yield [(f"  The model may have been in {plural(rejection.candidates, 'state')}{of}", "head")]
    yield from _some([str(seen) for seen in standing(system, states)] or ["nobody is inside a process"], verbose)
    differ = [str(seen) for seen in differing(system, states)]
    if differ:
        yield [("  They differ in", "head")]
        yield from _some(differ, verbose)
    same = [str(seen) for seen in common(system, states)]
    if verbose and same:
        yield [("  The same in all of them" if len(states) > 1 else "  There", "head")]
        yield from _some(same, verbose)


def _some(texts: Sequence[str], verbose: bool) -> Iterator[list[Part]]:
    """Each on a line of its own; the first few unless `verbose`."""
    shown = texts if verbose or len(texts) <= FEW + 1 else texts[:FEW]
    for text in shown:
        yield from paragraph(text, indent=4)
    if len(shown) < len(texts):
        yield [f"    and {len(texts) - len(shown):,} more (-v shows them)"]
