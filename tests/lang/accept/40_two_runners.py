# A runner may be an Enum, whose members differ, or an integer of a range; int runners have a counter for each process.
# Cpu A and B each idle or "busy", worker 0..1 idle or at "work": 4 x 4 states, 4 members with one step each.
# states: 16 transitions: 64 depth: 4
# holds: a_before_b
from enum import Enum, auto
from typing import Annotated

from virtspec import Model, Range, Steps, at, invariant, process


class Cpu(Enum):
    A = auto()
    B = auto()


class Board(Model):
    @process
    def run(self, c: Cpu) -> Steps:
        if c is Cpu.A:
            yield "busy"
        else:
            yield "lazy"

    @process
    def work(self, n: Annotated[int, Range(0, 1)]) -> Steps:
        yield "work"


@invariant(Board)
def a_before_b(m: Board) -> bool:
    return not at(m.run, "busy", Cpu.B) and not at(m.run, "lazy", Cpu.A)
