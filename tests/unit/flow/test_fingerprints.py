"""A page is read again: what looks as it did is passed by, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import orjson
from sqlalchemy import event, select, update

from connectors.kit.unread import Unread
from sync.core.model.records import SourceRecord
from sync.errors import TransientError
from sync.flow.bundle import PAGES_HELD
from sync.flow.pull import pull_head
from sync.flow.report import Tally
from sync.ports import Connection, Cursor, Page, StreamSpec
from sync.store import records, streams
from sync.store.tables import SourceRecordRow, StreamState, table
from tests.store.fakes import MemoryCrm
from tests.store.house import House


@dataclass
class Telling:
    """The source of a CRM in memory whose pages have fingerprints; counts the records that are made."""

    crm: MemoryCrm
    made: list[str] = field(default_factory=list[str])
    breaks_after: int = 10_000
    odd: str = ""
    """Id of a row of which no record can be made."""
    pages: Sequence[Page] = ()
    """What it gives, instead of what the CRM does."""
    bare: int = -1
    """Number of a page without fingerprints."""

    def head(self, specs: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]) -> Iterator[Page]:
        for number, page in enumerate(self.pages or self.crm.head(specs, cursors)):
            if number >= self.breaks_after:
                raise TransientError("gone")
            rows = [{"record": one} for one in page.records]
            taken = {str(one.ref): _digest(one) for one in page.records} if number != self.bare else {}
            yield replace(page, records=Unread(rows, self._make), fingerprints=taken)

    def _make(self, row: Mapping[str, SourceRecord]) -> SourceRecord:
        if row["record"].ref.record_id == self.odd:
            raise ValueError("a row of no known shape")
        self.made.append(row["record"].ref.record_id)
        return row["record"]


def _digest(record: SourceRecord) -> bytes:
    return orjson.dumps([record.values, record.facts, record.flags, record.modified_at])


def read(house: House, source: Telling) -> Tally:
    connection: Connection = replace(house.context.connections["salesforce"], source=source)  # pyright: ignore[reportArgumentType]  # head is all that is asked of it
    source.made.clear()
    return pull_head(house.context, connection, connection.streams, house.clock.now)


def forget_cursors(house: House) -> None:
    with house.context.store.write() as tx:
        tx.execute(update(table(StreamState)).values(cursor=None))


def kept(house: House) -> set[str]:
    with house.context.store.read() as tx:
        return {ref.rpartition(":")[2] for ref in tx.execute(select(table(SourceRecordRow).c.ref)).scalars()}


def standing(house: House) -> streams.StreamStanding:
    with house.context.store.read() as tx:
        return next(s for s in streams.read_standings(tx, "salesforce") if s.stream == "Lead")


def place(house: House) -> object:
    return standing(house).cursor


def test_only_what_looks_different_is_made_and_saved(house: House) -> None:
    for n in range(5):
        house.lead(f"00Q{n}")
    source = Telling(house.sf)
    assert read(house, source).counts["new"] == len(source.made)
    forget_cursors(house)
    again = read(house, source)
    assert (again.counts["unchanged"], source.made) == (again.counts["read"], [])
    house.lead("00Q3", {"Company": "別の会社"})
    forget_cursors(house)
    counts = read(house, source).counts
    assert (set(source.made), counts["changed"]) == ({"00Q3"}, 1)


def test_what_we_wrote_since_is_looked_at_although_it_looks_the_same(house: House) -> None:
    lead = house.lead("00Q0")
    source = Telling(house.sf)
    read(house, source)
    before = house.sf.records[lead]
    house.settle()
    assert house.written
    house.sf.records[lead] = before  # somebody put the record back as it was
    forget_cursors(house)
    read(house, source)
    assert "00Q0" in source.made


def test_places_behind_pages_with_nothing_new_are_kept_also_when_reading_breaks(house: House) -> None:
    for n in range(3 * (PAGES_HELD + 3)):
        house.lead(f"00Q{n:03}")
    source = Telling(house.sf)
    read(house, source)
    end = place(house)
    forget_cursors(house)
    source.breaks_after = PAGES_HELD + 2
    read(house, source)
    assert place(house) not in (None, end)
    assert source.made == []
    source.breaks_after = 10_000
    assert read(house, source).counts["read"] < 3 * (PAGES_HELD + 3)
    assert place(house) == end


def test_pages_are_saved_together(house: House) -> None:
    for n in range(3 * PAGES_HELD):
        house.lead(f"00Q{n:03}")
    transactions: list[object] = []
    event.listen(house.context.store.engine, "commit", transactions.append)
    assert read(house, Telling(house.sf)).counts["new"] >= 3 * PAGES_HELD
    assert len(transactions) < PAGES_HELD


def test_a_row_of_an_unknown_shape_costs_the_pages_before_it_nothing(house: House) -> None:
    for n in range(9):
        house.lead(f"00Q{n}")
    source = Telling(house.sf, odd="00Q7")
    told = read(house, source)
    assert {"00Q0", "00Q5"} <= kept(house)
    assert not kept(house) & {"00Q6", "00Q7", "00Q8"}
    assert "salesforce:Lead" in told.behind
    assert "ValueError" in "".join(map(str, told.problems))
    assert standing(house).last_success is None
    source.odd = ""
    assert not read(house, source).behind
    assert {f"00Q{n}" for n in range(9)} <= kept(house)


def test_a_record_that_moves_on_to_a_later_page_is_kept_as_it_is_there(house: House) -> None:
    """A list that is read while records change holds some of them twice."""
    for n in range(5):
        house.lead(f"00Q{n}")
    source = Telling(house.sf)
    lead = [spec for spec in house.context.connections["salesforce"].streams if spec.name == "Lead"]
    first, second = house.sf.head(lead, {})
    later = replace(first.records[0], values={"Company": "新しい会社"}, modified_at=house.clock.pass_(seconds=1))
    source.pages = [first, replace(second, records=[*second.records, later])]
    read(house, source)
    with house.context.store.read() as tx:
        assert records.load(tx, [later.ref])[later.ref].record.values == later.values


def test_a_record_read_anew_without_a_fingerprint_does_not_keep_that_of_before(house: House) -> None:
    """Behind a list come the changes since it began: what a field reckons may turn there and back without a stamp."""
    for n in range(5):
        house.lead(f"00Q{n}")
    source = Telling(house.sf, bare=1)
    lead = [spec for spec in house.context.connections["salesforce"].streams if spec.name == "Lead"]
    first, second = house.sf.head(lead, {})
    turned = replace(first.records[0], values={"Company": "新しい会社"})
    source.pages = [first, replace(second, records=[turned])]
    read(house, source)
    assert company(house, turned) == "新しい会社"
    source.pages, source.bare = [first], -1
    forget_cursors(house)
    read(house, source)
    assert company(house, turned) == first.records[0].values.get("Company")


def test_what_is_read_anew_in_another_state_counts_in_the_order_of_the_pages(house: House) -> None:
    """A deletion is believed whatever its stamp; who shows up again behind it is there."""
    for n in range(3):
        house.lead(f"00Q{n}")
    lead = [spec for spec in house.context.connections["salesforce"].streams if spec.name == "Lead"]
    page = next(iter(house.sf.head(lead, {})))
    alive = page.records[0]
    gone = replace(alive, deleted=True, values={}, modified_at=alive.modified_at - timedelta(seconds=1))
    read(house, Telling(house.sf, pages=[page, replace(page, records=[gone])], bare=1))
    with house.context.store.read() as tx:
        assert records.load(tx, [alive.ref])[alive.ref].record.deleted


def test_of_streams_by_turns_each_goes_on_behind_what_was_saved_of_it(house: House) -> None:
    for n in range(9):
        house.lead(f"00Q{n}")
        house.sf.put("Task", f"00T{n}", created_at="2026-09-01T00:00:00Z", subject=f"salesforce:Lead:00Q{n}")
    connection = house.context.connections["salesforce"]
    leads, tasks = (
        [*house.sf.head([spec for spec in connection.streams if spec.name == name], {})] for name in ("Lead", "Task")
    )
    turns = [page for pair in zip(leads, tasks, strict=True) for page in pair]
    source = Telling(house.sf, odd="00T4", pages=turns)
    told = read(house, source)
    read_of = {"Lead": 0, "Task": 0}
    assert {"salesforce:Lead", "salesforce:Task"} <= told.behind.keys()
    with house.context.store.read() as tx:
        at = {s.stream: s.cursor for s in streams.read_standings(tx, "salesforce")}
    for name, pages in (("Lead", leads), ("Task", tasks)):
        saved = [page for page in pages if {one.ref.record_id for one in page.records} <= kept(house)]
        read_of[name] = len(saved)
        assert at[name] == saved[-1].cursor
    assert read_of == {"Lead": 2, "Task": 1}


def company(house: House, record: SourceRecord) -> object:
    with house.context.store.read() as tx:
        return records.load(tx, [record.ref])[record.ref].record.values.get("Company")
