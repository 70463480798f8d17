"""refcount_t with a struct completion: whoever owns an object waits until the last user has left."""

from __future__ import annotations

from typing import Annotated

from virtspec import Component, Const, Range, require


class Refcount(Component):
    """A count that begins with the owner's reference. Users take one only while the count is not zero.

    kill() puts the owner's reference and wait() waits for the last put. As long as anybody is inside others may enter, so
    the owner may wait for ever: get_live() is the cure.
    """

    most: Const[int] = 2
    at_first: Const[int] = 0

    refcount: Annotated[int, Range(0, most)] = at_first
    live: bool = at_first > 0  # the owner's reference is there
    completed: bool

    def init(self) -> None:
        """refcount_set(1) and init_completion()."""
        self.refcount = 1
        self.live = True
        self.completed = False

    def get_unless_zero(self) -> bool:
        """refcount_inc_not_zero()."""
        if self.refcount == 0:
            return False
        self.add()
        return True

    def get_live(self) -> bool:
        """percpu_ref_tryget_live(): no more users once the owner wants to go."""
        if not self.live:
            return False
        self.add()
        return True

    def put(self) -> None:
        """refcount_dec_and_test(), and complete() at zero. For users: the owner's reference is not theirs to put."""
        assert self.refcount > (1 if self.live else 0), "a reference is put that no user holds"
        self.drop()

    def kill(self) -> None:
        """The owner puts its reference."""
        assert self.live, "the owner's reference is put twice"
        self.live = False
        self.drop()

    def wait(self) -> None:
        """wait_for_completion(): until nobody is inside."""
        assert not self.live, "the owner waits for its own reference"
        require(self.completed)

    def add(self) -> None:
        """One more, if there may be so many: references that nobody puts pile up."""
        assert self.refcount < self.most, "more references than anybody may hold"
        self.refcount += 1

    def drop(self) -> None:
        """What every put does."""
        self.refcount -= 1
        if self.refcount == 0:
            self.completed = True
