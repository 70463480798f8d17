"""Which models are compared in which sizes.

A model is a specification in `tests/corpus/classics` with texts of the same name in `tests/bench/peers`. What is known
here of it is what neither says: how the peers call its parameters, and which of its properties they check as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from virtspec.errors import UsageError
from virtspec.source import did_you_mean

CLASSICS = Path("tests", "corpus", "classics")
PEERS = Path("tests", "bench", "peers")


@dataclass(frozen=True)
class Model:
    """One model. `ranges` are its parameters, as the specification calls them, with what the peers' texts can take."""

    ranges: Mapping[str, tuple[int, int]]
    constants: Callable[[Mapping[str, int]], dict[str, int]]
    """All constants of the peers' texts."""
    properties: tuple[str, ...]
    """What the peers check, too, beside faults and deadlocks: nobody shall do more work than the others."""
    fixed: Mapping[str, str] = field(default_factory=dict)
    """Parameters of ours that are always the same."""
    deep: float = 1.0
    """How deep a depth-first search gets at most, per state there is; what SPIN reserves is memory it uses."""


MODELS = {
    "peterson": Model(
        {"N": (2, 9), "L": (1, 8)},
        lambda p: {"N": p["N"], "L": p["L"], "LIMIT": p["N"] - p["L"]},
        ("FILTER",),
        deep=0.6,
    ),
    "ticket_lock": Model(
        {"Cpu": (1, 9)}, lambda p: {"N": p["Cpu"], "TICKETS": p["Cpu"], "FETCH_ADD": 1}, ("EXCLUSION",)
    ),
    "mcs": Model({"Proc": (1, 9)}, lambda p: {"N": p["Proc"]}, ("EXCLUSION",), deep=0.35),
    "dining": Model(
        {"N": (2, 16)}, lambda p: {"N": p["N"], "ONE_DIFFERS": 1}, ("NEIGHBOURS",), {"one_differs": "true"}
    ),
    "ring": Model(
        {"P": (1, 8), "C": (1, 8), "K": (2, 8)},
        lambda p: {"P": p["P"], "C": p["C"], "K": p["K"], "LOOK_AGAIN": 1},
        (),  # values out of order are a fault
        deep=0.35,
    ),
    "german": Model(
        {"Client": (2, 8), "D": (1, 2)},
        lambda p: {"N": p["Client"], "D": p["D"], "WAIT_FOR_ACKS": 1},
        ("COHERENCE", "DATA"),
        deep=0.02,
    ),
}


@dataclass(frozen=True)
class Instance:
    """A model in one size. Its text is what a user writes: `ring:P=3,C=1,K=3`."""

    model: str
    parameters: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        return f"{self.model}:{','.join(f'{name}={value}' for name, value in self.parameters)}"

    @property
    def constants(self) -> dict[str, int]:
        """The constants of the peers' texts."""
        return MODELS[self.model].constants(dict(self.parameters))

    @property
    def expected(self) -> int | None:
        """How many states there are, as far as that is known."""
        return STATES.get(str(self))


STATES = {
    "ticket_lock:Cpu=3": 93,
    "ticket_lock:Cpu=4": 516,
    "peterson:N=3,L=1": 590,
    "mcs:Proc=3": 1_064,
    "dining:N=5": 1_364,
    "peterson:N=3,L=2": 2_376,
    "german:Client=2,D=2": 3_147,
    "ring:P=2,C=1,K=2": 3_848,
    "mcs:Proc=4": 18_944,
    "peterson:N=4,L=2": 47_031,
    "ring:P=2,C=2,K=2": 48_322,
    "german:Client=3,D=2": 53_271,
    "ring:P=3,C=1,K=2": 78_116,
    "peterson:N=5,L=1": 95_453,
    "peterson:N=4,L=3": 131_301,
    "ring:P=2,C=2,K=3": 355_394,
    "mcs:Proc=5": 408_762,
    "german:Client=4,D=2": 1_024_839,
    "peterson:N=5,L=2": 1_107_726,
    "ring:P=3,C=1,K=3": 1_863_620,
    "ring:P=3,C=2,K=2": 3_379_252,
    "ring:P=2,C=4,K=3": 4_501_606,
    "peterson:N=5,L=3": 4_617_883,
    "peterson:N=5,L=4": 9_497_519,
    "german:Client=5,D=1": 10_363_302,
    "mcs:Proc=6": 10_431_040,
    "ring:P=2,C=4,K=5": 11_834_102,
    "german:Client=5,D=2": 20_801_691,
}
"""Where several other checkers agree: the peers' README says which."""

