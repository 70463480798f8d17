"""What is proved of request batching for any number of submitters and lists of any length, and of which mistakes it is not.

Indices wrap at 65536, as they do in the kernel. Ring and tags are as large as a configuration says. RB-P8 cannot be said
there, for an `open` model counts no requests, and RB-P11 says nothing: nothing is left on a list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from virtspec_models.claim import Proved, Refuted
from virtspec_models.request_batching.versions import PSO, TSO
from virtspec_models.request_batching.vocabulary import Bug, Commit, Last, Memory, Outcome, Ring

ANYBODY = {"Sub": "any", "open": True, "wrap": 65536}
PROMISES = (
    "RB-P1",
    "RB-P1C",
    "RB-P2",
    "RB-P3",
    "RB-P4",
    "RB-P6",
    "RB-P9",
    "RB-T1",
    "RB-T2",
    "RB-T5A",
    "RB-T5B",
    "fault",
    "deadlock",
)
WINDOW = ("RB-W1", "RB-W2", "RB-W3")
LARGE = {**ANYBODY, "slots": 256, "tags_total": 32768}
SMALL = {**ANYBODY, "slots": 256, "tags_total": 1000}
FLAGS = {"event_idx": False}

PROVED = (
    Proved("v6.1", "Linux 6.1", LARGE, PROMISES, quick=True),
    Proved("v6.1-flags", "no event index", {**LARGE, **FLAGS}, PROMISES),
    Proved("v6.1-tso", "stores wait in store buffers, in order", {**LARGE, **TSO}, PROMISES),
    Proved("v6.1-tso-flags", "the same without event index", {**LARGE, **TSO, **FLAGS}, PROMISES),
    Proved("v6.1-pso", "stores become visible in any order that no barrier forbids", {**LARGE, **PSO}, PROMISES),
    Proved("v6.1-pso-flags", "the same without event index", {**LARGE, **PSO, **FLAGS}, PROMISES),
    Proved("one-slot", "a ring of one slot, and one tag", {**LARGE, **TSO, "slots": 1, "tags_total": 1}, PROMISES),
    Proved(
        "largest-ring",
        "the largest ring there may be, and two tags for each slot",
        {**LARGE, **TSO, "slots": 32768, "tags_total": 65536},
        PROMISES,
    ),
    Proved("v6.1-eh", "error handling sends a command of its own", {**SMALL, **TSO, "eh_commands": 1}, PROMISES),
    Proved(
        "v6.12-faults",
        "Linux 6.12; requests fail, and are sent back",
        {
            **LARGE,
            **TSO,
            "commit": Commit.LAST_FAILED,
            "last": Last.LIST_EMPTY,
            "kinds": (Outcome.IOERR, Outcome.BUSY, Outcome.NO_BUDGET),
        },
        PROMISES,
    ),
    Proved(
        "packed-spurious",
        "a packed ring, the device awake at first",
        {**LARGE, **TSO, "ring": Ring.PACKED, "spurious": True},
        PROMISES,
    ),
    Proved("publish-at-kick", "the index is published by the kick", {**LARGE, "publish_at_kick": True}, PROMISES),
    Proved("every-one-last", "every request goes out as the last", {**LARGE, "last": Last.EVERY}, PROMISES),
    Proved(
        "window",
        "the formula of the event index, with indices of 16 bits",
        {"wrap": 65536},
        WINDOW,
        file="window.py",
        quick=True,
    ),
)

# --- mistakes ---------------------------------------------------------------------------------------------------------

QUEUE = "dispatch.queue_rq"
CLOSES = "dispatch.virtscsi_add_cmd.kick_prepare"
CLOSES_EH = "send_eh_cmnd.virtscsi_add_cmd.kick_prepare"
SWITCHES = "dispatch.commit_rqs.kick_prepare"
COMMITS = "dispatch.commit_rqs[2].kick_prepare"

FORGOTTEN = {"dispatch.end": ("RB-A15", "RB-P1", "RB-P2", "RB-P3")}
"""By the end of a list, where nobody commits."""
OVERSLEPT = ("RB-A7", "RB-A9", "RB-P1", "RB-P1C", "RB-P2")
MISSED_EVENT = ("RB-A7", "RB-P1", "RB-P1C", "RB-T5A")
UNCOVERED = ("RB-A7", "RB-P1C", "RB-P4")


def wrong(
    name: str, summary: str, breaks: Mapping[str, tuple[str, ...]], quick: bool = False, **params: Any
) -> Refuted:
    """A mistake in a ring of 256 slots, with 1000 tags."""
    return Refuted(name, summary, {**SMALL, **params}, PROMISES, breaks, quick=quick)


REFUTED = (
    wrong(
        "W1",
        "the last request failed, nothing is left on the list, and nobody commits",
        FORGOTTEN,
        quick=True,
        commit=Commit.NOT_EMPTY,
    ),
    wrong("W1-no-hook", "nobody ever commits", FORGOTTEN, commit=Commit.NEVER),
    wrong(
        "W5-H1",
        "the last request never reached the ring, and counts as queued",
        {"dispatch.prep": ("RB-A15",)},
        kinds=(Outcome.SWALLOW,),
    ),
    wrong(
        "W15-H3",
        "the last request is parked, and counts as queued",
        {"dispatch.prep": ("RB-A15", "fault")},
        kinds=(Outcome.PARK,),
    ),
    wrong(
        "W6",
        "the window closes while its index is still in the store buffer",
        {CLOSES: ("RB-A6",), CLOSES_EH: ("RB-A6",)},
        bug=Bug.NO_MB_AT_KICK,
        memory=Memory.TSO,
    ),
    wrong(
        "W6-flags",
        "the same without event index",
        {CLOSES: ("RB-A6",), CLOSES_EH: ("RB-A6",)},
        bug=Bug.NO_MB_AT_KICK,
        memory=Memory.TSO,
        event_idx=False,
    ),
    wrong(
        "W7",
        "the device sleeps with its event in the store buffer",
        {"handle_vq.recheck": ("RB-A9",)},
        bug=Bug.NO_MB_AT_REARM,
        memory=Memory.TSO,
    ),
    wrong(
        "W7-flags",
        "the same without event index",
        {"handle_vq.recheck": ("RB-A9",)},
        bug=Bug.NO_MB_AT_REARM,
        memory=Memory.TSO,
        event_idx=False,
    ),
    wrong(
        "W8",
        "the device sleeps on what was published after its last look",
        {"handle_vq.enable": OVERSLEPT},
        bug=Bug.NO_RECHECK,
    ),
    wrong(
        "W9",
        "`num_added = 0` swallows the entry of another; the window can be full while nobody holds the lock",
        {
            QUEUE: ("RB-A5", "RB-A15"),
            "dispatch.virtscsi_add_cmd.kick_unlocked.write": UNCOVERED,
            "send_eh_cmnd.virtscsi_add_cmd.kick_unlocked.write": UNCOVERED,
        },
        bug=Bug.KICK_PREPARE_UNLOCKED,
    ),
    wrong(
        "W9-tso",
        "the same, also where the other's index is still in a store buffer",
        {
            QUEUE: ("RB-A5", "RB-A15"),
            "dispatch.virtscsi_add_cmd.kick_unlocked.write": ("RB-A6", *UNCOVERED),
            "send_eh_cmnd.virtscsi_add_cmd.kick_unlocked.write": ("RB-A6", *UNCOVERED),
        },
        bug=Bug.KICK_PREPARE_UNLOCKED,
        memory=Memory.TSO,
    ),
    wrong(
        "W10",
        "the window is closed, and nobody goes on to ring",
        {CLOSES: MISSED_EVENT, CLOSES_EH: (*MISSED_EVENT, "RB-P2")},
        bug=Bug.DROP_NOTIFY,
    ),
    wrong(
        "W12",
        "error handling publishes its command, and its call is over",
        {"send_eh_cmnd.queuecommand": ("RB-A15", "RB-P1", "RB-P2", "RB-P3")},
        bug=Bug.EH_WITHOUT_LAST,
        eh_commands=1,
    ),
    wrong(
        "W13-window",
        "the next window begins in the last one",
        {
            CLOSES: ("RB-A5", "RB-A8", "RB-P4"),
            CLOSES_EH: ("RB-A5", "RB-A8", "RB-P4"),
            SWITCHES: ("RB-A8", "RB-P4"),
            COMMITS: ("RB-A8", "RB-P4"),
        },
        bug=Bug.KEEP_NUM_ADDED,
    ),
    wrong(
        "event-off-by-one",
        "the window misses the event",
        {
            CLOSES: MISSED_EVENT,
            CLOSES_EH: (*MISSED_EVENT, "RB-P2"),
            SWITCHES: MISSED_EVENT,
            COMMITS: (*MISSED_EVENT, "RB-P2"),
        },
        bug=Bug.EVENT_OFF_BY_ONE,
    ),
    wrong(
        "W14-timeout",
        "a request in hand is put back, and is still in hand",
        {"timeout": ("RB-A12",)},
        bug=Bug.TIMER_BEFORE_ADD,
        faults_total=1,
    ),
    wrong(
        "W14-busy",
        "a request is put back, and its entry stays in the ring",
        {
            QUEUE: ("RB-A15", "RB-P9"),
            CLOSES: ("RB-P9", "fault"),
            "dispatch.virtscsi_add_cmd.notify": ("RB-P9", "fault"),
            CLOSES_EH: ("fault",),
            "send_eh_cmnd.virtscsi_add_cmd.notify": ("fault",),
        },
        bug=Bug.BUSY_AFTER_ADD,
    ),
    wrong(
        "W14-stale-slot",
        "the index leaves the store buffer, and its slot does not",
        {"vq.drain": ("RB-A3",)},
        bug=Bug.NO_WMB,
        memory=Memory.PSO,
    ),
    wrong(
        "W14-read-ahead",
        "the device looked at the slot before it was filled",
        {"handle_vq.pop": ("RB-P6",)},
        bug=Bug.NO_RMB,
    ),
    wrong(
        "W16",
        "the flush beneath adds whether there is a slot or not, and the request in hand comes behind its last",
        {QUEUE: ("RB-A4", "fault"), "dispatch.resume": ("RB-A15", "fault")},
        bug=Bug.FLUSH_AGAIN,
    ),
    wrong(
        "W17",
        "a request is put back, and its tag is not",
        {"dispatch.prep": ("RB-P9",), QUEUE: ("RB-P9",)},
        bug=Bug.KEEP_TAG,
    ),
    wrong(
        "W19",
        "the window may be full, and nobody is about to close it",
        {QUEUE: ("RB-A5",)},
        bug=Bug.NO_WRAP_GUARD,
    ),
    wrong(
        "W20",
        "a doorbell that was rung meanwhile is wiped out",
        {"handle_vq.clear": OVERSLEPT},
        bug=Bug.CLEAR_LATE,
    ),
    Refuted(
        "window-full",
        "a window of 65536 entries has the indices of an empty one",
        {"wrap": 65536, "longest": 65536},
        WINDOW,
        {"kick_prepare": ("RB-W1", "RB-W2")},
        file="window.py",
        quick=True,
    ),
)

MISSED = (
    Proved(
        "W13-redundant",
        "costs a doorbell, and breaks nothing",
        {**SMALL, **FLAGS, "bug": Bug.COMMIT_ALWAYS},
        PROMISES,
    ),
    Proved(
        "W14-error", "only RB-P8 sees it, and requests are not counted", {**SMALL, "bug": Bug.ERROR_AFTER_ADD}, PROMISES
    ),
    Proved("W18", "only RB-P11 sees it, and nothing is left on a list", {**SMALL, "bug": Bug.NO_RERUN}, PROMISES),
    Proved("W18-tag", "the same", {**SMALL, "bug": Bug.NO_MB_AT_WAIT}, PROMISES),
)
"""Mistakes of which everything is proved all the same, and why that is right."""
