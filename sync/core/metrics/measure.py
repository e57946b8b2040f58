"""All numbers in one pass over the tracks. What is kept while counting grows with months and groups, not with tracks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sync.core.metrics.catalogue import COMPLETE, DOUBTED, PASS_TO_DEAL, RATES, RETURNED, RateSpec
from sync.core.metrics.question import Question, end_of
from sync.core.metrics.rate import Rate
from sync.core.metrics.spread import Spread
from sync.core.metrics.track import ClockTrack, Track

ALL, BY, VERSION, WHOLE = "all", "by", "version", "complete"
"""By what a number is parted: not at all, by the group asked for, by the definition's version, by completeness at the pass."""
SAMPLES = 25
_ANSWERED = ("met", "met_late")
_SETTLED = (*_ANSWERED, "breached")
_NOT_MEASURED = "none"
_MINUTE, _HOUR = 60, timedelta(hours=1)
_RIPE = 0.8
NO_MONTH = ""
"""Stands for no month."""

OVERDUE = "overdue"
_LISTED: Mapping[str, bool] = {PASS_TO_DEAL: False, COMPLETE: False, RETURNED: True, DOUBTED: True}
LISTS = (OVERDUE, *_LISTED)
"""What people look at next: cycles that are no hit, or that are one."""
Key = tuple[str, str, str, str]
"""(rate, parted by, group, month)."""


