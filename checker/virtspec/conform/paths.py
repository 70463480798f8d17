"""What a thread logs, one event behind the other, as regular expressions: `issue = "qc_in add (kick)? qc_out"`.

A word is an event or another path, which is put in its place; `( )`, `|`, `?`, `*` and `+` mean what they mean everywhere.
The next event of a thread must say where the thread is: an expression in which the same event may come next at two
places is refused. So an automaton whose states are places in the text (Glushkov's construction) is deterministic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

START = 0
"""The place before the first event."""

_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[()|?*+])")


class BadPath(Exception):
    """The text of a path is malformed. The message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands in the text: its name, and the paths around it, outermost first."""

    event: str
    within: tuple[str, ...]

    def is_called(self, selector: str) -> bool:
        """Whether `event`, or `path.event` with one or several paths around it, means this place."""
        *path, event = selector.split(".")
        return event == self.event and set(path).issubset(self.within)


@dataclass(frozen=True)
class Automaton:
    """Places by number, from 1 on; `next[place]` gives by name of the next event the place of that."""

    places: tuple[Place, ...]
    """Of numbers 1, 2, ...; the place before the first event has none."""
    next: tuple[Mapping[str, int], ...]
    rests: frozenset[int]
    """Places at which the whole expression may end."""
    begins: frozenset[int]
    """Places that the expression may begin with: a thread that comes there is at its outermost level again."""
    used: frozenset[str]
    """The paths that it is made of."""

    @cached_property
    def ends(self) -> frozenset[int]:
        """Places behind which the expression begins anew, if anything comes."""
        return frozenset(n for n in self.rests if self.begins.issuperset(self.next[n].values()))

    def place(self, number: int) -> Place:
        return self.places[number - 1]

    def called(self, selector: str) -> list[int]:
        """The places that `event` or `path.event` means."""
        return [n for n, place in enumerate(self.places, 1) if place.is_called(selector)]


@dataclass
class _Piece:
    """A part of an expression: whether it may be empty, and the places it may begin and end with."""

    empty: bool
    first: list[int] = field(default_factory=list)
    last: list[int] = field(default_factory=list)


def automaton(paths: Mapping[str, str], root: str) -> Automaton:
    """The automaton of the path called `root`. Raises BadPath."""
    return _Builder(paths).build(root)


def words(text: str) -> list[str]:
    """The tokens of an expression. Raises BadPath."""
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise BadPath(f"{text[at:].strip()[:1]!r} has no meaning; there are names, ( ) | ? * and +")
        found.append(token[1])
        at = token.end()
    return found


class _Builder:
    def __init__(self, paths: Mapping[str, str]) -> None:
        self.paths = paths
        self.used: set[str] = set()
        """The paths that the text comes to."""
        self.places: list[Place] = []
        self.follow: list[list[int]] = [[]]

    def build(self, root: str) -> Automaton:
        whole = self.path(root, ())
        self.follow[START] = whole.first
        following = []
        for number, places in enumerate(self.follow):
            after = f"behind {self.places[number - 1].event}" if number else f"at the beginning of {root}"
            following.append(dict(self.told_apart(places, after)))
        rests = {START, *whole.last} if whole.empty else set(whole.last)
        used = frozenset(self.used)
        return Automaton(tuple(self.places), tuple(following), frozenset(rests), frozenset(whole.first), used)

    def told_apart(self, places: list[int], where: str) -> Iterator[tuple[str, int]]:
        seen: dict[str, int] = {}
        for number in places:
            event = self.places[number - 1].event
            if seen.setdefault(event, number) != number:
                raise BadPath(
                    f"{where} the event {event} may mean two places of the text; write it so that it means one"
                )
            yield event, number

    def path(self, name: str, within: tuple[str, ...]) -> _Piece:
        if name in within:
            raise BadPath(f"{name} contains itself: {' -> '.join((*within, name))}")
        self.used.add(name)
        tokens = words(self.paths[name])
        found, rest = self.choice(tokens, (*within, name))
        if rest:
            raise BadPath(f"{name}: there is {rest[0]!r} too much")
        return found

    def choice(self, tokens: list[str], within: tuple[str, ...]) -> tuple[_Piece, list[str]]:
        found, tokens = self.sequence(tokens, within)
        while tokens and tokens[0] == "|":
            other, tokens = self.sequence(tokens[1:], within)
            found = _Piece(found.empty or other.empty, found.first + other.first, found.last + other.last)
        return found, tokens

    def sequence(self, tokens: list[str], within: tuple[str, ...]) -> tuple[_Piece, list[str]]:
        found = _Piece(True)
        while tokens and tokens[0] not in ("|", ")"):
            piece, tokens = self.repeated(tokens, within)
            self.link(found.last, piece.first)
            first = found.first + piece.first if found.empty else found.first
            last = found.last + piece.last if piece.empty else piece.last
            found = _Piece(found.empty and piece.empty, first, last)
        return found, tokens

    def repeated(self, tokens: list[str], within: tuple[str, ...]) -> tuple[_Piece, list[str]]:
        found, tokens = self.atom(tokens, within)
        while tokens and tokens[0] in ("?", "*", "+"):
            if tokens[0] != "?":
                self.link(found.last, found.first)
            found = _Piece(found.empty or tokens[0] != "+", found.first, found.last)
            tokens = tokens[1:]
        return found, tokens

    def atom(self, tokens: list[str], within: tuple[str, ...]) -> tuple[_Piece, list[str]]:
        head, *rest = tokens
        if head == "(":
            found, rest = self.choice(rest, within)
            if not rest or rest[0] != ")":
                raise BadPath(f"{within[-1]}: a ( is not closed")
            return found, rest[1:]
        if head in ("?", "*", "+"):
            raise BadPath(f"{within[-1]}: there is nothing before {head}")
        if head in self.paths:
            return self.path(head, within), rest
        self.places.append(Place(head, within))
        self.follow.append([])
        number = len(self.places)
        return _Piece(False, [number], [number]), rest

    def link(self, before: list[int], behind: list[int]) -> None:
        for number in before:
            known = self.follow[number]
            known.extend(n for n in behind if n not in known)
