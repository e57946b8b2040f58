"""Which version of the definition judges a handoff: that of the day of its pass, frozen with it; else that of today."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache

import pytest

from sync.core.model.handoff import Judgement, Memory
from sync.core.model.records import Kind, RecordRef
from sync.core.reconcile.version import build_directories, judge_in_force
from sync.core.rules.edition import Edition, in_force, named, next_start
from tests.handoffs import Crm, at, good_lead, settings


@lru_cache
def edition(version: str, first: date, rank: str = "manager") -> Edition:
    shipped = settings()
    definition = replace(shipped.rules.definition, version=version, effective_from=first, rank_at_least=rank)
    return Edition(shipped.mapping, replace(shipped.rules, definition=definition), shipped.tables)


OLD, NEW = edition("old", date(2026, 10, 1)), edition("new", date(2026, 10, 7), "president")
BOTH = (OLD, NEW)


def judged(
    crm: Crm, anchor: RecordRef, now: str, memory: Memory | None = None, editions: tuple[Edition, ...] = BOTH
) -> Judgement:
    users = [r for r in crm.records.values() if r.kind is Kind.USER]
    return judge_in_force(crm.case(anchor, memory), editions, build_directories(users, editions), at(now))


def lead_of(crm: Crm, passed: str | None = None) -> RecordRef:
    lead = good_lead(crm, sql_date="2026-10-05")
    if passed:
        crm.history(lead, "owner", "is1", "fs1", passed)
    return lead


@pytest.mark.parametrize(
    ("day", "version", "next_"),
    [
        (date(2026, 9, 30), "old", date(2026, 10, 1)),  # before the first one, the first
        (date(2026, 10, 1), "old", date(2026, 10, 7)),
        (date(2026, 10, 6), "old", date(2026, 10, 7)),
        (date(2026, 10, 7), "new", None),
        (date(2030, 1, 1), "new", None),
    ],
)
def test_the_version_of_a_day(day: date, version: str, next_: date | None) -> None:
    assert (in_force(BOTH, day).version, next_start(BOTH, day)) == (version, next_)


def test_a_name_that_no_version_has() -> None:
    assert named(BOTH, "older") is None and named(BOTH, None) is None


def test_what_is_not_passed_goes_by_today_and_wakes_when_that_changes() -> None:
    crm = Crm()
    lead = lead_of(crm)
    before = judged(crm, lead, "10-06 23:59")
    assert (before.version, before.verdict, before.wake_at) == ("old", "qualified", at("10-07 00:00"))
    after = judged(crm, lead, "10-07 00:00", before.memory)
    assert (after.version, after.verdict, after.flags[lead]["definition"]) == ("new", "undetermined", "new")
    assert after.wake_at is None or after.wake_at > at("10-07 00:00")


def test_a_pass_stays_with_the_version_of_its_local_day() -> None:
    crm = Crm()
    lead = lead_of(crm, "10-06 23:59")
    found = judged(crm, lead, "10-08 12:00")
    assert (found.version, found.verdict, found.memory.frozen_definition) == ("old", "qualified", "old")
    crm = Crm()
    lead = lead_of(crm, "10-07 00:00")
    assert judged(crm, lead, "10-08 12:00").version == "new"


def test_a_frozen_version_stays_though_the_pass_moves_and_wakes_for_no_other() -> None:
    crm = Crm()
    lead = lead_of(crm, "10-06 11:00")
    frozen = judged(crm, lead, "10-06 18:00")
    assert frozen.memory.frozen_definition == "old"
    assert frozen.wake_at != at("10-07 00:00")
    crm.records = {ref: r for ref, r in crm.records.items() if r.kind is not Kind.HISTORY}
    crm.history(lead, "owner", "is1", "fs1", "10-07 11:00")
    assert judged(crm, lead, "10-08 12:00", frozen.memory).version == "old"


def test_a_frozen_version_that_no_file_has_any_more_gives_way() -> None:
    crm = Crm()
    lead = lead_of(crm, "10-06 11:00")
    frozen = judged(crm, lead, "10-06 18:00").memory
    later = edition("later", date(2026, 10, 9))
    found = judged(crm, lead, "10-08 12:00", frozen, (NEW, later))
    assert (found.version, found.memory.frozen_definition) == ("new", "new")
    assert found.memory.missing_at_pass == frozen.missing_at_pass


def test_a_new_round_leaves_the_frozen_version_behind() -> None:
    crm = Crm()
    lead = lead_of(crm, "10-06 11:00")
    frozen = judged(crm, lead, "10-06 18:00").memory
    crm.history(lead, "status", "Open", "失注", "10-07 10:00")
    crm.history(lead, "status", "失注", "Working", "10-08 10:00")
    crm.act("call", lead, "10-07 11:00", direction="inbound", connected=False, duration_s=0)
    found = judged(crm, lead, "10-08 12:00", frozen)
    assert (found.cycle, found.pass_, found.version) == (2, None, "new")


def test_every_version_has_its_own_roles() -> None:
    """Who was FS under the old one and is nobody under the new: no pass under the one in force, so that one judges."""
    crm = Crm()
    lead = lead_of(crm, "10-06 11:00")
    roles = {"IS": OLD.rules.definition.roles["IS"], "FS": replace(OLD.rules.definition.roles["FS"], names=frozenset())}
    definition = replace(NEW.rules.definition, roles=roles)
    strict = replace(NEW, rules=replace(NEW.rules, definition=definition))
    assert judged(crm, lead, "10-08 12:00", None, (OLD, strict)).pass_ is None


def test_judging_again_changes_nothing() -> None:
    crm = Crm()
    lead = lead_of(crm, "10-06 11:00")
    for now in ("10-06 12:00", "10-06 19:00", "10-07 09:00", "10-08 12:00"):
        first = judged(crm, lead, now)
        again = judged(crm, lead, now, first.memory)
        assert (again.memory, again.flags, again.version) == (first.memory, first.flags, first.version)
