# What stretches of a behaviour spend: a call by a member or by anybody, an action, between two conditions, the whole run.
# Tasks submit up to three requests, two at a time, and ring for each batch; the host looks once for each ring.
# states: 25 transitions: 50 depth: 5
# holds: a_call, a_call_by_anybody, a_look, in_all, polls, B-LEFT
# violated: while_it_lies_there in 4
# spends: a_call 0 to 1
# spends: a_call_by_anybody 1
# spends: a_look 2
# spends: while_it_lies_there 0 to 1
# spends: in_all 1 to 2
# spends: polls 0 to any number
# spends: B-LEFT 1 to 3
# with Task=1
# states: 13 transitions: 17 depth: 5
# holds: a_call, a_call_by_anybody, a_look, in_all, polls, B-LEFT
# violated: while_it_lies_there in 4
# spends: a_call 0 to 1
# spends: a_call_by_anybody 1
# spends: a_look 2
# spends: while_it_lies_there 0 to 1
# spends: in_all 1 to 2
# spends: polls 0 to any number
# spends: B-LEFT 1 to 3
from typing import Annotated

from virtspec import Budget, Model, Range, Scalarset, Steps, action, budget, choose, cost, process, require, spent


class Task(Scalarset, size=2):
    """A thread."""


class Batches(Model):
    left: Annotated[int, Range(0, 3)] = 3
    rung: Annotated[int, Range(0, 3)]

    @process
    def submit(self, t: Task) -> Steps:
        require(self.left > 0)
        size = choose(Annotated[int, Range(1, 2)])
        require(size <= self.left)
        self.left -= size
        cost("lock")
        yield "kick"
        if size == 1 and self.left > 0:
            return  # somebody else will ring
        self.rung += 1
        cost("doorbell")

    @action
    def look(self) -> None:
        require(self.rung > 0)
        self.rung -= 1
        cost("exit")
        cost("exit")

    @action
    def poll(self) -> None:
        """Nothing changes, but it is not for nothing."""
        require(self.left == 3)
        cost("poll")


@budget(Batches)
def a_call(m: Batches, t: Task) -> Budget:
    return spent("doorbell", call=m.submit, by=t) <= 1


@budget(Batches)
def a_call_by_anybody(m: Batches) -> Budget:
    return spent("lock", call=m.submit) == 1


@budget(Batches)
def a_look(m: Batches) -> Budget:
    return 1 < spent("exit", call=m.look) < 3


@budget(Batches)
def while_it_lies_there(m: Batches) -> Budget:
    return spent("doorbell", start=m.rung == 1, stop=m.rung == 0) < 1


@budget(Batches)
def in_all(m: Batches) -> Budget:
    return 3 >= spent("doorbell") >= 1


@budget(Batches)
def polls(m: Batches) -> Budget:
    return spent("poll") >= 0


@budget(Batches, id="B-LEFT", source="nobody")
def of_what_is_left(m: Batches, n: Annotated[int, Range(1, 3)]) -> Budget:
    """No more calls than there are requests left."""
    return spent("lock", start=m.left == n, stop=m.left == 0) <= n
