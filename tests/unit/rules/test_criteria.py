"""The SQL criteria, three-valued."""

from __future__ import annotations

from datetime import date

import pytest

from sync.core.model.flags import CriterionState, Verdict
from sync.core.model.handoff import CriterionFinding
from sync.core.rules.criteria import add_months, verdict_of
from tests.handoffs import FULL, Crm, good_lead, passed_deal

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
