"""The numbers of a report in words: what the page, the workbook and the lists all show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from sync.core.metrics.catalogue import (
    ACCEPTED,
    COMPLETE,
    DOUBTED,
    LEAD_TO_DEAL,
    PASS_ACCEPTED,
    PASS_TO_DEAL,
    PASS_WON,
    RATES,
    RETURNED,
    WON,
    WON_OF_CLOSED,
)
from sync.core.metrics.conclusion import Advice, Break, Guard, basis_of, leak
from sync.core.metrics.measure import ALL, BY, Figure, Measured, fill_states
from sync.core.metrics.rate import Rate
from sync.core.metrics.track import Track
from sync.core.model.items import LETTERS
from sync.core.model.label import labels_of
from sync.core.rules.definition import PUBLISHED
from sync.report.report_text import CLOCKS, MONTHS, TEXTS
from sync.report.text import clean
from sync.settings import Settings
from sync.wording import Say, speak

SHOWN = (LEAD_TO_DEAL, PASS_TO_DEAL, ACCEPTED, WON, WON_OF_CLOSED, RETURNED, COMPLETE, DOUBTED)
"""Rates with a line of their own; the others are for comparing cohorts of passes."""
COMPARED = (PASS_TO_DEAL, PASS_ACCEPTED, PASS_WON, RETURNED, COMPLETE)
REASONS = {
    language: {value: label[:1].upper() + label[1:] for value, label in labels_of("return_reason", language).items()}
    for language in ("ja", "en")
}
"""Language → reason of a return → its label."""
Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Labels:
    """The company's words for what is counted."""

    language: str
    items: Mapping[str, str]
    channels: Mapping[str, str]
    clocks: Mapping[str, str]
    stages: Sequence[str] = ()
    """That say that FS took an opportunity as one."""
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    """`connection:stream` → address of a record, with `{id}` in it."""

    @property
    def say(self) -> Say:
        return speak(TEXTS, self.language)

    def join(self, names: Iterable[str]) -> str:
        return self.say("comma").join(names)

    def item(self, item: str) -> str:
        return self.items.get(item, item)

    def channel(self, channel: str) -> str:
        return self._named(channel, self.channels, "no_channel")

    def group(self, group: str, by: str) -> str:
        return self.channel(group) if by == "channel" else self._named(group, {}, "no_group")

    def _named(self, name: str, labels: Mapping[str, str], empty: str) -> str:
        if name in ("", "*"):
            return self.say(empty if not name else "all_channels")
        return self.say("unmapped") if name == "unmapped" else clean(labels.get(name, name))

    def clock(self, clock: str) -> str:
        return clean(self.clocks.get(clock, clock))

    def reason(self, reason: str) -> str:
        return (REASONS[self.language].get(reason) or clean(reason)) if reason else self.say("no_reason")

    def rate(self, rate: str) -> str:
        return self.say(f"rate.{rate}")

    def what(self, rate: str) -> str:
        """The definition of a rate, in a sentence."""
        if rate == ACCEPTED:
            joined = "・".join(f"「{s}」" for s in self.stages) if self.language == "ja" else self.join(self.stages)
            return self.say("what.accepted", stages=joined) if self.stages else self.say("what.accepted_plain")
        return self.say(f"what.{rate}")

    def month(self, month: str, *, short: bool = False) -> str:
        year, number = (int(part) for part in month.split("-"))
        if short:
            plain = f"{number}月" if self.language == "ja" else MONTHS[number - 1]
            return f"{year}/{number}" if number == 1 and self.language == "ja" else plain
        return self.say("month", year=year, month=number, name=MONTHS[number - 1])

    def minutes(self, minutes: int | None) -> str:
        if minutes is None:
            return "–"
        hours, rest = divmod(minutes, 60)
        if not hours:
            return self.say("minutes", m=rest)
        return self.say("hours", h=hours, m=rest) if rest else self.say("hours_flat", h=hours)


