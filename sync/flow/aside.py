"""Who would be accused before contacts were counted. What their judgement said is known until then: nobody is judged twice
to be told the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.model.handoff import Judgement

AT_MOST = 20_000
"""Of how many it is known; of more than that it is reckoned again, so that memory stays as it is."""

Row = tuple[str, str, str, datetime, datetime, bool]
"""(handoff, clock, team, start, counts from, contacted)"""


@dataclass(frozen=True, slots=True)
class _Kept:
    mark: int
    """The dirty mark under which it was put aside: as long as it has that, nothing about it changed."""
    rows: tuple[Row, ...]
    asks: bool
    """Its evidence must be read again before anybody is accused."""


@dataclass(slots=True)
class Aside:
    """Of one judging at one instant."""

    counting: bool
    """Contacts are not counted yet."""
    unenforced: frozenset[tuple[str, str]] = frozenset()
    """What was not enforced when these were judged."""
    _kept: dict[str, _Kept] = field(default_factory=dict[str, _Kept])

    def keep(self, mark: int, judgements: Mapping[str, Judgement], unenforced: frozenset[tuple[str, str]]) -> None:
        self.unenforced = unenforced
        for handoff, judgement in judgements.items():
            if len(self._kept) < AT_MOST:
                self._kept[handoff] = _Kept(mark, tuple(logged_of(judgement)), judgement.needs_confirmation)

    def known(self, marks: Mapping[str, int | None]) -> dict[str, tuple[Row, ...]]:
        """What is to be counted of those of these that did not change since."""
        return {i: kept.rows for i, mark in marks.items() if (kept := self._kept.get(i)) and kept.mark == mark}

    def asks(self, handoff: str, mark: int | None, unenforced: frozenset[tuple[str, str]]) -> bool:
        """Whether a judgement would say again that its evidence must be read first."""
        kept = self._kept.get(handoff)
        return kept is not None and kept.asks and kept.mark == mark and unenforced == self.unenforced


def logged_of(judgement: Judgement) -> Iterator[Row]:
    """What one judgement tells of how well contacts are on record."""
    for clock in judgement.clocks if judgement.in_scope else ():
        if clock.logged is not None and clock.start is not None:
            logged = clock.logged
            yield judgement.handoff_id, clock.id, logged.team, clock.start, logged.settled_at, logged.contacted
