"""The daemon keeps the loop going, stops when told, and never hides that something broke."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sync.errors import AuthError, BugError, ConfigError, TransientError
from sync.flow.connect import prepare
from sync.flow.cycle import run_once, start
from sync.flow.report import CycleReport, Outcome
from sync.store import comparison, records, runs
from sync.store.lock import hold_lock
from sync.store.streams import read_standings
from sync.workers.local import Schedule, Worker, check, serve
from tests.store.database import new_store
from tests.store.fakes import Clock
from tests.store.house import COMPLETE, House, build

FAST = Schedule(
    hot=timedelta(seconds=0.05), other=timedelta(seconds=0.1), sweep=timedelta(seconds=0.2), check=timedelta(hours=1)
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = new_store(tmp_path / "baton.db")
    yield build(store)
    store.close()


class Watch:
    """Lets the test act on reports and sends SIGTERM when it has seen enough, or after 15 s."""

    def __init__(self, until: Callable[[str, CycleReport], bool]) -> None:
        self.until = until
        self.seen: list[tuple[str, CycleReport]] = []
        self.late = threading.Timer(15, self.stop)

    def __call__(self, job: str, report: CycleReport) -> None:
        self.seen.append((job, report))
        if self.until(job, report):
            self.stop()

    def stop(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    def serve(self, house: House, schedule: Schedule = FAST) -> None:
        self.late.start()
        try:
            serve(house.context, schedule, self)
        finally:
            self.late.cancel()

    @property
    def jobs(self) -> set[str]:
        return {job for job, _ in self.seen}


def test_it_flags_at_once_follows_changes_and_ends_on_sigterm(house: House) -> None:
    lead = house.lead()

    def until(job: str, report: CycleReport) -> bool:
        if job == "start":
            assert house.sf.flags(lead)["status"] == "preparing"
            house.clock.pass_(minutes=5)
            house.lead(values=dict(COMPLETE))
        return house.sf.flags(lead)["status"] == "ready" and "sweep" in watch.jobs and "hubspot:hot" in watch.jobs

    watch = Watch(until)
    before = signal.getsignal(signal.SIGTERM)
    watch.serve(house)
    assert house.sf.flags(lead)["status"] == "ready"
    assert all(report.outcome is Outcome.DONE for _, report in watch.seen)
    assert signal.getsignal(signal.SIGTERM) is before


def test_trouble_that_passes_is_partial_and_the_next_tick_goes_on(house: House) -> None:
    lead = house.lead()
    house.sf.broken["Lead"] = TransientError("server error")

    def until(job: str, report: CycleReport) -> bool:
        if job == "salesforce:hot" and report.partial:
            house.sf.broken.clear()
        return house.sf.flags(lead).get("status") == "preparing"

    watch = Watch(until)
    watch.serve(house)
    assert house.sf.flags(lead)["status"] == "preparing"
    assert Outcome.PARTIAL in {report.outcome for _, report in watch.seen}


def test_refused_credentials_stop_that_connection_only(house: House) -> None:
    lead = house.lead()
    house.hs.broken["contacts"] = AuthError("token refused")
    watch = Watch(lambda job, _report: job == "sweep")
    watch.serve(house)
    assert house.hs.calls.count("head") == 1
    assert house.sf.flags(lead)["status"] == "preparing"
    assert all(report.outcome is Outcome.PARTIAL for _, report in watch.seen)


def test_a_bug_ends_the_daemon_loudly(house: House) -> None:
    house.sf.broken["Lead"] = BugError("the impossible")
    with pytest.raises(BugError, match="impossible"):
        Watch(lambda _job, _report: False).serve(house)


def test_another_tenant_ends_it_before_anything_is_read(house: House) -> None:
    house.run()
    calls = len(house.sf.calls)
    house.sf.tenant_id = "T2"
    with pytest.raises(ConfigError, match="T2"):
        Watch(lambda _job, _report: False).serve(house)
    assert len(house.sf.calls) == calls


def test_a_second_process_on_the_same_store_is_refused(house: House) -> None:
    with hold_lock(house.context.store), pytest.raises(ConfigError, match="in use"):
        Watch(lambda _job, _report: False).serve(house)


def test_what_was_approved_beforehand_is_the_first_cycle_only(house: House) -> None:
    house.change(hold_minimum=2, gate_approved=True)
    for n in range(5):
        house.lead(f"00Q{n}")

    def until(job: str, report: CycleReport) -> bool:
        if job == "start":
            assert report.wrote == 5
            house.clock.pass_(minutes=5)
            for n in range(5):
                house.lead(f"01Q{n}")
        return "held" in report.counts.get("deliver", {})

    Watch(until).serve(house)
    assert len(house.written) == 5


# -- what comes round seldom ---------------------------------------------------------------------------------------


def test_the_full_comparison_runs_in_slices_between_the_other_jobs(house: House) -> None:
    for n in range(70):
        house.lead(f"00Q{n:02}")
    house.run()
    gone = house.lead("00Q00")
    house.settle()
    del house.sf.records[gone]
    house.clock.pass_(hours=25)

    def until(_job: str, _report: CycleReport) -> bool:
        with house.context.store.read() as tx:
            done = [one for one in comparison.read(tx) if one.connection == "salesforce" and one.begun_at is None]
        return slices() > 1 and any(one.part == "Lead" and one.finished_at == house.clock.now for one in done)

    def slices() -> int:
        return [job for job, _ in watch.seen].count("reconcile")

    watch = Watch(until)
    watch.serve(house)
    assert slices() >= 2, "seventy records are more than one slice"
    assert {"salesforce:hot", "hubspot:hot"} & watch.jobs, "the others got their turn"
    with house.context.store.read() as tx:
        assert records.read_stamps(tx, [gone])[gone][1]


def test_without_anything_due_no_comparison_is_told_of(house: House) -> None:
    house.lead()
    house.run()
    watch = Watch(lambda job, _report: job == "sweep")
    watch.serve(house)
    assert "reconcile" not in watch.jobs
    assert not [call for call in house.sf.calls if call.startswith("inventory")]


def test_a_field_that_is_hidden_while_it_runs_is_noticed_without_a_restart(house: House) -> None:
    lead = house.lead(values=dict(COMPLETE))

    def until(job: str, _report: CycleReport) -> bool:
        if job == "start":
            house.sf.hidden = {"Pain__c"}
            house.clock.pass_(hours=2)
            house.lead(values={"Title": "部長"})
        with house.context.store.read() as tx:
            found = next(s for s in read_standings(tx, "salesforce") if s.stream == "Lead")
            kept = records.load(tx, [lead])[lead].record.values
        return found.unreadable == ("Pain__c",) and "Pain__c" not in kept

    watch = Watch(until)
    watch.serve(house)
    with house.context.store.read() as tx:
        assert "Pain__c" not in records.load(tx, [lead])[lead].record.values


def test_a_field_that_keeps_differing_is_not_checked_at_every_tick(house: House) -> None:
    house.lead()
    checks: list[int] = []

    def until(job: str, _report: CycleReport) -> bool:
        house.sf.has_drifted = True
        if job == "start":
            house.clock.pass_(hours=2)
        checks.append(house.sf.checked)
        return len(checks) > 8

    Watch(until).serve(house)
    assert checks[-1] <= 3


def test_what_was_taken_away_is_asked_for_again_every_hour(house: House) -> None:
    house.lead()
    house.settle()
    house.sf.missing["Lead"] = "missing scopes"
    house.run()
    house.run()
    checks: list[int] = []

    def until(job: str, report: CycleReport) -> bool:
        if job == "start":
            house.sf.missing.clear()
        assert "salesforce:Lead" in report.behind or len(checks) > 8
        checks.append(house.sf.checked)
        if len(checks) == 8:
            house.clock.pass_(hours=1)
        return report.outcome is Outcome.DONE

    Watch(until).serve(house)
    assert checks[0] == checks[7], "not at every tick"
    with house.context.store.read() as tx:
        assert all(one.switched_off is None for one in read_standings(tx, "salesforce"))


def test_a_run_that_cannot_begin_is_kept_once_and_told(house: House) -> None:
    house.run()
    ready, _ = prepare(house.context)
    house.hs.clock = Clock(house.clock.now + timedelta(hours=5))
    for _ in range(3):
        with pytest.raises(TransientError, match="clocks"):
            start(ready, "salesforce:hot")
    with house.context.store.read() as tx:
        latest = runs.read_latest(tx, 9)
    assert [run.outcome for run in latest] == ["failed", "done"]
    assert "the clocks of the CRMs disagree" in latest[0].problems[0].detail
    house.hs.clock = house.clock
    assert run_once(house.context).outcome is Outcome.DONE


def test_when_no_connection_can_be_used_the_latest_run_says_so(house: House) -> None:
    house.run()
    house.sf.tenant_error = house.hs.tenant_error = TransientError("no answer")
    worker = Worker(house.context, FAST, lambda _job, _report: None)
    check(worker)
    with house.context.store.read() as tx:
        latest = runs.read_latest(tx, 1)[0]
    assert (latest.job, latest.outcome) == ("check", "failed")
    assert sorted(problem.connection for problem in latest.problems) == ["hubspot", "salesforce"]
