"""Options that several verbs share, and how their values are read. Imports no engine."""

from __future__ import annotations

import argparse

from virtspec.errors import UsageError

TARGET = "a shipped mechanism (`virtspec list`) or a Python file"


def target(parser: argparse.ArgumentParser, *, config: bool = True) -> None:
    """The specification, and how to configure it."""
    parser.add_argument("target", metavar="NAME|PATH.py", help=TARGET)
    group = parser.add_argument_group("configuration")
    group.add_argument(
        "-p",
        "--param",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="set a constant or the size of a Scalarset; may be repeated (`virtspec show` lists them)",
    )
    if config:
        group.add_argument("--config", metavar="NAME", help="a named configuration of a shipped mechanism")
    group.add_argument("--model", metavar="CLASS", help="which model, if the file holds several")


def engine(parser: argparse.ArgumentParser) -> None:
    """What searches, and with how much of the machine."""
    group = parser.add_argument_group("engine")
    group.add_argument(
        "--engine",
        choices=("native", "oracle"),
        default="native",
        help="native: machine code (default); oracle: the interpreter, slow, the reference",
    )
    group.add_argument(
        "--reduce",
        metavar="LIST",
        type=names,
        help="what to search less by: slice, dead, symmetry (default: all of them; the oracle knows none)",
    )
    group.add_argument("--no-reduce", action="store_const", dest="reduce", const=(), help="search every single state")
    group.add_argument(
        "--factors", action="store_true", help="search again without each reduction, to say what it was worth"
    )
    workers = "threads of the native engine (default: one per CPU); every figure and verdict is the same for any number"
    group.add_argument("--workers", metavar="N", type=positive_int, help=workers)


def output(parser: argparse.ArgumentParser, formats: tuple[str, ...] = ("text", "json")) -> None:
    """What is printed and where."""
    group = parser.add_argument_group("output")
    group.add_argument("--format", choices=formats, default="text", help="default: text")
    group.add_argument("-o", "--output", metavar="FILE", help="write to a file instead of standard output")


def verbosity(parser: argparse.ArgumentParser) -> None:
    """How much is said while it runs and afterwards."""
    parser.add_argument("-v", "--verbose", action="store_true", help="show witnesses and how often each step was taken")
    parser.add_argument("-q", "--quiet", action="store_true", help="print only what is not as it should be")
    parser.add_argument("--no-progress", action="store_true", help="no progress line on standard error")


def common(parser: argparse.ArgumentParser) -> None:
    """What every verb takes."""
    parser.add_argument("--debug", action="store_true", help="show the traceback of an internal error")


def params(given: list[str]) -> dict[str, object]:
    """The values of `-p`, still as text. Raises UsageError."""
    found: dict[str, object] = {}
    for item in given:
        name, equals, value = item.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise UsageError(f"-p {item}: expected NAME=VALUE, as in -p Task=3")
        if name.strip() in found:
            raise UsageError(f"-p {name.strip()} is given twice")
        found[name.strip()] = value.strip()
    return found


def positive_int(text: str) -> int:
    """For argparse: a whole number above 0; `1_000` is one."""
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


def names(text: str) -> tuple[str, ...]:
    """For argparse: names with commas between them."""
    found = tuple(name.strip() for name in text.split(","))
    if not all(found):
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of names, such as slice,symmetry")
    return found


def size(text: str) -> int:
    """For argparse: a number of bytes above 0; `512M` and `1.5G` are powers of 1024."""
    units = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
    number, unit = (text[:-1], text[-1:].upper()) if text[-1:].isalpha() else (text, "")
    try:
        value = float(number) * units[unit]
    except (ValueError, KeyError):
        value = 0.0
    if not 1 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size, such as 512M or 1.5G")
    return int(value)


def seconds(text: str) -> float:
    """For argparse: a number of seconds above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return value
