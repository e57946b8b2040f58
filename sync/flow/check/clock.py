"""Clocks that cannot work as they are, and calendars that say too little. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from sync.core.model.records import Kind
from sync.core.rules.definition import ClockPolicy, StartKind, StopKind, Who
from sync.flow.check.finding import Finding
from sync.flow.check.seen import Seen
from sync.flow.context import Context

SOON = timedelta(days=75)


def find_clocks(context: Context, seen: Sequence[Seen]) -> Iterator[Finding]:
    """What each clock rests on and cannot be read, and lead sources that no clock knows."""
    yield from _find_sources(context)
    by_name = {one.connection: one for one in seen if one.error is None}
    if not {connection for connection, _ in context.mapping.streams} <= by_name.keys():
        return  # what could not be asked is no clock's fault
    activities = [key for key, stream in context.mapping.streams.items() if stream.kind is Kind.ACTIVITY]
    histories = [key for key, stream in context.mapping.streams.items() if stream.kind is Kind.HISTORY]
    for clock in context.rules.clocks:
        where = f"config/baton.yaml: clocks.{clock.id}"
        rests = [key for key in activities if not clock.evidence or key in clock.evidence]
        if clock.stop is not StopKind.DECIDED and not any(_reads(by_name, key) for key in rests):
            yield Finding("clock_blind", where, {"clock": clock.id, "streams": tuple(f"{c}.{s}" for c, s in rests)})
        if _needs_owners(clock) and histories and not any(_reads(by_name, key) for key in histories):
            yield Finding("clock_no_owner_times", where, {"clock": clock.id})


def _reads(seen: Mapping[str, Seen], key: tuple[str, str]) -> bool:
    return key[0] in seen and seen[key[0]].facts(key[1]) is not None


def _needs_owners(clock: ClockPolicy) -> bool:
    return clock.start.kind is StartKind.ASSIGNED or clock.restarts or clock.who is Who.OWNER


def _find_sources(context: Context) -> Iterator[Finding]:
    item, clock = context.mapping.items.get("lead_source"), context.rules.is_clock
    if item is None or not clock.target_by_channel:
        return
    without = sorted({value for value in item.options.values() if value not in clock.target_by_channel})
    if without:
        yield Finding("clock_sources", f"config/baton.yaml: clocks.{clock.id}.target", {"sources": tuple(without)})


def find_calendars(context: Context, now: datetime) -> Iterator[Finding]:
    """Of the calendars that published clocks go by. `now`: a CRM's clock."""
    seen: set[int] = set()
    for clock in context.rules.clocks:
        calendar = clock.calendar
        if id(calendar) in seen:
            continue
        seen.add(id(calendar))
        spec, where = calendar.rule.spec, f"config/baton.yaml: calendars ({clock.id})"
        if spec.holiday_country is None:
            yield Finding("calendar_no_holidays", where, {"tz": spec.tz})
        today = now.astimezone(calendar.zone).date()
        if spec.closures and all(last < today for _, last in spec.closures):
            yield Finding("calendar_past", where, {"last": max(last for _, last in spec.closures)})
        year_end = date(today.year, 12, 30)
        closed = any(first <= year_end <= last for first, last in spec.closures)
        if (
            spec.holiday_country == "JP"
            and today <= year_end < today + SOON
            and not closed
            and year_end not in spec.special_hours
        ):
            yield Finding("calendar_year_end", where, {"year": today.year})
