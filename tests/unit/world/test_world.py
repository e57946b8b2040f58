"""Truth and events must tell the same story: what the world claims is found again by other means."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connectors.simulator.world import START, World
from connectors.simulator.world.expectation import STANDARD, STRICTER, VERSION, Bar
from connectors.simulator.world.fields import FIELDS
from connectors.simulator.world.ids import suffix_of
from connectors.simulator.world.journey import Entry, Journey
from connectors.simulator.world.past import missing_then
from connectors.simulator.world.words import EMPTY, TYPED, present
from sync.app import read_edition, read_settings
from sync.core.model.flags import EXACT_NAMES
from tests.reference.judge import NAMES, Reference
from tests.unit.world.org import Org

COMPANY = Path(__file__).parents[3] / "examples" / "saas-jp"
SETS = ("missing_items", "unmet_criteria", "missing_at_pass")


@cache
def settled(seed: int = 1, handoffs: int = 150, language: str = "ja") -> tuple[World, Org, dict[str, Any]]:
    """A world at its start, never moved on; shared by the tests that only look."""
    world, org = World(seed, handoffs, language), Org()
    org.apply(world.seed_events())
    return world, org, world.truth()


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def comparable(flags: dict[str, Any]) -> dict[str, Any]:
    return {n: frozenset(str(flags[n]).split(";")) if n in SETS and flags[n] else flags[n] for n in NAMES}


def compare(world: World, org: Org, reference: Reference, now: datetime) -> dict[str, Any]:
    """The world's flags at an instant, after holding them against the slow reference."""
    told = world.expect(now)
    derived = reference.judge_all(org.served, now)
    mine = {ref: comparable(dict(flags)) for ref, flags in told["records"].items()}
    other = {ref: comparable(flags) for ref, flags in derived.items()}
    assert sorted(mine) == sorted(other)
    assert [(ref, mine[ref], other[ref]) for ref in mine if mine[ref] != other[ref]] == []
    assert not set(told["absent"]) & set(other)
    return told["records"]


def test_the_same_seed_makes_the_same_company_and_another_seed_another() -> None:
    first, again, other = World(7, 40), World(7, 40), World(8, 40)
    flags = first.expect(START)["records"]
    assert again.expect(START)["records"] == flags
    assert first.seed_events() == again.seed_events() != other.seed_events()
    later = START + timedelta(hours=6)
    assert first.act(later, flags) == again.act(later, flags)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_truth_agrees_with_a_judgement_of_the_raw_records(language: str) -> None:
    world, org, _ = settled(language=language)
    compare(World(1, 150, language), org, Reference(COMPANY), world.start)


def test_of_a_pass_before_the_first_look_it_is_known_what_lacked_where_the_records_still_tell() -> None:
    world = World(2, 400)
    world.expect(world.start)
    passed = [one for one in world.plots.journeys if one.frozen_done]
    known = [one for one in passed if one.frozen is not None]
    assert 20 < len(known) < len(passed) - 20


def test_what_a_contact_held_then_is_told_by_its_history_and_a_touched_lead_keeps_silent() -> None:
    typed, later, end = START - timedelta(days=3), START - timedelta(days=1), START - timedelta(days=2)
    soon = present("2027年3月", (date(2027, 3, 1), date(2027, 3, 31)))
    contact = Entry(
        "hubspot:contacts", "1", typed, {item: present("x") for item in TYPED} | {"timing": soon, "pain": EMPTY}
    )
    lead = Entry("salesforce:Lead", "2", typed, {"phone": present("03-6812-4471")})
    journey = Journey("J1", "pass_owner", contact=contact, lead=lead)
    contact.put(later, {"pain": present("月次決算が遅い", False)})
    stamps = {contact.ref: later, lead.ref: typed}
    assert missing_then(journey, stamps, end, STANDARD) == ("pain",)
    assert missing_then(journey, stamps | {lead.ref: later}, end, STANDARD) is None
    contact.put(later, {"timing": EMPTY, "next_action": EMPTY})
    assert missing_then(journey, stamps, end, STANDARD) is None, "nothing dated stands in it, so nobody asks"


def test_truth_follows_the_records_while_people_act() -> None:
    world, org, reference = World(5, 70), Org(), Reference(COMPANY)
    org.apply(world.seed_events())
    now = world.start
    flags = compare(world, org, reference, now)
    before = flags
    for _ in range(7):
        org.apply(world.act(now, flags, timedelta(minutes=30)))
        now += timedelta(minutes=70)
        org.apply(world.advance(now))
        flags = compare(world, org, reference, now)
    moved = [ref for ref in flags if flags[ref] != before.get(ref)]
    assert len(moved) > 20, "people worked for a day and hardly a flag moved"


