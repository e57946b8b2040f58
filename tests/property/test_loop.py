"""The whole loop under faults, whatever the order: pull → link → judge → gate → deliver over two CRMs in memory.

A machine of rules plays people, the two CRMs and the house that Baton runs in; hypothesis looks for an order of events
that loses a flag, writes one twice, writes what is not ours, lets a cursor pass a record, or does not come to rest.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import event

from sync.app import stream_specs
from sync.core.model.flags import EXACT_NAMES, FLAG_NAMES
from sync.core.model.records import RecordRef, SourceRecord
from sync.errors import BatonError, Throttled, TransientError
from sync.flow.context import Context, Mode
from sync.flow.cycle import run_once
from sync.flow.report import CycleReport, Outcome
from sync.ports import Covered, Cursor, FlagWrite, Page, Stamp, StreamSpec, WriteOutcome, WriteResult
from sync.store import Store, agenda, dirty_records, ledger, open_store, outbox, records, settlement
from sync.store import streams as stream_store
from sync.store.outbox import State
from tests.store.fakes import Clock, Killed, MemoryCrm
from tests.store.house import COMPLETE, shipped

PAGE = 2
BEHIND = timedelta(seconds=5)
"""A cursor stays so far behind the clock: rows of one second do not appear at once."""
ITEMS = {
    "Pain__c": "pain",
    "Budget_Status__c": "budget_status",
    "Next_Action__c": "next_action",
    "NG_Topics__c": "ng_topics",
}
NO_ANSWER = "確認中"
MODES = st.sampled_from([Mode.OBSERVE, Mode.PILOT, Mode.WRITE, Mode.WRITE])
TROUBLES = (
    "throttled",
    "page breaks off",
    "page twice",
    "page out of order",
    "write refused",
    "batch in part",
    "write deferred",
    "answer lost",
    "no connection for a write",
    "killed while reading",
    "killed before sending",
    "killed after sending",
    "evidence unreadable",
)
Key = tuple[datetime, str]


@dataclass
class Crm(MemoryCrm):
    """Read by (stamp, id) as Salesforce is; with transactions that commit late, and one trouble at a time."""

    trouble: str = ""
    after: int = 0
    """How many pages or changes pass before it strikes."""
    open: dict[RecordRef, SourceRecord] = field(default_factory=dict[RecordRef, SourceRecord])
    """Transactions that have stamped a record and are not committed: the record is locked."""
    behind: set[RecordRef] = field(default_factory=set[RecordRef])
    """Records whose stamp may be older than a cursor through no fault of Baton's."""
    ours: dict[RecordRef, dict[str, Any]] = field(default_factory=dict[RecordRef, dict[str, Any]])
    """What Baton wrote last."""
    wrong: list[str] = field(default_factory=list[str])
    lag: timedelta = timedelta(0)
    """So much later does reading by stamp find a change, as HubSpot's search does; reading by id never lags."""

    def head(self, specs: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]) -> Iterator[Page]:
        if self.trouble == "throttled":
            raise Throttled("too many calls", retry_after=1.0)
        pages = 0
        for spec in specs:
            for page in self._walk(spec, cursors.get(spec.name)):
                if self.trouble in ("page breaks off", "killed while reading") and pages >= self.after:
                    raise Killed if self.trouble.startswith("killed") else TransientError("no complete answer")
                pages += 1
                yield page
                if self.trouble == "page twice":
                    yield page

    def _walk(self, spec: StreamSpec, cursor: Cursor | None) -> Iterator[Page]:
        place = _place(cursor)
        visible, latest = self.clock.now - self.lag, self.clock.now - max(self.lag, BEHIND)
        due = sorted(key for key in map(_key, self._of(spec.name)) if key > place and key[0] <= visible)
        while True:
            keys, due = due[:PAGE], due[PAGE:]
            found = [self._shown(RecordRef(self.connection, spec.name, record_id)) for _, record_id in keys]
            if self.trouble == "page out of order":
                found.reverse()
            place = max([place, *(key for key in keys if key[0] <= latest)])
            yield Page(spec.name, found, {"t": place[0].isoformat(), "id": place[1]}, more=bool(due))
            if not due:
                return

    def sweep(
        self, windows: Sequence[tuple[StreamSpec, datetime]]
    ) -> Iterator[tuple[str, Sequence[Stamp] | Covered | BatonError]]:
        """Vouches for nothing younger than the oldest transaction that is open."""
        self.covered = min((record.modified_at for record in self.open.values()), default=None)
        return super().sweep(windows)

    def _of(self, stream: str) -> list[SourceRecord]:
        return [record for record in self.records.values() if record.ref.stream == stream]

    def write(self, changes: Sequence[FlagWrite]) -> Sequence[WriteResult]:
        if self.trouble == "killed before sending":
            raise Killed
        if self.trouble == "no connection for a write":
            raise TransientError("no complete answer")
        self.kill_after_writing = self.trouble == "killed after sending"
        results = list(super().write(changes))
        if self.trouble == "answer lost":
            return [replace(one, outcome=WriteOutcome.UNKNOWN) for one in results]
        return results[: self.after] if self.trouble == "batch in part" else results

    def _write(self, change: FlagWrite) -> WriteResult:
        if change.ref in self.open:
            return WriteResult(change.ref, WriteOutcome.RETRY, "UNABLE_TO_LOCK_ROW", "locked")
        refused = {"write refused": WriteOutcome.REJECTED, "write deferred": WriteOutcome.RETRY}.get(self.trouble)
        if refused is not None and int(change.ref.record_id[-1]) % 2 == self.after % 2:
            return WriteResult(change.ref, refused, "TEST", "as the test says")
        self._look_at(change)
        result = super()._write(change)
        if result.outcome is WriteOutcome.APPLIED:
            self.ours.setdefault(change.ref, {}).update(change.values)
        return result

    def _look_at(self, change: FlagWrite) -> None:
        """Only our fields; and nothing that stands there by our own doing."""
        if strange := set(change.values) - set(FLAG_NAMES):
            self.wrong.append(f"{change.ref}: not ours: {strange}")
        record, last = self.records.get(change.ref), self.ours.get(change.ref, {})
        held = (record.flags or {}) if record else {}
        again = [n for n, v in change.values.items() if n in last and last[n] == v and held.get(n) == v]
        if again:
            self.wrong.append(f"{change.ref}: written again as a change: {again}")

    def activities_of(self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]) -> Iterator[SourceRecord]:
        if self.trouble == "evidence unreadable":
            raise TransientError("no complete answer")
        return super().activities_of(specs, subjects)

    # -- people

    def begin(self, ref: RecordRef, values: Mapping[str, Any]) -> None:
        """Edit in a transaction that stamps now and commits later."""
        if ref not in self.open and not self.records[ref].deleted:
            old = self.records[ref]
            self.open[ref] = replace(old, modified_at=self.clock.now, values={**old.values, **values})

    def commit(self) -> None:
        for ref, record in self.open.items():
            self.records[ref] = replace(record, flags=self.records[ref].flags)
            self.behind.add(ref)
        self.open.clear()


