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
from sync.flow.report import CycleReport, Outcome
from sync.store import open_store
from sync.store.lock import hold_lock
from sync.workers.local import Schedule, serve
from tests.store.house import COMPLETE, House, build

FAST = Schedule(
    hot=timedelta(seconds=0.05), other=timedelta(seconds=0.1), sweep=timedelta(seconds=0.2), check=timedelta(hours=1)
)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    store = open_store(f"sqlite:///{tmp_path / 'baton.db'}")
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
