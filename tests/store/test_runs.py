"""What a run left undone is kept with its parts; what earlier versions kept can still be read."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import update

from sync.errors import RunProblem, Shortfall
from sync.store import Store, runs
from sync.store.tables import RunRow, table

AT = datetime(2026, 10, 6, tzinfo=UTC)
PARKED = RunProblem(Shortfall.PARKED, "salesforce", "RULE: no", 7, ("salesforce:Lead:1",))


def read_problems(store: Store) -> tuple[RunProblem, ...]:
    with store.read() as tx:
        return runs.read_latest(tx, 1)[0].problems


def test_problems_come_back_as_they_were(store: Store) -> None:
    told = [PARKED, RunProblem(Shortfall.LEFT_OUT, "hubspot")]
    with store.write() as tx:
        runs.end(tx, runs.start(tx, "once", "write", AT), AT, "partial", {}, told, {})
    assert read_problems(store) == tuple(told)


def test_sentences_of_earlier_versions_and_codes_of_later_ones_are_told_as_they_are(store: Store) -> None:
    kept = ["hubspot: left out", {"code": "brand_new", "where": "hubspot", "detail": "why", "names": ["calls"]}]
    with store.write() as tx:
        runs.fail(tx, "once", "write", AT, [])
        tx.execute(update(table(RunRow)).values(problems=kept))
    assert read_problems(store) == (
        RunProblem(Shortfall.TOLD, detail="hubspot: left out"),
        RunProblem(Shortfall.TOLD, "hubspot", "why", names=("calls",)),
    )


def test_of_runs_that_fail_alike_the_latest_is_kept(store: Store) -> None:
    with store.write() as tx:
        for told in (PARKED, PARKED, RunProblem(Shortfall.FAILED), PARKED):
            runs.fail(tx, "once", "write", AT, [told])
    with store.read() as tx:
        assert [run.problems[0].code for run in runs.read_latest(tx, 9)] == ["parked", "failed", "parked"]


def test_of_partial_runs_that_did_nothing_and_tell_the_same_the_latest_is_kept(store: Store) -> None:
    """What is taken away for good is told every few seconds, of every job."""
    gone, behind = RunProblem(Shortfall.SWITCHED_OFF, "hubspot:calls"), {"hubspot:calls": AT.isoformat()}
    idle, worked = dict[str, dict[str, int]](pull={}), {"pull": {"read": 1}}
    with store.write() as tx:
        for job, counts, told in (
            ("hubspot:hot", idle, gone),
            ("sweep", idle, gone),
            ("hubspot:hot", idle, gone),
            ("hubspot:hot", worked, gone),
            ("hubspot:hot", worked, gone),
            ("hubspot:hot", idle, gone),
            ("sweep", idle, gone),
            ("hubspot:hot", idle, gone),
            ("hubspot:hot", idle, PARKED),
            ("hubspot:hot", idle, gone),
        ):
            runs.end(tx, runs.start(tx, job, "write", AT), AT, "partial", counts, [told], behind)
    with store.read() as tx:
        assert [run.id for run in reversed(runs.read_latest(tx, 99))] == [3, 4, 5, 7, 8, 9, 10]