def test_events_come_in_order_and_never_from_the_future() -> None:
    world = World(3, 60)
    events = world.seed_events()
    assert [e["at"] for e in events] == sorted(e["at"] for e in events)
    assert instant(events[-1]["at"]) <= world.start
    assert {e["op"] for e in events[:10]} <= {"insert", "owner"}, "users come first"
    now, flags = world.start, world.expect(world.start)["records"]
    for _ in range(12):
        earlier, now = now, now + timedelta(minutes=50)
        times = [instant(e["at"]) for e in world.act(now, flags)]
        assert times == sorted(times)
        assert all(earlier < at <= now for at in times)


def test_all_events_can_be_sent_as_json_and_ids_are_sound() -> None:
    _, org, truth = settled()
    json.dumps(truth)
    created = [e for e in org.seen if e["op"] == "insert"]
    assert len({(e["object"], e["id"]) for e in created}) == len(created)
    for event in org.seen:
        assert json.loads(json.dumps(event)) == event
        if event["system"] == "salesforce":
            assert len(event["id"]) == 18
            assert suffix_of(event["id"][:15]) == event["id"][15:]
            assert event["by"] in org.served.rows["User"]
        else:
            assert event["id"].isdigit()
    hubspot = [int(e["id"]) for e in created if e["object"] == "contacts"]
    assert hubspot != sorted(hubspot), "HubSpot ids must not follow creation"


def test_the_suffix_is_the_one_that_real_ids_carry() -> None:
    assert suffix_of("00530000009M943") == "AAC"  # source: REST API Developer Guide, ids of the examples


def test_every_pass_is_in_the_events_at_its_instant() -> None:
    _, org, truth = settled()
    created = {e["record"]["OpportunityId"]: e["at"] for e in org.seen if e["op"] == "convert"}
    created |= {e["id"]: e["at"] for e in org.seen if e.get("object") == "Opportunity" and e["op"] == "insert"}
    history = Counter((h["LeadId"], h["CreatedDate"], h["Field"]) for h in org.served.rows["LeadHistory"].values())
    field = {"owner_role_changes": "Owner", "status_in": "Status", "lead_converted": "leadConverted"}
    ways: Counter[str] = Counter()
    for handoff in truth["handoffs"]:
        passed = handoff["passed"]
        if not passed:
            continue
        ways[passed["how"]] += 1
        leads = [r.split(":")[2] for r in handoff["records"] if r.startswith("salesforce:Lead")]
        if passed["how"] == "opportunity_created":
            assert created[handoff["anchor"].split(":")[2]] == passed["at"]
        elif passed["how"] == "meeting_booked_with_fs":
            meetings = [c for c in handoff["contacts"] if c["kind"] == "meeting" and c["role"] == "FS"]
            assert passed["at"] in {min(c["at"], c["logged_at"]) for c in meetings}
        else:
            assert any((lead, passed["at"], field[passed["how"]]) in history for lead in leads)
    assert set(ways) == {*field, "opportunity_created", "meeting_booked_with_fs"}


def test_every_contact_is_a_record_of_its_time_and_every_call_record_is_in_the_truth() -> None:
    _, org, truth = settled()
    told = {c["record"]: c for handoff in truth["handoffs"] for c in handoff["contacts"]}
    calls = {f"salesforce:Task:{i}": r for i, r in org.served.rows["Task"].items() if r["TaskSubtype"] == "Call"}
    calls |= {f"hubspot:calls:{i}": r["properties"] for i, r in org.served.records["calls"].items()}
    assert set(calls) == {ref for ref, one in told.items() if one["kind"] == "call"}
    for ref, row in calls.items():
        one, when = told[ref], row.get("hs_timestamp") or row["CompletedDateTime"].replace("+0000", "+00:00")
        assert instant(when) == instant(one["at"])
        assert instant(row.get("hs_createdate") or row["CreatedDate"]) == instant(one["logged_at"])
        inbound = (row.get("hs_call_direction") or row["CallType"]).upper() == "INBOUND"
        seconds = int(row.get("hs_call_duration") or 0) / 1000 or row.get("CallDurationInSeconds") or 0
        assert one["missed"] == (inbound and seconds < 30)
        assert one["genuine"] == (not inbound or seconds >= 30)
    late = [c for c in told.values() if instant(c["logged_at"]) - instant(c["at"]) > timedelta(minutes=30)]
    assert len([c for c in late if c["kind"] == "call"]) >= 3


