"""How an audit reads from CRMs that falter: nothing twice, nothing silently left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from sync.core.mapping.normalise import compile_tables
from sync.core.mapping.propose import Candidate
from sync.core.mapping.spec import ItemSpec, MappingSpec, Text
from sync.core.mapping.stock import Ledger, Reading
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import AuthError, BatonError, BudgetExhausted, StreamUnavailable, TransientError
from sync.flow.audit import leave_out
from sync.flow.audit_read import WAITS, Desk, Gap, ask_patiently, explain_gap, read_activities, read_all, read_sample
from sync.ports import Connection, Cursor, Page, Part, Sink, Source, Stamp, StreamSpec, Walk

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE, CALLS = StreamSpec("people", Kind.PERSON), StreamSpec("calls", Kind.ACTIVITY)
LABEL = Text("", "")
ITEMS = {"pain": ItemSpec("pain", "text", LABEL), "lead_source": ItemSpec("lead_source", "picklist", LABEL)}


def person(number: int, at: datetime = NOW - timedelta(days=2)) -> SourceRecord:
    facts = {"created_at": "2026-10-01T00:00:00Z"}
    return SourceRecord(RecordRef("crm", "people", str(number)), Kind.PERSON, at, {"P": "在庫が合わない"}, facts)


def call(number: int) -> SourceRecord:
    facts = {"type": "call", "subjects": [f"crm:people:{number}"], "at": "2026-10-02T00:00:00Z", "status": "done"}
    return SourceRecord(RecordRef("crm", "calls", str(number)), Kind.ACTIVITY, NOW - timedelta(days=1), facts=facts)


@dataclass
class Faltering:
    """A CRM of numbered people in pages of two; before it does what it is asked it raises what is next in `errors`."""

    errors: list[BatonError | None] = field(default_factory=list[BatonError | None])
    people: int = 5
    late: tuple[int, ...] = ()
    """Told a second time, as changed since."""
    asked: list[str] = field(default_factory=list[str])

    def server_time(self) -> datetime:
        return NOW

    def head(self, specs: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]) -> Iterator[Page]:
        for spec in specs:
            start = int((cursors.get(spec.name) or {"n": 0})["n"])
            if spec.name == "calls":
                self._falter("calls")
                yield Page("calls", [call(n) for n in range(self.people)], {"n": 0}, more=False)
                continue
            for n in range(start, self.people, 2):
                self._falter(f"people from {n}")
                some = [person(one) for one in range(n, min(n + 2, self.people))]
                yield Page("people", some, {"n": n + 2}, more=n + 2 < self.people or bool(self.late))
            if self.late:
                yield Page("people", [person(n, NOW) for n in self.late], {"n": self.people}, more=False)

    def inventory(self, walks: Sequence[Walk]) -> Iterator[tuple[str, Part | BatonError]]:
        for walk in walks:
            for n in range(int(walk.place or 0), self.people, 2):
                try:
                    self._falter(f"list from {n}")
                except TransientError as error:
                    yield walk.spec.name, error
                    return
                stamps = [Stamp(str(one), NOW) for one in range(n, min(n + 2, self.people))]
                yield walk.spec.name, Part(stamps, str(n + 2))

    def read(self, spec: StreamSpec, record_ids: Sequence[str]) -> Iterator[SourceRecord]:
        self._falter("read")
        yield from (person(int(one)) for one in record_ids)

    def activities_of(self, specs: Sequence[StreamSpec], subjects: Sequence[RecordRef]) -> Iterator[SourceRecord]:
        self._falter("activities")
        yield from (call(int(one.record_id)) for one in subjects)

    def _falter(self, what: str) -> None:
        self.asked.append(what)
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error


@dataclass
class Bench:
    source: Faltering
    slept: list[float] = field(default_factory=list[float])
    sample: int | None = None

    def __post_init__(self) -> None:
        tables = compile_tables({"ranks": {}}, {})
        ledger = Ledger(ITEMS, {}, tables, ZoneInfo("Asia/Tokyo"))
        connection = Connection("crm", "fake", cast(Source, self.source), cast(Sink, None))
        mapping = cast(MappingSpec, None)
        self.desk = Desk(connection, mapping, ledger, self.sample, lambda _stream, _count: None, self.slept.append)
        pain = [Candidate("pain", "P", "", 0.9)]
        self.desk.readings = {
            "people": Reading("crm", "people", Kind.PERSON, pain), "calls": Reading("crm", "calls", Kind.ACTIVITY, ()),
        }  # fmt: skip

    @property
    def counted(self) -> Mapping[str, int]:
        return dict(self.desk.ledger.stock.records)


def test_a_stream_goes_on_behind_its_last_page() -> None:
    bench = Bench(Faltering([None, TransientError("503"), TransientError("503"), None]))
    read_all(bench.desk, [PEOPLE])
    assert bench.counted == {"crm:people": 5}
    assert bench.source.asked == ["people from 0", "people from 2", "people from 2", "people from 2", "people from 4"]
    assert bench.slept == list(WAITS[:2])
    assert not bench.desk.unread


def test_what_stays_away_is_told_and_the_rest_is_counted() -> None:
    bench = Bench(Faltering([None, *[TransientError("503") for _ in range(1 + len(WAITS))]]))
    read_all(bench.desk, [PEOPLE])
    read_all(bench.desk, [CALLS])
    assert bench.counted == {"crm:people": 2, "crm:calls": 5}
    assert bench.desk.unread == {"people": Gap("no_answer", "503")}
    assert bench.slept == list(WAITS)


def test_after_giving_up_nothing_more_is_waited_for() -> None:
    bench = Bench(Faltering([TransientError("503") for _ in range(2 + len(WAITS))]))
    read_all(bench.desk, [PEOPLE])
    read_all(bench.desk, [CALLS])
    assert bench.slept == list(WAITS)
    assert bench.desk.unread.keys() == {"people", "calls"}


@pytest.mark.parametrize(
    ("error", "why"), [(BudgetExhausted("used up", 3600.0), "no_budget"), (AuthError("revoked"), "no_login")]
)
def test_a_connection_that_is_shut_is_asked_nothing_more(error: BatonError, why: str) -> None:
    bench = Bench(Faltering([None, error]))
    read_all(bench.desk, [PEOPLE])
    read_all(bench.desk, [CALLS])
    assert bench.counted == {"crm:people": 2}
    assert {gap.why for gap in bench.desk.unread.values()} == {why}
    assert bench.desk.unread.keys() == {"people", "calls"}
    assert bench.source.asked == ["people from 0", "people from 2"]
    assert not bench.slept


def test_a_stream_that_is_not_there_leaves_the_others() -> None:
    bench = Bench(Faltering([StreamUnavailable("people", "no such object")]))
    read_all(bench.desk, [PEOPLE, CALLS])
    assert bench.counted == {"crm:calls": 5}
    assert bench.desk.unread == {"people": Gap("unavailable", "no such object")}


def test_a_stream_of_which_nobody_answered_is_not_called_absent() -> None:
    assert explain_gap(StreamUnavailable("people", "not found", certain=False)) == Gap("no_answer", "not found")


def test_history_that_is_not_kept_is_no_gap_and_history_that_nobody_told_of_is_one() -> None:
    desk, kept = Bench(Faltering()).desk, StreamSpec("changes", Kind.HISTORY)
    leave_out(desk, kept, StreamUnavailable("changes", "no such object"))
    assert desk.absent == {"changes": Gap("unavailable", "no such object")} and not desk.unread
    for error in (StreamUnavailable("changes", "not found", certain=False), TransientError("not found")):
        desk = Bench(Faltering()).desk
        leave_out(desk, kept, error)
        assert desk.unread == {"changes": Gap("no_answer", "not found")} and not desk.absent


def test_what_changed_while_it_was_read_is_counted_once() -> None:
    bench = Bench(Faltering(late=(1, 3, 7)))
    read_all(bench.desk, [PEOPLE])
    assert bench.counted == {"crm:people": 6}


def test_a_sample_outlives_calls_that_fail() -> None:
    errors = [None, TransientError("x"), None, None, TransientError("x"), None, TransientError("x")]
    bench = Bench(Faltering(errors), sample=4)
    read_sample(bench.desk, [PEOPLE], 4)
    read_activities(bench.desk, [CALLS])
    assert bench.counted == {"crm:people": 4, "crm:calls": 4}
    assert bench.desk.totals["people"] == 5
    assert not bench.desk.unread


def test_of_a_list_that_was_not_seen_whole_no_sample_is_drawn() -> None:
    bench = Bench(Faltering([None, *[TransientError("x") for _ in range(1 + len(WAITS))]]), sample=4)
    read_sample(bench.desk, [PEOPLE], 4)
    assert bench.counted == {}
    assert bench.desk.unread == {"people": Gap("no_answer", "x")}


def test_a_wait_that_the_crm_asks_for_counts_up_to_the_longest() -> None:
    bench = Bench(Faltering([TransientError("x", 30.0), TransientError("x", 9_000.0)]))
    told: list[Any] = ask_patiently(bench.desk, lambda: list(bench.source.read(PEOPLE, ["1"])))
    assert len(told) == 1
    assert bench.slept == [30.0, WAITS[-1]]
