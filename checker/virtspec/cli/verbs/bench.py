"""Measure virtspec beside SPIN, Rumur and TLC: the same models, in one run, with the same counts or exit code 1.

It needs a checkout of virtspec: the models are in tests/corpus/classics, those of the others in tests/bench/peers. In
every round each checker takes its turn; medians are shown, and how many times faster virtspec is. --record keeps them
in tests/bench/history.jsonl. A checker that this machine lacks is named.

With --liveness one temporal property of each model is judged, every process being weakly fair: by virtspec, by SPIN
and by TLC. Where their verdicts differ there are no ratios.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from virtspec.cli import options, progress
from virtspec.cli.output import Output, Part, plural

if TYPE_CHECKING:
    from virtspec.bench.checkers import Checker
    from virtspec.bench.comparing import Comparison, Row
    from virtspec.bench.instances import Instance

PEERS = ("spin", "rumur", "tlc")
BUSY = 0.2
"""So many processors that other programs keep busy are worth a warning."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what to measure")
    what.add_argument(
        "--sizes",
        metavar="SIZE",
        nargs="+",
        default=["small"],
        help="small, medium, large (10^2 to 10^4 states, 10^5 to 10^6, 10^7), or single instances such as "
        "ring:P=2,C=1,K=2 (default: small)",
    )
    what.add_argument(
        "--liveness",
        action="store_true",
        help="that something happens at last, under weak fairness: peterson, mcs and ring, small and medium, no Rumur",
    )
    what.add_argument(
        "--models", metavar="NAME,...", type=_names, default=(), help="these models of a size (default: all)"
    )
    peers = what.add_mutually_exclusive_group()
    peers.add_argument(
        "--peers", metavar="NAME,...", type=_peers, default=PEERS, help="of spin, rumur and tlc (default: all)"
    )
    peers.add_argument("--no-peers", action="store_true", help="measure virtspec alone")
    what.add_argument("--tlc-jar", metavar="PATH", type=Path, help="TLC, as tla2tools.jar; without it TLC is left out")
    what.add_argument(
        "--workers",
        metavar="N,...",
        type=_workers,
        default=(1, 2),
        help="workers of virtspec, Rumur and TLC (default: 1,2)",
    )
    how = parser.add_argument_group("how")
    how.add_argument("--repeat", metavar="N", type=options.positive_int, default=3, help="rounds (default: 3)")
    how.add_argument(
        "--timeout", metavar="SECONDS", type=options.seconds, default=900.0, help="for each program (default: 900)"
    )
    how.add_argument("--root", metavar="DIR", help="the checkout (default: the working directory, or one above it)")
    how.add_argument("--record", action="store_true", help="append the figures to tests/bench/history.jsonl")
    options.output(parser)
    parser.add_argument("--no-progress", action="store_true", help="no progress line on standard error")


def run(args: argparse.Namespace) -> int:
    from virtspec.bench import checkers, history, instances, liveness
    from virtspec.bench.comparing import as_json
    from virtspec.errors import UsageError

    root = instances.root(None, args.root)
    kind = liveness if args.liveness else checkers
    wanted = (liveness if args.liveness else instances).chosen(_single(args.sizes), args.models)
    jar: Path | None = args.tlc_jar
    if jar is not None and not jar.is_file():
        raise UsageError(f"--tlc-jar {jar}: there is no such file")
    jar = None if jar is None else jar.resolve()  # checkers run in folders of their own
    taking_part, missing = kind.available(root, () if args.no_peers else args.peers, args.workers, jar)
    text = args.format == "text"
    with Output(args.output) as out:
        about = history.facts(root, {checker.tool for checker in taking_part}, jar)
        if text:
            out.lines_of(_heading(about, missing, args.repeat, args.liveness))
        with progress.line(progress.wanted(args.no_progress, quiet=False)) as put:
            done, interrupted = _compared(args, wanted, taking_part, put, out if text else None)
        line = {
            "kind": "liveness" if args.liveness else "bench",
            **about,
            "repeat": args.repeat,
            "missing": missing,
            "instances": as_json(done),
        }
        wrong = [problem for comparison in done for problem in comparison.disagreements]
        if text:
            out.lines_of(_conclusion(done, wrong, interrupted))
        else:
            out.json(line)
        if args.record:
            kept = not wrong and not interrupted
            where = history.record(root, line) if kept else "nothing, for the figures are wrong or not complete"
            if text:
                out.line(f"Recorded: {where}")
    return 130 if interrupted else 1 if wrong else 3 if any(c.failures for c in done) else 0


