"""Which version of the definition a handoff is judged by: the one in force when it was passed, else the one in force now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time

from sync.core.model.handoff import Case, Directory, Judgement
from sync.core.model.records import SourceRecord
from sync.core.reconcile.directory import build_directory
from sync.core.reconcile.judge import judge
from sync.core.rules.edition import Edition, Editions, in_force, named, next_start

Directories = Mapping[str, Directory]
"""Colleagues by version: who has which role may differ."""


def build_directories(users: Iterable[SourceRecord], editions: Editions) -> Directories:
    known = list(users)
    return {edition.version: build_directory(known, edition.rules.definition) for edition in editions}


def judge_in_force(
    case: Case, editions: Editions, directories: Directories, now: datetime, *, whole: bool = True
) -> Judgement:
    """Judge one handoff at one instant (aware) by the version that is right for it; as `judge` otherwise."""

    def by(edition: Edition) -> Judgement:
        return judge(
            case,
            mapping=edition.mapping,
            rules=edition.rules,
            tables=edition.tables,
            directory=directories[edition.version],
            now=now,
            whole=whole,
        )

    if len(editions) == 1:
        return by(editions[0])
    frozen = named(editions, case.memory.frozen_definition)
    if frozen is not None:
        found = by(frozen)
        if found.memory.rounds == case.memory.rounds:
            return found
    return _not_frozen(by, editions, now)


def _not_frozen(by: Callable[[Edition], Judgement], editions: Editions, now: datetime) -> Judgement:
    zone = editions[0].rules.is_clock.calendar.zone
    today = now.astimezone(zone).date()
    present = in_force(editions, today)
    found = by(present)
    passed_at = found.pass_.at if found.pass_ is not None else None
    right = in_force(editions, passed_at.astimezone(zone).date()) if passed_at is not None else present
    if right is not present:
        found = by(right)
    later = next_start(editions, today)
    if later is None or found.memory.frozen_definition is not None:
        return found
    changes_at = datetime.combine(later, time(), zone).astimezone(UTC)
    return replace(found, wake_at=min(found.wake_at or changes_at, changes_at))
