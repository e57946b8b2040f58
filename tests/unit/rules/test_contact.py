"""Which activities are a genuine contact."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.core.mapping.activity import read_activity
from sync.core.model.records import Kind
from sync.core.reconcile.directory import build_directory
from sync.core.rules.contact import Contact, counts_for, is_missed_call, weigh
from sync.core.rules.definition import Who
from tests.handoffs import Crm, at


def contact(crm: Crm, type_: str, **facts: Any) -> Contact:
    activity = crm.act(type_, crm.lead(), "10-06 11:00", **facts)
    users = [r for r in crm.records.values() if r.kind is Kind.USER]
    return weigh(read_activity(crm.records[activity]), build_directory(users, crm.rules.definition), crm.rules)


@pytest.mark.parametrize(
    ("type_", "facts", "genuine"),
    [
        ("call", {"status": "open"}, False),
        ("call", {"direction": "internal"}, False),
        ("call", {"direction": "inbound", "connected": False, "duration_s": 29}, False),
        ("call", {"direction": "inbound", "connected": None, "duration_s": None}, False),
        ("call", {"direction": "inbound", "connected": False, "duration_s": 30}, True),
        ("call", {"direction": "inbound", "connected": True, "duration_s": 5}, True),
        ("call", {"direction": "outbound", "connected": False, "duration_s": 0}, True),
        ("call", {"direction": None}, True),
        ("call", {"automated": True}, False),
        ("email", {"direction": "inbound"}, False),
        ("email", {"direction": None}, False),
        ("email", {"status": "bounced"}, False),
        ("email", {"automated": True}, False),
        ("email", {}, True),
        ("message", {"direction": "inbound"}, False),
        ("message", {"status": "open"}, False),
        ("message", {"direction": None}, True),
        ("meeting", {"status": "canceled", "direction": None}, True),
        ("meeting", {"status": "no_show", "direction": None}, True),
        ("task", {}, False),
        ("task", {"task_type": "架電"}, False),
        ("note", {}, False),
        ("", {}, False),
    ],
)
def test_what_counts_under_the_shipped_rules(type_: str, facts: dict[str, Any], genuine: bool) -> None:
    found = contact(Crm(), type_, **facts)
    assert found.counts is genuine
    assert found.reason


def test_tasks_of_listed_types_count_when_done() -> None:
    crm = Crm(rules_with={"task_types": frozenset({"架電"})})
    assert contact(crm, "task", task_type="架電").counts
    assert not contact(crm, "task", task_type="架電", status="open").counts
    assert not contact(crm, "task", task_type="資料作成").counts


@pytest.mark.parametrize("who", ["native_sync_users", "automation_users"])
def test_what_the_native_sync_or_automation_wrote_does_not_count(who: str) -> None:
    crm = Crm(rules_with={"definition": {who: frozenset({"sync@ours.example.jp"})}})
    assert not contact(crm, "call", by="sync").counts
    assert contact(crm, "call", by="is1").counts


def test_a_call_system_under_an_integration_user_counts_for_the_owner() -> None:
    crm = Crm(rules_with={"definition": {"integration_users": frozenset({"cti@ours.example.jp"})}})
    found = contact(crm, "call", by="cti", owner="is1")
    assert found.counts and found.actor is not None and found.actor.roles == {"IS"}
    unknown = contact(crm, "call", by="cti", owner="cti")
    assert unknown.counts and unknown.actor is None


def test_an_inactive_or_unknown_owner_is_nobody_known() -> None:
    crm = Crm()
    crm.user("left", ["IS"], active=False)
    assert contact(crm, "call", owner="left").actor is None
    assert contact(crm, "call", owner="stranger").actor is None
    assert contact(crm, "call", owner=None).actor is None


def test_the_team_or_nobody_known_stops_a_clock_and_others_only_where_anyone_may() -> None:
    crm = Crm()
    is_clock, fs_clock = crm.rules.is_clock, crm.rules.fs_clock
    assert counts_for(contact(crm, "call", owner="is1"), is_clock)
    assert not counts_for(contact(crm, "call", owner="is1"), fs_clock)
    assert counts_for(contact(crm, "call", owner=None), fs_clock)
    assert not counts_for(contact(crm, "call", owner="boss"), is_clock)
    assert counts_for(contact(crm, "call", owner="boss"), replace(is_clock, who=Who.ANYONE))
    assert not counts_for(contact(crm, "call", owner="is1", automated=True), is_clock)


def test_a_meeting_counts_when_it_was_agreed_and_a_call_when_it_happened() -> None:
    crm = Crm()
    assert contact(crm, "meeting", logged="10-05 09:00").at == at("10-05 09:00")
    assert contact(crm, "meeting", logged="10-08 09:00").at == at("10-06 11:00")
    assert contact(crm, "call", logged="10-08 09:00").at == at("10-06 11:00")
    assert not contact(crm, "call", at=None).counts


@pytest.mark.parametrize(
    ("facts", "missed"),
    [
        ({"direction": "inbound", "connected": False, "duration_s": 0}, True),
        ({"direction": "inbound", "connected": False}, True),
        ({"direction": "inbound", "duration_s": 12}, True),
        ({"direction": "inbound"}, False),
        ({"direction": "inbound", "connected": True}, False),
        ({"direction": "inbound", "duration_s": 30}, False),
        ({"direction": "inbound", "connected": False, "status": "canceled"}, False),
        ({"direction": "outbound", "connected": False, "duration_s": 0}, False),
    ],
)
def test_a_missed_call_needs_an_outcome_that_says_so(facts: dict[str, Any], missed: bool) -> None:
    crm = Crm()
    activity = crm.records[crm.act("call", crm.lead(), "10-06 11:00", **facts)]
    assert is_missed_call(read_activity(activity)) is missed


# --- whom a tool names --------------------------------------------------------------------------------------------------
def named(crm: Crm, told: str, *, hubspot: bool = False) -> str | None:
    """Who acted by a call of `fs1` in which the tool leaves this."""
    ref = crm.act("call", crm.lead(), "10-06 11:00", owner="fs1", by="cti", hubspot=hubspot)
    activity = read_activity(crm.records[ref])
    activity.actor = told
    users = [r for r in crm.records.values() if r.kind is Kind.USER]
    actor = weigh(activity, build_directory(users, crm.rules.definition), crm.rules).actor
    return actor.ref.record_id if actor is not None else None


@pytest.mark.parametrize(
    ("told", "actor"),
    [
        (" IS1@ours.example.jp ", "is1"),
        ("IS1", "is1"),
        ("stranger@ours.example.jp", "fs1"),
        ("stranger", "fs1"),
        ("left", "fs1"),
        ("left@ours.example.jp", "fs1"),
        ("cti", "fs1"),
    ],
)
def test_an_active_person_whom_the_tool_names_acted_and_else_the_owner(told: str, actor: str) -> None:
    crm = Crm(rules_with={"definition": {"integration_users": frozenset({"cti@ours.example.jp"})}})
    crm.user("left", ["IS"], active=False)
    assert named(crm, told) == actor


def test_letter_case_tells_short_ids_of_salesforce_apart() -> None:
    crm = Crm()
    crm.user("005000000000AbCAA0", ["IS"])
    crm.user("005000000000aBCAA1", ["IS"])
    assert named(crm, "005000000000AbC") == "005000000000AbCAA0"
    assert named(crm, "005000000000aBC") == "005000000000aBCAA1"
    assert named(crm, "005000000000ABC") == "fs1"
    assert named(crm, "005000000000ABCAA0") == "005000000000AbCAA0", "the long one is unique in any case"


def test_in_hubspot_the_id_of_the_owner_and_of_the_user_name_somebody_unless_they_name_two() -> None:
    crm = Crm()
    for owner, user in (("71", "171"), ("72", "172"), ("73", "71")):
        ref = crm.user(owner, ["IS"], connection="hubspot")
        crm.change(ref, facts={"user_id": user})
    assert named(crm, "171", hubspot=True) == "71"
    assert named(crm, "72", hubspot=True) == "72"
    assert named(crm, "71", hubspot=True) == "fs1", "an owner and the user of another"
    assert named(crm, "72") == "fs1", "an id of the other system"


def test_of_several_users_with_one_address_the_active_one_is_named() -> None:
    crm = Crm()
    crm.user("is1", ["IS"], connection="hubspot", active=False)
    assert named(crm, "is1@ours.example.jp") == "is1"
