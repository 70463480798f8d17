"""Trace a stock Debian kernel under emulation, and compare what it does with its specification.

    virtspec lab doctor           what this machine has and what it lacks
    virtspec lab setup            fetch and build everything now; `run` does it if need be
    virtspec lab run KIND         boot, trace, fetch the trace, compare it
    virtspec lab probes KIND      the probes alone, as tracefs takes them, to trace a machine of your own

It needs Debian on x86-64, and QEMU, which need not be installed: packages are fetched with apt-get and unpacked into a
cache folder, nothing is installed, and nothing has to be done as root. Emulation is by software, so it works inside of
virtual machines and containers, too.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from virtspec.cli import options, progress
from virtspec.cli.output import Output, Part, plural

if TYPE_CHECKING:
    from virtspec.lab.kinds import Kind, Value
    from virtspec.lab.store import Store

GIGABYTE = 1 << 30
ROOM = 1.5
"""Gigabytes that the folder may need while it is filled; 0.5 stay."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from virtspec.lab.kinds import KINDS

    verbs = parser.add_subparsers(title="what to do", metavar="ACTION", dest="action", required=True)
    doctor = verbs.add_parser("doctor", help="what this machine has and what it lacks", allow_abbrev=False)
    _leaf(doctor)
    setup = verbs.add_parser("setup", help="fetch and build what is needed, for all kinds or some", allow_abbrev=False)
    setup.add_argument("kinds", metavar="KIND", nargs="*", help=f"of {', '.join(KINDS)} (default: all)")
    setup.add_argument("--check", action="store_true", help="the same as doctor: change nothing")
    _progress(setup)
    _leaf(setup)
    run_ = verbs.add_parser("run", help="trace one mechanism", allow_abbrev=False)
    kinds = run_.add_subparsers(title="kinds", metavar="KIND", dest="kind", required=True)
    for kind in KINDS.values():
        _kind(kinds.add_parser(kind.name, help=kind.about, description=kind.about, allow_abbrev=False), kind)
    probes = verbs.add_parser("probes", help="print the probes of one kind", allow_abbrev=False)
    probes.add_argument("kind", metavar="KIND", choices=KINDS, help=f"one of {', '.join(KINDS)}")
    probes.add_argument(
        "--running", action="store_true", help="for the kernel this machine runs, as root; default: that of the folder"
    )
    probes.add_argument("--vmlinux", metavar="FILE", type=Path, help="with --running: its unpacked image")
    _progress(probes)
    _leaf(probes)


def _kind(parser: argparse.ArgumentParser, kind: Kind) -> None:
    workload = parser.add_argument_group("workload")
    for parameter in kind.parameters:
        span = "|".join(parameter.words) or f"{parameter.least} to {parameter.most}"
        default = "left to the kernel or the device" if parameter.default is None else parameter.default
        workload.add_argument(
            f"--{parameter.option}",
            dest=parameter.key,
            metavar="|".join(parameter.words) or "N",
            help=f"{parameter.about} ({'' if parameter.words else span + '; '}default: {default})",
        )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help=f"where the trace goes, packed by gzip (default: {kind.name}-N.txt.gz)"
    )
    if kind.mechanism:
        parser.add_argument("--no-conform", action="store_true", help="do not compare it with the specification")
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=options.seconds, default=300.0, help="for one boot (default: 300)"
    )
    _progress(parser)
    _leaf(parser)


def _leaf(parser: argparse.ArgumentParser) -> None:
    """What every action takes; and a mistyped option is answered here, where the others of the action are known."""
    parser.add_argument("--dir", metavar="DIR", help="the cache folder (default: virtspec/lab in the user's cache)")
    options.common(parser)
    parse = parser.parse_known_args

    def parse_all(args: Any = None, namespace: Any = None) -> Any:
        found, unknown = parse(args, namespace)
        if unknown:
            from virtspec.source import did_you_mean

            hint = did_you_mean(unknown[0], [o for a in parser._actions for o in a.option_strings])
            parser.error(f"there is no option or argument {unknown[0]!r}" + (f"; {hint}" if hint else ""))
        return found, unknown

    parser.parse_known_args = parse_all  # type: ignore[method-assign]


