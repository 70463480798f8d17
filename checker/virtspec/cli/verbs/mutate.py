"""Take away one condition of a specification after the other: does any property notice?

Each `require`, or each part of it, is deleted; each condition of an `if` or a `while` is made always true, then always
false. A mutant in which nothing is violated that holds in the specification survives: either the condition is not needed,
or what it is there for is not checked. With several configurations one that notices is enough.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, assert_never

from virtspec.cli import options, progress
from virtspec.cli.output import Cell, Output, plural, table

if TYPE_CHECKING:
    from virtspec.api import Effect, Mutant, Mutants

SHOWN = 3
"""In how many configurations the effect of an edit is told without -v."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.target(parser, config=False)
    configs = "a named configuration of a shipped mechanism; may be repeated"
    parser.add_argument("--config", metavar="NAME", action="append", default=[], help=configs)
    score = "exit with 1 if a smaller part of the mutants is noticed (0 to 1); without it, if one survives"
    parser.add_argument("--min-score", metavar="X", type=_part, help=score)
    parser.add_argument(
        "--jobs", metavar="N", type=options.positive_int, help="worker processes (default: one per CPU)"
    )
    limits = parser.add_argument_group("limits", "for each search; what a limit leaves open is undetermined")
    states = "states of a mutant (default: 20 times those of the original, 100,000 at the least)"
    limits.add_argument("--max-states", metavar="N", type=options.positive_int, help=states)
    limits.add_argument("--timeout", metavar="SECONDS", type=options.seconds, help="wall time (default: none)")
    options.output(parser)
    parser.add_argument("-v", "--verbose", action="store_true", help="show the mutants that are noticed, and by what")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what is not as it should be")
    parser.add_argument("--no-progress", action="store_true", help="no progress line on standard error")


def run(args: argparse.Namespace) -> int:
    from virtspec import api

    with Output(args.output) as out:
        with progress.line(progress.wanted(args.no_progress, args.quiet)) as put:

            def tell(done: int, total: int) -> None:
                put(f"{done} of {plural(total, 'mutant')} judged")

            put("judging the original")
            found = api.mutate(
                args.target,
                args.config,
                options.params(args.param),
                args.model,
                max_states=args.max_states,
                seconds=args.timeout,
                jobs=args.jobs,
                progress=tell,
            )
        code = found.exit_code(args.min_score)
        if args.format == "json":
            out.json(_as_json(found, args, code))
        else:
            _print(out, found, code, args.verbose, args.quiet)
    return code


def _print(out: Output, found: Mutants, code: int, verbose: bool, quiet: bool) -> None:
    from virtspec.api import INTERRUPTED, Equivalent, Noticed, Survives, Undetermined

    for mutant in [*found.such(Undetermined), *found.such(Survives)]:
        if mutant.outcome != Undetermined(INTERRUPTED) and not (quiet and mutant.expected):
            _print_open(out, mutant, verbose)
    for mutant in found.such(Noticed):
        if mutant.expected:
            out.line((mutant.key, "bad"), f": {_told(mutant)}, but is expected to survive: {mutant.expected}")
    if quiet:
        return
    shown = [*(found.such(Noticed) if verbose else ()), *found.such(Equivalent)]
    if shown:
        out.lines_of(table([_row(mutant) for mutant in shown]))
        out.line()
    out.line((_summary(found), "warn" if code else "good"))


def _print_open(out: Output, mutant: Mutant, verbose: bool) -> None:
    """A mutant that nobody has noticed, with its line."""
    from virtspec.api import Survives
    from virtspec.source import excerpt

    m = mutant.mutation
    out.line((f"{m.span}", "dim"), ": ", (_told(mutant), "warn" if mutant.expected else "bad"), f": {m.edit}")
    for line in excerpt(m.span):
        out.line(line)
    effects = mutant.outcome.effects if isinstance(mutant.outcome, Survives) else ()
    shown = effects if verbose else effects[:SHOWN]
    for effect in shown:
        out.line(f"   = {_effect(effect)}")
    if len(shown) < len(effects):
        out.line(f"   = other figures in {plural(len(effects) - len(shown), 'more configuration')} (-v shows them)")
    if mutant.expected:
        out.line(f"   = expected: {mutant.expected}")
    out.line()


