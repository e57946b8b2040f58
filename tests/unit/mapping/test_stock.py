"""What an audit counts of records, one after the other."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sync.core.mapping.appraise import EMPTY, FILLED, PLACEHOLDER, VAGUE
from sync.core.mapping.normalise import Tables, compile_tables
from sync.core.mapping.propose import Candidate
from sync.core.mapping.spec import ItemSpec, Text
from sync.core.mapping.stock import Ledger, Reading, Stock
from sync.core.model.records import Kind, RecordRef, SourceRecord

NOW = datetime(2026, 10, 31, 16, tzinfo=UTC)  # 1 November in Tokyo
TABLES: Tables = compile_tables(
    {"ranks": {}}, {"placeholders": {"common": ["不明"]}, "vague": {"pain": ["業務効率化"]}, "declared_none": {"ng_topics": ["なし"]}}
)  # fmt: skip
LABEL = Text("", "")
ITEMS = {
    "pain": ItemSpec("pain", "text", LABEL),
    "ng_topics": ItemSpec("ng_topics", "text", LABEL, sensitive=True),
    "email": ItemSpec("email", "email", LABEL),
    "lead_source": ItemSpec("lead_source", "picklist", LABEL, options={"web": "inbound_form"}),
}
READING = Reading(
    "crm", "people", Kind.PERSON,
    [Candidate("pain", "P", "", 0.9), Candidate("ng_topics", "N", "", 0.9), Candidate("email", "E", "", 0.9)],
    channel_field="S", stage_field="Stage",
)  # fmt: skip


def take(*records: tuple[SourceRecord, Reading]) -> Ledger:
    ledger = Ledger(ITEMS, {}, TABLES, ZoneInfo("Asia/Tokyo"))
    for record, reading in records:
        ledger.take([record], reading)
    return ledger


def person(number: int, deleted: bool = False, **values: Any) -> tuple[SourceRecord, Reading]:
    facts = {"created_at": "2026-10-31T15:30:00Z"}
    return SourceRecord(
        RecordRef("crm", "people", str(number)), Kind.PERSON, NOW, values, facts, deleted=deleted
    ), READING


def activity(number: int, at: str, **facts: Any) -> tuple[SourceRecord, Reading]:
    told = {"type": "call", "direction": "outbound", "status": "done", "at": at, "subjects": ["crm:people:1"], **facts}
    record = SourceRecord(RecordRef("crm", "calls", str(number)), Kind.ACTIVITY, NOW, facts=told)
    return record, Reading("crm", "calls", Kind.ACTIVITY, ())


def states(stock: Stock, item: str) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (key, state), count in stock.fills.items():
        found[state] += count if key.item == item else 0
    return dict(+found)


def test_each_value_is_in_one_state_by_channel_and_local_month() -> None:
    stock = take(
        person(1, P="不明", S="Web"), person(2, P="業務効率化"), person(3, P="在庫が月末に合わない", N="なし"), person(4), person(5, deleted=True, P="不明")
    ).settle()  # fmt: skip
    assert states(stock, "pain") == {PLACEHOLDER: 1, VAGUE: 1, FILLED: 1, EMPTY: 1}
    assert states(stock, "ng_topics") == {FILLED: 1, EMPTY: 3}
    assert {(key.channel, key.month) for key, _ in stock.fills} == {("inbound_form", "2026-11"), ("", "2026-11")}
    assert stock.records["crm:people"] == 4


def test_placeholders_are_quoted_and_what_is_sensitive_is_not() -> None:
    junk = take(person(1, P="不明", N="社長の離婚"), person(2, P="不明", E="abc")).settle().junk
    assert dict(junk) == {("pain", "不明", PLACEHOLDER): 2}


def test_the_first_contact_is_the_earliest_that_reached_out_and_happened() -> None:
    ledger = take(
        person(1),
        person(2),
        activity(1, "2026-10-31T18:30:00Z"),
        activity(2, "2026-10-31T16:30:00Z", direction="inbound"),
        activity(3, "2026-10-31T16:40:00Z", automated=True),
        activity(4, "2026-10-31T16:50:00Z", status="open"),
        activity(5, "2026-10-31T14:00:00Z"),
        activity(6, "2026-10-31T17:30:00Z"),
    )
    told = ledger.first_contacts()["crm:people"]
    assert (told.people, told.contacted, told.within_day, told.median_m) == (2, 1, 1, 120)


def test_shared_addresses_make_no_duplicates() -> None:
    told = take(
        person(1, E="Sato@acme.co.jp"), person(2, E="sato@acme.co.jp"), person(3, E="info@acme.co.jp"), person(4, E="info@acme.co.jp")
    ).duplicates()["crm:people"]  # fmt: skip
    assert (told.addresses, told.records, told.of) == (1, 2, 4)
