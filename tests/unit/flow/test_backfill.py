"""How a backfill keeps its pace, its span, its streams and its turns; time passes by the fakes' clock alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sync.core.model.records import RecordRef
from sync.errors import AuthError, ConfigError, RunProblem, Shortfall, TransientError
from sync.flow.backfill import Result, run_backfill
from sync.flow.backfill_cost import estimate
from sync.flow.backfill_reading import RETRY_S
from sync.flow.backfill_request import begin, choose_streams, find_unfinished
from sync.flow.backfill_run import Pacing
from sync.flow.connect import prepare
from sync.flow.context import Context
from sync.flow.gate import approve, read_holds
from sync.flow.report import Outcome
from sync.ports import Source, StreamSpec, WriteOutcome
from sync.store import Store, approval, ledger, outbox, records
from sync.store.backfills import Backfill, Phase
from sync.store.lock import take_turn
from sync.store.outbox import State
from tests.store.fakes import Killed
from tests.store.house import House

LONG_AGO = timedelta(days=30)


@dataclass
class Run:
    """A backfill over the house, called as often as an operator would."""

    house: House
    first: int = 2
    a_minute: int = 3
    slept: list[float] = field(default_factory=list[float])

    def prepare(self) -> Context:
        context, _ = prepare(self.house.context)
        return context

    def begin(
        self, streams: Sequence[str] = (), *, since: datetime | None = None, until: datetime | None = None
    ) -> Backfill:  # fmt: skip
        context = self.prepare()
        since = since or self.house.clock.now - LONG_AGO
        return begin(context, choose_streams(context, streams), since, until)

    def go(self, backfill: Backfill | None = None, *, go_on: bool = False) -> Result:
        context = self.prepare()
        found = backfill or find_unfinished(context)
        assert found is not None
        return run_backfill(context, found, self.pacing, go_on=go_on)

    @property
    def pacing(self) -> Pacing:
        clock = self.house.clock
        return Pacing(self.first, self.a_minute, sleep=self.sleep, clock=lambda: clock.now.timestamp(), threads=False)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.house.clock.pass_(seconds=seconds)


@pytest.fixture
def run(house: House) -> Run:
    return Run(house)


def fill(house: House, count: int, **values: Any) -> list[RecordRef]:
    """Leads of an hour ago."""
    made = [house.lead(f"00Q{number}", values=values) for number in range(count)]
    house.clock.pass_(hours=1)
    return made


def count_states(house: House) -> dict[State, int]:
    with house.context.store.read() as tx:
        return {state: n for (_, state), n in ledger.count_by_state(tx).items()}


@contextmanager
def noting_writes(house: House) -> Iterator[list[datetime]]:
    """When each record was written."""
    told: list[datetime] = []
    house.sf.answer = lambda _change: told.append(house.clock.now)
    yield told


def put_off(ref: RecordRef, left: list[RecordRef]) -> WriteOutcome | None:
    """A record that is locked, once."""
    if ref in left:
        left.remove(ref)
        return WriteOutcome.RETRY
    return None


class _Refused:
    """A source that reads, and refuses to be asked what a first reading would cost."""

    parallel = 1

    def __init__(self, source: Source) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def whole(self, specs: Sequence[StreamSpec], bulk_from: int) -> Any:
        raise AuthError("the token was revoked")

    touched = automation = whole


def test_a_cost_that_cannot_be_told_names_the_connection_and_what_kind_of_error_it_is(house: House, run: Run) -> None:
    context = run.prepare()
    mute = {name: replace(one, source=_Refused(one.source)) for name, one in context.connections.items()}
    cost = estimate(
        replace(context, connections=mute), choose_streams(context, ()), house.clock.now - LONG_AGO, None,
        writes_per_minute=60, bulk_from=1,
    )  # fmt: skip
    assert [one.automation.unread for one in cost.connections] == [["unasked"]] * len(mute)
    assert sorted(cost.problems, key=lambda one: one.where) == [
        RunProblem(Shortfall.UNASKED, name, "the token was revoked", error="AuthError") for name in sorted(mute)
    ]


# -- the pace


def test_it_writes_the_first_records_and_stops_then_so_many_a_minute(house: House, run: Run) -> None:
    fill(house, 12)
    with noting_writes(house) as told:
        first = run.go(run.begin())
        assert (first.backfill.phase, first.written, len(told)) == (Phase.LOOKING, 2, 2)
        assert {RecordRef.parse(ref) for ref in first.shown} == {ref for ref, _ in house.sf.written}
        rest = run.go(go_on=True)
    assert (rest.backfill.phase, rest.written, len(told)) == (Phase.DONE, 10, 12)
    behind = told[2:]
    assert all(later - earlier >= timedelta(seconds=60) for earlier, later in zip(behind, behind[3:], strict=False))


def test_what_an_outage_kept_back_does_not_leave_in_one_go_when_it_is_over(house: House, run: Run) -> None:
    fill(house, 12)
    run.go(run.begin())
    house.sf.broken["write"] = TransientError("down for maintenance")
    broken = run.go(go_on=True)
    assert not broken.is_done
    assert sum(broken.left.values()) >= 7, "of what cannot be sent no more is let go than a minute may bring"
    del house.sf.broken["write"]
    house.clock.pass_(hours=2)
    with noting_writes(house) as told:
        assert run.go().is_done
    minutes = [at.replace(second=0) for at in told]
    assert len(told) == 10
    assert max(minutes.count(at) for at in minutes) <= 3


def test_what_was_put_off_is_sent_in_a_later_minute_of_the_same_run(house: House, run: Run) -> None:
    fill(house, 12)
    run.go(run.begin())
    refused = [RecordRef("salesforce", "Lead", "00Q5")]
    house.sf.answer = lambda change: put_off(change.ref, refused)
    done = run.go(go_on=True)
    assert done.written == 10, "before the incremental pass at its end"
    assert done.backfill.phase is Phase.DONE


def test_killed_behind_its_first_records_it_writes_no_more_before_the_look(house: House, run: Run) -> None:
    fill(house, 12)
    house.sf.kill_after_writing = True
    with pytest.raises(Killed):
        run.go(run.begin())
    house.sf.kill_after_writing = False
    again = run.go()
    assert again.backfill.phase is Phase.LOOKING
    assert len(house.sf.written) == 2
    assert count_states(house)[State.HELD] == 10


# -- the span


def test_until_leaves_alone_what_changed_on_its_day_or_later(house: House, run: Run) -> None:
    (early,) = fill(house, 1)
    until = house.clock.now
    late = house.lead("00Q9")
    house.clock.pass_(hours=1)
    result = run.go(run.begin(until=until))
    assert result.is_done
    assert {ref for ref, _ in house.sf.written} == {early}
    assert result.observed == 1
    house.clock.pass_(minutes=5)
    house.run()
    assert late not in {ref for ref, _ in house.sf.written}, "nor does a daemon"


def test_what_is_over_gets_nothing(house: House, run: Run) -> None:
    over = house.lead("00Q9", values={"Status": "Unqualified"})
    fill(house, 1)
    result = run.go(run.begin())
    assert result.is_done
    assert over not in {ref for ref, _ in house.sf.written}
    assert result.observed == 0, "nor is anything kept back for it"


def test_another_span_waits_for_what_is_held_and_begins_when_a_person_parked_it(house: House, run: Run) -> None:
    fill(house, 12)
    run.go(run.begin())
    with pytest.raises(ConfigError, match="wait to be written"):
        run.begin(until=house.clock.now)
    with house.context.store.write() as tx:
        held = ledger.read_by_state(tx, State.HELD, 100)
        outbox.park(tx, [entry.id for entry in held], house.clock.now)
    assert run.begin(until=house.clock.now).phase is Phase.READING


# -- some streams


def test_one_stream_is_read_alone_and_nothing_is_judged_by_halves(house: House, run: Run) -> None:
    fill(house, 3)
    since = house.clock.now - LONG_AGO
    house.hs.calls.clear()
    result = run.go(run.begin(["salesforce:Lead"], since=since))
    assert not result.is_done
    assert "head" not in house.hs.calls
    assert count_states(house) == {}
    assert "hubspot:contacts" in result.reports[0].behind
    whole = run.go(run.begin(since=since))
    assert whole.written == 2
    assert whole.backfill.is_trusted


def test_streams_that_do_not_exist_are_named(run: Run) -> None:
    with pytest.raises(ConfigError, match="no stream"):
        choose_streams(run.prepare(), ["nothing"])


# -- beside a daemon


@dataclass
class Rival:
    """A daemon that takes the turn between two slices, for a step of a minute; every look at the clock costs four seconds."""

    store: Store
    seconds: float = 0.0
    slept: list[float] = field(default_factory=list[float])
    steps: list[threading.Thread] = field(default_factory=list[threading.Thread])
    look: Callable[[], None] = lambda: None
    """At what there is when it has the turn."""

    def clock(self) -> float:
        self.seconds += 4
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        taken = threading.Event()
        self.steps.append(threading.Thread(target=self._step, args=(taken,)))
        self.steps[-1].start()
        assert taken.wait(60)

    def _step(self, taken: threading.Event) -> None:
        with take_turn(self.store):
            taken.set()
            self.look()
            threading.Event().wait(0.05)  # the backfill comes to wait meanwhile
            self.seconds += 60


def test_a_long_wait_for_the_turn_takes_nothing_off_the_slice(house: House, run: Run) -> None:
    fill(house, 7)
    rival = Rival(house.context.store)
    pacing = replace(run.pacing, sleep=rival.sleep, clock=rival.clock)
    result = run_backfill(run.prepare(), run.begin(), pacing)
    for step in rival.steps:
        step.join()
    assert result.written == 2
    assert len(rival.steps) > 3
    assert max(rival.slept) < RETRY_S[0], "no slice went by without anything"


def test_what_it_holds_keeps_nothing_of_every_day_back(house: House, run: Run) -> None:
    fill(house, 12)
    run.go(run.begin())
    house.change(hold_minimum=1, hold_share=0.0)
    new = house.lead("00Q99")
    house.clock.pass_(minutes=1)
    report = house.run()
    assert report.outcome is Outcome.DONE
    assert house.sf.flags(new)
    assert count_states(house)[State.HELD] == 10
    with house.context.store.read() as tx:
        assert approval.count_held(tx) == {}


def test_a_record_that_a_person_edits_while_others_are_held_is_written_at_once(house: House, run: Run) -> None:
    leads = fill(house, 12)
    run.go(run.begin())
    waiting = next(ref for ref in leads if not house.sf.flags(ref))
    house.lead(waiting.record_id, values={"Pain__c": "手作業の集計に毎月40時間かかり締め日に間に合わない"})
    house.clock.pass_(minutes=1)
    house.run()
    assert house.sf.flags(waiting)
    assert count_states(house)[State.HELD] == 9


# -- a connection that comes back


def test_what_a_refused_connection_still_owes_is_read_later_in_slices(house: House, run: Run) -> None:
    """It was refused while others were read; the next call goes on with it, and lets a daemon take its turn meanwhile."""
    fill(house, 7)
    contacts = [house.hs.put("contacts", f"9{number}") for number in range(17)]
    house.hs.broken["contacts"] = AuthError("the token was revoked")
    first = run.go(run.begin())
    assert not first.is_done
    assert first.backfill.phase is not Phase.READING, "the others are judged without it"
    del house.hs.broken["contacts"]
    seen = list[int]()

    def look() -> None:
        with house.context.store.read() as tx:
            seen.append(len(records.load(tx, contacts)))

    rival = Rival(house.context.store, look=look)
    run_backfill(run.prepare(), first.backfill, replace(run.pacing, sleep=rival.sleep, clock=rival.clock))
    for step in rival.steps:
        step.join()
    assert seen[-1] == len(contacts)
    assert {*seen} - {0, len(contacts)}, "a daemon had its turn before all were read"


# -- the gate is another matter


def test_only_going_on_releases_what_it_holds_no_approval_does(house: House, run: Run) -> None:
    fill(house, 12)
    run.go(run.begin())
    house.change(gate_approved=True)
    house.clock.pass_(minutes=1)
    house.run()
    assert approve(house.context) == 0
    with house.context.store.read() as tx:
        assert read_holds(house.context, tx, house.clock.now) == []
    assert count_states(house)[State.HELD] == 10
    house.change(gate_approved=False)
    assert run.go(go_on=True).written == 10
