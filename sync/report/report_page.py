"""The report as one HTML page that a manager reads in two minutes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from markupsafe import Markup

from sync.core.metrics.catalogue import (
    ACCEPTED,
    COMPLETE,
    DOUBTED,
    LEAD_TO_DEAL,
    OUTCOMES,
    PASS_ACCEPTED,
    PASS_TO_DEAL,
    PASS_WON,
    RETURNED,
    WON,
    WON_OF_CLOSED,
)  # fmt: skip
from sync.core.metrics.conclusion import Advice, Guard
from sync.core.metrics.measure import WHOLE, Figure
from sync.core.metrics.track import Track
from sync.core.model.records import RecordRef
from sync.core.rules.definition import PUBLISHED
from sync.report.chart import Bar, Point, Span, draw_counts, draw_shares, draw_spans, draw_trend
from sync.report.numbers import (
    SHOWN,
    TRACK_HEADER,
    Cell,
    Labels,
    Report,
    Table,
    break_table,
    clock_table,
    clocks_of,
    count_text,
    group_table,
    interval_text,
    leak_table,
    percent,
    reason_rows,
    state_of,
    state_table,
    track_row,
)  # fmt: skip
from sync.report.page import open_templates

_TREND = (PASS_TO_DEAL, ACCEPTED, WON)
_ROWS_OF_CHART = 9
_LEAK = 0.05
_BROKEN = ("missing", "channel", "reason", "segment")
"""Columns of a list whose texts may take several lines."""


@dataclass(frozen=True, slots=True)
class Tile:
    name: str
    figure: Figure
    count: str
    interval: str
    ripe: str
    """How long it takes to ripen, where it has not; else empty."""
    more: tuple[tuple[str, str], ...]


def render_report(report: Report, labels: Labels, other: tuple[str, str] | None = None) -> str:
    """The page, self-contained. `other`: address and name of the same page in the other language."""
    say, measured = labels.say, report.measured
    question = measured.question
    window = question.months
    first, last = labels.month(window[0]), labels.month(window[-1])
    when = say("window", first=first, last=last) if len(window) > 1 else say("window_one", first=first)
    as_of = question.now.astimezone(report.zone)
    leaks, tight = _part(leak_table(report, labels))
    groups, few = _part_groups(group_table(report, labels))
    told = [say("gap").join((when, say("as_of", at=_moment(as_of)))), say("definition_now", version=report.definition)]
    return open_templates().get_template("report.html.j2").render(
        lang=labels.language,
        title=say("title"),
        head=told,
        other=other,
        say=say,
        smallest=question.smallest,
        empty=measured.empty_months,
        guards=[_guard(one, labels) for one in report.guards],
        tiles=_tiles(report, labels),
        advice=[_advice(one, labels) for one in report.advice] or [say("advice.nothing")],
        trends=list(_trends(report, labels)),
        trend_table=_trend_table(report, labels),
        leaks=leaks,
        tight=labels.join(tight),
        states=[table for basis in ("then", "now") if (table := state_table(report, labels, basis)).rows],
        clocks=list(_clocks(report, labels)),
        attempts=_attempts(report, labels),
        returns=_returns(report, labels),
        reasons=_reasons(report, labels),
        doubted=_doubted(report, labels),
        whole=_whole(report, labels),
        breaks=[break_table(one, labels) for one in report.breaks],
        groups=groups,
        few=labels.join(say("in_brackets", text=name, more=f"{n:,}") for name, n in few),
        lists=list(_lists(report, labels)),
        persons=say("persons", cycles=f"{measured.tracks:,}", persons=f"{measured.firsts:,}"),
        terms=[*((labels.rate(rate), labels.what(rate)) for rate in SHOWN), (say("period_ratio"), say("what.period"))],
        undated=[say("undated", rate=labels.rate(rate), n=n) for rate, n in sorted(measured.undated.items()) if rate in SHOWN],
    )  # fmt: skip


def _part(table: Table) -> tuple[Table, list[str]]:
    """The rows in which anything leaks, the worst first, and the names of the others."""
    leaky = [row for row in table.rows if any(isinstance(cell, float) and cell >= _LEAK for cell in row[1:])]
    leaky.sort(key=lambda row: -(row[1] if isinstance(row[1], float) else 0))
    tight = [str(row[0]) for row in table.rows if row not in leaky]
    return replace(table, rows=tuple(leaky)), tight


def _part_groups(table: Table) -> tuple[Table, list[tuple[Cell, Cell]]]:
    """The groups of which any rate is shown, and the others with their passes."""
    told = [row for row in table.rows if any(cell is not None for cell in row[2:])]
    return replace(table, rows=tuple(told)), [(row[0], row[1]) for row in table.rows if row not in told]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _guard(guard: Guard, labels: Labels) -> str:
    fallen = guard.fallen
    return labels.say(
        "guard",
        rate=labels.rate(ACCEPTED if fallen.rate == PASS_ACCEPTED else WON),
        before=guard.before,
        after=guard.after,
        old=percent(fallen.before.share),
        new=percent(fallen.after.share),
    )


def _advice(advice: Advice, labels: Labels) -> str:
    clock = labels.clock(advice.item) if advice.id == "slow" else ""
    return labels.say(
        f"advice.{advice.id}",
        item=labels.item(advice.item) if advice.item else "",
        clock=clock,
        channel=labels.channel(advice.channel),
        count=advice.count,
        of=advice.of,
        share=percent(advice.count / advice.of if advice.of else None),
    )


def _tiles(report: Report, labels: Labels) -> list[Tile]:
    measured, say = report.measured, labels.say
    beside: Mapping[str, Sequence[Figure]] = {
        PASS_TO_DEAL: [measured.figure(LEAD_TO_DEAL)],
        ACCEPTED: [],
        WON: [measured.figure(WON_OF_CLOSED, view="period")],
    }
    found: list[Tile] = []
    for rate, others in beside.items():
        figure, period = measured.figure(rate), measured.figure(rate, view="period")
        more = [(labels.rate(one.rate), _short(one, labels)) for one in others]
        more.append((say("period_ratio"), _short(period, labels)))
        if figure.first.n != figure.denominator:
            more.append((say("first_cycles"), f"{figure.first.hits}/{figure.first.n}"))
        ripe = measured.ripe_after(rate)
        young = _why_young(figure, ripe, labels)
        count = count_text(labels, figure.numerator, figure.denominator)
        found.append(Tile(labels.rate(rate), figure, count, interval_text(labels, figure), young, tuple(more)))
    return found


def _why_young(figure: Figure, ripe: timedelta | None, labels: Labels) -> str:
    """Empty for a cohort that has ripened."""
    if figure.mature is True or figure.withheld:
        return ""
    if ripe is None:
        return labels.say("immature_unknown")
    return labels.say("immature_why", span=labels.say("days", n=ripe.days) if ripe.days > 1 else labels.say("day"))


def _short(figure: Figure, labels: Labels) -> str:
    counts = f"{figure.numerator:,}/{figure.denominator:,}"
    if figure.withheld:
        return labels.say("in_brackets", text=counts, more=labels.say("withheld_short"))
    return labels.say("in_brackets", text=percent(figure.share), more=counts)


def _trends(report: Report, labels: Labels) -> Iterator[tuple[str, Markup]]:
    measured = report.measured
    months = _months(report)
    names = {month: labels.month(month, short=True) for month in months}
    lines = [(names[one.month], one.after) for one in report.breaks if one.month in names]
    for rate in _TREND:
        points: list[Point] = []
        for month in months:
            figure = measured.figure(rate, months=(month,))
            interval = figure.interval if not figure.withheld else None
            if interval is None:
                points.append(Point(names[month], None))
            else:
                points.append(Point(names[month], figure.share, *interval, mature=figure.mature is True))
        yield labels.rate(rate), draw_trend(_spoken(labels.rate(rate), points, labels), points, lines)


def _months(report: Report) -> list[str]:
    """Of the trend, from the first with anything in it on."""
    trend = report.measured.question.trend
    used = [
        month for month in trend if any(report.measured.figure(rate, months=(month,)).denominator for rate in _TREND)
    ]
    return [month for month in trend if used and month >= used[0]] or list(trend[-1:])


def _spoken(name: str, points: Sequence[Point], labels: Labels) -> str:
    """The chart in words, for screen readers."""
    told = [f"{point.month} {percent(point.share)}" for point in points if point.share is not None]
    return f"{name}: {labels.join(told)}"


def _trend_table(report: Report, labels: Labels) -> Table:
    say, rows = labels.say, []
    for month in _months(report):
        figures = [report.measured.figure(rate, months=(month,)) for rate in (LEAD_TO_DEAL, *_TREND)]
        rows.append((month, *(f"{_short(f, labels)} {state_of(f, labels) if f.mature is False else ''}".strip() if f.denominator else "–" for f in figures)))  # fmt: skip
    header = (say("month_head"), *(labels.rate(rate) for rate in (LEAD_TO_DEAL, *_TREND)))
    return Table("trend", say("trend_title"), header, tuple(rows))


def _clocks(report: Report, labels: Labels) -> Iterator[tuple[str, Markup | None, Table]]:
    say, measured = labels.say, report.measured
    for clock in clocks_of(report):
        figures = {
            channel: figure for (name, channel), figure in measured.clocks.items() if name == clock and figure.met.n
        }
        order = sorted(figures, key=lambda channel: (channel != "*", -figures[channel].met.n, channel))[:_ROWS_OF_CHART]
        bars: list[Bar] = []
        for channel in order:
            states, met = figures[channel].states, figures[channel].met
            parts = (states["met"], states["met_late"], states["breached"])
            note = f"{percent(met.share)} " if met.n >= measured.question.smallest else ""
            bars.append(Bar(labels.channel(channel), parts, f"{note}({met.hits}/{met.n})"))
        name = labels.clock(clock)
        spoken = f"{name}: " + ", ".join(f"{bar.name} {bar.note}" for bar in bars)
        shown = bars and clock in PUBLISHED
        drawn = draw_shares(spoken, bars, [say("met"), say("late"), say("overdue")]) if shown else None
        yield name, drawn, clock_table(report, labels, clock)


def _attempts(report: Report, labels: Labels) -> str:
    spread = report.measured.attempts
    return labels.say("attempts", median=spread.median, p90=spread.quantile(0.9), n=spread.n) if spread.n else ""


def _returns(report: Report, labels: Labels) -> str:
    figure = report.measured.figure(RETURNED)
    if not figure.numerator:
        return labels.say("returns_none")
    values = {"n": f"{figure.denominator:,}", "hits": f"{figure.numerator:,}", "share": percent(figure.share)}
    return labels.say("returns_few" if figure.withheld else "returns_lead", **values)


def _reasons(report: Report, labels: Labels) -> Markup | None:
    rows = reason_rows(report, labels)
    bars = [Bar(name, (n,), str(n)) for name, n in rows]
    spoken = f"{labels.say('returns_title')}: " + ", ".join(f"{name} {n}" for name, n in rows)
    return draw_counts(spoken, bars) if bars else None


def _doubted(report: Report, labels: Labels) -> str:
    figure = report.measured.figure(DOUBTED)
    return labels.say("doubted", hits=figure.numerator, n=figure.denominator) if figure.denominator else ""


def _whole(report: Report, labels: Labels) -> Markup | None:
    """Complete and incomplete passes side by side, where both are enough to be shown."""
    measured, say = report.measured, labels.say
    names = {"yes": say("whole.yes"), "no": say("whole.no")}
    spans: list[Span] = []
    for rate in OUTCOMES:
        figures = {group: measured.figure(rate, by=WHOLE, group=group) for group in names}
        if any(figure.withheld for figure in figures.values()):
            continue
        shown = {PASS_ACCEPTED: ACCEPTED, PASS_WON: WON}.get(rate, rate)
        for group, figure in figures.items():
            low, high = figure.interval or (0.0, 1.0)
            spans.append(Span(labels.rate(shown), names[group], figure.share or 0, low, high, _short(figure, labels)))
    spoken = f"{say('whole_title')}: " + ", ".join(f"{one.row} {one.name} {one.note}" for one in spans)
    return draw_spans(spoken, spans, list(names.values()), width=190) if spans else None


@dataclass(frozen=True, slots=True)
class Listing:
    """Cycles that somebody should look at."""

    table: Table
    count: str
    """Of all of them; empty where it is not known."""
    links: tuple[str, ...]
    """Address of each row's record, or empty."""


