"""What request batching promises, as far as one state or one step can tell.

P1 to P11 are numbered as in the analysis the model rests on. One has no property here: P7 (order within a ring) is
checked on the reference implementation, as the model counts entries and does not name them. P10 (lock discipline) is
asserted by the virtqueue itself and reported as a fault. P5 is about cost: what one list, and what all of them, spend in
doorbells. L1 to L3 say what happens at last, if whoever can go on does: submitters, the device's threads, the completion
of what was popped, and a store, which becomes visible.
"""

from __future__ import annotations

from virtspec import Budget, Formula, at, budget, invariant, leads_to, reachable, spent, temporal, transition
from virtspec_models.request_batching.spec import Batching
from virtspec_models.request_batching.vocabulary import Run, Sub


def running(m: Batching, i: Sub) -> bool:
    """Submitter i is inside a call."""
    return at(m.dispatch, None, i) or at(m.send_eh_cmnd, None, i)


def notifying(m: Batching, i: Sub) -> bool:
    """Submitter i was told that the device wants a doorbell, and has not rung it yet."""
    return at(m.dispatch, "notify", i) or at(m.send_eh_cmnd, "notify", i)


def in_hand(m: Batching, i: Sub) -> bool:
    """Submitter i has taken a request off its list and has not reached the ring with it."""
    return at(m.dispatch, "queue_rq", i) or at(m.dispatch, "resume", i) or at(m.send_eh_cmnd, "queuecommand", i)


def asleep(m: Batching, q: int) -> bool:
    """The device waits for queue q's doorbell, and it has not been rung."""
    return not at(m.handle_vq, None, q) and not m.vq[q].kicked


def runs(m: Batching) -> int:
    """How many times a list changes its hardware queue, and one."""
    return 1 + sum(1 for k in range(1, len(m.plan)) if m.plan[k] != m.plan[k - 1])


def of_others(m: Batching) -> int:
    """The most entries that can be there of all submitters but one."""
    return (len(Sub) - 1) * m.lists_each * len(m.plan)


def owing(m: Batching, i: Sub, q: int) -> bool:
    """Submitter i will ring, or ask whether to ring, for queue q."""
    if notifying(m, i):
        return m.hctx[i] == q
    return q in m.owes[i] and (running(m, i) or m.run[i] is Run.OWED)


@invariant(Batching, id="RB-P1", source="VIRTIO 1.2, 2.7.13.4.1: the driver must not miss a notification")
def no_orphan(m: Batching) -> bool:
    """For entries a sleeping device has not seen, somebody still owes a doorbell."""
    return all(not asleep(m, q) or m.vq[q].unseen() == 0 or any(owing(m, i, q) for i in Sub) for q in range(m.queues))


@invariant(Batching, id="RB-P1C", source="derived; inductive for any number of submitters and requests")
def uncovered_entries_are_unseen(m: Batching) -> bool:
    """What a sleeping device has not seen was added since the last kick_prepare, unless a doorbell is on its way."""
    return all(
        not asleep(m, q)
        or any(notifying(m, i) and m.hctx[i] == q for i in Sub)
        or m.vq[q].unseen() <= m.vq[q].num_added
        for q in range(m.queues)
    )


@invariant(Batching, id="RB-P2", source="series, cover letter: the doorbell is rung once, after the last request")
def quiescence(m: Batching) -> bool:
    """When nobody runs or will run and the device sleeps, it has seen everything."""
    return any(running(m, i) or m.run[i] is Run.OWED for i in Sub) or all(
        not asleep(m, q) or m.vq[q].unseen() == 0 for q in range(m.queues)
    )


@invariant(Batching, id="RB-P3", source="d666ba98f849, contract of commit_rqs")
def batch_contract(m: Batching, i: Sub) -> bool:
    """A call that ends leaves no entry of its own that no kick_prepare covered."""
    return running(m, i) or all(q not in m.owes[i] for q in range(m.queues))


@invariant(Batching, id="RB-P4", source="derived from virtqueue_kick_prepare()")
def windows_tile(m: Batching) -> bool:
    """Each entry belongs to exactly one window: the open one begins where the last one ended."""
    return all((m.vq[q].window_end + m.vq[q].num_added) % m.wrap == m.vq[q].shadow() for q in range(m.queues))


@invariant(Batching, id="RB-P6", source="VIRTIO 1.2, 2.7.13: a barrier before idx is updated; df9ace7647d4")
def what_is_popped_was_written(m: Batching) -> bool:
    """The device finds every entry that it pops in its slot."""
    return all(not m.vq[q].stale for q in range(m.queues))


@invariant(Batching, id="RB-P8", source="derived: BLK_STS_OK means in the ring or completed")
def exactly_once(m: Batching) -> bool:
    """Every request is on a list, in hand, in a ring or done, and at one of these places only."""
    waiting = sum(m.lists[i] * len(m.plan) + m.rq_list[i] + m.parked[i] for i in Sub) + m.eh_left
    under_way = sum(1 for i in Sub if in_hand(m, i)) + sum(m.vq[q].in_use() for q in range(m.queues))
    return waiting + under_way + m.done == len(Sub) * m.lists_each * len(m.plan) + m.eh_commands


