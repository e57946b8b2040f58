"""Handoffs that their stage leaves out are judged in brief. Whatever happens to them, and whenever they come into scope:
nobody can tell that from what follows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.core.model.handoff import Judgement, Memory, Sign, Told
from sync.core.model.records import Kind, RecordRef
from sync.core.reconcile.directory import build_directory
from sync.core.reconcile.judge import judge
from sync.core.rules.batch import arrivals_of
from sync.core.rules.definition import PassEvent
from sync.core.rules.expression import Vocabulary, compile_expression
from sync.core.rules.repeated import comparable_texts
from tests.depth import share
from tests.handoffs import FULL, Crm, at, wire
from tests.handoffs import settings as shipped

INSTANTS = [
    "10-05 12:00", "10-05 18:00", "10-06 11:00", "10-06 18:00", "10-07 00:00", "10-07 10:00", "10-08 09:00",
    "10-08 18:00", "10-12 09:00", "10-20 10:00", "10-21 18:00", "11-20 10:00",
]  # fmt: skip
ANY = st.sampled_from(INSTANTS)
STAGES = ("subscriber", "customer", "marketingqualifiedlead")
EVENTS = (
    PassEvent("meeting_booked_with_fs"),
    PassEvent("owner_role_changes", from_role="IS", to_role="FS"),
    PassEvent("status_in", statuses={("hubspot", "contacts"): frozenset({"customer"})}),
    PassEvent("field", item="sql_date"),
)
HAPPENS = st.one_of(
    st.tuples(st.just("stage"), st.sampled_from(STAGES)),
    st.tuples(st.just("came"), ANY),
    st.tuples(st.just("dated"), ANY),
    st.tuples(st.just("met"), ANY),
    st.tuples(st.just("called"), ANY),
    st.tuples(st.just("assigned"), st.none()),
    st.tuples(st.just("typed"), st.sampled_from(["", "確認中", FULL["pain"]])),
    st.tuples(st.just("from"), st.sampled_from([None, "展示会", "知らない流入元"])),
)


@dataclass
class Story:
    """One contact and what is remembered of it; the same contact may be told of twice."""

    crm: Crm
    whole: bool
    always: bool
    """Judged at every instant, not only when something happened or it is time."""
    memory: Memory = field(default_factory=Memory)
    wake_at: datetime | None = None

    def goes_on(self, person: RecordRef, now: str, happened: bool) -> Judgement | None:
        if not (self.always or happened or (self.wake_at is not None and self.wake_at <= at(now))):
            return None
        crm = self.crm
        users = [record for record in crm.records.values() if record.kind is Kind.USER]
        found = judge(
            crm.case(person, self.memory),
            mapping=crm.mapping,
            rules=crm.rules,
            tables=shipped().tables,
            directory=build_directory(users, crm.rules.definition),
            now=at(now),
            whole=self.whole,
        )
        self.memory, self.wake_at = found.memory, found.wake_at
        return found


def company(held: bool, silent_days: int, **rules: Any) -> tuple[Crm, RecordRef]:
    crm = Crm(rules_with={"definition": {"pass_events": EVENTS, "silent_days": silent_days}, **rules})
    flags = {"status": "ready", "note": "古い"} if held else {}
    return crm, crm.hub(stage="subscriber", owner="is1", created="10-01 10:00", flags=flags)


def happen(crm: Crm, person: RecordRef, now: str, what: str, how: Any) -> None:
    if what == "stage":
        crm.edit(person, "lifecyclestage", crm.records[person].values["lifecyclestage"], how, now)
    elif what == "came":
        crm.set(person, recent_conversion_date=wire(how))
    elif what == "dated":
        crm.set(person, hs_lifecyclestage_salesqualifiedlead_date=f"2026-{how[:5]}")
    elif what == "met":
        crm.meeting(person, how, logged=now)
    elif what == "called":
        crm.act("call", person, how)
    elif what == "assigned":
        crm.history(person, "owner", "is1", "fs1", now)
    else:
        crm.set(person, **{"pain" if what == "typed" else "lead_source": how})


def matters(crm: Crm, person: RecordRef, found: Judgement) -> dict[str, Any]:
    """All that the engine does something about."""
    case = crm.case(person)
    return {
        "memory": found.memory,
        "flags": found.flags,
        "status": found.status,
        "why": found.scope_reason,
        "pass": found.pass_,
        "cycle": found.cycle,
        "counts": found.trace if found.in_scope else found.trace.left_out,
        "asks": found.needs_confirmation,
        "texts": comparable_texts(case, found),
        "came": arrivals_of(case, found, crm.rules.clocks),
        "whole": (found.items, found.clocks, found.missing, found.wake_at) if found.in_scope else None,
    }


@settings(max_examples=share(3000, 40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 8), HAPPENS), max_size=7), st.booleans(), st.sampled_from([2, 10, 180]))
def test_what_follows_is_what_a_whole_judgement_at_every_instant_had_left(
    told: list[tuple[int, tuple[str, Any]]], held: bool, silent_days: int
) -> None:
    crm, person = company(held, silent_days)
    brief, slow = Story(crm, whole=False, always=False), Story(crm, whole=True, always=True)
    for number, now in enumerate(INSTANTS):
        events = [event for when, event in told if when == number]
        for what, how in events:
            happen(crm, person, now, what, how)
        if number == len(INSTANTS) - 2:
            happen(crm, person, now, "stage", "marketingqualifiedlead")
            events.append(("stage", None))
        found, wanted = (story.goes_on(person, now, bool(events) or not number) for story in (brief, slow))
        assert wanted is not None
        if found is not None:
            assert matters(crm, person, found) == matters(crm, person, wanted)
        else:
            assert brief.memory == slow.memory


def test_of_one_that_is_left_out_only_what_others_are_judged_by_is_read() -> None:
    crm, person = company(held=True, silent_days=180)
    crm.set(person, pain=FULL["pain"], lead_source="展示会", ng_topics="特になし")
    found = Story(crm, whole=False, always=True).goes_on(person, "10-05 12:00", True)
    assert found is not None and not found.in_scope and found.trace.left_out == found.scope_reason != ""
    assert found.items.keys() == {"lead_source", "pain", "purpose", "sql_reason", "sql_date"}
    assert found.items["pain"].raw == FULL["pain"] and found.clocks == () == found.criteria
    assert found.flags[person]["status"] == "out_of_scope" and found.flags[person]["note"] is None
    whole = Story(crm, whole=True, always=True).goes_on(person, "10-05 12:00", True)
    assert whole is not None and len(whole.items) > 15 and whole.clocks


@pytest.mark.parametrize("name", ["pause_when", "reset_when"])
def test_where_clocks_remember_when_conditions_held_the_judgement_is_whole(name: str) -> None:
    rules = shipped().rules
    condition = compile_expression("known(pain)", Vocabulary({"pain": "text"}, {}))
    crm, person = company(False, 180, is_clock=replace(rules.is_clock, **{name: condition}))
    found = Story(crm, whole=False, always=True).goes_on(person, "10-05 12:00", True)
    assert found is not None and not found.in_scope and found.clocks


@pytest.mark.parametrize("item", ["pain", "lead_source"])
def test_where_others_are_judged_by_a_group_of_items_the_judgement_is_whole(item: str) -> None:
    mapping = shipped().mapping
    group = replace(mapping.items[item], as_=None, any_of=("purpose", "sql_reason"))
    crm, person = company(False, 180)
    crm.own_mapping = replace(mapping, items={**mapping.items, item: group})
    crm.set(person, purpose=FULL["pain"])
    found, whole = (Story(crm, one, always=True).goes_on(person, "10-05 12:00", True) for one in (False, True))
    assert found is not None and whole is not None and not found.in_scope
    assert whole.items[item].raw == FULL["pain"]
    assert matters(crm, person, found) == matters(crm, person, whole)
    assert found.items[item] == whole.items[item]


def test_a_pass_whose_grace_is_over_is_frozen_while_the_stage_leaves_it_out() -> None:
    crm, person = company(held=False, silent_days=180)
    story = Story(crm, whole=False, always=False)
    crm.history(person, "owner", "is1", "fs1", "10-05 11:00")
    first = story.goes_on(person, "10-05 12:00", True)
    assert first is not None and first.clocks == () and first.wake_at == at("10-05 18:00")
    assert story.goes_on(person, "10-05 17:00", False) is None
    frozen = story.goes_on(person, "10-05 18:00", False)
    assert (
        frozen is not None
        and frozen.memory.frozen_at == at("10-05 18:00")
        and "pain" in (frozen.memory.missing_at_pass or ())
    )
    later = story.goes_on(person, "10-06 18:00", True)
    assert later is not None and later.items.keys() < frozen.items.keys() and later.memory == frozen.memory


def test_it_is_looked_at_again_when_a_date_of_its_pass_has_come() -> None:
    crm, person = company(held=False, silent_days=180)
    story = Story(crm, whole=False, always=False)
    crm.set(person, hs_lifecyclestage_salesqualifiedlead_date="2026-10-08")
    story.goes_on(person, "10-05 12:00", True)
    assert story.wake_at == at("10-08 00:00")
    story.goes_on(person, "10-08 00:00", False)
    assert story.wake_at == at("10-08 18:00")
    frozen = story.goes_on(person, "10-08 18:00", False)
    assert frozen is not None and frozen.memory.frozen_at == at("10-08 18:00") and not frozen.in_scope


def test_it_is_looked_at_again_when_an_inquiry_has_come_and_opens_its_round() -> None:
    crm, person = company(held=False, silent_days=2)
    story = Story(crm, whole=False, always=False)
    crm.set(person, recent_conversion_date=wire("10-20 10:00"))
    story.goes_on(person, "10-05 12:00", True)
    assert story.wake_at == at("10-20 10:00") and not story.memory.rounds
    story.goes_on(person, "10-20 10:00", False)
    assert story.memory.rounds == (at("10-20 10:00"),)


@pytest.mark.parametrize("known", ["told", "signs", "frozen"])
def test_what_was_remembered_while_it_was_in_scope_is_left_as_a_whole_judgement_leaves_it(known: str) -> None:
    crm, person = company(held=False, silent_days=180)
    memory = {
        "told": Memory(at("10-05 10:00"), told={str(person): Told("said", "so")}),
        "signs": Memory(at("10-05 10:00"), signs={"is_first_contact": Sign(at("10-05 11:00"), person)}),
        "frozen": Memory(at("10-05 10:00"), at("10-05 11:00"), ("pain",), frozen_definition="an earlier one"),
    }[known]
    brief, whole = (Story(crm, one, always=True, memory=memory) for one in (False, True))
    found, wanted = (story.goes_on(person, "10-05 12:00", True) for story in (brief, whole))
    assert found is not None and wanted is not None and found.clocks == () and not found.in_scope
    assert found.memory == wanted.memory != memory
