"""What somebody should know: found anew every few seconds, told once when it begins and once when it is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection as Transaction

from sync.flow.context import Context
from sync.flow.status import read_thin
from sync.store import approval
from sync.store.notices import Fate, Notice, recent
from sync.workers.health import Lag

CALM = timedelta(minutes=15)
"""What comes back sooner has never been over: a connection that fails every few minutes is told of once."""
CRASHES = 3
"""So many within an hour are worth a word; one is what supervisors are for."""


class AlertKind(StrEnum):
    STOPPED = "stopped"
    """The credentials of a connection were refused."""
    HELD = "held"
    """The gate holds changes until a person approves them."""
    BEHIND = "behind"
    """A connection is read too late."""
    THIN = "thin"
    """Too few contacts are on record: a clock is not enforced for some teams."""
    CRASHED = "crashed"
    """The process has ended unexpectedly again and again."""
    RELOAD = "reload"
    """The operator's files are not the settings in force."""


@dataclass(frozen=True, slots=True)
class News:
    """One line of a message."""

    notice: Notice
    over: bool


def find_troubles(
    tx: Transaction, context: Context, ready: Context, lags: Iterable[Lag], behind: timedelta
) -> Iterator[Notice]:
    """What is so now, of a daemon that has done its first cycle. Names connections and clocks, nobody's data."""
    for name in sorted(ready.stopped):
        yield Notice(AlertKind.STOPPED, name)
    late: dict[str, list[Lag]] = {}
    for lag in lags:
        if lag.connection not in ready.stopped and (lag.behind is None or lag.behind > behind):
            late.setdefault(lag.connection, []).append(lag)
    for name, some in late.items():
        ages = [lag.behind for lag in some if lag.behind is not None]
        minutes = {"minutes": int(max(ages).total_seconds()) // 60} if ages else {}
        yield Notice(AlertKind.BEHIND, name, {"streams": len(some), **minutes})
    for (name, kind), count in sorted(approval.count_held(tx).items()):
        yield Notice(AlertKind.HELD, f"{name}:{kind}", {"entries": count})
    teams: dict[str, int] = {}
    for standing in read_thin(context, tx):
        teams[standing.clock] = teams.get(standing.clock, 0) + 1
    for clock, number in sorted(teams.items()):
        yield Notice(AlertKind.THIN, clock, {"teams": number})


def find_own_troubles(fate: Fate, now: datetime) -> Iterator[Notice]:
    """What the daemon knows of itself before it has done anything."""
    crashes = recent(fate.crashes, now)
    if len(crashes) >= CRASHES:
        yield Notice(AlertKind.CRASHED, "", {"times": len(crashes)})
    if fate.refused:
        yield Notice(AlertKind.RELOAD, "", {"problems": len(fate.refused)})


def compare(
    book: Collection[Notice], found: Iterable[Notice], known: Collection[str], now: datetime
) -> tuple[list[Notice], list[News]]:
    """The book as it is now, and what is to be told. `known`: kinds that were looked for; others stay as they are."""
    present = {one.key: one for one in found}
    after: list[Notice] = []
    for one in book:
        seen = present.pop(one.key, None)
        if seen is not None:
            after.append(replace(one, facts=seen.facts, over_since=None))
        elif one.kind not in known:
            after.append(one)
        elif one.told:
            after.append(replace(one, over_since=one.over_since or now))
    after += [replace(one, since=now) for one in present.values()]
    news = [News(one, over=False) for one in after if not one.told]
    news += [News(one, over=True) for one in after if one.over_since is not None and now - one.over_since >= CALM]
    return after, news


def note_told(book: Iterable[Notice], news: Iterable[News]) -> list[Notice]:
    """The book after these were told."""
    over = {one.notice.key: one.over for one in news}
    return [replace(one, told=True) if one.key in over else one for one in book if not over.get(one.key, False)]


def count_open(book: Iterable[Notice]) -> Mapping[str, int]:
    """Kind → how many are so now."""
    counts = dict.fromkeys((kind.value for kind in AlertKind), 0)
    for one in book:
        counts[one.kind] += one.over_since is None
    return counts
