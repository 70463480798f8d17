"""The command line of a reference: plays one schedule of one version, and writes its log."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from virtspec_models.playing.paths import KernelBug, Line
from virtspec_models.playing.play import (
    BadSchedule,
    Deadlock,
    Play,
    Tasks,
    again,
    at_random,
    read,
    writer,
)
from virtspec_models.playing.threads import Threads


@dataclass(frozen=True)
class Model:
    """A configuration as `virtspec show` lists them, and what is set besides (`-p`)."""

    config: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """One version of a reference. A wrong one claims to be what another model says; `model` makes its mistake, too."""

    summary: str
    tasks: Callable[[], Tasks]
    claims: Model
    model: Model


@dataclass(frozen=True)
class Reference:
    """The reference implementation of a mechanism in all its versions, the one it plays by itself first."""

    mechanism: str
    versions: Mapping[str, Version]

    def header(self, version: str, faulty: bool = False) -> Line:
        """The first line of a log: which model it is to be compared with."""
        model = self.versions[version].model if faulty else self.versions[version].claims
        params = dict(model.params)
        about: Line = {"virtspec": 1, "mechanism": self.mechanism, "source": "reference", "config": model.config}
        mistake = self.versions[version].model.config
        return {**about, **({"mistake": mistake} if mistake != model.config else {}), "params": params}


def main(reference: Reference, arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 for a play that came to its end, 1 for one that a bug or a deadlock has ended.

    Bad arguments, and a schedule that cannot be played, end the program with 2.
    """
    parser = parser_of(reference)
    given = parser.parse_args(arguments)
    try:
        schedule = None if given.schedule is None else given.schedule.read_text(encoding="utf-8", errors="replace")
        with opened(given.log) as file:
            write = writer(file)
            write(reference.header(given.version, given.faulty))
            play = Play(reference.versions[given.version].tasks(), write)
            if schedule is not None:
                again(play, read(schedule.splitlines()))
            elif given.threads:
                Threads(play, given.seed).run()
            else:
                at_random(play, given.seed)
    except (KernelBug, Deadlock) as end:
        kind = "kernel bug" if isinstance(end, KernelBug) else "deadlock"
        print(f"{parser.prog}: {kind}: {end}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever reads the log has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        parser.error(str(error))
    except BadSchedule as error:
        parser.error(f"{given.schedule}: {error}")
    return 0


def parser_of(reference: Reference) -> argparse.ArgumentParser:
    versions = reference.versions
    default = next(iter(versions))
    listed = "\n".join(f"  {name:<8} {version.summary}" for name, version in versions.items())
    about = textwrap.fill(
        "Play one schedule of the reference implementation to its end and write its log (JSON Lines, one line for each "
        f"step of the model): `virtspec conform {reference.mechanism} LOG` compares the two.",
        width=78,
    )
    codes = "exit codes: 0 the play came to its end, 1 a kernel bug or a deadlock has ended it, 2 bad arguments"
    parser = argparse.ArgumentParser(
        prog=f"python -m virtspec_models.{reference.mechanism}.reference",
        description=about,
        epilog=f"versions:\n{listed}\n\n{textwrap.fill(codes, width=78)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )

    def version(text: str) -> str:
        return next((name for name in versions if name.lower() == text.lower()), text)

    parser.add_argument("--version", metavar="V", type=version, choices=versions, default=default, help="see below")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--threads", action="store_true", help="real threads: the operating system says who comes next")
    how.add_argument("--schedule", metavar="FILE", type=Path, help="play the schedule of this log again")
    parser.add_argument("--seed", metavar="N", default="0", help="for what is drawn at random (default: 0)")
    parser.add_argument("--log", metavar="FILE", type=Path, help="write the log there (default: standard output)")
    parser.add_argument(
        "--faulty",
        action="store_true",
        help="name the model that makes the version's mistake in the log, not the one it claims to follow",
    )
    return parser


@contextlib.contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """The file to write to, or standard output."""
    if path is None:
        yield sys.stdout
    else:
        with path.open("w", encoding="utf-8") as file:
            yield file
