"""Two definitions over the same stored handoffs: who changes side, why, what became of them, and nothing is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sync.flow.status import status
from sync.flow.whatif import Side, what_if
from tests.store.house import COMPLETE, House

EVER = datetime(2020, 1, 1, tzinfo=UTC)


def _side(house: House) -> Side:
    return Side(house.context.mapping, house.context.rules, house.context.tables)


def _with(side: Side, **changes: object) -> Side:
    return replace(side, rules=replace(side.rules, definition=replace(side.rules.definition, **changes)))


def _passed(house: House, record_id: str, *, timed: bool = True, **values: object) -> None:
    house.lead(record_id, values={**COMPLETE, "Title": "課長", "Status": "SQL", **values})
    if timed:
        at = house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        subject = f"salesforce:Lead:{record_id}"
        house.sf.put("LeadHistory", f"017{record_id}", subject=subject, field="status", old="Working", new="SQL", at=at)


def _deal(house: House, number: int, *, won: bool | None = None, decision: str | None = None, **values: object) -> None:
    lead, contact, deal = f"00Q{number}", f"003{number}", f"006{number}"
    created = house.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    became = [f"salesforce:Contact:{contact}", f"salesforce:Opportunity:{deal}"]
    house.sf.put("Contact", contact, {"LastName": "山田", "Title": "課長"}, created_at=created)
    house.lead(lead, values={**COMPLETE, "Title": "課長", **values}, converted=True, converted_to=became)
    held = {name: value for name, value in {**COMPLETE, **values}.items() if name != "Next_Action__c"}
    held |= {"NextStep": "10/20 デモ", "FS_Decision__c": decision, "LeadSource": "Web"}
    house.sf.put(
        "Opportunity",
        deal,
        held,
        created_at=created,
        closed=won is not None,
        won=bool(won),
        owner="salesforce:User:FS1",
    )


def _ask(house: House, other: Side, since: datetime = EVER):
    return what_if(house.context.store, _side(house), other, since, house.clock.now)


def test_the_same_definition_changes_nothing(house: House) -> None:
    _passed(house, "00Q1")
    house.run()
    found = _ask(house, _side(house))
    assert (found.changed, found.gained, found.lost, found.reasons) == (0, 0, 0, ())
    assert found.present == found.other
    assert (found.present.passes, found.present.qualified, found.present.complete) == (1, 1, 1)


def test_a_pass_without_a_known_time_is_counted_apart(house: House) -> None:
    _passed(house, "00Q1", timed=False)
    house.run()
    found = _ask(house, _side(house))
    assert (found.present.passes, found.undated) == (0, 1)


def test_passes_before_the_day_do_not_count(house: House) -> None:
    _passed(house, "00Q1")
    house.run()
    assert _ask(house, _side(house), house.clock.now + timedelta(hours=1)).present.passes == 0


def test_who_falls_out_of_a_stricter_definition_and_why(house: House) -> None:
    _passed(house, "00Q1")
    _passed(house, "00Q2", Title="部長")
    house.run()
    found = _ask(house, _with(_side(house), rank_at_least="general_manager"))
    assert (found.present.qualified, found.other.qualified, found.lost, found.gained) == (2, 1, 1, 0)
    (reason,) = found.reasons
    assert (reason.kind, reason.detail, reason.old, reason.new, reason.count) == (
        "criterion",
        "authority",
        "met",
        "unknown",
        1,
    )
    assert [str(ref) for ref in reason.samples] == ["salesforce:Lead:00Q1"]
    back = what_if(
        house.context.store, _with(_side(house), rank_at_least="general_manager"), _side(house), EVER, house.clock.now
    )
    assert (back.gained, back.lost) == (1, 0)


def test_a_criterion_that_loses_its_say_is_told_as_the_reason(house: House) -> None:
    _passed(house, "00Q1", Title="担当")
    _passed(house, "00Q2")
    house.run()
    found = _ask(house, _with(_side(house), optional_criteria=frozenset({"authority"})))
    assert (found.present.qualified, found.other.qualified, found.gained) == (1, 2, 1)
    assert [(r.kind, r.detail, r.old, r.new) for r in found.reasons] == [
        ("criterion", "authority", "unknown", "beside")
    ]


def test_another_list_of_items_makes_passes_incomplete(house: House) -> None:
    _passed(house, "00Q1")
    house.run()
    side = _side(house)
    other = replace(side, mapping=replace(side.mapping, typed=(*side.mapping.typed, "purpose")))
    found = _ask(house, other)
    assert (found.present.complete, found.other.complete, found.changed) == (1, 0, 1)
    assert [(r.kind, r.detail, r.new) for r in found.reasons] == [("item", "purpose", "missing")]


def test_what_became_of_passes_counts_closed_deals_and_open_ones(house: House) -> None:
    _deal(house, 1, won=True, decision="受領")
    _deal(house, 2, won=False, decision="受領")
    _deal(house, 3)
    _passed(house, "00Q9", Status="SQL")
    house.run()
    outcome = _ask(house, _side(house)).present.all
    assert (outcome.opportunity.hits, outcome.opportunity.n) == (3, 4)
    assert (outcome.accepted.hits, outcome.accepted.n) == (2, 3)
    assert (outcome.won.hits, outcome.won.n) == (1, 3)


def test_few_passes_allow_no_statement(house: House) -> None:
    _deal(house, 1)
    _passed(house, "00Q2")
    house.run()
    assert _ask(house, _with(_side(house), rank_at_least="president")).differs is None


def test_a_stricter_definition_that_drops_what_never_converts_is_told_as_better(house: House) -> None:
    for number in range(40):
        _deal(house, number, Budget_Status__c="確保済み")
    for number in range(100, 140):
        _passed(house, f"00Q{number}", Budget_Status__c="見込みあり")
    house.run()
    found = _ask(house, _with(_side(house), budget_met=frozenset({"secured"})))
    assert (found.kept.opportunity.hits, found.kept.opportunity.n) == (40, 40)
    assert (found.dropped.opportunity.hits, found.dropped.opportunity.n) == (0, 40)
    assert found.differs is True


def test_a_field_that_was_never_read_is_named(house: House) -> None:
    _passed(house, "00Q1")
    house.run()
    side = _side(house)
    lead = side.mapping.streams["salesforce", "Lead"]
    streams = {
        **side.mapping.streams,
        ("salesforce", "Lead"): replace(lead, items={**lead.items, "willingness": ("Will__c",)}),
    }
    assert _ask(house, replace(side, mapping=replace(side.mapping, streams=streams))).unread == (
        "salesforce:Lead.Will__c",
    )


def test_nothing_is_written_and_nothing_is_remembered(house: House) -> None:
    _passed(house, "00Q1")
    house.settle()
    before = status(house.context)
    written = list(house.written)
    _ask(house, _with(_side(house), rank_at_least="president"))
    assert status(house.context) == before and house.written == written