def test_planted_defects_stand_in_the_records() -> None:
    _, org, truth = settled()
    fields = {"ng_topics": ("NG_Topics__c", "ng_topics"), "pain": ("Pain__c", "pain")}
    checked = 0
    for handoff in truth["handoffs"]:
        for item, (sf, hs) in fields.items():
            texts = [str(v) for r in handoff["records"] for v in [look(org, r, sf, hs)] if v]
            state = handoff["items"][item]
            if state == "missing":
                assert not texts
            elif state == "placeholder":
                assert texts
                assert set(texts) <= {"確認中", "不明", "テスト", "-"}
            checked += state in ("missing", "placeholder")
    assert checked > 40


def look(org: Org, ref: str, sf: str, hs: str) -> Any:
    connection, stream, record_id = ref.split(":")
    if connection == "hubspot":
        return org.served.records[stream][record_id]["properties"].get(hs)
    return org.served.rows[stream][record_id].get(sf)


def test_the_mix_is_that_of_a_real_company() -> None:
    _, org, truth = settled(2, 400)
    plots = Counter(h["plot"] for h in truth["handoffs"])
    deals = [h for h in truth["handoffs"] if h["anchor"].startswith("salesforce:Opportunity")]
    foreign = [h for h in deals if h["plot"] in ("deal_direct", "deal_renewal", "deal_partner", "deal_partner_account")]
    assert 0.2 < len(foreign) / len(deals) < 0.4
    with_role = {r["OpportunityId"] for r in org.served.rows["OpportunityContactRole"].values()}
    assert 0.25 < sum(h["anchor"].split(":")[2] not in with_role for h in deals) / len(deals) < 0.5
    for plot in (
        "badge",
        "second_cycle",
        "ambiguous_lead",
        "shared_lead",
        "early_call",
        "contact",
        "lead_only",
        "deal_crowd",
    ):
        assert plots[plot], plot
    sources = {c["by"] for h in truth["handoffs"] for c in h["contacts"]}
    assert {"hubspot-sync", "ma-automation", "retired1", "cs1"} <= sources
    decisions = Counter(h["decision"] for h in truth["handoffs"])
    assert decisions["returned"] >= 3
    assert decisions["accepted"] > decisions["returned"]
    states = Counter(s for h in truth["handoffs"] for s in h["items"].values())
    assert {"present", "missing", "placeholder", "stale", "declared_none", "unreadable"} <= set(states)
    conflicts = [h for h in truth["handoffs"] if len({look(org, r, "Budget_Status__c", "budget_status") for r in h["records"]} - {None, "確認中", "Select"}) > 1]  # fmt: skip
    assert conflicts


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_some_passes_are_complete_and_some_are_not(seed: int) -> None:
    """Under `starter`: neither a company without a problem nor one that never writes anything down."""
    _, _, truth = settled(seed, 400)
    passed = [h["flags"] for h in truth["handoffs"] if h["passed"] and h["flags"]]
    counts = [flags["missing_count"] for flags in passed if flags["missing_count"] is not None]
    assert len(counts) > 80
    assert 0.3 < counts.count(0) / len(counts) < 0.7


def test_truth_counts_what_became_of_the_passes() -> None:
    world, _, truth = settled(2, 400)
    standard, stricter = truth["outcomes"]["standard"], truth["outcomes"]["stricter"]
    assert standard["passes"] == stricter["passes"] > 100
    assert stricter["qualified"] < standard["qualified"]
    for side in (standard, stricter):
        assert side["passes"] == side["qualified"] + side["not_qualified"] + side["undetermined"]
        assert side["of_qualified"]["opportunity"] <= side["qualified"]
    told = {h["id"]: h["outcome"] for h in truth["handoffs"] if h["passed"]}
    assert sum(one["won"] is not None for one in told.values()) > 3
    for journey in world.plots.journeys:
        if journey.key in told and journey.won:
            assert told[journey.key]["opportunity"]


def test_expected_flags_are_whole_and_out_of_scope_records_hold_none() -> None:
    world = World(4, 120)
    told = world.expect(world.start)
    for flags in told["records"].values():
        assert set(flags) == set(EXACT_NAMES)
    assert not set(told["absent"]) & set(told["records"])
    assert len(told["absent"]) > 10
    assert not any(flags["status"] == "out_of_scope" for flags in told["records"].values()), "never flagged, so no flag"


