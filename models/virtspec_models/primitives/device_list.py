"""struct klist of devices: a list that may change while it is walked."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from virtspec import Call, Cap, Component, Const, Seq, require

D = TypeVar("D")
W = TypeVar("W")


class DeviceList(Component, Generic[D, W]):
    """Up to `most` devices of type D, walked by tasks of type W.

    A walker holds a reference to the node it stands on. A node that is deleted meanwhile is dead: nobody comes to it any
    more, and it goes when the last walker has moved on. With the node goes the list's reference to the device. It is put
    by whom the node went with: who deleted it, as the result says, or a walker that finds is_linked() false of what it left.
    """

    most: Const[int] = 2

    nodes: Annotated[Seq[D], Cap(most)]  # but for the dead ones
    walkers: set[W]
    current: dict[W, D | None]  # the node a walker stands on
    ahead: dict[W, Annotated[Seq[D], Cap(most)]]  # what it will come to, as things are

    def add(self, d: D) -> None:
        """klist_add_tail(): whoever walks the list will come to it."""
        assert not self.is_linked(d), "added while it is on the list"
        self.nodes.append(d)
        for w in self.walkers:
            self.ahead[w].append(d)

    def delete(self, d: D) -> bool:
        """klist_del(): does not wait. Whether the node has gone."""
        assert d in self.nodes, "deleted while it is not on the list"
        self.nodes.remove(d)
        for w in self.walkers:
            if d in self.ahead[w]:
                self.ahead[w].remove(d)
        return not self.is_linked(d)

    def remove(self, d: D) -> Call[bool]:
        """klist_remove(): the same, but it waits until the node has gone. Whether it went at once."""
        at_once = self.delete(d)
        if not at_once:
            yield "wait"
            require(not self.is_linked(d))
        return at_once

    def is_linked(self, d: D) -> bool:
        """klist_node_attached(): on the list, or dead and somebody stands on it."""
        return d in self.nodes or any(self.current[w] == d for w in self.walkers)

    def init(self, w: W) -> None:
        """klist_iter_init()."""
        assert w not in self.walkers, "a walk begins before the last one has ended"

    def next(self, w: W) -> D | None:
        """klist_next(): leave the node, go to the next one. None: that was the last, and the walk has ended."""
        if w not in self.walkers:
            self.ahead[w] = Seq(self.nodes)
        if len(self.ahead[w]) == 0:
            self.exit(w)
            return None
        d = self.ahead[w].popleft()
        self.walkers.add(w)
        self.current[w] = d
        return d

    def exit(self, w: W) -> None:
        """klist_iter_exit(): end the walk early."""
        self.walkers.discard(w)
        self.current[w] = None
        self.ahead[w].clear()
