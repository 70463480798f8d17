"""What is going on, on one line of standard error that goes away when it is over. Only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from virtspec.cli.output import wants_colour

if TYPE_CHECKING:
    from virtspec.explore.report import Progress


def wanted(no_progress: bool, quiet: bool) -> bool:
    """Whether to show progress at all."""
    return not no_progress and not quiet and sys.stderr.isatty()


@contextmanager
def line(show: bool) -> Iterator[Callable[[str], None]]:
    """A function that replaces the text of the line; one that does nothing unless `show`."""
    if not show:
        yield lambda text: None
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True, no_color=not wants_colour(sys.stderr))
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def put(text: str) -> None:
            live.update(Text(text, style="bright_black", no_wrap=True, overflow="ellipsis"), refresh=True)

        yield put


@contextmanager
def search(show: bool, name: str) -> Iterator[Callable[[Progress], None] | None]:
    """A callback for a search, or None where nobody looks: then the search need not stop to tell."""
    if not show:
        yield None
        return
    with line(show) as put:

        def tell(now: Progress) -> None:
            rate = now.states / now.seconds if now.seconds else 0
            clock = f"{int(now.seconds) // 60}:{int(now.seconds) % 60:02}"
            memory = f", {now.memory / (1 << 20):,.0f} MiB" if now.memory else ""
            left = "" if now.levels_left is None else f", about {now.levels_left:,} more levels"
            put(
                f"{name}: {now.states:,} states, {rate:,.0f}/s, depth {now.depth}, "
                f"{max(now.queue, 0):,} waiting{memory}, {clock}{left}"
            )

        put(f"{name}: loading")
        yield tell
