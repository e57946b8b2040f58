"""What holds of any judgement, whatever people typed and did."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sync.core.mapping.items import read_items
from sync.core.mapping.reader import compile_reader
from sync.core.model.flags import FLAG_FIELDS, FLAG_NAMES, FlagType
from sync.core.model.handoff import Memory
from sync.core.model.items import ItemValue
from sync.core.model.records import Kind, RecordRef
from sync.core.reconcile.directory import build_directory
from sync.core.reconcile.judge import judge
from sync.core.reconcile.plan import diff
from tests.handoffs import FULL, Crm, at
from tests.handoffs import settings as shipped

TYPED = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "",
            "確認中",
            "-",
            "特になし",
            "なし",
            "TBD",
            "半年以内",
            "2026年8月",
            "来期",
            "課長",
            "予算なし",
            "確保済み",
            "デモ",
            "資料DL",
            "2026-10-07",
            "10/6 に電話",
            "10/10 までに見積を送る",
            "山田",
        ]
    ),
    st.text(max_size=60),
)
CELLS = st.dictionaries(
    st.sampled_from([*FULL, "lead_source", "job_title", "phone", "email", "company", "family", "sql_date"]), TYPED
)
WHEN = st.sampled_from(
    ["10-01 08:00", "10-05 10:00", "10-05 17:59", "10-06 12:00", "10-07 18:01", "10-10 12:00", "10-20 09:00"]
)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["call", "email", "meeting", "message", "task"]),
        WHEN,
        WHEN,
        st.sampled_from(["is1", "fs1", "boss", "stranger", None]),
        st.sampled_from(["outbound", "inbound", "internal", None]),
        st.sampled_from(["done", "open", "scheduled", "canceled", "no_show", "bounced"]),
        st.booleans(),
    ),
    max_size=5,
)
MEMORY = st.builds(
    Memory,
    first_judged_at=st.sampled_from([None, at("10-05 10:00")]),
    confirmed_at=st.sampled_from([None, at("10-06 09:00"), at("10-30 09:00")]),
    confirm_failed=st.booleans(),
)
quick = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def world(
    lead: dict[str, str | None], hub: dict[str, str | None], acts: list[tuple], deal: bool
) -> tuple[Crm, RecordRef]:
    crm = Crm()
    anchor = crm.lead(created="10-05 10:00", **lead)
    crm.hub(created="10-01 10:00", lead_id="L1", **hub)
    if deal:
        contact, opened = crm.contact(), crm.deal(created="10-07 11:00")
        crm.convert(anchor, contact, opened, on="2026-10-07")
        anchor = opened
    for type_, when, logged, owner, direction, status, content in acts:
        crm.act(
            type_, anchor, when, logged=logged, owner=owner, direction=direction, status=status, has_content=content
        )
    return crm, anchor


@quick
@given(CELLS, CELLS, ACTS, st.booleans(), MEMORY, WHEN)
def test_any_judgement_is_sound(
    lead: dict[str, str | None], hub: dict[str, str | None], acts: list[tuple], deal: bool, memory: Memory, now: str
) -> None:
    crm, anchor = world(lead, hub, acts, deal)
    found = crm.judge(anchor, now, memory)
    assert found == crm.judge(anchor, now, memory)
    assert found.wake_at is None or found.wake_at > at(now)
    assert not set(found.missing) & {i for i, v in found.items.items() if v.state.usable or v.state == "unreadable"}
    for clock in found.clocks:
        assert (
            clock.state != "breached"
            or not clock.published
            or (memory.confirmed_at and clock.due and memory.confirmed_at >= clock.due)
        )
        assert clock.state not in ("met", "met_late") or (clock.contact_at and clock.contact_at <= at(now))
        assert clock.working_seconds is None or 0 <= clock.working_seconds <= (clock.elapsed_seconds or 0)
    for flags in found.flags.values():
        assert set(flags) == set(FLAG_NAMES)
        assert diff(flags, flags) == {}
        for flag in FLAG_FIELDS:
            value = flags[flag.name]
            assert value is None or isinstance(value, int if flag.type is FlagType.NUMBER else str)
            assert not isinstance(value, str) or len(value) <= flag.length
            assert flag.type is not FlagType.CHOICE or value is None or value in flag.choices


@quick
@given(CELLS, ACTS, MEMORY, WHEN, st.integers(0, 99))
def test_the_order_of_what_arrived_does_not_matter(
    lead: dict[str, str | None], acts: list[tuple], memory: Memory, now: str, seed: int
) -> None:
    crm, anchor = world(lead, {}, acts, True)
    case = crm.case(anchor, memory)
    shuffled = list(case.attached)
    random.Random(seed).shuffle(shuffled)
    users = build_directory([r for r in crm.records.values() if r.kind is Kind.USER], crm.rules.definition)
    answers = [
        judge(
            replace(case, attached=tuple(attached)),
            mapping=shipped().mapping,
            rules=crm.rules,
            tables=shipped().tables,
            directory=users,
            now=at(now),
        )
        for attached in (case.attached, shuffled)
    ]
    assert answers[0].flags == answers[1].flags


@quick
@given(CELLS, ACTS, st.booleans(), WHEN)
def test_nothing_changes_before_it_says_that_something_may(
    lead: dict[str, str | None], acts: list[tuple], deal: bool, now: str
) -> None:
    crm, anchor = world(lead, {}, acts, deal)
    memory = Memory(first_judged_at=at("10-05 10:00"), confirmed_at=at("12-31 09:00"))
    first = crm.judge(anchor, now, memory)
    later = ["10-05 10:00", "10-05 18:00", "10-06 12:00", "10-07 18:14", "10-09 12:00", "10-19 09:00", "10-25 09:00"]
    for then in later:
        if at(now) < at(then) and (first.wake_at is None or at(then) < first.wake_at):
            assert crm.judge(anchor, then, first.memory).flags == first.flags


@quick
@given(CELLS, CELLS, st.booleans(), st.booleans())
@example({"budget_status": "確保済み"}, {"budget_status": "予算なし"}, False, True)
@example({"job_title": "課長"}, {"job_title": "部長"}, False, True)
@example({"timing": "2026年8月"}, {}, False, True)
def test_what_is_seen_at_a_glance_is_what_weighing_every_candidate_says(
    lead: dict[str, str | None], hub: dict[str, str | None], deal: bool, known: bool
) -> None:
    crm, anchor = world(lead, hub, [], deal)
    case, definition = crm.case(anchor), crm.rules.definition
    tables = shipped().tables if known else replace(shipped().tables)
    start = definition.fiscal_year_start
    reader = compile_reader(
        shipped().mapping, tables, region=definition.region, tz="Asia/Tokyo", fiscal_year_start=start
    )
    for of_primary in (frozenset[RecordRef](), frozenset({anchor})):
        answers: list[object] = []
        for screen in (None, lambda found, *_: found):
            unmapped: list[ItemValue] = []
            items = read_items(case, reader, at("10-10 12:00").date(), of_primary, unmapped, screen)
            answers.append(([*items.items()], unmapped))
        assert answers[0] == answers[1]
