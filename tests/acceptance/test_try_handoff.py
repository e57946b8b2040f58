"""`try handoff` says of a company's records what the daemon writes on them: it is the same code on the same rows."""

from __future__ import annotations

from typing import Any

import pytest

from sync.cli.try_handoff import Judge
from tests.acceptance.harness import listen, look, opened, running_trial, settle
from tests.reference.served import Served

SEED, HANDOFFS = 29, 40


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory):
    """(what try handoff answers, what the daemon wrote), about the same records at the same time."""
    folder = tmp_path_factory.mktemp("company")
    with running_trial(folder, seed=SEED, handoffs=HANDOFFS) as trial:
        served = listen(trial)
        with opened(trial) as app:
            settle(trial, app)
            now = trial.simulator.clock.now()
        written = look(trial)
        answer = Judge(folder).answer(_question(served, now.isoformat()))
    return answer, written


def _question(served: Served, now: str) -> dict[str, Any]:
    """Everything that both CRMs served, as one question."""
    portal = {
        stream: [
            {"id": one, **record, "contacts": sorted(served.subjects(stream, one))} for one, record in records.items()
        ]
        for stream, records in served.records.items()
    }
    sales = {stream: list(rows.values()) for stream, rows in served.rows.items()}
    return {"id": "all", "now": now, "salesforce": sales, "hubspot": {**portal, "owners": [*served.owners.values()]}}


def test_one_question_says_what_the_daemon_writes(both):
    answer, written = both
    shown = {str(ref): flags for ref, flags in written.items() if flags["status"] not in (None, "out_of_scope")}

    differences = [
        (ref, name, said, flags[name])
        for ref, flags in shown.items()
        if ref in answer["records"]
        for name, said in _flags(answer["records"][ref]).items()
        if _sorted(said) != _sorted(flags[name])
    ]

    assert len(shown) > HANDOFFS / 2
    assert answer["records"].keys() == shown.keys()
    assert differences == []


def _flags(record: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": record["status"],
        "sql_verdict": record["verdict"],
        "missing_items": ";".join(record["missing"]) or None,
        "unmet_criteria": ";".join(record["unmet"]) or None,
        "next_actor": record["next_actor"],
        "note": record["note"],
        "is_sla": record["clocks"]["is_first_contact"]["state"],
        "fs_sla": record["clocks"]["fs_first_contact"]["state"],
    }


def _sorted(value: Any) -> Any:
    """A CRM gives ids back in its own order."""
    return sorted(value.split(";")) if isinstance(value, str) and "\n" not in value else value
