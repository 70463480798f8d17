"""Versions of request batching that are right, and what their configurations and those of the mistakes are made of.

The default is Linux 6.1: one submitter with two requests for one queue, a split ring with event index, memory that is
sequentially consistent.
"""

from __future__ import annotations

from virtspec_models.case import Case
from virtspec_models.request_batching.vocabulary import Commit, Last, Memory, Outcome, Ring

IOERR = {"faults_total": 1, "kinds": (Outcome.IOERR,)}
BUSY = {"faults_total": 1, "kinds": (Outcome.BUSY,)}
NO_BUDGET = {"faults_total": 1, "kinds": (Outcome.NO_BUDGET,)}
SWALLOW = {"faults_total": 1, "kinds": (Outcome.SWALLOW,)}
PARK = {"faults_total": 1, "kinds": (Outcome.PARK,)}
ANY_FAULT = {"faults_total": 2, "kinds": (Outcome.IOERR, Outcome.BUSY, Outcome.NO_BUDGET)}
SCARCE_TAGS = {"plan": (0, 0, 0), "tags_total": 2}
SMALL_RING = {"plan": (0, 0, 0), "slots": 2}
TSO = {"memory": Memory.TSO}
PSO = {"memory": Memory.PSO}
TWICE_ONE = {"plan": (0,), "lists_each": 2}

VERSIONS = (
    Case("v6.1", "Linux 6.1: two lists of two requests, one submitter", {"lists_each": 2}, origin="6.1.192"),
    Case("v6.1-submitters", "two submitters share the queue", {"Sub": 2}, origin="6.1.192"),
    Case("v6.1-singles", "two submitters with a single request each", {"Sub": 2, "plan": (0,)}, origin="6.1.192"),
    Case(
        "v6.1-faults", "up to two requests fail, or are sent back", {"plan": (0, 0, 0), **ANY_FAULT}, origin="6.1.192"
    ),
    Case(
        "v6.1-tags",
        "fewer driver tags than requests: 'last' is said where none is left, and again if one comes back",
        SCARCE_TAGS,
        {"RB-P5": "violated"},
        origin="6.1.192",
    ),
    Case(
        "v6.1-ring-full",
        "fewer ring slots than requests, split ring: a full ring notifies, and then somebody commits",
        SMALL_RING,
        {"RB-P5": "violated"},
        origin="6.1.192",
    ),
    Case(
        "v6.1-ring-full-packed",
        "fewer ring slots than requests, packed ring",
        {**SMALL_RING, "ring": Ring.PACKED},
        origin="6.1.192",
    ),
    Case("v6.1-queues", "one list for two hardware queues in turn", {"plan": (0, 1, 0), "queues": 2}, origin="6.1.192"),
    Case(
        "v6.1-flags",
        "no event index: the device sets and clears a flag",
        {"lists_each": 2, "event_idx": False},
        origin="6.1.192",
    ),
    Case("v6.1-flags-submitters", "no event index, two submitters", {"Sub": 2, "event_idx": False}, origin="6.1.192"),
    Case(
        "v6.1-flags-faults",
        "no event index, a request fails before a good last one: a doorbell for nothing",
        {"plan": (0, 0), "event_idx": False, **IOERR},
        {"RB-P5": "violated"},
        origin="6.1.192; 536167d47ade and 08e3599e7401 tell of it",
    ),
    Case(
        "v6.1-spurious",
        "the device is awake at first, and two submitters find it so",
        {"Sub": 2, "plan": (0,), "spurious": True},
        origin="6.1.192",
    ),
    Case("v6.1-tso", "stores wait in store buffers, in order", {"lists_each": 2, **TSO}, origin="6.1.192, on x86"),
    Case("v6.1-tso-submitters", "the same with two submitters", {"Sub": 2, **TSO}, origin="6.1.192, on x86"),
    Case(
        "v6.1-tso-flags",
        "the same without event index",
        {"lists_each": 2, "event_idx": False, **TSO},
        origin="6.1.192, on x86",
    ),
    Case(
        "v6.1-tso-faults",
        "the same if up to two requests fail, or are sent back",
        {"plan": (0, 0, 0), **ANY_FAULT, **TSO},
        origin="6.1.192, on x86",
    ),
    Case(
        "v6.1-tso-queues",
        "the same with two hardware queues",
        {"plan": (0, 1, 0), "queues": 2, **TSO},
        origin="6.1.192, on x86",
    ),
    Case(
        "v6.1-pso",
        "stores become visible in any order that no barrier forbids",
        {"lists_each": 2, **PSO},
        origin="6.1.192",
    ),
    Case("v6.1-pso-submitters", "the same with two submitters", {"Sub": 2, **PSO}, origin="6.1.192"),
    Case("v6.1-eh", "error handling sends a command of its own", {"eh_commands": 1}, origin="066c5b46b6ea"),
    Case(
        "v6.3-faults",
        "commit only if the last one failed",
        {"plan": (0, 0, 0), "commit": Commit.LAST_FAILED, **ANY_FAULT},
        origin="08e3599e7401, 34c9f547402f, 4ea58fe456c2",
    ),
    Case(
        "v6.3-flags-faults",
        "the same without event index: no redundant doorbell",
        {"plan": (0, 0), "commit": Commit.LAST_FAILED, "event_idx": False, **IOERR},
        origin="08e3599e7401, 34c9f547402f, 4ea58fe456c2",
    ),
    Case(
        "v6.12-tags",
        "last is 'list empty' again; running out of tags commits",
        {**SCARCE_TAGS, "last": Last.LIST_EMPTY, "commit": Commit.LAST_FAILED},
        origin="6.12.117",
    ),
    Case(
        "v5.3",
        "the series as merged, nothing fails",
        {"lists_each": 2, "commit": Commit.NOT_EMPTY},
        origin="8930a6c20791, 9e5470fe2d61",
    ),
    Case(
        "v5.3-busy",
        "the series as merged, a request is sent back",
        {"commit": Commit.NOT_EMPTY, **BUSY},
        origin="8930a6c20791, 9e5470fe2d61",
    ),
    Case(
        "v4.11-tags",
        "before commit_rqs: the next request's tag is probed before 'last' is decided",
        {**SCARCE_TAGS, "commit": Commit.NEVER},
        {"RB-P5": "violated"},
        origin="113285b47382",
    ),
    Case(
        "v3.2-publish-at-kick",
        "the index is published by the kick, not by the add",
        {"lists_each": 2, "publish_at_kick": True},
        origin="a5c262c5fd83",
    ),
)