def make_labels(settings: Settings, language: str, links: Mapping[str, str]) -> Labels:
    index = 0 if language == "ja" else 1
    clocks = {clock.id: clock.label.in_(language) for clock in settings.rules.clocks if clock.label is not None}
    return Labels(
        language,
        {name: spec.label.in_(language) for name, spec in settings.mapping.items.items()},
        _channels(settings, language),
        {**{name: labels[index] for name, labels in CLOCKS.items()}, **clocks},
        tuple(settings.files.baton.report.accepted_stages),
        links,
    )


def _channels(settings: Settings, language: str) -> dict[str, str]:
    """Of the spellings that mean a lead source the first in the language; in English its id where there is none."""
    spec = settings.files.handoff.items.get("lead_source")
    found: dict[str, str] = {}
    for name, spellings in (spec.options if spec is not None else {}).items():
        japanese = next((text for text in spellings if not text.isascii()), None)
        found[name] = (japanese or name) if language == "ja" else name.replace("_", " ").capitalize()
    return found


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report tells."""

    measured: Measured
    breaks: tuple[Break, ...]
    guards: tuple[Guard, ...]
    advice: tuple[Advice, ...]
    required: tuple[str, ...]
    """Items whose absence counts, in order."""
    definition: str
    """Version in force."""
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Table:
    """One table, ready to be laid out: the first column names the row."""

    id: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    shares: frozenset[int] = frozenset()
    """Columns that hold rates, 0 to 1."""
    tight: frozenset[int] = frozenset()
    """Columns of short texts that are not broken."""


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def count_text(labels: Labels, hits: int, n: int) -> str:
    return labels.say("of", hits=f"{hits:,}", n=f"{n:,}")


def interval_text(labels: Labels, figure: Figure | Rate) -> str:
    interval = figure.interval
    return labels.say("interval", low=percent(interval[0]), high=percent(interval[1])) if interval else ""


def all_figures(report: Report) -> Iterator[Figure]:
    """Every number, the whole first, then by group, then by month."""
    measured = report.measured
    views: dict[str, tuple[str, ...]] = {rate: ("period",) if rate == WON_OF_CLOSED else ("cohort",) for rate in RATES}
    for rate in (LEAD_TO_DEAL, PASS_TO_DEAL, ACCEPTED, WON):
        views[rate] = ("cohort", "period")
    for rate, shown in views.items():
        for view in shown:
            yield measured.figure(rate, view=view)
            for group in measured.groups(rate):
                yield measured.figure(rate, view=view, by=BY, group=group)
            for month in measured.question.trend:
                figure = measured.figure(rate, view=view, months=(month,))
                if figure.denominator or figure.numerator:
                    yield figure


FIGURE_HEADER = (
    "rate", "view", "group", "months", "numerator", "denominator", "share", "low", "high", "first_cycles", "state",
    "versions", "what",
)  # fmt: skip
FIGURE_SHARES = frozenset({6, 7, 8})


def figure_row(report: Report, figure: Figure, labels: Labels) -> tuple[Cell, ...]:
    """One number with its definition, numerator, denominator, window and version."""
    by = report.measured.question.by
    interval = figure.interval if not figure.withheld else None
    first = f"{figure.first.hits}/{figure.first.n}" if figure.view == "cohort" else None
    return (
        labels.rate(figure.rate),
        labels.say(figure.view),
        labels.group(figure.group, by) if figure.by == BY else labels.say("all_channels"),
        months_text(figure.months),
        figure.numerator,
        figure.denominator,
        None if figure.withheld else figure.share,
        interval[0] if interval else None,
        interval[1] if interval else None,
        first,
        state_of(figure, labels),
        ", ".join(figure.versions),
        labels.what(figure.rate),
    )


def months_text(months: Sequence[str]) -> str:
    return months[0] if len(months) == 1 else f"{months[0]}..{months[-1]}" if months else ""


def state_of(figure: Figure, labels: Labels) -> str:
    """Why a rate is to be taken with care; empty when it is not."""
    if not figure.denominator:
        return labels.say("none")
    if figure.withheld:
        return labels.say("withheld_short")
    return labels.say("immature_short") if figure.mature is False else ""


def leak_table(report: Report, labels: Labels) -> Table:
    """Required items by lead source: share that is lacking; None where there are too few."""
    measured, say = report.measured, labels.say
    basis, smallest = basis_of(measured), measured.question.smallest
    channels = _channels_of(report, basis)
    whole = fill_states(measured.fills[basis, ALL, ""])
    parts = {channel: fill_states(measured.fills[basis, "channel", channel]) for channel in channels}
    rows: list[tuple[Cell, ...]] = []
    for item in report.required:
        rates = [leak(part.get(item, {})) for part in (whole, *parts.values())]
        if rates[0].n:
            rows.append((labels.item(item), *(rate.share if rate.n >= smallest else None for rate in rates)))
    header = (say("item"), say("all_channels"), *(labels.channel(channel) for channel in channels))
    note = say("leaks_then" if basis == "then" else "leaks_now")
    shares = frozenset(range(1, len(header)))
    return Table("leaks", say("leaks_title"), header, tuple(rows), note, shares)


def _channels_of(report: Report, basis: str, most: int = 8) -> list[str]:
    """The largest ones that have enough passes."""
    measured = report.measured
    found: list[tuple[int, str]] = []
    for (kind, by, channel), counts in measured.fills.items():
        if kind == basis and by == "channel":
            n = max(sum(states.values()) for states in fill_states(counts).values())
            if n >= measured.question.smallest:
                found.append((-n, channel))
    return [channel for _, channel in sorted(found)][:most]


def state_table(report: Report, labels: Labels, basis: str) -> Table:
    """All items by state."""
    say, found = labels.say, fill_states(report.measured.fills[basis, ALL, ""])
    letters = list(LETTERS.values())
    rows = [
        (labels.item(item), *(states.get(letter, 0) for letter in letters))
        for item, states in found.items()
        if set(states) != {"u"}
    ]
    title = f"{say('states_title')} — {say(basis)}"
    return Table(f"states_{basis}", title, (say("item"), *(say(f"state.{one}") for one in letters)), tuple(rows))


def month_table(report: Report, labels: Labels) -> Table:
    """Required items by month of the pass: share that is lacking."""
    say, measured = labels.say, report.measured
    basis, smallest = basis_of(measured), measured.question.smallest
    months = [month for month in measured.question.trend if measured.fills.get((basis, "month", month))]
    parts = [fill_states(measured.fills[basis, "month", month]) for month in months]
    rows: list[tuple[Cell, ...]] = []
    for item in report.required:
        rates = [leak(part.get(item, {})) for part in parts]
        rows.append((labels.item(item), *(rate.share if rate.n >= smallest else None for rate in rates)))
    header = (say("item"), *months)
    title = f"{say('leaks_title')} — {say('month_head')}"
    return Table("leaks_by_month", title, header, tuple(rows), shares=frozenset(range(1, len(header))))


def clock_table(report: Report, labels: Labels, clock: str) -> Table:
    """One clock by lead source, all first, then the largest."""
    say, measured = labels.say, report.measured
    figures = {channel: figure for (name, channel), figure in measured.clocks.items() if name == clock}
    order = sorted(figures, key=lambda channel: (channel != "*", -figures[channel].states.total(), channel))
    rows: list[tuple[Cell, ...]] = []
    for channel in order:
        figure = figures[channel]
        met = figure.met
        shown = met.n >= measured.question.smallest
        rows.append(
            (
                labels.channel(channel), met.hits, figure.states["met_late"], figure.states["breached"], figure.open,
                met.share if shown else None, labels.minutes(figure.working.median), labels.minutes(figure.working.quantile(0.9)),
                labels.minutes(figure.system.median), labels.minutes(figure.human.median),
            )
        )  # fmt: skip
    names = ("channel", "met", "late", "overdue", "waiting", "share", "median", "p90", "system", "human")
    header = tuple(say(name) for name in names)
    return Table(f"clock_{clock}", labels.clock(clock), header, tuple(rows), shares=frozenset({5}))


def clocks_of(report: Report) -> list[str]:
    """Those that people are held to, then those that are measured alone."""
    names = {name for name, _ in report.measured.clocks}
    return [*(name for name in PUBLISHED if name in names), *sorted(names.difference(PUBLISHED))]


def group_table(report: Report, labels: Labels, most: int = 30) -> Table:
    """The rates by what was asked for, most passes first; None where there are too few."""
    measured, say = report.measured, labels.say
    by = measured.question.by
    names = (PASS_TO_DEAL, ACCEPTED, WON, WON_OF_CLOSED, COMPLETE, RETURNED)
    counted: list[tuple[int, str, list[float | None]]] = []
    for group in measured.groups(LEAD_TO_DEAL)[:most]:
        figures = [measured.figure(rate, by=BY, group=group) for rate in names]
        shares = [None if figure.withheld else figure.share for figure in figures]
        counted.append((figures[0].denominator, labels.group(group, by), shares))
    rows = tuple((name, n, *shares) for n, name, shares in sorted(counted, key=lambda one: -one[0]))
    header = (say(by), say("passes"), *(labels.rate(rate) for rate in names))
    shares_at = frozenset(range(2, len(header)))
    return Table(
        "groups",
        say("groups_title", by=say(by) if labels.language == "ja" else say(by).lower()),
        header,
        rows,
        shares=shares_at,
    )


def reason_rows(report: Report, labels: Labels) -> list[tuple[str, int]]:
    return [(labels.reason(reason), n) for reason, n in report.measured.reason_counts.most_common()]


def break_table(one: Break, labels: Labels) -> Table:
    """Before and after, with the difference and what may be said of it."""
    say = labels.say
    rows: list[tuple[Cell, ...]] = []
    for comparison in one.comparisons:
        old, new = comparison.before, comparison.after
        if not old.n and not new.n:
            continue
        verdict = "few" if comparison.differs is None else "differs" if comparison.differs else "equal"
        rows.append(
            (
                labels.rate(comparison.rate),
                _told(old, labels),
                _told(new, labels),
                _points(old, new, labels),
                say(verdict),
            )
        )
    label = clean(one.label)
    title = say("break_head", day=one.first_day, before=one.before, after=f"{one.after} {label}".strip())
    header = (say("rate"), say("before"), say("after"), say("difference"), say("state"))
    return Table(f"break_{one.after}", title, header, tuple(rows))


def _told(rate: Rate, labels: Labels) -> str:
    return labels.say("in_brackets", text=percent(rate.share), more=f"{rate.hits:,}/{rate.n:,}")


def _points(old: Rate, new: Rate, labels: Labels) -> str:
    if old.share is None or new.share is None:
        return "–"
    n = round((new.share - old.share) * 100)
    return labels.say("points", sign="+" if n > 0 else "−" if n else "±", n=abs(n))


def outcome_of(track: Track, labels: Labels) -> str:
    """Where a handoff stands now."""
    if track.is_deal:
        name = "won" if track.won else "lost" if track.closed else "accepted" if track.accepted else "deal"
    else:
        name = "passed" if track.passed else "open"
    return labels.say(f"o.{name}")


TRACK_HEADER = (
    "record",
    "cycle",
    "channel",
    "team",
    "segment",
    "born_at",
    "passed_at",
    "missing",
    "outcome",
    "reason",
    "versions",
)


def track_row(track: Track, labels: Labels, zone: tzinfo) -> tuple[Cell, ...]:
    """One cycle as a line of a list; days are the company's."""
    missing = track.missing_at_pass
    return (
        clean(track.record),
        track.cycle,
        labels.channel(track.channel),
        clean(track.team) or None,
        clean(track.segment) or None,
        track.born_at.astimezone(zone).date().isoformat() if track.born_at is not None else None,
        track.passed_at.astimezone(zone).date().isoformat() if track.passed_at is not None else None,
        None if missing is None else labels.join(map(labels.item, missing)) or labels.say("nothing"),
        outcome_of(track, labels),
        labels.reason(track.return_reason) if track.returned else None,
        track.version,
    )
