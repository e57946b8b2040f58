"""Whole handoffs written by hand from the design, through `try handoff`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync.cli.try_handoff import Judge
from tests.cases.__main__ import render
from tests.cases.case import HERE, Case, instant, load_cases, read_clock, refer
from tests.cases.slow import flatten, refer_to, tell
from tests.handoffs import ROOT

CASES = load_cases()
_ACTOR_WORDS = ("違反", "不備", "エラー", "山田", "佐藤")


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(ROOT)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the folders of the cases' own configurations are."""
    return tmp_path_factory.mktemp("configurations")


def _parameters() -> list[Any]:
    """A case that the engine does not answer yet says so; once it does, the test says that."""
    return [
        pytest.param(
            case,
            id=f"{case.room}: {case.name}",
            marks=[pytest.mark.xfail(reason=case.open, strict=True)] if case.open else [],
        )
        for case in CASES
    ]


@pytest.mark.parametrize("case", _parameters())
def test_a_handoff_is_judged_as_the_design_says(judge: Judge, room: Path, case: Case):
    answer, expect = judge.answer(case.ask(room)), case.expect

    if "passed_at" in expect:
        assert answer["passed_at"] == _iso(expect["passed_at"])
    if "links" in expect:
        assert answer["links"] == [[refer(a), refer(b)] for a, b in expect["links"]]
    if expect.get("nothing"):
        assert answer["records"] == {}
        return
    shown = {refer(one) for one in (expect["on"], *expect.get("also", ()))}
    assert answer["records"].keys() == shown
    for ref in shown:
        assert tell(answer["records"][ref]) == _wanted(expect)
        _check_note(answer["records"][ref], expect)
    for part in expect.get("note", ()):
        assert part in answer["records"][refer(expect["on"])]["note"]


def test_the_slow_reference_answers_the_same(judge: Judge, room: Path):
    """All that it can read: it knows no values but those of the test world, and remembers no earlier judgement."""
    differences, unread = [], []
    for case in CASES:
        if case.open:
            continue
        try:
            referred = refer_to(case.ask(room))
        except AssertionError as error:
            unread.append(f"{case.name}: {error}")
            continue
        records = judge.answer(case.ask(room))["records"]
        if referred != {ref: flatten(record) for ref, record in records.items()}:
            differences.append((case.name, referred, records))

    assert differences == []
    assert len(unread) <= 3, unread


def test_the_list_of_cases_is_current():
    """To renew it: python -m tests.cases."""
    assert (HERE / "README.md").read_text(encoding="utf-8") == render()


def test_there_are_enough_cases_and_each_has_its_own_name():
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)


def _wanted(expect: dict[str, Any]) -> dict[str, Any]:
    same = {name: expect[name] for name in ("status", "verdict", "missing", "unmet")}
    return {**same, "next_actor": expect["actor"], "is": read_clock(expect["is"]), "fs": read_clock(expect["fs"])}


def _check_note(record: dict[str, Any], expect: dict[str, Any]) -> None:
    note = record["note"]
    for part in (*expect.get("not", ()), *_ACTOR_WORDS):
        assert part not in note
    if "passed_at" in expect:
        assert record["passed_at"] == _iso(expect["passed_at"])
    if "at_pass" in expect:
        assert record["missing_at_pass"] == expect["at_pass"]
    for name in ("cycle", "definition"):
        if name in expect:
            assert record[name] == expect[name]


def _iso(short: str | None) -> str | None:
    return instant(short).isoformat() if short else None
