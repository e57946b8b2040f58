"""What a judgement leaves behind: it comes back from the store as it went in, and judging on from it changes nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.core.model.handoff import Memory, Told, Waiver
from sync.core.rules.criteria import CRITERIA
from sync.store.memory import read_memory, write_memory
from tests.handoffs import Crm, at, good_lead
from tests.handoffs import settings as shipped

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
MEMORIES = st.builds(
    Memory,
    first_judged_at=st.none() | INSTANTS,
    frozen_at=st.none() | INSTANTS,
    missing_at_pass=st.none() | st.lists(TEXTS, max_size=3).map(tuple),
    breached_at=st.dictionaries(TEXTS, INSTANTS, max_size=2),
    confirmed_at=st.none() | INSTANTS,
    confirm_failed=st.booleans(),
    rounds=st.lists(INSTANTS, max_size=3).map(tuple),
    frozen_definition=st.none() | TEXTS,
    held=st.dictionaries(TEXTS, st.lists(st.tuples(INSTANTS, st.none() | INSTANTS), max_size=2).map(tuple), max_size=2),
    read_at=st.dictionaries(TEXTS, INSTANTS, max_size=2),
    answered_at=st.dictionaries(TEXTS, INSTANTS, max_size=2),
    told=st.dictionaries(TEXTS, st.builds(Told, TEXTS, TEXTS), max_size=2),
)
IDS = st.sampled_from([*shipped().mapping.items, "nobody-knows"])
WAIVERS = st.lists(
    st.builds(
        Waiver,
        items=st.lists(IDS, max_size=3).map(tuple),
        criteria=st.lists(st.sampled_from([*CRITERIA]), max_size=2).map(tuple),
        reason=TEXTS,
        until=st.none() | st.dates(date(2026, 10, 1), date(2026, 10, 12)),
        at=st.just(at("10-05 12:00")),
    ),
    max_size=3,
).map(tuple)
EMPTY = st.sets(st.sampled_from(["pain", "decision_maker", "timing", "budget_status", "ng_topics", "phone", "email"]))
WHEN = st.sampled_from(["10-05 12:00", "10-06 12:00", "10-06 18:00", "10-08 09:00"])
quick = settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(MEMORIES)
def test_memory_comes_back_from_the_store_as_it_went_in(memory: Memory) -> None:
    assert read_memory(orjson.loads(orjson.dumps(write_memory(memory)))) == memory


def test_what_an_earlier_version_wrote_out_although_it_said_nothing_is_read() -> None:
    empty = {
        "first_judged_at": "2026-10-05T03:00:00+00:00", "frozen_at": None, "missing_at_pass": None, "states_at_pass": None,
        "breached_at": {}, "confirmed_at": None, "confirm_failed": False, "read_at": {}, "answered_at": {}, "signs": {},
        "rounds": [], "frozen_definition": None, "told": {}, "held": {},
    }  # fmt: skip
    assert read_memory(empty) == Memory(first_judged_at=at("10-05 12:00"))
    assert write_memory(Memory()) == {}


def lead_in(crm: Crm, empty: set[str], passed: bool, closed: bool):
    lead = good_lead(crm, sql_date="2026-10-05", **dict.fromkeys(empty))
    crm.hub(lead_id="L1", converted_at="2026-10-06T01:00:00Z")
    if passed:
        crm.history(lead, "owner", "is1", "fs1", "10-06 11:00")
    if closed:
        crm.history(lead, "status", "Open", "失注", "10-05 11:00")
    return lead


@quick
@given(EMPTY, WAIVERS, WHEN, st.booleans(), st.booleans())
def test_a_waiver_adds_no_missing_item_and_makes_no_verdict_worse(
    empty: set[str], waivers: tuple[Waiver, ...], now: str, passed: bool, closed: bool
) -> None:
    crm = Crm()
    lead = lead_in(crm, empty, passed, closed)
    without, found = crm.judge(lead, now), crm.judge(lead, now, waivers=waivers)
    assert set(found.missing) <= set(without.missing)
    assert set(found.missing) | found.waived.keys() == set(without.missing)
    worse = ["qualified", "waived", "undetermined", "not_qualified"]
    assert worse.index(found.verdict) <= max(worse.index(without.verdict), 1)
    assert (found.clocks, found.pass_, found.items, found.in_scope) == (
        without.clocks,
        without.pass_,
        without.items,
        without.in_scope,
    )


@quick
@given(EMPTY, WAIVERS, WHEN, st.booleans(), st.booleans(), st.booleans())
def test_judging_on_from_what_was_remembered_changes_nothing(
    empty: set[str], waivers: tuple[Waiver, ...], now: str, passed: bool, closed: bool, confirmed: bool
) -> None:
    crm = Crm()
    lead = lead_in(crm, empty, passed, closed)
    memory = Memory(confirmed_at=at(now)) if confirmed else Memory()
    first = crm.judge(lead, now, memory, waivers)
    again = crm.judge(lead, now, first.memory, waivers)
    assert (again.memory, again.flags, again.wake_at) == (first.memory, first.flags, first.wake_at)
