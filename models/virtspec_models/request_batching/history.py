"""Versions and mistakes of request batching: every one a configuration of the same text.

W1 to W20 and H1 to H3 are numbered as in the analysis the model rests on. The default is Linux 6.1: one submitter with
two requests for one queue, a split ring with event index.
"""

from __future__ import annotations

from virtspec_models.case import Case, Omitted
from virtspec_models.request_batching.vocabulary import Bug, Commit, Last, Outcome, Ring

IOERR = {"faults_total": 1, "kinds": (Outcome.IOERR,)}
BUSY = {"faults_total": 1, "kinds": (Outcome.BUSY,)}
NO_BUDGET = {"faults_total": 1, "kinds": (Outcome.NO_BUDGET,)}
SWALLOW = {"faults_total": 1, "kinds": (Outcome.SWALLOW,)}
PARK = {"faults_total": 1, "kinds": (Outcome.PARK,)}
ANY_FAULT = {"faults_total": 2, "kinds": (Outcome.IOERR, Outcome.BUSY, Outcome.NO_BUDGET)}
SCARCE_TAGS = {"plan": (0, 0, 0), "tags_total": 2}
SMALL_RING = {"plan": (0, 0, 0), "slots": 2}
UNSEEN = {"RB-L1": "violated", "RB-L2": "violated", "RB-L4": "violated"}
STUCK = {**UNSEEN, "RB-L3": "violated"}
NOTHING_COMPLETES = {"RB-R1": "unreached", "RB-R2": "unreached", "RB-R3": "unreached"}

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

