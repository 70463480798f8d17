"""What makes the promises of request batching inductive, for any number of submitters and lists of any length.

No lemma (RB-A1 and so on) is a promise of its own: each keeps out states that cannot be reached and from which a promise
would be broken. Together with RB-P1, P1C, P2, P3, P4, P6 and P9 they are what a proof needs, none of them can be left out,
and they hold for each memory model, with and without event index.

RB-T5A and RB-T5B are promises, about single steps: whoever asks on behalf of entries that a sleeping device has not seen
is told to ring, and whoever asks again is not. So a list of which nothing fails costs a sleeping device's queue one
doorbell, however long it is.
"""

from __future__ import annotations

from virtspec import at, invariant, local, transition
from virtspec_models.request_batching.spec import Batching
from virtspec_models.request_batching.vocabulary import Commit, Memory, Stored, Sub
from virtspec_properties.request_batching import asleep, notifying


def waking(m: Batching, q: int) -> bool:
    """Somebody was told that the device wants queue q's doorbell, and has not rung it yet."""
    return any(notifying(m, i) and m.hctx[i] == q for i in Sub)


def waiting(m: Batching, q: int) -> int:
    """Entries of queue q that the device has not popped, those included whose index is in a store buffer."""
    return (m.vq[q].shadow() - m.vq[q].last_avail_idx) % m.wrap


def asks(m: Batching, i: Sub) -> bool:
    """Submitter i's next step is a kick_prepare."""
    return at(m.dispatch, "kick_prepare", i) or at(m.send_eh_cmnd, "kick_prepare", i)


def closing(m: Batching, i: Sub) -> bool:
    """Submitter i has added a last request, and holds vq_lock until kick_prepare is done."""
    step = "virtscsi_add_cmd.kick_prepare"
    return at(m.dispatch, step, i) or at(m.send_eh_cmnd, step, i)


def switching(m: Batching, i: Sub) -> bool:
    """Submitter i commits because its list goes on with another queue; commit_rqs[2] is the call behind the list."""
    prepares = at(m.dispatch, "commit_rqs.kick_prepare", i) and not at(m.dispatch, "commit_rqs[2].kick_prepare", i)
    rings = at(m.dispatch, "commit_rqs.notify", i) and not at(m.dispatch, "commit_rqs[2].notify", i)
    return prepares or rings


def armed_for(m: Batching, q: int) -> int:
    """The entry of queue q for which the device wants a doorbell, as soon as what it stored is visible."""
    stored = m.vq[q].event_stored
    return m.vq[q].avail_event if stored is None else stored


def wants_none(m: Batching, q: int) -> bool:
    """Without event index: the device wants no doorbell of queue q, as soon as what it stored is visible."""
    stored = m.vq[q].no_notify_stored
    return m.vq[q].no_notify if stored is None else stored


# --- who holds the lock, and whose stores are under way


@invariant(Batching, id="RB-A1", source="derived")
def lock_is_held_to_close(m: Batching, i: Sub) -> bool:
    """Between steps vq_lock is held by whoever has added a last request and not yet asked whether to ring."""
    return all((m.vq[q].vq_lock.owner == i) == (closing(m, i) and m.hctx[i] == q) for q in range(m.queues))


@invariant(Batching, id="RB-A2", source="derived")
def stores_of_one_submitter(m: Batching, i: Sub, j: Sub) -> bool:
    """While a submitter has stores to a queue under way, no other one has, and no other one holds its vq_lock."""
    return i == j or all(
        len(m.vq[q].store_buffer[i]) == 0 or (len(m.vq[q].store_buffer[j]) == 0 and m.vq[q].vq_lock.owner != j)
        for q in range(m.queues)
    )


@invariant(Batching, id="RB-A3", source="derived")
def stores_in_order(m: Batching, i: Sub) -> bool:
    """A slot waits in a store buffer only if memory has them out of order, and only before its index."""
    return all(
        (len(m.vq[q].store_buffer[i]) == 0 or m.memory is not Memory.SC)
        and (Stored.SLOT not in m.vq[q].store_buffer[i] or m.memory is Memory.PSO)
        and (Stored.SLOT not in m.vq[q].store_buffer[i] or Stored.IDX in m.vq[q].store_buffer[i])
        for q in range(m.queues)
    )


# --- indices, and the window of entries that no kick_prepare covered


@invariant(Batching, id="RB-A4", source="derived")
def indices_in_order(m: Batching) -> bool:
    """Entries are added, published, popped and reaped in this order, and the ring has a slot for each in between."""
    return all(
        m.vq[q].popped() <= (m.vq[q].avail_idx - m.vq[q].last_used_idx) % m.wrap
        and (m.vq[q].avail_idx - m.vq[q].last_used_idx) % m.wrap <= m.vq[q].in_use()
        and m.vq[q].in_use() <= m.slots
        for q in range(m.queues)
    )


@invariant(Batching, id="RB-A5", source="virtqueue_add_split(), the guard at 65535")
def window_has_room(m: Batching) -> bool:
    """There is room in the window for one more entry, unless it is about to be closed."""
    return all(m.vq[q].num_added < m.wrap - 1 or m.vq[q].vq_lock.owner is not None for q in range(m.queues))


