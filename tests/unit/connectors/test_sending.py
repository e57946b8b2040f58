"""One write under way: neighbours of a bad record are written, and no trouble costs more than a bounded number of calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from connectors.kit.batch import Pace, same_for_all
from connectors.kit.sending import EXTRA, Sending
from sync.core.model.flags import Flags
from sync.core.model.records import RecordRef
from sync.errors import OutcomeUnknown, Throttled
from sync.ports import FlagWrite, WriteOutcome, WriteResult

MOST = 20
FLAGS: Flags = {"status": "ready", "note": "x"}


@dataclass
class Crm:
    """Refuses a batch as a whole for one bad record in it, locks some rows and has closed fields."""

    bad: set[str] = field(default_factory=set[str])
    locked: dict[str, int] = field(default_factory=dict[str, int])
    closed: set[str] = field(default_factory=set[str])
    silent: bool = False
    throttled: bool = False
    calls: int = 0
    waited: list[float] = field(default_factory=list[float])
    written: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def write(self, count: int, pace: Pace | None = None) -> list[WriteResult]:
        changes = [FlagWrite(RecordRef("crm", "Lead", str(n)), FLAGS) for n in range(count)]
        return Sending(pace or Pace(MOST), self.call, self.waited.append).send_all(changes)

    def call(self, sending: Sending, batch: Sequence[FlagWrite], kept: Sequence[FlagWrite]) -> list[WriteResult]:
        self.calls += 1
        if self.silent:
            return sending.doubt(batch, OutcomeUnknown("no answer"))
        if self.throttled:
            return sending.stop(batch, Throttled("slow down", 7))
        if any(sending.bar(change, flag, "", "CLOSED", "no") for change in kept for flag in self.closed):
            return sending.part([batch])
        if any(change.ref.record_id in self.bad for change in batch):
            return same_for_all(batch, WriteOutcome.REJECTED, "BAD", "") if len(batch) == 1 else sending.halve(batch)
        sending.went(len(batch))
        return [self._row(sending, change) for change in kept]

    def _row(self, sending: Sending, change: FlagWrite) -> WriteResult:
        one = change.ref.record_id
        if self.locked.get(one, 0):
            self.locked[one] -= 1
            sending.locked.add(change.ref)
            return WriteResult(change.ref, WriteOutcome.RETRY, "LOCKED")
        self.written[one] = set(change.values)
        return WriteResult(change.ref, WriteOutcome.APPLIED)


def outcomes(results: Sequence[WriteResult]) -> dict[str, WriteOutcome]:
    return {result.ref.record_id: result.outcome for result in results}


@given(st.integers(1, 60), st.sets(st.integers(0, 59), max_size=8), st.sets(st.integers(0, 59), max_size=5))
def test_every_change_has_one_result_and_no_neighbour_pays(count: int, bad: set[int], locked: set[int]) -> None:
    crm = Crm({str(n) for n in bad}, {str(n): 1 for n in locked - bad})
    results = crm.write(count)
    told = outcomes(results)
    assert len(results) == len(told) == count
    assert crm.calls <= -(-count // MOST) + EXTRA + 15
    late = {result.ref.record_id for result in results if result.code == "LEFT_FOR_LATER"}
    for one, outcome in told.items():
        if one not in late:
            assert outcome is (WriteOutcome.REJECTED if one in crm.bad else WriteOutcome.APPLIED)
    if len(crm.bad) <= 2:
        assert not late, "a few culprits are found at once"


def test_a_lock_is_waited_for_three_times_and_longer_each_time() -> None:
    crm = Crm(locked={"3": 99})
    assert outcomes(crm.write(MOST))["3"] is WriteOutcome.RETRY
    assert crm.calls == 4
    assert len(crm.waited) == 3
    assert 0.3 <= crm.waited[0] <= 0.6 < 1.0 <= crm.waited[1] <= 2.0 < 3.0 <= crm.waited[2] <= 6.0


def test_many_locks_cost_a_bounded_number_of_calls() -> None:
    crm = Crm(locked={str(n): 99 for n in range(200)})
    crm.write(200)
    assert crm.calls <= 10 + 15


def test_a_closed_field_is_refused_once_however_many_batches_there_are() -> None:
    crm = Crm(closed={"note"})
    results = crm.write(100)
    assert crm.calls == 6
    assert {tuple(result.left_out) for result in results} == {("note",)}
    assert set(map(frozenset, crm.written.values())) == {frozenset({"status"})}


def test_when_every_field_is_closed_nothing_is_sent_any_more() -> None:
    crm = Crm(closed={"note", "status"})
    results = crm.write(100)
    assert crm.calls <= 2
    assert set(outcomes(results).values()) == {WriteOutcome.REJECTED}
    assert all(set(result.left_out) == {"note", "status"} for result in results)


def test_a_service_that_says_nothing_is_asked_twice_and_then_in_smaller_batches() -> None:
    crm, pace = Crm(silent=True), Pace(MOST)
    results = crm.write(100, pace)
    assert crm.calls == 2
    assert sum(result.outcome is WriteOutcome.UNKNOWN for result in results) == 20 + 10
    assert pace.size == 5
    for _ in range(5):
        crm.write(100, pace)
    assert pace.size == 1
    crm.silent, crm.calls = False, 0
    assert set(outcomes(crm.write(100, pace)).values()) == {WriteOutcome.APPLIED}
    assert pace.size == MOST
    assert crm.calls <= 10


def test_what_has_to_wait_costs_one_call_and_no_attempt() -> None:
    crm = Crm(throttled=True)
    results = crm.write(100)
    assert crm.calls == 1
    assert {(result.outcome, result.sent, result.retry_after) for result in results} == {(WriteOutcome.RETRY, False, 7)}