def _progress(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-progress", action="store_true", help="do not say on standard error what is going on")


def run(args: argparse.Namespace) -> int:
    if args.action == "doctor" or (args.action == "setup" and args.check):
        return _doctor(args)
    if args.action == "setup":
        return _setup(args)
    return _probes(args) if args.action == "probes" else _run(args)


# --- doctor and setup ------------------------------------------------------------------------------------------------


def _doctor(args: argparse.Namespace) -> int:
    from virtspec.errors import UsageError
    from virtspec.lab import tools

    store = _store(args, lambda text: None)
    with Output() as out:
        out.line(("On this machine", "head"))
        for tool in tools.TOOLS:
            there = tool not in tools.missing([tool])
            state: Part = ("there", "good") if there else (f"missing: package {tool.package}", "bad")
            out.line(f"  {tool.program:10} ", state, (f"  {tool.purpose}", "dim"))
        out.line((f"In {store.folder}", "head"))
        for name, what, there in _products(store):
            out.line(f"  {name:10} ", ("there", "good") if there else ("not yet", "warn"), (f"  {what}", "dim"))
        free = _free(store.folder)
        if free < ROOM and not store.release:
            out.line((f"There are {free:.1f} GB left; filling the folder may take {ROOM} GB for a while.", "warn"))
        lacking = tools.missing()
        try:
            tools.require_architecture()
            tools.require(lacking)
        except UsageError as error:
            out.line((f"Not ready: {error}", "bad"))
            return error.exit_code
        out.line(("Nothing is missing that setup would not fetch or build.", "good"))
    return 0


def _products(store: Store) -> Iterator[tuple[str, str, bool]]:
    from virtspec.lab import tools

    emulator = store.emulator()
    where = "not installed: is fetched" if emulator is None else str(emulator.program)
    yield "QEMU", f"package {tools.QEMU_PACKAGE}; {where}", emulator is not None
    yield "busybox", "package busybox-static, for the guest", store.busybox.is_file()
    yield "kernel", f"package linux-image-{store.release or 'amd64'}", store.release is not None
    yield "vmlinux", "its unpacked image, for disassembly and types", store.vmlinux.is_file()
    yield "kallsyms", "its symbols, from a first boot", store.kallsyms.is_file()
    yield "mtty.ko", "the kernel's sample mdev driver, for mdev alone; 150 MB to fetch", store.mtty.is_file()


def _free(folder: Path) -> float:
    """Gigabytes left where the folder is, or would be."""
    import shutil

    there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    return shutil.disk_usage(there).free / GIGABYTE


def _setup(args: argparse.Namespace) -> int:
    from virtspec.errors import UsageError
    from virtspec.lab.kinds import KINDS
    from virtspec.source import did_you_mean

    for name in args.kinds:
        if name not in KINDS:
            raise UsageError(f"there is no kind {name!r}; {did_you_mean(name, KINDS)}")
    start = time.monotonic()
    with _telling(args) as say:
        store = _store(args, say)
        with store.locked():
            store.prepare([KINDS[name] for name in args.kinds or KINDS])
    print(f"Ready after {time.monotonic() - start:.0f} s: kernel {store.release} ({store.version}) in {store.folder}")
    return 0


# --- run and probes --------------------------------------------------------------------------------------------------


def _run(args: argparse.Namespace) -> int:
    import gzip

    from virtspec.lab.kinds import KINDS, first_line
    from virtspec.lab.tracing import trace

    kind = KINDS[args.kind]
    values = kind.values(_given(args, kind))
    target = _target(args.output, kind.name)
    with _telling(args) as say:
        store = _store(args, say)
        with store.locked():
            store.prepare([kind])
            done = trace(kind, values, store, args.timeout, say)
    target.write_bytes(gzip.compress(done.text.encode(), mtime=0))
    once_more = "" if done.attempts == 1 else f", after {plural(done.attempts - 1, 'failed attempt')}"
    with Output() as out:
        out.line(
            (f"{target}", "head"), f": {plural(done.events, 'event')}, none lost, in {done.seconds:.0f} s{once_more}"
        )
        out.line((first_line(values), "dim"))
    if kind.mechanism is None or args.no_conform:
        return 0
    return conform_trace(kind.mechanism, target, args.no_progress)


def conform_trace(mechanism: str, path: Path, no_progress: bool = False) -> int:
    """Compare a trace with the specification of a mechanism, as `virtspec conform` does; the exit code."""
    from virtspec.cli import main

    print(flush=True)
    return main(["conform", mechanism, *(["--no-progress"] if no_progress else []), "--", str(path)])


def _given(args: argparse.Namespace, kind: Kind) -> dict[str, Value]:
    """The values of the options that are there. Raises UsageError."""
    texts = {parameter: getattr(args, parameter.key) for parameter in kind.parameters}
    return {parameter.key: parameter.read(text) for parameter, text in texts.items() if text is not None}


def _target(output: str | None, kind: str) -> Path:
    """Where the trace goes: without --output the first name that is free. Raises UsageError."""
    from virtspec.errors import UsageError

    if output is None:
        return next(path for n in range(1, sys.maxsize) if not (path := Path(f"{kind}-{n}.txt.gz")).exists())
    path = Path(output)
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(f"--output {output}: there is no folder for such a file")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"--output {output} cannot be written: permission denied")
    return path


