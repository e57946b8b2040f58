"""The rates of a report are those of the company that was generated, which counts them by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sync.core.metrics.measure import BY, Measured, fill_states
from sync.core.metrics.question import Question, months_until
from sync.core.model.items import LETTERS
from sync.flow.measure import list_records, measure_store
from sync.flow.track import Reading
from sync.store import Store
from tests.acceptance.harness import cycle, opened, running_trial

RATES = ("lead_to_deal", "pass_to_deal", "accepted", "won", "won_of_closed", "returned")


@dataclass
class Company:
    truth: dict[str, Any]
    store: Store
    question: Question
    measured: Measured


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    folder = tmp_path_factory.mktemp("company")
    with running_trial(folder, seed=3, handoffs=260) as trial:
        trial.write_config("observe")
        with opened(trial, "observe") as app:
            cycle(app)
            months = months_until("2026-12", 24)
            question = Question(trial.world.now, ZoneInfo("Asia/Tokyo"), months, months)
            measured = measure_store(app.store, question, Reading())
            yield Company(trial.world.truth(), app.store, question, measured)


@pytest.mark.parametrize("rate", RATES)
def test_every_cohort_is_the_one_of_the_truth(company: Company, rate: str) -> None:
    found = {
        month: [figure.numerator, figure.denominator]
        for month in company.question.months
        if (figure := company.measured.figure(rate, months=(month,))).denominator
    }
    assert found == company.truth["rates"]["cohorts"][rate] and found


@pytest.mark.parametrize("rate", RATES)
def test_every_channel_is_the_one_of_the_truth(company: Company, rate: str) -> None:
    measured = company.measured
    found = {
        group: [figure.numerator, figure.denominator]
        for group in measured.groups(rate)
        if (figure := measured.figure(rate, by=BY, group=group))
    }
    assert found == company.truth["rates"]["channels"][rate]


@pytest.mark.parametrize("rate", RATES)
def test_persons_are_counted_apart_as_in_the_truth(company: Company, rate: str) -> None:
    first = company.measured.figure(rate).first
    assert [first.hits, first.n] == company.truth["rates"]["first_cycles"][rate]["all"]


def test_the_records_behind_a_number_are_those_of_the_truth(company: Company) -> None:
    listed = [t.record for t in list_records(company.store, company.question, Reading(), "pass_to_deal", hit=True)]
    passed = [one for one in company.truth["handoffs"] if one["outcome"] and one["outcome"]["opportunity"]]
    counted = ("closed", "closed lead", "converted without an opportunity", "passed before enforce_from", None)
    assert sorted(listed) == sorted(one["anchor"] for one in passed if one["out_of_scope"] in counted)


def test_returns_and_their_reasons_are_those_of_the_truth(company: Company) -> None:
    spelt = {"情報不足": "info_missing", "基準未達": "not_sql", "時期尚早": "too_early", "連絡不通": "unreachable",
             "決裁者に届いていない": "no_decision_maker", "担当・テリトリー違い": "wrong_territory",
             "重複・既存顧客": "duplicate_or_customer"}  # fmt: skip
    assert company.measured.reason_counts == {spelt[k]: n for k, n in company.truth["rates"]["reasons"].items()}


def test_states_of_the_typed_items_are_those_of_the_truth(company: Company) -> None:
    letters = {letter: state for state, letter in LETTERS.items()}
    found = fill_states(company.measured.fills["now", "all", ""])
    for item, states in company.truth["rates"]["items"].items():
        assert {letters[letter]: n for letter, n in found[item].items()} == {s: n for s, (n, _) in states.items()}, item


@pytest.mark.parametrize(("clock", "flag"), [("is_first_contact", "is_sla"), ("fs_first_contact", "fs_sla")])
def test_states_of_the_clocks_are_those_of_the_truth(company: Company, clock: str, flag: str) -> None:
    flags = [one["flags"] for one in company.truth["handoffs"] if one["flags"] is not None]
    planted = Counter(one[flag] for one in flags if one[flag] != "none")
    assert company.measured.clocks[clock, "*"].states == planted