def _lists(report: Report, labels: Labels) -> Iterator[Listing]:
    say = labels.say
    for name, tracks in report.measured.lists.items():
        if not tracks:
            continue
        total = _total(report, name)
        if total is None or total <= len(tracks):
            note = ""
        else:
            rate = "" if name == "overdue" else name
            note = say("list_more", n=len(tracks), rate=rate) if rate else say("list_first", n=len(tracks))
        rows = [track_row(track, labels, report.zone) for track in tracks]
        kept = [column for column in range(len(TRACK_HEADER)) if _tells(column, rows)]
        header = tuple(say(TRACK_HEADER[column]) for column in kept)
        shown = tuple(tuple(row[column] for column in kept) for row in rows)
        tight = frozenset(place for place, column in enumerate(kept) if TRACK_HEADER[column] not in _BROKEN)
        table = Table(name, say(f"list.{name}"), header, shown, note, tight=tight)
        yield Listing(table, f"{total:,}" if total is not None else "", tuple(_link(track, labels) for track in tracks))


def _tells(column: int, rows: Sequence[tuple[Cell, ...]]) -> bool:
    """Whether a column of a list says anything: a cycle or a version only where they are not all the same."""
    found = {row[column] for row in rows}
    return len(found) > 1 if TRACK_HEADER[column] in ("cycle", "versions") else found != {None}


def _total(report: Report, name: str) -> int | None:
    """How many there are, of which the list shows the first."""
    measured = report.measured
    if name == "overdue":
        return sum(figure.states["breached"] for (_, channel), figure in measured.clocks.items() if channel == "*")
    figure = measured.figure(name)
    return figure.denominator - figure.numerator if name in (PASS_TO_DEAL, COMPLETE) else figure.numerator


def _link(track: Track, labels: Labels) -> str:
    ref = RecordRef.parse(track.record)
    address = labels.links.get(f"{ref.connection}:{ref.stream}", "")
    return address.replace("{id}", ref.record_id) if address and ref.record_id.isalnum() else ""
