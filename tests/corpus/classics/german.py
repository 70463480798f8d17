"""German's directory protocol, with data: caches share a line, or one of them owns it and may write.

S. German's protocol in the form C.-T. Chou, P. Mannava and S. Park verified ("A simple method for parameterized
verification of cache coherence protocols", 2004), whose names are kept. Channels hold one message each: `chan1` takes
requests to the home node, `chan2` brings grants and invalidations, `chan3` takes acknowledgements.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Annotated

from virtspec import Const, Model, Range, Scalarset, action, invariant, reachable, require


class Client(Scalarset, size=2):
    """A client with a cache for the one line there is."""


class Cache(Enum):
    """Invalid, shared, exclusive."""

    I = auto()  # noqa: E741
    S = auto()
    E = auto()


class Msg(Enum):
    """What a channel holds."""

    EMPTY = auto()
    REQ_S = auto()
    REQ_E = auto()
    INV = auto()
    INV_ACK = auto()
    GNT_S = auto()
    GNT_E = auto()


class German(Model):
    """D values; 0 is no data. With `wait_for_acks=false` the home node forgets to wait before it grants ownership."""

    D: Const[int] = 2
    wait_for_acks: Const[bool] = True

    cache: dict[Client, Cache]
    cache_data: dict[Client, Annotated[int, Range(0, D)]]
    chan1: dict[Client, Msg]
    chan2: dict[Client, Msg]
    chan2_data: dict[Client, Annotated[int, Range(0, D)]]
    chan3: dict[Client, Msg]
    chan3_data: dict[Client, Annotated[int, Range(0, D)]]
    inv_set: set[Client]
    shr_set: set[Client]
    ex_gntd: bool
    cur_cmd: Msg
    cur_ptr: Client | None
    mem_data: Annotated[int, Range(0, D)] = 1
    aux_data: Annotated[int, Range(0, D)] = 1  # what was stored last

    @action
    def store(self, i: Client, d: Annotated[int, Range(1, D)]) -> None:
        """An owner writes."""
        require(self.cache[i] is Cache.E)
        self.cache_data[i] = d
        self.aux_data = d

    @action
    def send_req_s(self, i: Client) -> None:
        """Ask for a shared copy."""
        require(self.chan1[i] is Msg.EMPTY and self.cache[i] is Cache.I)
        self.chan1[i] = Msg.REQ_S

    @action
    def send_req_e(self, i: Client) -> None:
        """Ask for ownership."""
        require(self.chan1[i] is Msg.EMPTY and self.cache[i] is not Cache.E)
        self.chan1[i] = Msg.REQ_E

    @action
    def recv_req(self, i: Client) -> None:
        """The home node begins to serve one request."""
        require(self.cur_cmd is Msg.EMPTY and self.chan1[i] is not Msg.EMPTY)
        self.cur_cmd = self.chan1[i]
        self.cur_ptr = i
        self.chan1[i] = Msg.EMPTY
        self.inv_set = set(self.shr_set)

    @action
    def send_inv(self, i: Client) -> None:
        """The home node invalidates a copy that is in the way."""
        require(self.chan2[i] is Msg.EMPTY and i in self.inv_set)
        require(self.cur_cmd is Msg.REQ_E or (self.cur_cmd is Msg.REQ_S and self.ex_gntd))
        self.chan2[i] = Msg.INV
        self.inv_set.remove(i)

    @action
    def send_inv_ack(self, i: Client) -> None:
        """A client gives up its copy; an owner sends the data along."""
        require(self.chan2[i] is Msg.INV and self.chan3[i] is Msg.EMPTY)
        self.chan2[i] = Msg.EMPTY
        self.chan3[i] = Msg.INV_ACK
        if self.cache[i] is Cache.E:
            self.chan3_data[i] = self.cache_data[i]
        self.cache[i] = Cache.I
        self.cache_data[i] = 0

    @action
    def recv_inv_ack(self, i: Client) -> None:
        """The home node learns that a copy is gone; an owner's data go to memory."""
        require(self.chan3[i] is Msg.INV_ACK and self.cur_cmd is not Msg.EMPTY)
        self.chan3[i] = Msg.EMPTY
        self.shr_set.discard(i)
        if self.ex_gntd:
            self.ex_gntd = False
            self.mem_data = self.chan3_data[i]
            self.chan3_data[i] = 0

    @action
    def send_gnt_s(self, i: Client) -> None:
        """The home node grants a shared copy."""
        require(self.cur_cmd is Msg.REQ_S and self.cur_ptr == i)
        require(self.chan2[i] is Msg.EMPTY and not self.ex_gntd)
        self.chan2[i] = Msg.GNT_S
        self.grant(i)

    @action
    def send_gnt_e(self, i: Client) -> None:
        """The home node grants ownership, once nobody has a copy."""
        require(self.cur_cmd is Msg.REQ_E and self.cur_ptr == i)
        require(self.chan2[i] is Msg.EMPTY and not self.ex_gntd)
        require(len(self.shr_set) == 0 or not self.wait_for_acks)
        self.chan2[i] = Msg.GNT_E
        self.ex_gntd = True
        self.grant(i)

    def grant(self, i: Client) -> None:
        """What both grants have in common."""
        self.chan2_data[i] = self.mem_data
        self.shr_set.add(i)
        self.cur_cmd = Msg.EMPTY
        self.cur_ptr = None
        self.inv_set.clear()

    @action
    def recv_gnt_s(self, i: Client) -> None:
        """A client gets a shared copy."""
        require(self.chan2[i] is Msg.GNT_S)
        self.cache[i] = Cache.S
        self.fill(i)

    @action
    def recv_gnt_e(self, i: Client) -> None:
        """A client becomes the owner."""
        require(self.chan2[i] is Msg.GNT_E)
        self.cache[i] = Cache.E
        self.fill(i)

    def fill(self, i: Client) -> None:
        """The data that came with a grant go to the cache."""
        self.cache_data[i] = self.chan2_data[i]
        self.chan2[i] = Msg.EMPTY
        self.chan2_data[i] = 0


@invariant(German, id="COHERENCE")
def coherence(m: German, i: Client, j: Client) -> bool:
    """While one cache owns the line, all others are invalid."""
    return i == j or m.cache[i] is not Cache.E or m.cache[j] is Cache.I


@invariant(German, id="DATA")
def data(m: German) -> bool:
    """Every copy is what was stored last, and so is memory if nobody owns the line."""
    copies = all(m.cache[i] is Cache.I or m.cache_data[i] == m.aux_data for i in Client)
    return copies and (m.ex_gntd or m.mem_data == m.aux_data)


@reachable(German, id="SHARED")
def shared(m: German) -> bool:
    """All clients have a copy."""
    return all(m.cache[i] is Cache.S for i in Client)
