"""The SQL criteria, three-valued."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sync.core.mapping.spec import ItemSpec, Text
from sync.core.model.flags import CriterionState, Verdict
from sync.core.model.handoff import CriterionFinding
from sync.core.rules.criteria import add_months, verdict_of
from sync.core.rules.definition import ScoreSpec
from tests.handoffs import FULL, Crm, good_lead, passed_deal, settings

NOW = "10-08 12:00"


def states(crm: Crm, **cells: str | None) -> dict[str, str]:
    lead = good_lead(crm, **{"sql_date": "2026-10-06", **cells})
    return {finding.id: finding.state.value for finding in crm.judge(lead, NOW).criteria}


@pytest.mark.parametrize(
    ("title", "state"),
    [
        (None, "unknown"),
        ("確認中", "unknown"),
        ("担当", "unknown"),
        ("係長", "unknown"),
        ("課長", "met"),
        ("代表取締役", "met"),
    ],
)
def test_authority_is_met_or_unknown_and_never_denied(title: str | None, state: str) -> None:
    assert states(Crm(), job_title=title)["authority"] == state


@pytest.mark.parametrize(
    ("budget", "state"),
    [
        (None, "unknown"),
        ("不明・未確認", "unknown"),
        ("予算なし", "not_met"),
        ("見込みあり", "met"),
        ("確保済み", "met"),
    ],
)
def test_budget(budget: str | None, state: str) -> None:
    assert states(Crm(), budget_status=budget)["budget"] == state


@pytest.mark.parametrize(
    ("timing", "state"),
    [
        (None, "unknown"),
        ("2026年8月", "unknown"),
        ("2027年4月6日", "met"),
        ("2027年4月7日", "not_met"),
        ("2027年12月末まで", "met"),
        ("来年度", "met"),
        ("2027年5月", "not_met"),
        ("未確認：次回10/15に確認", "unknown"),
    ],
)
def test_timing_is_measured_from_the_sql_date(timing: str | None, state: str) -> None:
    assert states(Crm(), timing=timing)["timing"] == state


def test_timing_falls_back_on_the_local_day_of_the_pass_and_then_on_nothing() -> None:
    assert states(Crm(), sql_date=None)["timing"] == "unknown"
    crm = Crm()
    deal = passed_deal(crm, created="10-06 11:00", timing="2027年4月6日")
    assert crm.judge(deal, NOW).criteria[2].state == "met"
    crm = Crm()
    late = passed_deal(crm, created="10-06 00:30", timing="2027年4月6日")  # still the 5th in UTC
    assert crm.judge(late, NOW).criteria[2].state == "met"


@pytest.mark.parametrize(
    ("pain", "state"),
    [(None, "unknown"), ("確認中", "unknown"), ("業務効率化したい", "unknown"), (FULL["pain"], "met")],
)
def test_need_wants_a_concrete_pain(pain: str | None, state: str) -> None:
    assert states(Crm(), pain=pain)["need"] == state


def test_nobody_to_speak_of_leaves_everything_unknown() -> None:
    crm = Crm()
    deal = crm.deal(budget_status="予算なし")
    crm.act("call", deal, "10-06 12:00")
    judgement = crm.judge(deal, NOW)
    assert {finding.state for finding in judgement.criteria} == {CriterionState.UNKNOWN}
    assert judgement.verdict == "undetermined"


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ("met unknown not_met", Verdict.NOT_QUALIFIED),
        ("met unknown met", Verdict.UNDETERMINED),
        ("met met met", Verdict.QUALIFIED),
    ],
)
def test_one_failure_decides_and_one_doubt_suspends(found: str, verdict: Verdict) -> None:
    assert verdict_of(CriterionFinding("x", CriterionState(state)) for state in found.split()) is verdict


def test_months_end_where_the_month_ends() -> None:
    assert add_months(date(2026, 8, 31), 6) == date(2027, 2, 28)
    assert add_months(date(2026, 12, 1), 1) == date(2027, 1, 1)


# --- what a company adds ----------------------------------------------------------------------------------------------
def scoring(at_least: float = 70, **definition: Any) -> Crm:
    """A company whose MA tool scores leads; the score stands in the field `Score__c`."""
    mapping = settings().mapping
    item = ItemSpec("lead_score", "number", Text("スコア", "Score"))
    lead = mapping.streams["salesforce", "Lead"]
    streams = {
        **mapping.streams,
        ("salesforce", "Lead"): replace(lead, items={**lead.items, "lead_score": ("Score__c",)}),
    }
    own = replace(mapping, items={**mapping.items, "lead_score": item}, streams=streams)
    return Crm(own_mapping=own, rules_with={"definition": {"score": ScoreSpec("lead_score", at_least), **definition}})


@pytest.mark.parametrize(
    ("raw", "state", "verdict"),
    [
        (70, "met", "qualified"),
        ("８０", "met", "qualified"),
        ("1,000", "met", "qualified"),
        (69.5, "not_met", "not_qualified"),
        (-1, "not_met", "not_qualified"),
        ("高い", "unknown", "undetermined"),
        (None, "unknown", "undetermined"),
    ],
)
def test_a_score_of_another_tool_may_be_one_more_criterion(raw: object, state: str, verdict: str) -> None:
    crm = scoring()
    lead = good_lead(crm, sql_date="2026-10-06")
    crm.set(lead, Score__c=raw)
    judgement = crm.judge(lead, NOW)
    assert [c.id for c in judgement.criteria] == ["authority", "budget", "timing", "need", "score"]
    assert (judgement.criteria[-1].state, judgement.verdict) == (state, verdict)
    unmet = "score" if state == "not_met" else None
    assert crm.flags(lead, NOW)["unmet_criteria"] == unmet


def test_without_it_there_is_no_such_criterion() -> None:
    assert "score" not in states(Crm())


def test_the_note_of_a_low_score_names_it_with_its_value() -> None:
    crm = scoring()
    lead = good_lead(crm, sql_date="2026-10-06")
    crm.set(lead, Score__c=41)
    assert any("スコア" in line and "41" in line for line in crm.note(lead, NOW))


@pytest.mark.parametrize(
    ("cells", "optional", "verdict", "actor"),
    [
        ({"job_title": "担当"}, {"authority"}, "qualified", "none"),
        ({"job_title": "担当"}, {"budget"}, "undetermined", "is"),
        ({"budget_status": "予算なし"}, {"budget"}, "qualified", "none"),
        ({"budget_status": "予算なし", "job_title": "担当"}, {"budget"}, "undetermined", "is"),
        ({"pain": "業務効率化したい"}, {"need", "timing"}, "qualified", "none"),
    ],
)
def test_what_is_not_required_is_judged_and_has_no_say(
    cells: dict[str, str], optional: set[str], verdict: str, actor: str
) -> None:
    crm = Crm(rules_with={"definition": {"optional_criteria": frozenset(optional)}})
    lead = good_lead(crm, **{"sql_date": "2026-10-06", **cells})
    judgement = crm.judge(lead, NOW)
    assert (judgement.verdict, judgement.next_actor) == (verdict, actor)
    assert {c.id for c in judgement.criteria if not c.required} == optional
    assert any(c.state != "met" for c in judgement.criteria)
    assert crm.flags(lead, NOW)["unmet_criteria"] is None


@pytest.mark.parametrize(
    ("typed", "state"), [("今期中に必ず解決したい", "met"), (None, "unknown"), ("確認中", "unknown")]
)
def test_need_wants_the_willingness_too_where_a_field_is_mapped_to_it(typed: str | None, state: str) -> None:
    mapping = settings().mapping
    hub = mapping.streams["hubspot", "contacts"]
    streams = {**mapping.streams, ("hubspot", "contacts"): replace(hub, items={**hub.items, "willingness": ("will",)})}
    crm = Crm(own_mapping=replace(mapping, streams=streams))
    lead = good_lead(crm)
    crm.set(crm.hub(lead_id="L1"), will=typed)
    assert next(c.state for c in crm.judge(lead, NOW).criteria if c.id == "need") == state


@pytest.mark.parametrize(
    ("cells", "bant"),
    [
        ({}, 4),
        ({"job_title": "担当"}, 3),
        ({"budget_status": "不明・未確認"}, 3),
        ({"budget_status": "予算なし"}, 4),
        ({"timing": "未確認：次回10/15に確認"}, 3),
        ({"timing": "2026年8月"}, 3),
        ({"pain": "業務効率化したい"}, 4),
        ({"pain": None, "timing": None, "budget_status": None, "job_title": None}, 0),
    ],
)
def test_how_much_of_bant_is_known(cells: dict[str, str | None], bant: int) -> None:
    crm = Crm()
    assert crm.judge(good_lead(crm, **cells), NOW).bant == bant


def test_nothing_of_bant_is_known_of_nobody() -> None:
    crm = Crm()
    deal = crm.deal(**FULL)
    crm.act("call", deal, "10-06 12:00")
    assert crm.judge(deal, NOW).bant == 0
