"""What a run did, for people and machines. Partial is never reported as success."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sync.errors import BatonError, RunProblem, Shortfall

EXAMPLES = 3
"""So many records are named beside their number."""


class Outcome(StrEnum):
    DONE = "done"
    PARTIAL = "partial"
    """Something was not read, judged or written; `problems` says what and `behind` until when."""
    FAILED = "failed"
    """Nothing of the job could be done."""


@dataclass(slots=True)
class Tally:
    """Counts and problems of one step, gathered while it runs."""

    counts: dict[str, int] = field(default_factory=dict[str, int])
    problems: list[RunProblem] = field(default_factory=list[RunProblem])
    behind: dict[str, str] = field(default_factory=dict[str, str])
    """`connection:stream` → up to when it was read (ISO), empty text for never."""

    def add(self, name: str, amount: int = 1) -> None:
        if amount:
            self.counts[name] = self.counts.get(name, 0) + amount

    def miss(
        self, code: Shortfall, where: str, why: str | Exception = "", *, count: int = 0, names: Iterable[str] = ()
    ) -> None:
        """Something is left undone. The text of an error is told: none but ours, which hold no person's data."""
        error = "" if isinstance(why, str) else type(why).__name__
        self.problems.append(RunProblem(code, where, str(why), count, tuple(names), error))

    def join(self, other: Tally) -> None:
        for name, amount in other.counts.items():
            self.add(name, amount)
        self.problems += other.problems
        self.behind.update(other.behind)


@dataclass(frozen=True, slots=True)
class CycleReport:
    """One cycle over all connections. `counts` is by step: pull, sweep, link, judge, deliver."""

    run_id: int
    started_at: datetime
    now: datetime
    """The CRMs' clock after the pull: the instant everything was judged at."""
    outcome: Outcome
    counts: Mapping[str, Mapping[str, int]]
    problems: tuple[RunProblem, ...]
    behind: Mapping[str, str]

    @property
    def partial(self) -> bool:
        return self.outcome is not Outcome.DONE

    @property
    def wrote(self) -> int:
        return self.counts.get("deliver", {}).get("delivered", 0)


def failure(error: Exception) -> RunProblem:
    """What ended a run. The text of an error that is not ours may quote what people typed: its place is enough."""
    if isinstance(error, BatonError):
        return RunProblem(Shortfall.FAILED, detail=str(error), error=type(error).__name__)
    return RunProblem(Shortfall.FAILED, detail=place(error))


def place(error: BaseException) -> str:
    """Type and place of an error. Its text may hold a person's data and is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = frames[-1]
    module = where.filename.replace("\\", "/").rsplit("/sync/", 1)[-1]
    return f"{type(error).__name__} at {module}:{where.lineno}"