def _probes(args: argparse.Namespace) -> int:
    import tempfile

    from virtspec.errors import UsageError
    from virtspec.lab import tools
    from virtspec.lab.kernel import running
    from virtspec.lab.kinds import KINDS
    from virtspec.lab.probes import definitions, specification

    if args.vmlinux is not None and not args.running:
        raise UsageError("--vmlinux goes with --running")
    left_out: dict[str, list[str]] = {}

    def leave_out(probe: str, why: str) -> None:
        left_out.setdefault(why, []).append(probe)

    with tempfile.TemporaryDirectory(prefix="virtspec-lab-") as scratch, _telling(args) as say:
        if args.running:
            tools.require([tools.OBJDUMP])
            say("reading the running kernel")
            kernel = running(args.vmlinux, Path(scratch))
        else:
            store = _store(args, say)
            with store.locked():
                store.prepare([KINDS[args.kind]])
            kernel = store.kernel()
        found = definitions(specification(args.kind), kernel, leave_out if args.running else None)
    with Output() as out:
        for line, remark in found:
            out.line(line, (f"   # {remark}" if remark else "", "dim"))
    for why, names in left_out.items():
        print(f"virtspec: left out {', '.join(names)}: {why}", file=sys.stderr)
    return 0 if found else 5


# --- what is shared --------------------------------------------------------------------------------------------------


def _store(args: argparse.Namespace, say: Callable[[str], None]) -> Store:
    from virtspec.lab.store import Store, default_folder

    return Store(Path(args.dir).absolute() if args.dir else default_folder(), say)


@contextmanager
def _telling(args: argparse.Namespace) -> Iterator[Callable[[str], None]]:
    """A function to be told, again and again, what is being done: one line that changes, or plain lines elsewhere.

    Meanwhile a request to end (SIGTERM, as `timeout` sends it) is taken as Ctrl-C is: no emulator is left behind."""
    doing, since = "", time.monotonic()
    live = progress.wanted(args.no_progress, quiet=False)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with progress.line(live) as put:

            def say(text: str) -> None:
                nonlocal doing, since
                if text != doing:
                    doing, since = text, time.monotonic()
                    if not live and not args.no_progress:
                        print(text, file=sys.stderr, flush=True)
                put(f"{text}, {time.monotonic() - since:.0f} s")

            yield say
    finally:
        signal.signal(signal.SIGTERM, before)
