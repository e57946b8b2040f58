"""The Japanese export through the whole loop: loaded into the org, read over HTTP, judged, and written back row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from sync.core.model.flags import Flags
from sync.core.model.handoff import Judgement
from sync.core.model.records import RecordRef
from sync.flow.explain import explain
from sync.trial import Trial
from tests.acceptance.harness import cycle, opened, running_trial
from tests.acceptance.process import baton

EXPORT = Path(__file__).parents[2] / "examples" / "japanese-export"
OWN_FIELDS = {
    "SQL_Date__c": "Export_SQL_Date__c",
    "Email": "Export_Email__c",
    "Company": "Export_Company__c",
    "LastName": "Export_Name__c",
}
"""Fields in which an org takes no free text; whoever imports such an export puts these columns into text fields."""


@cache
def table(name: str) -> list[dict[str, str]]:
    with (EXPORT / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of the 200 rows, by the row's own id."""

    folder: Path
    refs: dict[str, RecordRef]
    judgements: dict[str, Judgement]
    shown: dict[str, Flags]
    explained: dict[str, Any]


def map_own_fields(folder: Path) -> None:
    """What the operator says in mappings/salesforce.yaml."""
    path, yaml = folder / "mappings" / "salesforce.yaml", YAML()
    tree = yaml.load(path.read_text(encoding="utf-8"))
    items = tree["streams"]["Lead"]["items"]
    for column in table("columns.csv"):
        field = OWN_FIELDS.get(column["salesforce_field"])
        if field:
            items[column["item"]] = field
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)


def load_rows(trial: Trial) -> dict[str, RecordRef]:
    """One open lead per row, owned by inside sales, last written now."""
    fields = [{"name": name, "type": "textarea", "length": 2000} for name in OWN_FIELDS.values()]
    trial.simulator.apply(
        [{"at": None, "system": "salesforce", "op": "define_fields", "object": "Lead", "fields": fields}]
    )
    owner = trial.world.colleagues["is1"].user_id
    made = "2026-08-01T00:00:00.000+0000"  # before the earliest SQL date, as an import with audit fields keeps it
    common = {"OwnerId": owner, "Status": "Open - Not Contacted", "LastName": "-", "Company": "-", "CreatedDate": made}
    events = []
    for row in table("leads.csv"):
        values = {c["salesforce_field"]: row[c["column"]] or None for c in table("columns.csv") if c["item"]}
        record = common | {OWN_FIELDS.get(name, name): value for name, value in values.items()}
        events.append({"at": None, "system": "salesforce", "op": "insert", "object": "Lead", "record": record})
    ids = trial.simulator.apply([{**event, "by": owner} for event in events])
    return {
        row["リードID"]: RecordRef("salesforce", "Lead", one) for row, one in zip(table("leads.csv"), ids, strict=True)
    }


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    folder = tmp_path_factory.mktemp("export")
    with running_trial(folder, seed=2, handoffs=1) as trial:
        map_own_fields(folder)
        refs = load_rows(trial)
        trial.write_config("write")
        with opened(trial) as app:
            report = cycle(app)
            judgements = {row: explain(app.context, ref, report.now).judgement for row, ref in refs.items()}
        flags = trial.read_back()
        explained = baton(folder, "explain", str(refs["L0001"]), "--json").json()
    yield Loaded(folder, refs, judgements, {row: flags[ref] for row, ref in refs.items()}, explained)


@pytest.mark.parametrize("item", [column["item"] for column in table("columns.csv") if column["item"]])
def test_every_value_is_in_the_expected_state(loaded: Loaded, item: str) -> None:
    wrong = []
    for row in table("expected.csv"):
        found = loaded.judgements[row["id"]].items[item]
        if found.state.value != row[item]:
            wrong.append((row["id"], found.raw, found.state.value, row[item]))
    assert wrong == []


def test_the_records_show_the_expected_verdicts(loaded: Loaded) -> None:
    """Read back through the org's own API: what the reps see."""
    wrong = []
    for row in table("expected.csv"):
        flags = loaded.shown[row["id"]]
        shown = {
            "verdict": flags["sql_verdict"],
            "status": flags["status"],
            "unmet": ids(flags["unmet_criteria"]),
            "missing": ids(flags["missing_items"]),
        }
        expected = {"verdict": row["verdict"], "status": row["status"]}
        expected |= {name: ids(row[name]) for name in ("unmet", "missing")}
        wrong += [(row["id"], name, shown[name], expected[name]) for name in expected if shown[name] != expected[name]]
        assert flags["missing_count"] == len(ids(row["missing"]))
    assert wrong == []


def ids(text: Any) -> set[str]:
    return set(str(text).split(";")) if text else set()


def test_explain_tells_the_same_of_a_row(loaded: Loaded) -> None:
    expected = next(row for row in table("expected.csv") if row["id"] == "L0001")
    judgement = loaded.explained["judgement"]
    told = {name: item["state"] for name, item in judgement["items"].items()}
    assert {name: told[name] for name in told if name in expected} == {n: expected[n] for n in told if n in expected}
    assert judgement["verdict"] == expected["verdict"]
    assert judgement["missing"] == expected["missing"].split(";")
    assert {c["id"]: c["state"] for c in judgement["criteria"]} == {
        "authority": expected["authority"],
        "budget": expected["budget_criterion"],
        "timing": expected["timing_criterion"],
        "need": expected["need"],
    }