WRONG = (
    Case(
        "W1",
        "the series as merged: the last request fails, nobody commits for those before it",
        {"commit": Commit.NOT_EMPTY, **IOERR},
        {"RB-P1": "violated 5", "RB-P2": "violated 5", "RB-P3": "violated 5", **UNSEEN},
        origin="fixed by 632bfb6323b8 (v5.9)",
    ),
    Case(
        "W1-no-hook",
        "no commit hook at all: the last request fails",
        {"commit": Commit.NEVER, **IOERR},
        {"RB-P1": "violated 5", "RB-P2": "violated 5", "RB-P3": "violated 5", **UNSEEN},
        origin="before d666ba98f849 (v5.0)",
        evidence="derived",
    ),
    Case(
        "W2",
        "no commit hook: a request is sent back, those before it stay unseen until the queue is run again",
        {"commit": Commit.NEVER, **BUSY},
        {"RB-P3": "violated 5"},
        origin="before d666ba98f849 (v5.0)",
    ),
    Case(
        "W3",
        "'last' is 'list empty', the next request has no tag, and only a completion would bring one",
        {**SCARCE_TAGS, "last": Last.LIST_EMPTY, "commit": Commit.NEVER},
        {"RB-P1": "violated 7", "RB-P2": "violated 7", "RB-P3": "violated 7", **NOTHING_COMPLETES, **STUCK},
        origin="before 113285b47382 (v4.11)",
    ),
    Case(
        "W4",
        "the list goes on with another queue, nobody commits on the first",
        {"plan": (0, 1), "queues": 2, "bug": Bug.NO_COMMIT_AT_SWITCH},
        {"RB-P1": "violated 6", "RB-P2": "violated 8", "RB-P3": "violated 8", "RB-R1": "unreached", **UNSEEN},
        origin="contract of d666ba98f849",
        evidence="derived",
    ),
    Case(
        "W5-H1",
        "the last request is completed before it reaches the driver (device deleted), BLK_STS_OK returned",
        SWALLOW,
        {"RB-P1": "violated 5", "RB-P2": "violated 5", "RB-P3": "violated 5", **UNSEEN},
        origin="scsi_dispatch_cmd(), 6.1.192",
        evidence="derived",
    ),
    Case(
        "W5-H2",
        "a packed ring fails to map the last request: completed as BAD_TARGET, BLK_STS_OK returned",
        {**SWALLOW, "ring": Ring.PACKED, "commit": Commit.LAST_FAILED, "last": Last.LIST_EMPTY},
        {"RB-P1": "violated 5", "RB-P2": "violated 5", "RB-P3": "violated 5", **UNSEEN},
        origin="virtscsi_queuecommand() since 773c7220e22d, 6.12.117",
        evidence="derived",
    ),
    Case(
        "W15-H3",
        "the queue is stopped in mid-list: the last request is parked, BLK_STS_OK returned",
        PARK,
        {"RB-P1": "violated 5", "RB-P2": "violated 5", "RB-P3": "violated 5"},
        origin="blk_mq_request_issue_directly(), 6.1.192",
        evidence="derived",
    ),
    Case(
        "W8",
        "the device arms its event and sleeps without a second look at the ring",
        {"lists_each": 2, "plan": (0,), "bug": Bug.NO_RECHECK},
        {"RB-P1": "violated 14", "RB-P1C": "violated 14", "RB-P2": "violated 15", **UNSEEN},
        origin="VIRTIO 1.2, 2.7.10.2",
    ),
    Case(
        "W9",
        "kick_prepare after the unlock: the window of one submitter swallows the entry of another",
        {"Sub": 2, "plan": (0,), "spurious": True, "bug": Bug.KICK_PREPARE_UNLOCKED},
        {
            "RB-P1": "violated 15",
            "RB-P1C": "violated 13",
            "RB-P2": "violated 17",
            "RB-P4": "violated 8",
            "RB-L1": "violated",
            "RB-L2": "violated",
        },
        origin="fixed by f02b9ac35a47 (2013, virtio-blk)",
    ),
    Case(
        "W10",
        "the device's wish is found and forgotten",
        {"plan": (0,), "bug": Bug.DROP_NOTIFY},
        {
            "RB-P1": "violated 4",
            "RB-P1C": "violated 4",
            "RB-P2": "violated 5",
            "RB-R1": "unreached",
            "RB-R2": "unreached",
            **UNSEEN,
        },
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "W10-unfair",
        "a submitter that found the device's wish is kept from ringing for ever: an innocent one starves",
        {"Sub": 2, "plan": (0,), "fair.dispatch.Sub1": "none"},
        STUCK,
        origin="derived from the event index: a wish is told once",
        evidence="derived",
    ),
    Case(
        "W10-unfair-flags",
        "the same without event index: the innocent one rings for itself, and only the other's own entry lies unseen",
        {"Sub": 2, "plan": (0,), "event_idx": False, "fair.dispatch.Sub1": "none"},
        {**STUCK, "RB-L4": "holds"},
        origin="derived",
        evidence="derived",
    ),
    Case(
        "W11",
        "a full packed ring, no commit: nobody completes, so the ring stays full",
        {**SMALL_RING, "ring": Ring.PACKED, "commit": Commit.NEVER},
        {"RB-P1": "violated 8", "RB-P2": "violated 8", "RB-P3": "violated 8", **NOTHING_COMPLETES, **STUCK},
        origin="before d666ba98f849",
        evidence="derived",
    ),
    Case(
        "W11-split",
        "the same with a split ring: virtqueue_add() itself notifies when the ring is full",
        {**SMALL_RING, "commit": Commit.NEVER},
        {"RB-P3": "violated 8"},
        origin="44653eae1407 (2008)",
        evidence="derived",
    ),
    Case(
        "W12",
        "error handling sends its command without SCMD_LAST, and nobody commits behind it",
        {"lists_each": 1, "plan": (0,), "eh_commands": 1, "bug": Bug.EH_WITHOUT_LAST},
        {"RB-P1": "violated 2", "RB-P2": "violated 2", "RB-P3": "violated 2", **UNSEEN},
        origin="fixed by 066c5b46b6ea (v6.7)",
    ),
    Case(
        "W12-stale",
        "every request goes out as the last: nothing is lost, nothing is saved",
        {"last": Last.EVERY, "commit": Commit.NEVER},
        {"RB-P5": "violated"},
        origin="before be94f058f2bd (v5.0)",
    ),
    Case(
        "W13-redundant",
        "commit even after a good last: without event index a doorbell for nothing",
        {"event_idx": False, "bug": Bug.COMMIT_ALWAYS},
        {"RB-P5": "violated"},
        origin="536167d47ade",
        evidence="derived",
    ),
    Case(
        "W13-window",
        "num_added is not reset: windows overlap",
        {"lists_each": 2, "plan": (0,), "bug": Bug.KEEP_NUM_ADDED},
        {"RB-P4": "violated 4"},
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "event-off-by-one",
        "the event index is read one too high: only a window of one entry misses it",
        {"plan": (0,), "bug": Bug.EVENT_OFF_BY_ONE},
        {
            "RB-P1": "violated 4",
            "RB-P1C": "violated 4",
            "RB-P2": "violated 5",
            "RB-R1": "unreached",
            "RB-R2": "unreached",
            **UNSEEN,
        },
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "event-off-by-one-batch",
        "the same with two entries: the window still covers it",
        {"bug": Bug.EVENT_OFF_BY_ONE},
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "W14-timeout",
        "the timer is armed before the request is in the ring and requeues it meanwhile",
        {"bug": Bug.TIMER_BEFORE_ADD, **IOERR},
        {"RB-P8": "violated 3", "RB-P5": "violated"},
        origin="fixed by 82c2294 (2022)",
    ),
    Case(
        "W14-busy",
        "the driver says busy after it has published the request",
        {"bug": Bug.BUSY_AFTER_ADD},
        {
            "RB-P8": "violated 3",
            "RB-P9": "violated 3",
            "RB-P3": "violated 4",
            "RB-P1": "violated 16",
            "RB-P2": "violated 16",
            "RB-P11": "violated 16",
            **NOTHING_COMPLETES,
            **STUCK,
        },
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "W14-error",
        "the driver completes the request with an error after it has published it",
        {"bug": Bug.ERROR_AFTER_ADD},
        {"RB-P8": "violated 3"},
        origin="mutant",
        evidence="derived",
    ),
    Case(
        "W16",
        "queue_rq() sleeps and the same plug is flushed again beneath it: its own request is the last, unmarked",
        {"bug": Bug.FLUSH_AGAIN},
        {"RB-P1": "violated 10", "RB-P2": "violated 10", "RB-P3": "violated 5", **UNSEEN},
        origin="blk-mq: fix stall due to recursive flush plug (2023)",
        evidence="recalled",
    ),
    Case(
        "W17",
        "a request without budget goes back to its list, but keeps its driver tag",
        {"bug": Bug.KEEP_TAG, **NO_BUDGET},
        {"RB-P9": "violated 2"},
        origin="fixed by 5fe56de799ad (2020)",
    ),
    Case(
        "W18",
        "a request without budget goes back to its list, and nobody will run the queue",
        {"bug": Bug.NO_RERUN, **NO_BUDGET},
        {"RB-P11": "violated 3", "RB-L3": "violated"},
        origin="fixed by ab3cee3762e5 (2020)",
    ),
    Case(
        "W19",
        "as many entries as the index has values, and no kick: the window looks empty",
        {"plan": (0, 0, 0, 0), "lists_each": 2, "slots": 3, "wrap": 4, "bug": Bug.NO_WRAP_GUARD},
        {
            "RB-P1": "violated 41",
            "RB-P1C": "violated 40",
            "RB-P2": "violated 42",
            "RB-P5": "violated",
            "RB-P5R": "violated",
            **UNSEEN,
        },
        origin="virtqueue_add_split(), the guard at 65535",
        evidence="derived",
    ),
    Case(
        "W20",
        "the device clears the doorbell's latch after its last look at the ring",
        {"lists_each": 2, "plan": (0,), "bug": Bug.CLEAR_LATE},
        {"RB-P1": "violated 17", "RB-P1C": "violated 17", "RB-P2": "violated 18", **UNSEEN},
        origin="eventfd: clear, then scan",
        evidence="derived",
    ),
)

OMITTED = (
    Omitted("W6", "no full barrier in kick_prepare (a72caae21803)", "needs a store buffer; comes with the primitives"),
    Omitted("W7", "no full barrier in the device's re-arming", "needs a store buffer; comes with the primitives"),
    Omitted("W14-stale-slot", "slot and index stored in the wrong order (B1)", "needs stores that are reordered"),
    Omitted("H4", "VIRTIO_F_NOTIFICATION_DATA read outside vq_lock", "the device here re-reads memory and ignores it"),
)

CASES = VERSIONS + WRONG