def _place(cursor: Cursor | None) -> Key:
    return (
        (datetime.fromisoformat(cursor["t"]), cursor["id"])
        if cursor
        else (datetime.fromisoformat("2000-01-01T00:00:00Z"), "")
    )


def _key(record: SourceRecord) -> Key:
    return record.modified_at, record.ref.record_id


@cache
def _empty_store() -> Path:
    """A store of the present schema, made once."""
    path = Path(mkdtemp(prefix="loop-")) / "empty.db"
    open_store(f"sqlite:///{path}").close()
    return path


class Loop(RuleBasedStateMachine):
    """Every rule is something that happens; the invariants hold after each, and at the end all comes to rest."""

    @initialize(mode=MODES)
    def begin(self, mode: Mode) -> None:
        self.folder = Path(mkdtemp(prefix="loop-"))
        self.mode, self.clock, self.number = mode, Clock(), 0
        self.sf = Crm("salesforce", self.clock, stream_specs(shipped(), "salesforce"))
        self.hs = Crm("hubspot", self.clock, stream_specs(shipped(), "hubspot"), lag=timedelta(seconds=30))
        for user, role in (("IS1", "IS"), ("FS1", "FS")):
            self.sf.put("User", user, email=f"{user.lower()}@us.example", active=True, roles=[role])
        self.leads: list[RecordRef] = []
        self.calls: list[RecordRef] = []
        self.reached = datetime.min.replace(tzinfo=UTC)
        """What is made no later than this may be stamped behind a cursor: the clock went back from here."""
        self.stamps: dict[RecordRef, datetime] = {}
        self.turned_back: set[RecordRef] = set()
        """What is stamped earlier than it was before looks like an old copy of itself until everything is compared."""
        self.store = self._open("baton.db")

    def _open(self, name: str) -> Store:
        path = self.folder / name
        if not path.exists():
            shutil.copy(_empty_store(), path)
        return open_store(f"sqlite:///{path}")

    def _context(self, store: Store, mode: Mode) -> Context:
        known = shipped()
        connections = {crm.connection: crm.as_connection() for crm in (self.sf, self.hs)}
        return Context(
            store=store, connections=connections, mapping=known.mapping, rules=known.rules, tables=known.tables,
            mode=mode, pilot_owners=frozenset(("is1@us.example",)), gate_approved=True,
        )  # fmt: skip

    # -- people ----------------------------------------------------------------------------------------------------

    @rule(filled=st.sets(st.sampled_from(sorted(COMPLETE))), both=st.booleans())
    def ask(self, filled: set[str], both: bool) -> None:
        """Somebody new; an inside sales rep types some of what is asked for."""
        self.number += 1
        email, at = f"p{self.number}@example.jp", self.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        values = {"LastName": "山田", "Company": "株式会社アオバ工業", "Email": email, "Phone": "03-5253-1111"}
        values |= {"LeadSource": "Web", "Status": "Working", **{name: COMPLETE[name] for name in filled}}
        owner = f"salesforce:User:{'IS1' if self.number % 3 else 'FS1'}"
        self.leads.append(self.sf.put("Lead", f"00Q{self.number}", values, created_at=at, owner=owner))
        self._made(self.sf, self.leads[-1])
        if both:
            stage = {"email": email, "lifecyclestage": "marketingqualifiedlead"}
            self._made(self.hs, self.hs.put("contacts", f"10{self.number}", stage, created_at=at))

    def _made(self, crm: Crm, ref: RecordRef) -> None:
        if self.clock.now <= self.reached:
            crm.behind.add(ref)

    @precondition(lambda self: self.leads)
    @rule(data=st.data(), name=st.sampled_from(sorted(ITEMS)), answered=st.booleans(), late=st.booleans())
    def type_something(self, data: st.DataObject, name: str, answered: bool, late: bool) -> None:
        lead = data.draw(st.sampled_from(self.leads))
        values = {name: COMPLETE[name] if answered else NO_ANSWER}
        if self.sf.records[lead].deleted or lead in self.sf.open:
            return
        if late:
            self.sf.begin(lead, values)
        else:
            self.sf.put("Lead", lead.record_id, values)

    @rule()
    def commit(self) -> None:
        self.sf.commit()

    @precondition(lambda self: self.leads)
    @rule(data=st.data())
    def call(self, data: st.DataObject) -> None:
        lead, at = data.draw(st.sampled_from(self.leads)), self.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        facts: dict[str, Any] = {
            "type": "call",
            "direction": "outbound",
            "status": "done",
            "owner": "salesforce:User:IS1",
        }
        number = f"00T{len(self.calls) + 1}"
        self.calls.append(self.sf.put("Task", number, at=at, logged_at=at, subjects=[str(lead)], **facts))
        self._made(self.sf, self.calls[-1])

    @precondition(lambda self: self.calls)
    @rule(data=st.data(), silently=st.booleans())
    def hang_elsewhere(self, data: st.DataObject, silently: bool) -> None:
        """A call is put on another record; nothing need tell of it."""
        call, lead = data.draw(st.sampled_from(self.calls)), data.draw(st.sampled_from(self.leads))
        self.sf.put("Task", call.record_id, silently=silently, subjects=[str(lead)])

    @precondition(lambda self: self.leads)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        lead = data.draw(st.sampled_from(self.leads))
        if lead not in self.sf.open and not self.sf.records[lead].deleted:
            self.sf.delete(lead)

    @precondition(lambda self: self.leads)
    @rule(data=st.data(), status=st.sampled_from(["ready", "passed", None]))
    def type_into_ours(self, data: st.DataObject, status: str | None) -> None:
        lead = data.draw(st.sampled_from(self.leads))
        if lead not in self.sf.open and not self.sf.records[lead].deleted:
            self.sf.set_flags(lead, status=status)

    @rule(minutes=st.sampled_from([0.1, 1, 20, 90, 600, 1500]))
    def wait(self, minutes: float) -> None:
        self.clock.pass_(minutes=minutes)

    @rule()
    def clock_goes_back(self) -> None:
        """Another machine of the CRM answers, two minutes slow: what is stamped now is older than what was read."""
        self.reached = max(self.reached, self.clock.now)
        self.clock.pass_(minutes=-2)
        for crm in (self.sf, self.hs):
            crm.behind |= set(crm.records)

    # -- Baton -----------------------------------------------------------------------------------------------------

    @rule(trouble=st.sampled_from(TROUBLES), after=st.integers(0, 3), both=st.booleans(), sweep=st.booleans())
    def run_into(self, trouble: str, after: int, both: bool, sweep: bool) -> None:
        """One cycle under a trouble of one CRM or both; what it kills starts again later."""
        for crm in (self.sf, self.hs) if both else (self.sf,):
            crm.trouble, crm.after = trouble, after
        self._run(sweep=sweep)
        for crm in (self.sf, self.hs):
            crm.trouble = ""

    @rule(statements=st.integers(0, 150), sweep=st.booleans())
    def die_at_a_statement(self, statements: int, sweep: bool) -> None:
        """`kill -9` between any two things that the store is asked."""
        left = [statements]

        def tick(*_: object) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed

        event.listen(self.store.engine, "before_cursor_execute", tick)
        self._run(sweep=sweep)
        if left[0] >= 0:
            event.remove(self.store.engine, "before_cursor_execute", tick)

    @rule(sweep=st.booleans())
    def run(self, sweep: bool) -> None:
        self._run(sweep=sweep)

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = self._open("baton.db")

    @rule(mode=MODES)
    def change_mode(self, mode: Mode) -> None:
        self.mode = mode

    def _run(self, *, sweep: bool = False, reconcile: bool = False) -> CycleReport | None:
        try:
            return run_once(self._context(self.store, self.mode), sweep=sweep, reconcile=reconcile)
        except Killed:
            self.restart()
        except TransientError:
            pass  # no connection told the time: the next tick tries again
        return None

    @invariant()
    def note_stamps(self) -> None:
        now = {ref: self.sf.records[ref].modified_at for ref in self.leads}
        self.turned_back |= {ref for ref, stamp in now.items() if stamp < self.stamps.get(ref, stamp)}
        self.stamps = now

    # -- what holds always -----------------------------------------------------------------------------------------

    @invariant()
    def writes_are_ours_and_new(self) -> None:
        assert [*self.sf.wrong, *self.hs.wrong] == []

    @invariant()
    def no_cursor_has_passed_an_unsaved_record(self) -> None:
        for crm in (self.sf, self.hs):
            with self.store.read() as tx:
                standings = {s.stream: s.cursor for s in stream_store.read_standings(tx, crm.connection)}
                known = records.read_stamps(tx, list(crm.records))
            for ref, record in crm.records.items():
                cursor = standings.get(ref.stream)
                if cursor and ref not in crm.behind and _key(record) <= _place(cursor):
                    assert ref in known and known[ref][0] >= record.modified_at, f"{ref} was passed"

    # -- at the end ------------------------------------------------------------------------------------------------

    def teardown(self) -> None:
        try:
            self._come_to_rest()
            self._compare()
        finally:
            self.store.close()
            shutil.rmtree(self.folder)

    def _come_to_rest(self) -> None:
        self.sf.commit()
        self.note_stamps()
        self.mode = Mode.WRITE
        self.restart()
        self.clock.pass_(minutes=16)
        self._retry()
        if (report := self._run(sweep=True)) and report.outcome is Outcome.DONE:
            self._hold_to_what_was_typed(but=self.turned_back)
        for number in range(8):
            self.clock.pass_(hours=26 if number in (0, 4) else 1)
            self._retry()
            report = self._run(sweep=True, reconcile=True)
            assert report is not None
            if number and report.outcome is Outcome.DONE and not report.wrote:
                break
        else:
            raise AssertionError(f"does not come to rest: {report}")
        written = len(self.sf.written) + len(self.hs.written)
        self.clock.pass_(seconds=30)
        report = self._run()
        assert report is not None and report.outcome is Outcome.DONE, report
        assert not any(name.startswith("planned") for name in report.counts["judge"]), report.counts
        assert len(self.sf.written) + len(self.hs.written) == written, "a second pass without edits wrote"

    def _compare(self) -> None:
        """With what was typed, and with what a Baton that sees all this for the first time would write: nothing."""
        self.writes_are_ours_and_new()
        self.no_cursor_has_passed_an_unsaved_record()
        self._hold_to_what_was_typed()
        fresh = self._open("fresh.db")
        try:
            run_once(self._context(fresh, Mode.OBSERVE), sweep=True)
            with fresh.read() as tx:
                wanted = ledger.read_by_state(tx, State.OBSERVED, 1000)
            lost = {str(e.ref): {n: v for n, v in e.new.items() if n in EXACT_NAMES} for e in wanted}
            assert {ref: flags for ref, flags in lost.items() if flags} == {}
        finally:
            fresh.close()
        with self.store.read() as tx:
            assert dirty_records.count(tx) == 0
            assert settlement.read_failed(tx, 1) == []
            assert {s for (_, s) in ledger.count_by_state(tx)} <= {State.DELIVERED, State.SUPERSEDED, State.OBSERVED}

    def _retry(self) -> None:
        """The operator has what was refused tried again."""
        with self.store.write() as tx:
            parked = ledger.read_by_state(tx, State.PARKED, 1000)
            outbox.retry(tx, [one.id for one in parked])
            agenda.mark_dirty(tx, {one.handoff_id for one in parked})

    def _hold_to_what_was_typed(self, but: Collection[RecordRef] = ()) -> None:
        """No flag is lost: what is missing on a record is what nobody has typed there."""
        with self.store.read() as tx:
            waiting = {entry.ref for entry in ledger.read_by_state(tx, State.READY, 1000)} | set(but)
        for lead in self.leads:
            record = self.sf.records[lead]
            if not record.deleted and lead not in waiting and record.facts["owner"].endswith("IS1"):
                lacking = {ITEMS[n] for n in ITEMS if record.values[n] in (None, NO_ANSWER)}
                told = set(str((record.flags or {}).get("missing_items") or "").split(";"))
                assert told & set(ITEMS.values()) == lacking, f"{lead}: {told} instead of {lacking}"


TestLoop = pytest.mark.slow(Loop.TestCase)
Loop.TestCase.settings = settings(
    max_examples=10,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
