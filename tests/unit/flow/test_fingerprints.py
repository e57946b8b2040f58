"""A page is read again: what looks as it did is passed by, and nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

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

    def head(self, specs: Sequence[StreamSpec], cursors: Mapping[str, Cursor | None]) -> Iterator[Page]:
        for number, page in enumerate(self.pages or self.crm.head(specs, cursors)):
            if number >= self.breaks_after:
                raise TransientError("gone")
            rows = [{"record": one} for one in page.records]
            taken = {str(one.ref): _digest(one) for one in page.records}
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
    assert "ValueError" in "".join(told.problems)
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
