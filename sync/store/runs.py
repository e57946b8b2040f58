"""Runs: one pass of a job, with what it did and what is behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from sync.errors import RunProblem, Shortfall
from sync.store.tables import RunRow, table

_run = table(RunRow)
_CODES = {code.value: code for code in Shortfall}


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
    problems: tuple[RunProblem, ...]


def start(tx: Connection, job: str, mode: str, now: datetime) -> int:
    row = insert(_run).values(job=job, mode=mode, started_at=now).returning(_run.c.id)
    return tx.execute(row).scalar_one()


def end(
    tx: Connection, run: int, now: datetime, outcome: str, counts: Mapping[str, Any], problems: Sequence[RunProblem],
    behind: Mapping[str, str],
) -> None:  # fmt: skip
    """Close a run. Of runs of a job that found nothing to do only the latest is kept: there is one every few seconds. Of
    those that left the same undone, one after the other, likewise: what was taken away may stay so."""
    done = {
        "ended_at": now,
        "outcome": outcome,
        "counts": dict(counts),
        "problems": [_pack(one) for one in problems],
        "behind": dict(behind),
    }
    tx.execute(update(_run).where(_run.c.id == run).values(done))
    if any(counts.values()) or outcome not in ("done", "partial"):
        return
    before = (_run.c.id < run) & (_run.c.job == select(_run.c.job).where(_run.c.id == run).scalar_subquery())
    same = (_run.c.outcome == outcome) & (_run.c.counts == done["counts"])
    if outcome == "partial":
        before = _run.c.id == select(func.max(_run.c.id)).where(before).scalar_subquery()
        same = same & (_run.c.problems == done["problems"]) & (_run.c.behind == done["behind"])
        same = same & (_run.c.job != "undo")  # it may have put aside what is sent later
    tx.execute(delete(_run).where(before, same))


def exists(tx: Connection, run: int) -> bool:
    return tx.execute(select(_run.c.id).where(_run.c.id == run)).scalar() is not None


def fail(tx: Connection, job: str, mode: str, at: datetime | None, problems: Sequence[RunProblem]) -> None:
    """Keep that a run could not even begin. `at` None: nobody tells the time, so it stands at the latest that is known.
    Of the same, one after the other, only the latest is kept."""
    known = tx.execute(select(_run.c.ended_at).where(_run.c.ended_at.isnot(None)).order_by(_run.c.id.desc()).limit(1))
    at = at or known.scalar() or datetime.now(UTC)
    row = {"job": job, "mode": mode, "started_at": at, "ended_at": at, "outcome": "failed"}
    row |= {"counts": {}, "problems": [_pack(one) for one in problems], "behind": {}}
    latest = tx.execute(select(_run.c.id, _run.c.outcome, _run.c.problems).order_by(_run.c.id.desc()).limit(1)).first()
    if latest is not None and latest.outcome == "failed" and _read_problems(latest.problems) == tuple(problems):
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
            _read_problems(r["problems"]),
        )
        for r in rows
    ]


def _pack(problem: RunProblem) -> dict[str, Any]:
    return {name: part for name, part in asdict(problem).items() if part}


def _read_problems(kept: Sequence[Any] | None) -> tuple[RunProblem, ...]:
    return tuple(_unpack(one) for one in kept or ())


def _unpack(kept: Any) -> RunProblem:
    """Of whatever version: the first ones kept sentences, and a later one may know more codes."""
    if isinstance(kept, str):
        return RunProblem(Shortfall.TOLD, detail=kept)
    code = _CODES.get(kept["code"], Shortfall.TOLD)
    return RunProblem(**{**kept, "code": code, "names": tuple(kept.get("names", ()))})
