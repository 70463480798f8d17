"""Request batching: the dispatch list of blk-mq, the commit rule, and a virtqueue's doorbell.

Submitters hand lists of requests to a driver, which publishes each request in a ring at once but writes the expensive
doorbell only for the last. If the list is cut short, somebody has to commit: ring the bell for what was published. The
device sleeps when it has seen everything, and says in the ring whether it wants to be woken.

The text is that of Linux 6.1 unless a constant says otherwise; function names are the kernel's, or QEMU's for the
device. What is abstracted and why stands in the README beside this file.
"""

from __future__ import annotations

from typing import Annotated

from virtspec import Call, Const, Model, Range, Steps, action, at, atomic, choose, each, process, require
from virtspec_models.request_batching.virtqueue import Virtqueue
from virtspec_models.request_batching.vocabulary import Bug, Commit, Last, Memory, Outcome, Ring, Run, Sub


class Batching(Model):
    """Submitters with lists of requests, hardware queues with a virtqueue each, one device thread per queue."""

    plan: Const[tuple[int, ...]] = (0, 0)  # one list: the hardware queue of each request
    lists_each: Const[int] = 1  # how many lists a submitter has
    queues: Const[int] = 1
    slots: Const[int] = 4
    tags_total: Const[int] = 4
    wrap: Const[int] = 8
    faults_total: Const[int] = 0
    kinds: Const[tuple[Outcome, ...]] = (Outcome.IOERR, Outcome.BUSY)
    eh_commands: Const[int] = 0
    commit: Const[Commit] = Commit.ANY_ERROR
    last: Const[Last] = Last.OR_NO_TAG
    plug_flush: Const[bool] = False  # lists come straight from a plug: up to v6.2 its commit does not ask for `queued`
    ring: Const[Ring] = Ring.SPLIT
    event_idx: Const[bool] = True
    publish_at_kick: Const[bool] = False
    spurious: Const[bool] = False  # the device begins with a doorbell that means nothing, which it has to bear
    memory: Const[Memory] = Memory.SC
    bug: Const[Bug] = Bug.NONE
    open: Const[bool] = False  # lists of any length, and no end of them: whatever the log of a running kernel shows

    assert not open or (queues == 1 and len(plan) == 2), "an open workload is that of one queue, its plan two requests"

    vq: dict[Annotated[int, Range(0, queues - 1)], Virtqueue] = each(
        Virtqueue(
            wrap=wrap, event_idx=event_idx, publish_at_kick=publish_at_kick, spurious=spurious, memory=memory, bug=bug
        )
    )
    lists: dict[Sub, Annotated[int, Range(0, lists_each)]] = each(lists_each)  # not begun yet
    rq_list: dict[Sub, Annotated[int, Range(0, len(plan))]]  # requests on the list being dispatched, or left over
    parked: dict[Sub, Annotated[int, Range(0, len(plan))]]  # put aside while the queue was stopped
    hctx: dict[Sub, Annotated[int, Range(0, queues - 1)]]  # the hardware queue being served
    next_tag: dict[Sub, bool]  # the next request has its driver tag already
    run: dict[Sub, Run]
    tags: Annotated[int, Range(0, tags_total)] = tags_total
    faults: Annotated[int, Range(0, faults_total)] = faults_total
    eh_left: Annotated[int, Range(0, eh_commands)] = eh_commands
    done: Annotated[int, Range(0, 2 * len(Sub) * lists_each * len(plan) + eh_commands)]  # with or without an error
    owes: dict[Sub, set[Annotated[int, Range(0, queues - 1)]]]  # ghost: where a submitter has entries no window covered

    # --- blk-mq

    @process(fair="weak", begins="weak")
    def dispatch(self, i: Sub) -> Steps:
        """blk_mq_dispatch_rq_list(), and the plug flush that does the same: issue a list, then commit if need be."""
        atomic("a list is its submitter's own")
        require(self.has_work(i))
        self.take_list(i)
        queued = False
        errors = False
        failed = False  # the request tried last
        while self.rq_list[i] > 0:
            if self.next_hctx(i) != self.hctx[i]:
                commits = self.commit is not Commit.NEVER and self.bug is not Bug.NO_COMMIT_AT_SWITCH
                if commits and (queued or self.plug_flush):
                    yield from self.commit_rqs(i)
                queued = False
                self.hctx[i] = self.next_hctx(i)
            yield "prep"
            atomic("tags are bits of an atomic bitmap; nothing else here is shared")
            self.go_on(i)
            if not self.next_tag[i] and self.tags == 0:
                failed = True
                self.run[i] = Run.ON_TAG
                break
            last = self.take_request(i)
            outcome = self.fate()
            if outcome in (Outcome.BUSY, Outcome.NO_BUDGET):
                self.put_back(i, Run.NOBODY if self.bug is Bug.NO_RERUN else Run.OWED)
                failed = True
                break
            if outcome is not Outcome.NORMAL:
                self.put_tag()
                self.parked[i] += 1 if outcome is Outcome.PARK else 0
                self.done += 0 if outcome is Outcome.PARK or self.open else 1
                failed = outcome is Outcome.IOERR
                errors = errors or failed
                queued = queued or not failed
                continue
            yield "queue_rq"
            atomic("of what vq_lock guards the device reads one index; giving a tag back is one atomic operation")
            if self.bug is Bug.FLUSH_AGAIN and self.rq_list[i] > 0:
                self.flush_again(i)
                yield "resume"
            accepted = yield from self.virtscsi_add_cmd(i, last)
            failed = not accepted
            if failed:
                self.put_back(i, Run.ON_COMPLETION)
                break
            queued = True
        yield "end"
        atomic("what is shared is a tag, given back, and what tells that the wait for one is over")
        if self.next_tag[i]:
            self.next_tag[i] = False
            self.put_tag()
        if self.bug is not Bug.NO_MB_AT_WAIT:
            self.look_again(i)
        plug = self.is_plug_flush()
        if (queued or plug) and self.must_commit(self.rq_list[i] > 0, errors, failed):
            yield from self.commit_rqs(i)
        self.hctx[i] = 0
        self.hand_over(i)

    def has_work(self, i: Sub) -> bool:
        if self.open:
            return True
        if self.rq_list[i] > 0:
            return self.run[i] is Run.OWED
        return self.parked[i] > 0 or self.lists[i] > 0

    def take_list(self, i: Sub) -> None:
        """The list to dispatch: what is left over, else what was parked, else a new one."""
        if self.rq_list[i] == 0 and self.parked[i] > 0:
            self.rq_list[i] = self.parked[i]
            self.parked[i] = 0
        elif self.rq_list[i] == 0:
            self.rq_list[i] = 1 if self.open else len(self.plan)
            self.lists[i] -= 0 if self.open else 1
        self.run[i] = Run.NOBODY
        self.hctx[i] = self.next_hctx(i)

    def go_on(self, i: Sub) -> None:
        """Nobody looks at how long an open list is before its next request is prepared: it is decided here."""
        if self.open:
            more = choose(bool)
            self.rq_list[i] = 2 if more else 1

    def hand_over(self, i: Sub) -> None:
        """What is left of an open list is on that of the queue, and whoever runs the queue begins with it."""
        if self.open:
            self.rq_list[i] = 0
            self.run[i] = Run.NOBODY

    def next_hctx(self, i: Sub) -> int:
        """The hardware queue of the request at the head of the list."""
        return self.plan[len(self.plan) - self.rq_list[i]]

    def take_request(self, i: Sub) -> bool:
        """Give the head of the list its driver tag and take it off; whether it is handed over as the last."""
        if not self.next_tag[i]:
            self.tags -= 1
        self.next_tag[i] = False
        self.rq_list[i] -= 1
        if self.last is Last.OR_NO_TAG and self.rq_list[i] > 0:
            self.next_tag[i] = self.tags > 0
            if self.next_tag[i]:
                self.tags -= 1
            return not self.next_tag[i]
        return self.rq_list[i] == 0 or self.last is Last.EVERY

    def fate(self) -> Outcome:
        """Budget and luck of one request."""
        if self.faults_total == 0 and not self.open:
            return Outcome.NORMAL
        outcome = choose(Outcome)
        if outcome is not Outcome.NORMAL:
            require(outcome in self.kinds)
            if not self.open:
                require(self.faults > 0)
                self.faults -= 1
        return outcome

    def put_back(self, i: Sub, run: Run) -> None:
        """Requeue the request in hand."""
        self.rq_list[i] += 1
        if self.bug is not Bug.KEEP_TAG:
            self.put_tag()
        self.run[i] = run

    def put_tag(self) -> None:
        """Give back a driver tag; who waits for one is run again."""
        self.tags += 1
        for j in Sub:
            if self.waits(j, Run.ON_TAG):
                self.run[j] = Run.OWED

    def waits(self, j: Sub, run: Run) -> bool:
        """Whether others see that a list waits for this. Without a barrier it looks again before they do."""
        return self.run[j] is run and not (self.bug is Bug.NO_MB_AT_WAIT and at(self.dispatch, "end", j))

    def look_again(self, i: Sub) -> None:
        """What the list waits for may have come while it was put away: then nobody else will tell."""
        if self.run[i] is Run.ON_TAG and self.tags > 0:
            self.run[i] = Run.OWED
        if self.run[i] is Run.ON_COMPLETION and self.vq[self.hctx[i]].in_use() < self.slots:
            self.run[i] = Run.OWED

    def must_commit(self, left: bool, errors: bool, failed: bool) -> bool:
        """The decision behind a list of which something was queued."""
        if self.bug is Bug.COMMIT_ALWAYS:
            return True
        if self.commit is Commit.NEVER:
            return False
        if self.commit is Commit.NOT_EMPTY:
            return left
        return left or (errors if self.commit is Commit.ANY_ERROR else failed)

    def is_plug_flush(self) -> bool:
        """Whether it is a plug that is flushed, so that a commit is called even if nothing was queued."""
        if self.open:
            return choose(bool)
        return self.plug_flush

    def flush_again(self, i: Sub) -> None:
        """queue_rq() slept and schedule() flushed the same plug: the rest of the list goes out, doorbell and all."""
        q = self.hctx[i]
        self.lock(i)
        for _ in self.plan:
            if self.rq_list[i] > 0:
                self.rq_list[i] -= 1
                self.tags -= 0 if self.next_tag[i] else 1
                self.next_tag[i] = False
                self.vq[q].add(i)
        if self.close_window(i):
            self.vq[q].notify(i)
        self.vq[q].vq_lock.unlock(i)

    # --- scsi and virtio-scsi

    def lock(self, i: Sub) -> None:
        """Take the lock of the queue being served: a locked operation, which empties the CPU's store buffer."""
        for q in range(self.queues):
            self.vq[q].mb(i)
        self.vq[self.hctx[i]].lock(i)

    def virtscsi_add_cmd(self, i: Sub, kick: bool) -> Call[bool]:
        """Publish under vq_lock; for the last one close the window, notify after unlocking. False: the ring is full."""
        self.lock(i)
        if self.vq[self.hctx[i]].in_use() == self.slots:
            if self.ring is Ring.SPLIT:
                self.vq[self.hctx[i]].notify(i)
            self.vq[self.hctx[i]].vq_lock.unlock(i)
            return False
        self.vq[self.hctx[i]].add(i)
        self.owes[i].add(self.hctx[i])
        wrapped = self.bug is not Bug.NO_WRAP_GUARD and self.vq[self.hctx[i]].num_added == self.wrap - 1
        if kick or wrapped:
            if self.bug is Bug.KICK_PREPARE_UNLOCKED:
                yield from self.kick_unlocked(i)
            else:
                yield "kick_prepare"
                atomic("of what vq_lock guards the device reads and writes one index each")
                needs_kick = self.close_window(i)
                self.vq[self.hctx[i]].vq_lock.unlock(i)
                if needs_kick and self.bug is not Bug.DROP_NOTIFY:
                    yield "notify"
                    atomic("one store to the device; the rest is the submitter's own")
                    self.vq[self.hctx[i]].notify(i)
        else:
            self.vq[self.hctx[i]].vq_lock.unlock(i)
        if self.bug is Bug.ERROR_AFTER_ADD:
            self.done += 1
        return self.bug is not Bug.BUSY_AFTER_ADD

    def kick_unlocked(self, i: Sub) -> Steps:
        """virtqueue_kick() behind the unlock, as before f02b9ac35a47: another submitter may add in the middle of it."""
        self.vq[self.hctx[i]].vq_lock.unlock(i)
        yield "read"
        self.vq[self.hctx[i]].mb(i)
        new = self.vq[self.hctx[i]].shadow()
        old = (new - self.vq[self.hctx[i]].num_added) % self.wrap
        yield "write"
        atomic("the two writes and the read race with nobody but as the text says")
        self.vq[self.hctx[i]].num_added = 0
        self.vq[self.hctx[i]].window_end = new
        self.owes[i].discard(self.hctx[i])
        if self.vq[self.hctx[i]].wants_kick(new, old):
            yield "notify"
            self.vq[self.hctx[i]].notify(i)

    def commit_rqs(self, i: Sub) -> Steps:
        """virtscsi_commit_rqs(): ring for whatever is published and not yet asked about."""
        yield "kick_prepare"
        atomic("as after an add; the list is the submitter's own")
        self.lock(i)
        needs_kick = self.close_window(i)
        self.vq[self.hctx[i]].vq_lock.unlock(i)
        if needs_kick:
            yield "notify"
            atomic("one store to the device; the list is the submitter's own")
            self.vq[self.hctx[i]].notify(i)

    def close_window(self, i: Sub) -> bool:
        """kick_prepare on the queue being served: it covers everybody's entries there."""
        for j in Sub:
            self.owes[j].discard(self.hctx[i])
        return self.vq[self.hctx[i]].kick_prepare(i)

    @process(fair="weak", begins="weak")
    def send_eh_cmnd(self, i: Sub) -> Steps:
        """scsi_send_eh_cmnd(): one command past blk-mq, so that nobody commits behind it."""
        atomic("error handling is one thread; it keeps the tag of the command that failed")
        require(self.eh_left > 0 and self.tags > 0)
        self.eh_left -= 1
        self.tags -= 1
        yield "queuecommand"
        atomic("as in dispatch()")
        accepted = yield from self.virtscsi_add_cmd(i, self.bug is not Bug.EH_WITHOUT_LAST)
        if not accepted:
            self.eh_left += 1
            self.put_tag()

    @action
    def timeout(self, i: Sub) -> None:
        """The timer of the request in hand, armed before the request reached the ring, requeues it."""
        require(self.bug is Bug.TIMER_BEFORE_ADD and self.faults > 0 and at(self.dispatch, "queue_rq", i))
        self.faults -= 1
        self.rq_list[i] += 1

    # --- the other side

    @process(fair="weak", begins="weak")
    def handle_vq(self, q: Annotated[int, Range(0, queues - 1)]) -> Steps:
        """virtio_scsi_handle_cmd_vq() in QEMU's thread for queue q, from the doorbell to its going back to sleep."""
        atomic("reading an eventfd tests and clears it")
        require(self.vq[q].kicked)
        self.vq[q].device_mb()
        if self.bug is not Bug.CLEAR_LATE:
            self.vq[q].kicked = False
        while True:
            if not self.event_idx:
                yield "disable"
                self.vq[q].set_notification(False)
            while True:
                found = False
                if self.bug is Bug.NO_RMB:
                    yield "read_ahead"
                    found = self.vq[q].is_written()
                yield "pop"
                atomic("last_avail_idx is the device's own")
                if self.vq[q].unseen() == 0:
                    break
                self.vq[q].pop(found if self.bug is Bug.NO_RMB else self.vq[q].is_written())
            yield "enable"
            atomic("an index read too early only makes the check that follows see more")
            self.vq[q].set_notification(True)
            if self.bug is Bug.NO_RECHECK:
                break
            yield "recheck"
            atomic("last_avail_idx is the device's own")
            if self.bug is not Bug.NO_MB_AT_REARM:
                self.vq[q].device_mb()
            if self.vq[q].unseen() == 0:
                break
        if self.bug is Bug.CLEAR_LATE:
            yield "clear"
            self.vq[q].kicked = False

    @action(fair="weak")
    def virtscsi_req_done(self, q: Annotated[int, Range(0, queues - 1)]) -> None:
        """The device completes a request and the interrupt reaps it under vq_lock: slot, tag and host are free."""
        require(self.vq[q].popped() > 0 and self.vq[q].is_unlocked())
        self.vq[q].last_used_idx += 1
        self.done += 0 if self.open else 1
        self.put_tag()
        for i in Sub:
            if self.waits(i, Run.ON_COMPLETION):
                self.run[i] = Run.OWED
