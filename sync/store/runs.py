"""Runs: one pass of a job, with what it did and what is behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from sync.store.tables import RunRow, table

_run = table(RunRow)


@dataclass(frozen=True, slots=True)
class StoredRun:
    id: int
    job: str
    mode: str
    started_at: datetime
    ended_at: datetime | None
    """None: still running, or the process was killed."""
    outcome: str | None
    counts: Mapping[str, Any]
    problems: tuple[str, ...]


def start(tx: Connection, job: str, mode: str, now: datetime) -> int:
    row = insert(_run).values(job=job, mode=mode, started_at=now).returning(_run.c.id)
    return tx.execute(row).scalar_one()


def end(
    tx: Connection, run: int, now: datetime, outcome: str, counts: Mapping[str, Any], problems: Sequence[str],
    behind: Mapping[str, str],
) -> None:  # fmt: skip
    """Close a run. Of runs of a job that found nothing to do only the latest is kept: there is one every few seconds."""
    done = {
        "ended_at": now,
        "outcome": outcome,
        "counts": dict(counts),
        "problems": list(problems),
        "behind": dict(behind),
    }
    tx.execute(update(_run).where(_run.c.id == run).values(done))
    if not any(counts.values()) and outcome == "done":
        job = select(_run.c.job).where(_run.c.id == run).scalar_subquery()
        same = (_run.c.job == job) & (_run.c.outcome == outcome) & (_run.c.counts == dict(counts))
        tx.execute(delete(_run).where(same, _run.c.id < run))


def exists(tx: Connection, run: int) -> bool:
    return tx.execute(select(_run.c.id).where(_run.c.id == run)).scalar() is not None


def fail(tx: Connection, job: str, mode: str, at: datetime | None, problems: Sequence[str]) -> None:
    """Keep that a run could not even begin. `at` None: nobody tells the time, so it stands at the latest that is known.
    Of the same, one after the other, only the latest is kept."""
    known = tx.execute(select(_run.c.ended_at).where(_run.c.ended_at.isnot(None)).order_by(_run.c.id.desc()).limit(1))
    at = at or known.scalar() or datetime.now(UTC)
    row = {"job": job, "mode": mode, "started_at": at, "ended_at": at, "outcome": "failed"}
    row |= {"counts": {}, "problems": list(problems), "behind": {}}
    latest = tx.execute(select(_run.c.id, _run.c.outcome, _run.c.problems).order_by(_run.c.id.desc()).limit(1)).first()
    if latest is not None and latest.outcome == "failed" and latest.problems == row["problems"]:
        tx.execute(delete(_run).where(_run.c.id == latest.id))
    tx.execute(insert(_run).values(row))


def read_latest(tx: Connection, limit: int) -> list[StoredRun]:
    rows = tx.execute(select(_run).order_by(_run.c.id.desc()).limit(limit)).mappings()
    return [
        StoredRun(
            r["id"],
            r["job"],
            r["mode"],
            r["started_at"],
            r["ended_at"],
            r["outcome"],
            r["counts"] or {},
            tuple(r["problems"] or ()),
        )
        for r in rows
    ]