SIZES = {
    "small": (
        *("ticket_lock:Cpu=4", "mcs:Proc=3", "dining:N=5", "peterson:N=3,L=2", "german:Client=2,D=2"),
        *("ring:P=2,C=1,K=2", "mcs:Proc=4"),
    ),
    "medium": (*("peterson:N=4,L=3", "mcs:Proc=5", "german:Client=4,D=2", "peterson:N=5,L=2", "ring:P=3,C=1,K=3"),),
    "large": ("peterson:N=5,L=4", "german:Client=5,D=1", "mcs:Proc=6", "ring:P=2,C=4,K=5"),
}
"""About 10^2 to 10^4 states, 10^5 to 10^6, 10^7."""


def chosen(sizes: Sequence[str], models: Sequence[str], classes: Mapping[str, Sequence[str]] = SIZES) -> list[Instance]:
    """The instances a command asks for: size classes and single instances, in order and each once.

    `models`, if any are given, are those to take from the `classes`. Raises UsageError.
    """
    for name in models:
        if name not in MODELS:
            raise UsageError(f"there is no model {name!r} to measure; {did_you_mean(name, MODELS)}")
    found: list[Instance] = []
    for size in sizes:
        if ":" in size:
            found.append(instance(size))
        elif size in classes:
            of_class = [instance(text) for text in classes[size]]
            found += [one for one in of_class if not models or one.model in models]
        else:
            hint = did_you_mean(size, classes)
            raise UsageError(f"{size!r} is no size; {hint}; a single instance is written ring:P=2,C=1,K=2")
    if not found:
        raise UsageError(f"there is no {' or '.join(sizes)} instance of {', '.join(models)}")
    return list(dict.fromkeys(found))


def instance(text: str) -> Instance:
    """Read `MODEL:NAME=VALUE,...`. Raises UsageError."""
    name, _, rest = text.partition(":")
    if name not in MODELS:
        raise UsageError(f"{text}: there is no model {name!r} to measure; {did_you_mean(name, MODELS)}")
    ranges = MODELS[name].ranges
    values: dict[str, int] = {}
    for part in rest.split(","):
        parameter, equals, value = part.partition("=")
        if parameter not in ranges or not equals or parameter in values:
            raise UsageError(f"{text}: expected {_example(name)}")
        low, high = ranges[parameter]
        if not value.isdecimal() or not low <= int(value) <= high:
            raise UsageError(f"{text}: {parameter} is a number from {low} to {high}")
        values[parameter] = int(value)
    if set(values) != set(ranges):
        raise UsageError(f"{text}: expected {_example(name)}")
    if name == "peterson" and values["L"] >= values["N"]:
        raise UsageError(f"{text}: there are fewer levels than processes")
    return Instance(name, tuple((parameter, values[parameter]) for parameter in ranges))


def _example(name: str) -> str:
    return f"{name}:{','.join(f'{parameter}=...' for parameter in MODELS[name].ranges)}"


def root(start: Path | None, given: str | None) -> Path:
    """The checkout: `given`, or the working directory `start` or the nearest folder above it. Raises UsageError."""
    candidates = [Path(given)] if given is not None else [start or Path.cwd(), *(start or Path.cwd()).parents]
    for folder in candidates:
        if (folder / CLASSICS).is_dir() and (folder / PEERS).is_dir():
            return folder.resolve()
    where = (
        f"{given} is no such checkout" if given is not None else "this folder is in no such checkout; use --root DIR"
    )
    raise UsageError(f"bench needs a checkout of virtspec, with {CLASSICS} and {PEERS}: {where}")