@dataclass(slots=True)
class Cell:
    """Cycles of one month and group."""

    n: int = 0
    hits: int = 0
    first_n: int = 0
    """Of them those that are their person's first cycle."""
    first_hits: int = 0
    went: int = 0
    """Hits of any cohort that came about in this month."""
    with_hit: list[str] = field(default_factory=list[str])
    without: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with all that belongs to it."""

    rate: str
    """Id, which names the definition (`catalogue.RATES`)."""
    view: str
    """`cohort` or `period`."""
    by: str
    group: str
    months: tuple[str, ...]
    """The window."""
    numerator: int
    denominator: int
    first: Rate
    """Of persons: first cycles alone. Of a period 0 of 0."""
    mature: bool | None
    """False: younger than it takes four of five to get there; None: too few to say how long that is."""
    withheld: bool
    """Too small to be shown as a rate."""
    versions: tuple[str, ...]
    """Of the definition, by which what is counted was judged."""
    records: tuple[str, ...]
    """Some that are hits."""
    others: tuple[str, ...]
    """Some that are none."""

    @property
    def share(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    @property
    def counted(self) -> Rate | None:
        """None where the hits are none of those they are divided by."""
        return Rate(self.numerator, self.denominator) if self.view == "cohort" or self.rate == "won_of_closed" else None

    @property
    def interval(self) -> tuple[float, float] | None:
        rate = self.counted
        return rate.interval if rate is not None and rate.n else None


@dataclass(slots=True)
class ClockFigure:
    """One clock over the cycles of one group. Minutes of working time, until a contact that came, late or not."""

    states: Counter[str] = field(default_factory=Counter[str])
    working: Spread = field(default_factory=Spread)
    system: Spread = field(default_factory=Spread)
    human: Spread = field(default_factory=Spread)

    @property
    def met(self) -> Rate:
        return Rate(self.states["met"], sum(self.states[state] for state in _SETTLED))

    @property
    def open(self) -> int:
        """Nothing is decided yet."""
        return self.states.total() - sum(self.states[state] for state in _SETTLED)


@dataclass(slots=True)
class Measured:
    """What was counted. Ask it for figures."""

    question: Question
    cells: dict[Key, Cell] = field(default_factory=dict[Key, Cell])
    versions: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    """(rate, month) → versions of the definition."""
    times: dict[str, Spread] = field(default_factory=lambda: {rate: Spread() for rate in RATES})
    """Rate → hours from entry to exit."""
    undated: Counter[str] = field(default_factory=Counter[str])
    """Rate → cycles that belong in it, but nobody knows when."""
    clocks: defaultdict[tuple[str, str], ClockFigure] = field(default_factory=lambda: defaultdict(ClockFigure))
    """(clock, channel) in the window by the clock's start; channel `*`: all."""
    fills: defaultdict[tuple[str, str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter[str]))
    """(`then` or `now`, parted by, group) → `item=letter` → passes of the window; parted by month: of the trend."""
    reason_counts: Counter[str] = field(default_factory=Counter[str])
    """Of the passes in the window: why they were returned."""
    lists: dict[str, list[Track]] = field(default_factory=lambda: {name: [] for name in LISTS})
    """The first of those that somebody should look at; of the window."""
    attempts: Spread = field(default_factory=Spread)
    """Of the passes in the window: attempts until the appointment."""
    lacking: Counter[str] = field(default_factory=Counter[str])
    """Required items that were missing at the pass, of the passes in the window."""
    tracks: int = 0
    firsts: int = 0
    """First cycles of their person."""

    # --- figures ----------------------------------------------------------------------------------------------------
    def figure(
        self, rate: str, *, view: str = "cohort", by: str = ALL, group: str = "", months: Sequence[str] | None = None
    ) -> Figure:
        chosen = tuple(self.question.months if months is None else months)
        cells = [cell for month in chosen if (cell := self.cells.get((rate, by, group, month))) is not None]
        period = view == "period"
        n = sum(cell.n for cell in cells)
        known: set[str] = {version for month in chosen for version in self.versions.get((rate, month), ())}
        return Figure(
            rate=rate,
            view=view,
            by=by,
            group=group,
            months=chosen,
            numerator=sum(cell.went if period else cell.hits for cell in cells),
            denominator=n,
            first=Rate(0, 0) if period else Rate(sum(c.first_hits for c in cells), sum(c.first_n for c in cells)),
            mature=self.is_mature(rate, chosen) if not period else True,
            withheld=n < self.question.smallest,
            versions=tuple(sorted({group} if by == VERSION else known)),
            records=tuple([record for cell in cells for record in cell.with_hit][:SAMPLES]),
            others=tuple([record for cell in cells for record in cell.without][:SAMPLES]),
        )

    def groups(self, rate: str, by: str = BY) -> list[str]:
        """That have anything in the window, the largest first."""
        counts = Counter[str]()
        window = set(self.question.months)
        for (name, parted, group, month), cell in self.cells.items():
            if name == rate and parted == by and month in window:
                counts[group] += cell.n
        return [group for group, n in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])) if n]

    def ripe_after(self, rate: str) -> timedelta | None:
        """How long four of five hits take; None of too few."""
        spread = self.times[rate]
        hours = spread.quantile(_RIPE) if spread.n >= self.question.smallest else None
        return _HOUR * (hours + 1) if hours is not None else None

    def is_mature(self, rate: str, months: Sequence[str]) -> bool | None:
        if not RATES[rate].ripens or not months:
            return True
        ripe = self.ripe_after(rate)
        youngest = end_of(max(months), self.question.zone)
        return youngest + ripe <= self.question.now if ripe is not None else None

    @property
    def empty_months(self) -> bool:
        return not any(month in self.question.months for _, _, _, month in self.cells)

    # --- counting ---------------------------------------------------------------------------------------------------
    def put(self, track: Track) -> None:
        self.tracks += 1
        self.firsts += track.cycle == 1
        question = self.question
        group = question.group_of(track)
        parted = ((ALL, ""), (BY, group), (VERSION, track.version))
        whole = track.complete
        by_whole = (*parted, (WHOLE, "unknown" if whole is None else "yes" if whole else "no"))
        for spec in RATES.values():
            if spec.counts(track):
                self._put_rate(spec, track, by_whole if spec.of_passes and track.passed else parted)
        passed = question.month_of(track.passed_at) if track.passed_at is not None else None
        if passed is not None and passed in question.trend:
            self._put_pass(track, passed, group)
        for name, clock in track.clocks.items():
            if clock.state != _NOT_MEASURED and clock.start is not None:
                self._put_clock(name, clock, track)

    def _put_rate(self, spec: RateSpec, track: Track, parted: Iterable[tuple[str, str]]) -> None:
        entry, hit = spec.entry(track), spec.hit(track)
        exit_ = spec.exit(track) if hit else None
        if entry is None:
            self.undated[spec.id] += 1
        month = self.question.month_of(entry) if entry is not None else NO_MONTH
        went = self.question.month_of(exit_) if exit_ is not None else NO_MONTH
        if entry is not None:
            self.versions[spec.id, month].add(track.version)
            if exit_ is not None:
                self.times[spec.id].put(max(0, (exit_ - entry) // _HOUR))
        for by, group in parted:
            if month:
                self._count(self._cell((spec.id, by, group, month)), track, hit=hit)
            if went:
                self._cell((spec.id, by, group, went)).went += 1

    def _cell(self, key: Key) -> Cell:
        cell = self.cells.get(key)
        if cell is None:
            cell = self.cells[key] = Cell()
        return cell

    @staticmethod
    def _count(cell: Cell, track: Track, *, hit: bool) -> None:
        cell.n += 1
        cell.hits += hit
        if track.cycle == 1:
            cell.first_n += 1
            cell.first_hits += hit
        sample = cell.with_hit if hit else cell.without
        if len(sample) < SAMPLES:
            sample.append(track.record)

    def _put_pass(self, track: Track, month: str, group: str) -> None:
        then, now = (track.states_at_pass or "").split(), track.states.split()
        for basis, tokens in (("then", then), ("now", now)):
            if tokens:
                self.fills[basis, "month", month].update(tokens)
        if month not in self.question.months:
            return
        for basis, tokens in (("then", then), ("now", now)):
            if tokens:
                self.fills[basis, ALL, ""].update(tokens)
                self.fills[basis, "channel", track.channel].update(tokens)
                if self.question.by != "channel":
                    self.fills[basis, BY, group].update(tokens)
        self.attempts.put(track.attempts)
        self.lacking.update(track.missing_at_pass or ())
        if track.returned:
            self.reason_counts[track.return_reason] += 1
        for name, hit in _LISTED.items():
            spec = RATES[name]
            if spec.counts(track) and spec.hit(track) is hit:
                self._list(name, track)

    def _list(self, name: str, track: Track) -> None:
        if len(self.lists[name]) < SAMPLES:
            self.lists[name].append(track)

    def _put_clock(self, name: str, clock: ClockTrack, track: Track) -> None:
        assert clock.start is not None, "only clocks that run"
        if self.question.month_of(clock.start) not in self.question.months:
            return
        if clock.state == "breached":
            self._list(OVERDUE, track)
        for channel in ("*", track.channel):
            figure = self.clocks[name, channel]
            figure.states[clock.state] += 1
            if clock.state in _ANSWERED:
                for spread, seconds in (
                    (figure.working, clock.working), (figure.system, clock.system), (figure.human, clock.human)
                ):  # fmt: skip
                    if seconds is not None:
                        spread.put(seconds // _MINUTE)


def measure(tracks: Iterable[Track], question: Question) -> Measured:
    """Count everything that the question asks for."""
    measured = Measured(question)
    for track in tracks:
        measured.put(track)
    return measured


def belongs(track: Track, question: Question, rate: str, *, hit: bool | None = None, group: str | None = None) -> bool:
    """Whether a cycle is one of those that the cohort figure of this rate counts in the window; `hit` None: hit or not."""
    spec = RATES[rate]
    entry = spec.entry(track)
    return (
        spec.counts(track)
        and entry is not None
        and question.month_of(entry) in question.months
        and (hit is None or spec.hit(track) is hit)
        and (group is None or question.group_of(track) == group)
    )


def fill_states(counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """`item=letter` → n, as item → letter → n."""
    found: dict[str, dict[str, int]] = {}
    for token, n in counts.items():
        item, _, letter = token.rpartition("=")
        found.setdefault(item, {})[letter] = n
    return found