@invariant(Batching, id="RB-A6", source="derived")
def invisible_entry_is_in_the_window(m: Batching) -> bool:
    """Where an index waits in a store buffer, something was added since the last kick_prepare."""
    return all(m.vq[q].num_added > 0 or not m.vq[q].hides(Stored.IDX) for q in range(m.queues))


@invariant(Batching, id="RB-A7", source="derived")
def uncovered_entries_are_waiting(m: Batching) -> bool:
    """RB-P1C is true of an entry whose index is in a store buffer, too."""
    return all(not asleep(m, q) or waking(m, q) or waiting(m, q) <= m.vq[q].num_added for q in range(m.queues))


@invariant(Batching, id="RB-A8", source="derived")
def window_has_an_owner(m: Batching) -> bool:
    """For entries that no kick_prepare covered, some submitter has to see to it."""
    return all(m.vq[q].num_added == 0 or any(q in m.owes[i] for i in Sub) for q in range(m.queues))


# --- what the device asked for


@invariant(Batching, id="RB-A9", source="derived")
def sleeps_armed(m: Batching) -> bool:
    """While its thread is away, the device visibly wants a doorbell for the first entry that it has not popped."""
    return all(
        at(m.handle_vq, None, q)
        or (
            m.vq[q].event_stored is None
            and m.vq[q].no_notify_stored is None
            and (m.vq[q].avail_event == m.vq[q].last_avail_idx if m.event_idx else not m.vq[q].no_notify)
        )
        for q in range(m.queues)
    )


@invariant(Batching, id="RB-A10", source="derived")
def looks_again_armed(m: Batching) -> bool:
    """Before its last look, the device has armed for the first entry that it has not popped, or will see that one."""
    return all(
        not at(m.handle_vq, "recheck", q)
        or (
            (armed_for(m, q) - m.vq[q].last_avail_idx) % m.wrap <= m.vq[q].unseen()
            if m.event_idx
            else not wants_none(m, q)
        )
        for q in range(m.queues)
    )


# --- lists


@invariant(Batching, id="RB-A11", source="derived")
def switches_with_requests_left(m: Batching, i: Sub) -> bool:
    """A submitter that commits because its list goes on with another queue has requests left."""
    return m.rq_list[i] > 0 or not switching(m, i)


@invariant(Batching, id="RB-A12", source="derived")
def list_has_room(m: Batching, i: Sub) -> bool:
    """A request in hand is off its list, so that it can be put back."""
    return m.rq_list[i] < len(m.plan) or not at(m.dispatch, "queue_rq", i)


@invariant(Batching, id="RB-A13", source="derived")
def commands_of_error_handling(m: Batching) -> bool:
    """Error handling has no more commands, left and in hand, than it had at first."""
    return m.eh_left + sum(1 for i in Sub if at(m.send_eh_cmnd, "queuecommand", i)) <= m.eh_commands


# --- what a call remembers, so that it commits


def remembers(m: Batching, i: Sub) -> bool:
    """The end of the list will find a request left over, or that one failed."""
    if m.commit is Commit.LAST_FAILED:
        return m.rq_list[i] > 0 or local(m.dispatch, "failed", i)
    return m.rq_list[i] > 0 or local(m.dispatch, "errors", i)


def goes_on_to_ask(m: Batching, i: Sub) -> bool:
    """From where submitter i stands, with what its call remembers, it comes to a kick_prepare before it ends."""
    on_its_way = at(m.dispatch, "prep", i) or at(m.dispatch, "queue_rq", i)
    commits = on_its_way or (at(m.dispatch, "end", i) and remembers(m, i))
    return asks(m, i) or (commits and local(m.dispatch, "queued", i))


@invariant(Batching, id="RB-A14", source="derived")
def last_or_more_to_come(m: Batching, i: Sub) -> bool:
    """A request in hand is the last one, or there are more on its list."""
    return local(m.dispatch, "last", i) or m.rq_list[i] > 0 or not at(m.dispatch, "queue_rq", i)


@invariant(Batching, id="RB-A15", source="d666ba98f849, contract of commit_rqs")
def who_owes_goes_on_to_ask(m: Batching, i: Sub) -> bool:
    """A submitter with entries that no kick_prepare covered comes to one before its call ends."""
    return goes_on_to_ask(m, i) or all(q not in m.owes[i] for q in range(m.queues))


# --- one doorbell for a batch


@transition(Batching, id="RB-T5A", source="series, cover letter: the doorbell is rung, after the last request")
def sleeper_is_woken(before: Batching, after: Batching, i: Sub) -> bool:
    """A kick_prepare asks for the doorbell if the device sleeps, entries wait for it, and nobody else is to ring."""
    return all(
        before.hctx[i] != q
        or not (asleep(before, q) and waiting(before, q) > 0)
        or waking(before, q)
        or not (asks(before, i) and not asks(after, i))
        or notifying(after, i)
        for q in range(before.queues)
    )


@transition(Batching, id="RB-T5B", source="series, cover letter: the doorbell is rung once")
def empty_window_rings_nothing(before: Batching, after: Batching, i: Sub) -> bool:
    """With the event index, a kick_prepare since whose predecessor nothing was added asks for no doorbell."""
    return all(
        before.hctx[i] != q
        or before.vq[q].num_added > 0
        or not before.event_idx
        or not (asks(before, i) and notifying(after, i))
        for q in range(before.queues)
    )