def _compared(
    args: argparse.Namespace,
    wanted: list[Instance],
    taking_part: list[Checker],
    put: Callable[[str], None],
    out: Output | None,
) -> tuple[list[Comparison], bool]:
    """Every instance, shown on `out` as soon as it is measured; and whether Ctrl-C was pressed before the last."""
    from virtspec.bench.comparing import compare
    from virtspec.bench.liveness import CLAIMS

    done: list[Comparison] = []
    try:
        for instance in wanted:
            claim = CLAIMS[instance.model].says if args.liveness else None
            comparison = compare(instance, taking_part, args.repeat, args.timeout, put, claim)
            done.append(comparison)
            if out is not None:
                out.line()
                out.lines_of(shown(comparison))
    except KeyboardInterrupt:
        return done, True
    return done, False


# --- tables ----------------------------------------------------------------------------------------------------------


def _heading(about: dict[str, Any], missing: dict[str, str], repeat: int, liveness: bool) -> list[list[Part]]:
    host, versions = about["host"], about["versions"]
    lines: list[list[Part]] = [
        [f"{host['cpu']}, {plural(host['cores'], 'core')}, {host['memory_gib']} GiB, Python {host['python']}"],
        [", ".join(f"{tool} {version}" for tool, version in versions.items() if version is not None)],
        [f"Medians of {plural(repeat, 'round')}. 2.00x: virtspec with so many workers is twice as fast."],
        ["The ratios behind states/s are of searching alone, those behind seconds of the whole way to a verdict."],
    ]
    if liveness:
        lines.append(
            ["Liveness, every process weakly fair. States are those of the model, whatever is searched for it."]
        )
    return lines + [[(f"{peer} is missing; {why}", "warn")] for peer, why in missing.items()]


def shown(comparison: Comparison) -> list[list[Part]]:
    """The table of one instance."""
    states = comparison.states
    counted = [] if states is None else [f"  {plural(states, 'state')}"]
    claimed = [] if comparison.claim is None else [f"  {comparison.claim}"]
    lines: list[list[Part]] = [[(str(comparison.instance), "head"), *counted, *claimed]]
    if comparison.rows:
        mine = [row.checker for row in comparison.ours]
        judged = [] if comparison.claim is None else ["verdict"]
        head = ["checker", *judged, "states/s", *mine, "seconds to verdict", *mine, "MB", "bytes/state"]
        cells = [_cells(row, comparison) for row in comparison.rows]
        first, *others = _aligned([head, *cells])
        lines.append([(first, "dim")])
        lines += [[text] for text in others]
    if comparison.others >= BUSY:
        busy = (
            f"  Other programs kept {comparison.others:.1f} processors busy meanwhile: these figures are worth little."
        )
        lines.append([(busy, "warn")])
    lines += [[f"  {name}  ", (f"failed: {why}", "bad")] for name, why in comparison.failures.items()]
    return lines + [[(f"  DIFFERENT ANSWERS  {line}", "bad")] for line in comparison.disagreements]


def _cells(row: Row, comparison: Comparison) -> list[str]:
    rate, per_state = row.speed(comparison.states), row.bytes_per_state(comparison.states)
    ours = comparison.ours
    return [
        row.checker,
        *([] if comparison.claim is None else [row.verdict]),
        "-" if rate is None else f"{rate:,.0f}",
        *(_times(comparison.speed_ratio(mine, row)) for mine in ours),
        f"{row.whole:,.2f}",
        *(_times(comparison.whole_ratio(mine, row)) for mine in ours),
        "-" if row.peak is None else f"{row.peak / 1e6:,.0f}",
        "-" if per_state is None else f"{per_state:,.0f}",
    ]


def _times(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}x"


def _aligned(rows: list[list[str]]) -> list[str]:
    """The first column to the left, all others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
        for row in rows
    ]


def _conclusion(done: list[Comparison], wrong: list[str], interrupted: bool) -> list[list[Part]]:
    lines: list[list[Part]] = [[]]
    failed = sum(len(comparison.failures) for comparison in done)
    if wrong:
        lines += [[(line, "bad")] for line in wrong]
        lines.append([("The answers differ: these figures compare nothing.", "bad")])
    elif interrupted:
        lines.append([(f"Interrupted; {plural(len(done), 'instance')} measured.", "warn")])
    elif failed:
        lines.append([(f"{plural(failed, 'search', 'searches')} gave no verdict; all others agree.", "warn")])
    else:
        lines.append([(f"All checkers agree on {plural(len(done), 'instance')}.", "good")])
    return lines


# --- arguments -------------------------------------------------------------------------------------------------------


def _single(sizes: list[str]) -> list[str]:
    """Sizes may be joined by commas; instances have commas of their own."""
    return [part for size in sizes for part in ([size] if ":" in size else size.split(","))]


def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.split(",")))


def _peers(text: str) -> tuple[str, ...]:
    from virtspec.source import did_you_mean

    for name in _names(text):
        if name not in PEERS:
            raise argparse.ArgumentTypeError(f"there is no peer {name!r}; {did_you_mean(name, PEERS)}")
    return _names(text)


def _workers(text: str) -> tuple[int, ...]:
    return tuple(dict.fromkeys(options.positive_int(part) for part in text.split(",")))
