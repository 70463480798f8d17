"""Random walks through a system that is too large to be explored, or before it is."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from virtspec.api.checking import confirm, refuse_endless, refuse_unknown
from virtspec.errors import NothingChecked, UsageError
from virtspec.explore.simulation import DEFAULT_DEPTH, DEFAULT_SECONDS, MOST_DEPTH, Simulation, Walking
from virtspec.ir.system import System

SEEDS = 1 << 64
"""How many seeds there are. One that is drawn is shorter: people type them."""
DRAWN_SEEDS = 1 << 32


def simulate(
    system: System,
    *,
    seed: int | None = None,
    walks: int | None = None,
    depth: int = DEFAULT_DEPTH,
    seconds: float | None = None,
    only: Sequence[str] | None = None,
    fail_fast: bool = False,
    workers: int | None = None,
    progress: Callable[[Walking], None] | None = None,
) -> Simulation:
    """Take random walks of up to `depth` steps from the initial state on, each step as likely as any other possible one.

    As many as `walks`; with `seconds`, no more once so much wall time is over; with neither, for two seconds. `seed` (None:
    a random one, which the result tells) makes them the same again, for any number of `workers` (None: one per CPU).
    `fail_fast` ends a walk at its first violation, and the simulation soon after. `only` names the properties to judge
    by id; None means all, "fault" and "deadlock" among them. Every trace has been replayed by the interpreter.

    What is not found is `Unknown`, never `Holds`. Raises UsageError for an unknown id, a seed or a depth that is none, or a
    system that cannot be packed; NothingChecked for a system in which nothing can happen.

    >>> simulate(load("request_batching"), seed=1, walks=100).verdicts["RB-P1"]                 # doctest: +SKIP
    """
    if not system.actions:
        raise NothingChecked(f"{system.name} has no process and no action: there is nowhere to walk")
    refuse_endless(system)
    refuse_unknown(system, only)
    endless = [p.id for p in system.temporal if only is not None and p.id in only]
    if endless:
        what = f"{', '.join(endless)} {'is' if len(endless) == 1 else 'are'} about behaviours that go on for ever"
        raise UsageError(f"{what}, and a walk ends: use `virtspec check`")
    if seed is not None and not 0 <= seed < SEEDS:
        raise UsageError(f"the seed {seed} is not a whole number of 64 bits")
    if not 0 <= depth <= MOST_DEPTH:
        raise UsageError(
            f"the depth {depth} is not a whole number up to {MOST_DEPTH}: more walks see more than longer ones"
        )
    from virtspec.explore.native.walks import simulate as native  # LLVM and Numba, only where they are needed

    found = native(
        system,
        seed=secrets.randbelow(DRAWN_SEEDS) if seed is None else seed,
        walks=walks,
        depth=depth,
        seconds=DEFAULT_SECONDS if walks is None and seconds is None else seconds,
        only=only,
        fail_fast=fail_fast,
        workers=workers,
        progress=progress,
    )
    confirm(system, found.verdicts, "a walk")
    return found