@invariant(Batching, id="RB-P9", source="derived; 5fe56de799ad")
def tags_are_held_by_requests(m: Batching) -> bool:
    """A driver tag is free, or belongs to a request in hand, next in line, or in a ring."""
    held = sum(1 for i in Sub if in_hand(m, i)) + sum(1 for i in Sub if m.next_tag[i])
    return m.tags + held + sum(m.vq[q].in_use() for q in range(m.queues)) == m.tags_total


@invariant(Batching, id="RB-P11", source="ab3cee3762e5, 3f0dcfbcd2e1, d3b38596875d")
def no_lost_rerun(m: Batching, i: Sub) -> bool:
    """Requests left over on a list will be run again: soon, or when something in flight comes back."""
    return (
        running(m, i)
        or m.rq_list[i] == 0
        or m.run[i] is Run.OWED
        or (m.run[i] is not Run.NOBODY and m.tags < m.tags_total)
    )


@transition(Batching, id="RB-T1", source="eventfd(2): a latch, cleared by the one who waits")
def only_the_device_clears_the_latch(before: Batching, after: Batching) -> bool:
    """A doorbell, once rung, stays rung until the device's thread takes it."""
    return all(
        not before.vq[q].kicked or after.vq[q].kicked or at(after.handle_vq, None, q) or at(before.handle_vq, None, q)
        for q in range(before.queues)
    )


@transition(Batching, id="RB-T2", source="derived from split virtqueues")
def indices_move_in_order(before: Batching, after: Batching) -> bool:
    """In one step the device's index moves by at most one, and never past what is published."""
    return all(
        (after.vq[q].last_avail_idx - before.vq[q].last_avail_idx) % before.wrap <= 1
        and (before.vq[q].unseen() > 0 or after.vq[q].last_avail_idx == before.vq[q].last_avail_idx)
        for q in range(before.queues)
    )


@reachable(Batching, id="RB-R1")
def everything_completes(m: Batching) -> bool:
    """All requests can be done."""
    return m.done == len(Sub) * m.lists_each * len(m.plan) + m.eh_commands


@reachable(Batching, id="RB-R2")
def device_sleeps_again(m: Batching) -> bool:
    """The device can go back to sleep having seen something."""
    return any(m.vq[q].last_avail_idx != 0 and asleep(m, q) for q in range(m.queues))


@reachable(Batching, id="RB-R3")
def a_submitter_finishes(m: Batching, i: Sub) -> bool:
    """A call can end with nothing left to submit."""
    return not running(m, i) and m.lists[i] == 0 and m.rq_list[i] == 0 and m.eh_left == 0


@reachable(Batching, id="RB-R4", source="derived (W10)")
def a_stranger_owes_the_doorbell(m: Batching) -> bool:
    """With the event index, a submitter that is done may depend on another's pending notify: its entries lie unseen."""
    return (
        len(Sub) == 1
        or not m.event_idx
        or any(
            notifying(m, i) and not running(m, j) and m.lists[j] < m.lists_each and m.vq[0].unseen() > len(m.plan)
            for i in Sub
            for j in Sub
            if asleep(m, 0)
        )
    )


@temporal(Batching, id="RB-L1", source="derived; needs weak fairness of submitters and of the device")
def consumed(m: Batching) -> Formula | bool:
    """The device sees every entry that is published: submitters have so many, and at some time none is left."""
    return all(leads_to(m.vq[q].unseen() > 0, m.vq[q].unseen() == 0) for q in range(m.queues))


@temporal(Batching, id="RB-L2", source="derived; needs weak fairness of the completion, too")
def completed(m: Batching) -> Formula | bool:
    """Every entry is completed, and its slot is free again, in the same sense."""
    return all(leads_to(m.vq[q].in_use() > 0, m.vq[q].in_use() == 0) for q in range(m.queues))


@temporal(Batching, id="RB-L3", source="derived; needs weak fairness of whoever runs a queue again")
def issued(m: Batching, i: Sub) -> Formula:
    """What is on a list is issued, or fails."""
    return leads_to(m.rq_list[i] > 0, m.rq_list[i] == 0)


@temporal(Batching, id="RB-L4", source="derived (W10)")
def innocent(m: Batching, i: Sub) -> Formula:
    """What a submitter has published is seen even if others stand still: of so many entries some are its own."""
    return leads_to(not running(m, i) and m.vq[0].unseen() > of_others(m), m.vq[0].unseen() <= of_others(m))


@budget(Batching, id="RB-P5", source="series, cover letter; 08e3599e7401, 34c9f547402f (v6.3): no redundant commit")
def doorbells_of_a_list(m: Batching, i: Sub) -> Budget:
    """A call of dispatch() rings once at most for each run of requests for the same queue."""
    return spent("doorbell", call=m.dispatch, by=i) <= runs(m)


@budget(Batching, id="RB-P5R", source="derived; before the series every request had a doorbell of its own")
def doorbells_in_all(m: Batching) -> Budget:
    """Until nothing is left to do there are no more doorbells than requests."""
    return spent("doorbell") <= len(Sub) * m.lists_each * len(m.plan) + m.eh_commands
