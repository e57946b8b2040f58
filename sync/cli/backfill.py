"""`baton backfill`: read everything once, the cheapest way, and write what belongs on the records of the past."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from sync.cli.backfill_text import TEXTS
from sync.cli.ops import behind_lines
from sync.cli.option import AsJson, Folder, ModeOption, overrides_of
from sync.cli.shortfall_text import say_problem
from sync.cli.show import DONE, PARTIAL, console, leave, local, printable, write_json
from sync.errors import ConfigError, NoConnection, Problem, RunProblem, Shortfall
from sync.wording import Say, speak

if TYPE_CHECKING:
    from sync.app import App
    from sync.flow.backfill import Result
    from sync.flow.backfill_cost import ConnectionCost, Cost
    from sync.flow.backfill_run import Progress
    from sync.flow.context import Context
    from sync.ports import Automation
    from sync.store.backfills import Backfill

EXAMPLE = (
    "Example: baton backfill --since 2026-10-01 --dry-run --config DIR   (then without --dry-run, then --continue)"
)
_MINUTE, _HOUR = 60, 3600


def backfill(
    config: Folder = Path(),
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DAY", help="Write to handoffs that something happened to on or after this day (YYYY-MM-DD)."
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="… and before this day; by default the present.")
    ] = None,
    stream: Annotated[
        list[str] | None, typer.Option(help="Read this stream alone (contacts, hubspot:contacts); may be repeated.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would cost, and end.")] = False,
    go_on: Annotated[bool, typer.Option("--continue", help="The first records are right: write the rest.")] = False,
    mode: ModeOption = None,
    as_json: AsJson = False,
) -> None:
    """Read the past once and write what belongs on its records: says first what it costs, goes on where it was stopped."""
    from sync import telemetry
    from sync.app import open_app
    from sync.flow.backfill import run_backfill
    from sync.flow.backfill_request import choose_streams
    from sync.flow.connect import prepare
    from sync.store.lock import hold_backfill, take_turn

    telemetry.configure(as_json=not sys.stderr.isatty(), level="warning")
    with open_app(config, overrides_of(mode)) as app, hold_backfill(app.store):
        say = speak(TEXTS, app.settings.language)
        if go_on and since is None and (until or stream or dry_run):
            raise ConfigError(Problem("--continue", say("continue_alone"), say("continue_alone_hint")))
        span = None if go_on and since is None else _read_span(app, say, since, until)
        with take_turn(app.store):
            context, prepared = prepare(app.context)
        if not context.connections:
            raise NoConnection(prepared.problems)
        speaker = _Speaker(app, say, as_json)
        if span is None:
            under_way = _find_unfinished(context, say)
        else:
            under_way = _begin(context, choose_streams(context, stream or ()), span, speaker, dry=dry_run)
        with speaker.progress() as watch:
            result = run_backfill(context, under_way, _pacing(app), watch, go_on=go_on)
        told = {RunProblem(Shortfall.LEFT_OUT, problem.where) for problem in prepared.problems}
        problems = [problem for report in result.reports for problem in report.problems if problem not in told]
        problems = [*dict.fromkeys([*prepared.problems, *problems])]
        code = DONE if result.is_done and not problems else PARTIAL
        speaker.tell_result(result, problems, code)
    leave(code)


Span = tuple[datetime, datetime | None]


def _find_unfinished(context: Context, say: Say) -> Backfill:
    from sync.flow.backfill_request import find_unfinished

    found = find_unfinished(context)
    if found is None:
        raise ConfigError(Problem("--continue", say("nothing_to_continue"), say("nothing_to_continue_hint")))
    return found


def _begin(context: Context, streams: list[str], span: Span, speaker: _Speaker, *, dry: bool) -> Backfill:
    """Say what it costs, and begin, or leave; what was begun with the same span and streams goes on."""
    from sync.flow.backfill_request import begin, find_unfinished
    from sync.store.lock import take_turn

    before = find_unfinished(context)
    speaker.tell_cost(_estimate(speaker.app, context, streams, span), span, dry=dry)
    if dry:
        leave(DONE)
    with take_turn(context.store):
        under_way = begin(context, streams, *span)
    if before is not None and before.begun_at == under_way.begun_at:
        speaker.note("resumed")
    return under_way


def _read_span(app: App, say: Say, since: str | None, until: str | None) -> Span:
    """Days of the company, from their midnights."""
    if since is None:
        raise ConfigError(Problem("--since", say("since_missing"), say("since_missing_hint")))
    zone = app.settings.rules.is_clock.calendar.zone
    first, last = _read_day("--since", since, zone), _read_day("--until", until, zone) if until else None
    if last is not None and last <= first:
        raise ConfigError(Problem("--until", say("order"), say("order_hint")))
    return first, last


def _read_day(option: str, text: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), zone)
    except ValueError:
        raise ConfigError(Problem(option, f"{text!r} is no day", "write it as YYYY-MM-DD")) from None


def _pacing(app: App) -> Any:
    from sync.flow.backfill_run import Pacing

    told = app.settings.files.baton.backfill
    in_memory = app.store.engine.url.database in (None, "", ":memory:")
    return Pacing(told.first, told.writes_per_minute, told.bulk_from, threads=not in_memory)


def _estimate(app: App, context: Context, streams: list[str], span: Span) -> Cost:
    from sync.flow.backfill_cost import estimate
    from sync.store.lock import take_turn

    told = app.settings.files.baton.backfill
    with take_turn(app.store):
        return estimate(context, streams, *span, writes_per_minute=told.writes_per_minute, bulk_from=told.bulk_from)


@dataclass(frozen=True, slots=True)
class _Speaker:
    """To people, or in JSON lines."""

    app: App
    say: Say
    as_json: bool

    @property
    def language(self) -> str:
        return self.app.settings.language

    @property
    def zone(self) -> ZoneInfo:
        return self.app.settings.rules.is_clock.calendar.zone

    def note(self, key: str) -> None:
        if not self.as_json:
            console().print(self.say(key))

    def tell_cost(self, cost: Cost, span: Span, *, dry: bool) -> None:
        if self.as_json:
            told = {"estimate": cost, "totals": {c.name: _totals(c) for c in cost.connections}, "dry_run": dry}
            write_json(told)
            return
        for line in self._cost_lines(cost, span):
            console().print(line)
        if dry:
            console().print(self.say("dry"))

    def _cost_lines(self, cost: Cost, span: Span) -> Iterator[str]:
        since, until = (one and one.astimezone(self.zone).date().isoformat() for one in span)
        yield self.say("head_until", since=since, until=until) if until else self.say("head", since=since)
        for one in cost.connections:
            yield self.say("connection", name=one.name)
            yield from self._connection_lines(one)
        read, judge, write = (
            self._span(one) for one in (cost.seconds_to_read, cost.seconds_to_judge, cost.seconds_to_write)
        )
        yield self.say("total", writes=f"{cost.writes:,}", read=read, judge=judge, write=write)
        if self.app.settings.mode == "observe":
            yield self.say("observe")
        else:
            yield self.say("closed")
        yield from (f"! {say_problem(problem, self.language)}" for problem in cost.problems)

    def _connection_lines(self, cost: ConnectionCost) -> Iterator[str]:
        say = self.say
        for name, whole in cost.streams.items():
            way = say(f"way.{whole.way}")
            if whole.records is None:
                yield say("stream_unknown", stream=name, way=way, calls=f"{whole.calls:,}")
            elif not whole.calls:
                yield say("stream_along", stream=name, records=f"{whole.records:,}", way=way)
            else:
                yield say("stream", stream=name, records=f"{whole.records:,}", way=way, calls=f"{whole.calls:,}")
        if not cost.streams:
            yield say("nothing")
        yield say("calls", read=f"{cost.read_calls:,}", write=f"{cost.write_calls:,}")
        if cost.share is None:
            yield say("quota_unknown")
        else:
            yield say("quota", quota=f"{cost.quota:,}", share=f"{cost.share:.1%}")
        if cost.days > 1:
            yield say("days", days=cost.days)
        for name, touched in cost.touched.items():
            if touched.open is None:
                yield say("touched_unknown", stream=name)
            elif touched.closed is None:
                yield say("touched_all", stream=name, open=f"{touched.open:,}")
            else:
                yield say("touched", stream=name, open=f"{touched.open:,}", closed=f"{touched.closed:,}")
        yield from self._automation_lines(cost.automation)

    def _automation_lines(self, automation: Automation) -> Iterator[str]:
        say = self.say
        for name, counts in automation.counts.items():
            told = ", ".join(say(f"kind.{kind}", count=count) for kind, count in counts.items())
            yield say("automation", stream=name, counts=told)
        if automation.unread:
            yield say("automation_unread", why=say(f"why.{'_'.join(automation.unread)}"))
        elif not automation.counts:
            yield say("automation_none")

    @contextmanager
    def progress(self) -> Iterator[Callable[[Progress], None]]:
        """A moving line on a terminal; pauses are told everywhere."""
        out = Console(stderr=True, highlight=False, markup=False, emoji=False)
        if self.as_json:
            yield lambda progress: write_json({"progress": progress})
            return
        if not out.is_terminal:
            yield lambda progress: out.print(self._progress_line(progress)) if progress.step == "pause" else None
            return
        with out.status("…") as status:
            yield lambda progress: status.update(self._progress_line(progress))

    def _progress_line(self, progress: Progress) -> str:
        left = progress.seconds_left
        return self.say(
            f"progress.{progress.step.value}",
            done=f"{progress.done:,}",
            of=self.say("unknown") if progress.of is None else f"{max(progress.of, progress.done):,}",
            rate=f"{progress.per_second:,.0f}",
            left=self.say("unknown") if left is None else self._span(left),
            until=local(progress.until, self.zone),
            connection=progress.connection,
            reason=progress.reason,
        )

    def _span(self, seconds: float) -> str:
        if seconds < 2 * _MINUTE:
            return self.say("seconds", n=max(round(seconds), 1))
        if seconds < 2 * _HOUR:
            return self.say("minutes", n=round(seconds / _MINUTE))
        return self.say("hours", n=round(seconds / _HOUR, 1))

    def tell_result(self, result: Result, problems: list[RunProblem], code: int) -> None:
        if self.as_json:
            write_json({"result": _as_json(result, problems)})
            return
        out = console()
        for line in self._result_lines(result, code):
            out.print(line)
        for problem in problems:
            out.print(f"  ! {say_problem(problem, self.language)}")
        behind = {stream: until for report in result.reports for stream, until in report.behind.items()}
        for line in behind_lines(behind, self.language, self.zone):
            out.print(line)

    def _result_lines(self, result: Result, code: int) -> Iterator[str]:
        say, phase = self.say, result.backfill.phase.value
        left = sum(result.left.values())
        if phase == "reading":
            yield say("unread")
        elif phase == "looking":
            yield say("look", written=f"{result.written or len(result.shown):,}", left=f"{left:,}")
            yield from (f"  {printable(ref)}" for ref in result.shown)
            yield say("look_how", run=result.reports[0].run_id)
        else:
            yield say("written", written=f"{result.written:,}")
            for (connection, stream), count in result.left.items():
                yield say("left", stream=f"{connection}:{stream}", count=f"{count:,}")
        if result.observed:
            yield say("observed", count=f"{result.observed:,}")
        if phase == "done":
            yield say("done" if code == DONE else "partial")


def _totals(cost: ConnectionCost) -> dict[str, Any]:
    return {
        "records": cost.records,
        "read_calls": cost.read_calls,
        "write_calls": cost.write_calls,
        "share_of_quota": cost.share,
        "days": cost.days,
        "seconds": cost.seconds,
    }


def _as_json(result: Result, problems: list[RunProblem]) -> dict[str, Any]:
    backfill: Backfill = result.backfill
    return {
        "phase": backfill.phase,
        "since": backfill.since,
        "until": backfill.until,
        "written": result.written,
        "left": {f"{connection}:{stream}": count for (connection, stream), count in result.left.items()},
        "observed": result.observed,
        "shown": result.shown,
        "reports": result.reports,
        "problems": problems,
    }
