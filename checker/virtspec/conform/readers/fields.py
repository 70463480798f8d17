"""The fields of an event in the kernel's formats: `key=value` pairs in the text after its name."""

from __future__ import annotations

import re

from virtspec.conform.events import Value
from virtspec.conform.readers.memo import Memo

# A value ends at white space, a quoted one at the next quote. The name of a task may hold blanks, and nothing quotes it
# (`next_comm=CPU 3/KVM next_pid=134`): under a key that ends in "comm" a value goes on up to the next key.
_PAIR = re.compile(r'\b(\w+)=("[^"]*"?|(?<=comm=).*?(?= \w+=|$)|\S*)', re.ASCII)

# Some tracepoints print names and numbers without anything between them: `nr 0xb a0 0x1 a1 0x0`.
_NUMBER = r"0x[0-9a-fA-F]{1,32}|-?(?:[1-9]\d{0,30}|0\d{0,6})"
_NAMED = re.compile(rf"(?:[a-z]\w* (?:{_NUMBER})(?:,? +|$))+", re.ASCII)
_NAME_AND_NUMBER = re.compile(rf"([a-z]\w*) ({_NUMBER})", re.ASCII)

_INTEGER = re.compile(_NUMBER, re.ASCII)


def value(text: str) -> Value:
    """Of a field. Many digits that begin with 0 are no number, but one of the hashed pointers without a letter in it."""
    if text.startswith('"'):
        return text[1:].removesuffix('"')
    text = text.removesuffix(",")
    if not _INTEGER.fullmatch(text):
        return text
    return int(text, 16) if text.startswith("0x") else int(text)


_values = Memo(value)


def fields(line: str, start: int = 0) -> dict[str, Value]:
    """The pairs in `line` from `start` on; of two with the same key the last one counts."""
    pairs = _PAIR.findall(line, start)
    if not pairs and _NAMED.fullmatch(line, start):
        pairs = _NAME_AND_NUMBER.findall(line, start)
    return {key: _values[text] for key, text in pairs}