def test_what_leaves_the_scope_says_so_only_where_flags_were_written() -> None:
    for written in (True, False):
        world = World(4, 200)
        world.expect(world.start, written=written)
        journey = next(j for j in world.plots.journeys if j.plot == "pass_convert" and not j.out and j.deal)
        journey.out = "closed"
        told = world.expect(world.start + timedelta(minutes=5), written=written)
        ref = journey.anchor.ref
        if written:
            gone = dict.fromkeys(EXACT_NAMES) | {"status": "out_of_scope"}
            assert told["records"][ref] == gone
        else:
            assert ref in told["absent"]


def test_reps_do_nothing_that_no_flag_asks_for() -> None:
    blind, seeing = World(6, 120), World(6, 120)
    flags = seeing.expect(seeing.start)["records"]
    later = START + timedelta(hours=7)
    alone = blind.advance(later)
    assert blind.act(later, {}) == []
    assert len(seeing.act(later, {})) == len(alone)
    seeing = World(6, 120)
    seeing.act(START, flags)
    busy = seeing.advance(later)
    assert len(busy) > len(alone) + 20


def test_reps_keep_office_hours() -> None:
    world = World(6, 120)
    flags = world.expect(world.start)["records"]
    evening = datetime(2026, 11, 17, 11, 0, tzinfo=UTC)
    world.advance(evening)
    people = {c.user_id for c in world.colleagues.values() if c.role in ("IS", "FS")}
    events = world.act(evening, flags, timedelta(minutes=30)) + world.advance(evening + timedelta(hours=12))
    assert [e for e in events if e.get("by") in people] == []


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_story_takes_its_course(seed: int) -> None:
    world = World(seed, 30)
    flags = world.expect(world.start)["records"]
    story = world.story()
    completed, cleared, late, back = (story[n] for n in ("completed", "cleared", "corrected", "returned"))
    assert flags[completed["anchor"]]["status"] == "passed_incomplete"
    assert sorted(flags[completed["anchor"]]["missing_items"].split(";")) == sorted(completed["items"])
    assert flags[cleared["anchor"]]["missing_items"] == "ng_topics"
    assert flags[late["anchor"]]["is_sla"] == "waiting"
    seen: dict[str, list[str]] = {"is_sla": [], "status": []}
    now = world.start
    while now < START + timedelta(hours=9):
        world.act(now, flags)
        now += timedelta(minutes=10)
        world.advance(now)
        flags = world.expect(now)["records"]
        for name, part in (("is_sla", late), ("status", back)):
            value = flags[world.story()["corrected" if part is late else "returned"]["anchor"]][name]
            seen[name] += [value] if value not in seen[name][-1:] else []
    assert seen["is_sla"] == ["waiting", "breached", "met"]
    assert seen["status"][:2] == ["passed_incomplete", "returned"]
    assert seen["status"][-1] == "passed"
    assert flags[completed["anchor"]]["status"] == "passed"
    assert flags[cleared["anchor"]]["status"] == "ready"


def test_the_fields_are_those_of_the_company_s_mappings() -> None:
    read = YAML(typ="safe").load
    for connection in ("salesforce", "hubspot"):
        mapped = read((COMPANY / "mappings" / f"{connection}.yaml").read_text(encoding="utf-8"))["streams"]
        for stream, fields in FIELDS.items():
            system, _, name = stream.partition(":")
            for item, field in fields.items() if system == connection else ():
                said = mapped[name]["items"][item]
                assert field == (said if isinstance(said, str) else said[0]), f"{stream} {item}"


def test_the_stricter_example_asks_more_of_budget_and_timing_and_of_nothing_else() -> None:
    standard = read_settings(COMPANY).rules.definition
    stricter = read_edition(COMPANY, COMPANY / "stricter.yaml").rules.definition
    for told, bar in ((standard, STANDARD), (stricter, STRICTER)):
        assert Bar(told.budget_met, told.within_months) == bar
    named = {name: getattr(standard, name) for name in ("version", "label", "effective_from")}
    asked = {name: getattr(standard, name) for name in ("budget_met", "within_months")}
    assert stricter.version != standard.version
    assert replace(stricter, **named, **asked) == standard


def test_the_company_knows_its_own_people() -> None:
    read = YAML(typ="safe").load
    definition = read((COMPANY / "config" / "definition.yaml").read_text(encoding="utf-8"))
    world, _, _ = settled()
    for role in ("IS", "FS"):
        mine = {c.email for c in world.colleagues.values() if c.role == role and c.active}
        assert mine == set(definition["roles"][role]["users"])
    machines = {c.email for c in world.colleagues.values() if c.role == "machine"}
    listed = {u for name in ("integration_users", "native_sync_users", "automation_users") for u in definition[name]}
    assert machines == listed
    assert str(definition["version"]) == VERSION
