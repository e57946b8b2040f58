"""`baton status`: what Baton reads, waits for and cannot do, from the store alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sync.budget import SHARES, Limit, Pause, Purpose
from sync.cli.approve import hold_line
from sync.cli.catalogue import speak
from sync.cli.option import AsJson, Folder
from sync.cli.phrase import phrase
from sync.cli.service import daemon_lines, read_daemon
from sync.cli.shortfall_text import say_error, say_problem
from sync.cli.show import DONE, PARTIAL, console, leave, local, printable, write_json
from sync.cli.standing import as_json_of, behind
from sync.cli.unmapped import unmapped_lines
from sync.cli.writing import writing_lines
from sync.errors import Shortfall
from sync.wording import Say

if TYPE_CHECKING:
    from sync.app import App
    from sync.flow.spending import Spending
    from sync.flow.status import OpenBatch, Status
    from sync.store.streams import StreamStanding

_TOLD_ABOVE = {Shortfall.PARKED, Shortfall.UNWRITABLE, Shortfall.CONTESTED, Shortfall.JUDGE_FAILED}
EXAMPLE = "Example: baton status --config DIR --json"


def status(config: Folder = Path(), as_json: AsJson = False) -> None:
    """Show what was read, waits, is held or parked.

    Asks the store alone. Also what an idle day costs in API calls, and what a person has to look at. Exit 1 when something
    failed, was refused or waits for a person.
    """
    from sync.app import open_app
    from sync.flow.status import status as read_status

    with open_app(config, offline=True) as app:
        found = read_status(app.context)
        if as_json:
            write_json(as_json_of(found, app))
        else:
            for line in lines_of(found, app):
                console().print(line)
        needed = is_partial(found) or read_daemon(app).needs_somebody
    leave(PARTIAL if needed else DONE)


def is_partial(found: Status) -> bool:
    """Whether something failed, was refused or waits for a person. What a tenant simply lacks is listed, no more."""
    broken = any(stream.last_error for stream in found.streams)
    latest = found.runs[0].outcome if found.runs else None
    waiting = found.held or found.parked or found.judge_failed or found.unwritable or found.contested or found.undone
    return bool(waiting or broken or latest in ("partial", "failed"))


def lines_of(found: Status, app: App) -> list[str]:
    say, zone = speak(app.settings.language), app.settings.rules.is_clock.calendar.zone
    return [
        say("mode", mode=say(f"mode.{found.mode}")),
        *_connections(found, app, say, zone),
        *_latest_run(found, say, zone),
        *(["", say("streams")] if found.streams else []),
        *(line for standing in found.streams for line in _stream(standing, found, app, say, zone)),
        "",
        say("handoffs", counts=_counts({say(f"handoff_status.{n}"): c for n, c in found.handoffs.items()}, say)),
        *_returned(found, say),
        *_clocks(found, app, say),
        *_outbox(found, say),
        *_to_look_at(found, app, say),
        *_unmapped(found, app, say),
        "",
        *_compared(found, say, zone),
        _bounds(app, say),
    ]


def _compared(found: Status, say: Say, zone: ZoneInfo) -> list[str]:
    """Per connection: as of when everything in the CRM was found to be what is stored."""
    lines: list[str] = []
    for name in sorted({one.connection for one in found.compared}):
        own = [one for one in found.compared if one.connection == name]
        since = [one.finished_at for one in own]
        at = say("compared_never") if None in since else local(min(at for at in since if at), zone)
        going = [one.part.lstrip("*") for one in own if one.begun_at is not None]
        under_way = say("comparing", parts=say("separator").join(going)) if going else ""
        lines.append(say("compared", connection=name, at=at) + under_way)
    return lines


def _bounds(app: App, say: Say) -> str:
    schedule = app.settings.schedule
    spans = {name: getattr(schedule, name) for name in ("hot", "other", "sweep", "reconcile", "formulas")}
    return say("bounds", **{name: _told(span, say) for name, span in spans.items()})


def _told(span: timedelta, say: Say) -> str:
    """In the largest unit that tells it whole."""
    seconds = int(span.total_seconds())
    unit, size = next((unit, size) for unit, size in (("h", 3600), ("m", 60), ("s", 1)) if seconds % size == 0)
    return say(f"span.{unit}", count=seconds // size)


def _connections(found: Status, app: App, say: Say, zone: ZoneInfo) -> list[str]:
    from sync.app import planned_calls, read_spending

    lines: list[str] = []
    spendings = read_spending(app)
    for name in app.context.connections:
        tenant = found.tenants.get(name)
        if tenant is None:
            lines.append(say("no_contact", name=name))
        else:
            kind = say("sandbox" if tenant.sandbox else "production")
            lines.append(say("tenant", name=name, tenant=printable(tenant.name), host=tenant.host, kind=kind))
        lines += _calls(name, planned_calls(app, name), spendings.get(name), say, zone)
    return lines


def _calls(name: str, planned: int, spending: Spending | None, say: Say, zone: ZoneInfo) -> list[str]:
    """What a day costs, what of it is allowed, and what is not done for want of it."""
    if spending is None:
        return [say("calls", connection=name, calls=planned, quota="")]
    usage, calls = spending.usage, spending.measured or planned
    quota = ""
    if usage.quota_max:
        share = f"{calls / usage.quota_max:.1%}"
        quota = say("quota", max=usage.quota_max, share=share, used=usage.quota_used, ours=usage.ours)
    lines = [say("calls_measured" if spending.measured else "calls", connection=name, calls=calls, quota=quota)]
    if usage.allowance is None and usage.ours:
        lines.append(say("allowance_unknown", connection=name))
    if usage.allowance is not None:
        lines.append(say("allowance", allowance=usage.allowance, ours=usage.ours))
        if calls > usage.allowance * SHARES[Purpose.HEAD]:
            lines.append(say("allowance_short", connection=name))
    return lines + _pauses(name, spending, say, zone)


def _pauses(name: str, spending: Spending, say: Say, zone: ZoneInfo) -> list[str]:
    """One line for all that stands still for the same reason until the same instant."""
    together: dict[tuple[Limit, datetime], list[Pause]] = {}
    for pause in spending.pauses:
        together.setdefault((pause.limit, pause.until), []).append(pause)
    usage = spending.usage
    return [
        say(
            f"pause.{limit}",
            connection=name,
            purposes=say("separator").join(say(f"purpose.{one.purpose}") for one in pauses),
            since=local(min(one.since for one in pauses), zone),
            until=local(until, zone),
            ours=pauses[0].ours,
            others="?" if spending.others is None else spending.others,
            used="?" if usage.quota_used is None else usage.quota_used,
            max="?" if usage.quota_max is None else usage.quota_max,
        )
        for (limit, until), pauses in together.items()
    ]


def _latest_run(found: Status, say: Say, zone: ZoneInfo) -> list[str]:
    if not found.runs:
        return [say("no_run")]
    run = found.runs[0]
    outcome = say(f"outcome.{run.outcome}") if run.outcome else say("outcome.running")
    return [say("last_run", job=run.job, outcome=outcome, at=local(run.ended_at or run.started_at, zone))]


def _stream(standing: StreamStanding, found: Status, app: App, say: Say, zone: ZoneInfo) -> list[str]:
    name = f"{standing.connection}:{standing.stream}"
    read = local(standing.last_success, zone) if standing.last_success else say("never")
    if standing.switched_off:
        how = "asked_again" if standing.gone else "taken_away" if standing.lost else "switched_off"
        return [f"  {name}  {say(how, reason=printable(standing.switched_off), read=read)}"]
    parts = [f"  {name}", f"{say('last_success')} {read}"]
    lag = behind(standing, found, app)
    if lag:
        parts.append(f"{say('behind')} {_span(lag)}")
    parts.append(say("records", count=found.records.get((standing.connection, standing.stream), 0)))
    lines = ["  ".join(parts)]
    if standing.unreadable:
        lines.append(f"    {say('unreadable', fields=', '.join(standing.unreadable))}")
    if standing.last_error:
        lines.append(f"    {say('last_error', error=say_error(standing.last_error, app.settings.language))}")
    return lines


def _returned(found: Status, say: Say) -> list[str]:
    """The error rate of the definition: what it called complete and FS did not."""
    told = found.returned_incomplete
    return [say("returned_complete", returns=told.returns, complete=told.complete)] if told.returns else []


def _clocks(found: Status, app: App, say: Say) -> list[str]:
    """Per clock of the company: how many handoffs are in which state."""
    lines: list[str] = []
    for clock in app.settings.rules.clocks:
        counted = found.clocks.get(clock.id)
        if counted is None:
            continue
        label = clock.label.in_(app.settings.language) if clock.label is not None else None
        name = label or (say(f"clock.{clock.id}") if clock.is_published else clock.id)
        counts = _counts({say(f"sla.{state}"): number for state, number in counted.states.items()}, say)
        told = say("clocks_now", clock=name, counts=counts)
        risk = f"  {say('at_risk_count', count=counted.at_risk)}" if counted.at_risk else ""
        unread = f"  {say('unread_count', count=counted.unread)}" if counted.unread else ""
        lines.append(told + risk + unread)
        lines += [line for one in found.batches if one.clock == clock.id for line in _batch(one, app, say)]
        lines += [
            say("thin_evidence", team=one.team, days=clock.thin.over.days, contacted=one.contacted, counted=one.counted)
            for one in found.thin
            if one.clock == clock.id and clock.thin is not None
        ]
    return lines


def _batch(one: OpenBatch, app: App, say: Say) -> list[str]:
    """How many are left, and how long that takes whoever can work on them."""
    zone = app.settings.rules.is_clock.calendar.zone
    start, due = local(one.start, zone), local(one.due, zone)
    counts = {"open": one.open, "records": one.records}
    lines = [say("batch", source=printable(one.source), start=start, due=due, **counts)]
    if one.days is not None:
        lines.append(say("batch_days", open=one.open, people=one.people, per_day=one.per_day, days=f"{one.days:g}"))
    elif one.per_day is not None:
        lines.append(say("batch_nobody"))
    return lines


def _outbox(found: Status, say: Say) -> list[str]:
    if not found.outbox:
        return [say("outbox_empty")]
    counts = {f"{name} {say(f'entry.{state}')}": count for (name, state), count in sorted(found.outbox.items())}
    lines = [say("outbox", counts=_counts(counts, say))]
    if found.writes_per_handoff is not None:
        lines.append(say("writes_per_handoff", median=f"{found.writes_per_handoff:g}"))
    return lines


def _to_look_at(found: Status, app: App, say: Say) -> list[str]:
    """Everything that waits for a person."""
    lines = [hold_line(h, say) for h in found.held]
    lines += writing_lines(found, app, say)
    lines += _ambiguous(found, app, say)
    lines += [say("judge_failed_at", anchor=printable(a), place=printable(p)) for _, a, p in found.judge_failed]
    problems = [one for run in found.runs[:1] for one in run.problems if one.code not in _TOLD_ABOVE]
    lines += [say_problem(problem, app.settings.language) for problem in problems]
    lines += daemon_lines(app)
    return ["", say("problems"), *(f"  {line}" for line in lines)] if lines else []


def _ambiguous(found: Status, app: App, say: Say) -> list[str]:
    """One line per doubt, with the handoffs that hang on it."""
    doubts: dict[str, list[str]] = {}
    for _, anchor, why in found.ambiguous:
        doubts.setdefault(printable(phrase(why, app.settings.language)), []).append(printable(anchor))
    told = [say("ambiguous_at", reason=why, anchors=say("separator").join(a)) for why, a in doubts.items()]
    return [*told, say("ambiguous_hint")] if told else []


def _unmapped(found: Status, app: App, say: Say) -> list[str]:
    lines = unmapped_lines(found.unmapped, app.settings.mapping, say, app.settings.language)
    return ["", *lines] if lines else []


def _counts(counts: Mapping[str, int], say: Say) -> str:
    return say("count_separator").join(f"{name} {count:,}" for name, count in counts.items()) or "0"


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    return f"{minutes // 60}:{minutes % 60:02d}"