def _told(mutant: Mutant) -> str:
    from virtspec.api import Equivalent, Noticed, Survives, Undetermined

    match mutant.outcome:
        case Noticed(config, prop, verdict):
            word, _, steps = verdict.partition(" ")
            where = "" if config is None else f" ({config})"
            return f"{prop} {word}" + (f" in {plural(int(steps), 'step')}" if steps else "") + where
        case Survives():
            return "survives"
        case Equivalent():
            return "equivalent: every state has the same steps"
        case Undetermined(reason):
            return f"undetermined, {reason}"
        case _:
            assert_never(mutant.outcome)


def _effect(effect: Effect) -> str:
    where = "" if effect.config is None else f"{effect.config}: "
    if effect.states[0] == effect.states[1] and effect.transitions[0] == effect.transitions[1]:
        return f"{where}other steps, {effect.states[0]:,} states and {effect.transitions[0]:,} transitions as before"
    return f"{where}states {_change(*effect.states)}, transitions {_change(*effect.transitions)}"


def _change(before: int, after: int) -> str:
    return f"{after:,} as before" if before == after else f"{before:,} -> {after:,}"


def _row(mutant: Mutant) -> list[Cell]:
    m = mutant.mutation
    return [(str(m.span), "dim"), m.edit, _told(mutant), m.text]


def _summary(found: Mutants) -> str:
    from virtspec.api import Equivalent, Noticed, Survives, Undetermined

    parts = [f"{len(found.such(Noticed))} noticed"]
    survivors = found.such(Survives)
    expected = sum(1 for m in survivors if m.expected)
    as_expected = f", {expected} of them as expected" if expected else ""
    parts.append(f"{len(survivors)} {'survives' if len(survivors) == 1 else 'survive'}{as_expected}")
    parts += [f"{len(found.such(Equivalent))} equivalent"] if found.such(Equivalent) else []
    parts += [f"{len(found.such(Undetermined))} undetermined"] if found.such(Undetermined) else []
    return f"{plural(len(found.mutants), 'mutant')}: {', '.join(parts)}; score {found.score():.2f}"


# --- JSON ------------------------------------------------------------------------------------------------------------


def _as_json(found: Mutants, args: argparse.Namespace, code: int) -> dict[str, Any]:
    from virtspec.api import Equivalent, Noticed, Survives, Undetermined

    return {
        "schema": "virtspec/mutants/v1",
        "specification": args.target,
        "configurations": args.config,
        "parameters": options.params(args.param),
        "exit_code": code,
        "interrupted": found.interrupted,
        "figures": {
            "mutants": len(found.mutants),
            "noticed": len(found.such(Noticed)),
            "survive": len(found.such(Survives)),
            "equivalent": len(found.such(Equivalent)),
            "undetermined": len(found.such(Undetermined)),
            "unexpected": len(found.unexpected),
            "score": round(found.score(), 4),
        },
        "mutants": [_mutant_json(m) for m in found.mutants],
    }


def _mutant_json(mutant: Mutant) -> dict[str, Any]:
    from virtspec.api import Equivalent, Noticed, Survives, Undetermined
    from virtspec.explore.report_json import place_json

    m = mutant.mutation
    common = {"key": mutant.key, "place": place_json(m.span), "text": m.text, "edit": m.edit}
    common["expected"] = mutant.expected or None
    match mutant.outcome:
        case Noticed(config, prop, verdict):
            return common | {"outcome": "noticed", "configuration": config, "property": prop, "verdict": verdict}
        case Survives(effects):
            return common | {"outcome": "survives", "effects": [_effect_json(e) for e in effects]}
        case Equivalent():
            return common | {"outcome": "equivalent"}
        case Undetermined(reason):
            return common | {"outcome": "undetermined", "reason": reason}
        case _:
            assert_never(mutant.outcome)


def _effect_json(effect: Effect) -> dict[str, Any]:
    names = ("before", "after")
    return {
        "configuration": effect.config,
        "states": dict(zip(names, effect.states, strict=True)),
        "transitions": dict(zip(names, effect.transitions, strict=True)),
    }


def _part(text: str) -> float:
    """For argparse: a number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value
