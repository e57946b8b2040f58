"""The Japanese export: what the engine makes of each row is what was written down beside it by hand."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sync.app import read_settings
from sync.core.model.handoff import Case, Judgement, Membership
from sync.core.model.items import ValueState
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.reconcile.judge import judge

ROOT = Path(__file__).parents[3] / "examples"
EXPORTED = datetime(2026, 11, 17, 0, 0, tzinfo=UTC)


@cache
def table(name: str) -> list[dict[str, str]]:
    with (ROOT / "japanese-export" / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def settings() -> Any:
    return read_settings(ROOT / "saas-jp")


@cache
def judged(row_id: str) -> Judgement:
    """One row as an open lead that stands alone."""
    row = next(one for one in table("leads.csv") if one["リードID"] == row_id)
    ref = RecordRef("salesforce", "Lead", row_id)
    fields = {c["salesforce_field"]: row[c["column"]] or None for c in table("columns.csv")}
    values = {**fields, "FirstName": None, "MobilePhone": None, "Status": "Open - Not Contacted"}
    stamp = "2026-08-01T00:00:00Z"
    record = SourceRecord(ref, Kind.PERSON, EXPORTED, values, {"created_at": stamp, "converted": False}, {})
    membership = Membership(ref, (ref,), primary=ref, targets=(ref,), opened_at=EXPORTED, sort_at=EXPORTED)
    written = {ref: dict.fromkeys(values, EXPORTED)}
    case = Case(row_id, membership, (ref,), {ref: record}, (), value_written=written)
    own = settings()
    return judge(case, mapping=own.mapping, rules=own.rules, tables=own.tables, directory={}, now=EXPORTED)


def test_there_are_two_hundred_rows_under_the_columns_of_a_real_org() -> None:
    rows, expected = table("leads.csv"), table("expected.csv")
    assert [r["リードID"] for r in rows] == [e["id"] for e in expected]
    assert len(rows) == 200
    assert list(rows[0]) == [c["column"] for c in table("columns.csv")]
    states = {e[c["item"]] for e in expected for c in table("columns.csv") if c["item"]}
    assert states == {s.value for s in ValueState} - {"unreadable"}
    assert {e["verdict"] for e in expected} == {"qualified", "not_qualified", "undetermined"}


@pytest.mark.parametrize("item", [c["item"] for c in table("columns.csv") if c["item"]])
def test_every_value_is_in_the_expected_state(item: str) -> None:
    found = {e["id"]: judged(e["id"]).items[item] for e in table("expected.csv")}
    wrong = [(e["id"], found[e["id"]].raw, e[item], found[e["id"]]) for e in table("expected.csv")
             if found[e["id"]].state.value != e[item]]  # fmt: skip
    assert wrong == []


def test_ranks_channels_budgets_and_windows_are_the_expected_ones() -> None:
    for row in table("expected.csv"):
        items = judged(row["id"]).items
        rank, window = items["job_title"].value, items["timing"].value
        assert ((rank or {}).get("rank") or "") == row["rank"], row["id"]
        assert (items["lead_source"].value or "") == row["channel"], row["id"]
        assert (items["budget_status"].value or "") == row["budget"], row["id"]
        if row["timing_from"] or row["timing_to"]:
            assert [window["from"] or "", window["to"] or ""] == [row["timing_from"], row["timing_to"]], row["id"]
        assert (items["sql_date"].value or "") == row["sql_day"], row["id"]


def test_every_verdict_is_the_expected_one() -> None:
    wrong = []
    for row in table("expected.csv"):
        found = judged(row["id"])
        criteria = {c.id: c.state.value for c in found.criteria}
        told = {
            "authority": criteria["authority"],
            "budget_criterion": criteria["budget"],
            "timing_criterion": criteria["timing"],
            "need": criteria["need"],
            "verdict": found.verdict.value,
            "unmet": ";".join(c.id for c in found.criteria if c.state.value == "not_met"),
            "missing": ";".join(found.missing),
            "status": found.status.value,
        }
        wrong += [(row["id"], name, value, row[name]) for name, value in told.items() if value != row[name]]
    assert wrong == []
