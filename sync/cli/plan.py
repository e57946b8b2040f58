"""`baton plan`: what would change in the CRMs, record by record, before anything does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.catalogue import speak
from sync.cli.flag import FlagTeller
from sync.cli.option import AsJson, Folder, ModeOption, overrides_of
from sync.cli.phrase import phrase
from sync.cli.shortfall_text import say_problem
from sync.cli.show import DONE, PARTIAL, console, leave, printable, working, write_json
from sync.cli.unmapped import unmapped_lines
from sync.errors import ConfigError, RunProblem
from sync.wording import Say

if TYPE_CHECKING:
    from sync.app import App
    from sync.flow.preview import Plan, PlannedChange

EXAMPLE = "Example: baton plan --config DIR --limit 20   (writes nothing, whatever the mode)"


def plan(
    config: Folder = Path(),
    mode: ModeOption = None,
    stored: Annotated[bool, typer.Option("--stored", help="Ask no CRM: plan from what was read last.")] = False,
    limit: Annotated[int, typer.Option(help="Records to show; 0 = all.", min=0)] = 50,
    as_json: AsJson = False,
) -> None:
    """Show per record and field what would change. Reads what is new first; writes nothing."""
    from sync import telemetry
    from sync.app import latest_time, open_app
    from sync.flow.cycle import run_once
    from sync.flow.preview import plan as make_plan

    telemetry.configure(as_json=not sys.stderr.isatty(), level="warning")
    problems: Sequence[RunProblem] = ()
    with ExitStack() as stack:
        app = stack.enter_context(open_app(config, overrides_of(mode), offline=stored))
        now = None
        if not stored and _take_lock(stack, app, as_json):
            with working(speak(app.settings.language)("reading"), quiet=as_json):
                report = run_once(app.context, write=False)
            now, problems = report.now, report.problems
        found = make_plan(app.context, now or latest_time(app) or datetime.now(UTC))
        if as_json:
            write_json(_as_json(found, app, problems))
        else:
            for line in lines_of(found, app, limit, problems):
                console().print(line)
    leave(PARTIAL if found.failed or problems else DONE)


def _take_lock(stack: ExitStack, app: App, as_json: bool) -> bool:
    """False when a daemon has the store: it reads what is new by itself, and the plan is made from that."""
    from sync.store.lock import hold_lock

    try:
        stack.enter_context(hold_lock(app.store))
    except ConfigError:
        if not as_json:
            console().print(speak(app.settings.language)("plan_daemon"))
        return False
    return True


def lines_of(found: Plan, app: App, limit: int, problems: Sequence[RunProblem]) -> list[str]:
    language, say = app.settings.language, speak(app.settings.language)
    teller = FlagTeller(say, language, app.settings.mapping, app.settings.rules.is_clock.calendar.zone)
    lines = [line for change in found.changes[: limit or None] for line in _record(change, teller)]
    if limit and len(found.changes) > limit:
        lines.append(say("plan_more", count=len(found.changes) - limit))
    lines += [*([""] if lines else []), *_summary(found, app, say)]
    lines += [f"! {say_problem(problem, language)}" for problem in problems]
    return [*lines, *(f"! {printable(failure)}" for failure in found.failed)]


def _record(change: PlannedChange, teller: FlagTeller) -> list[str]:
    old = {field.name: field.old for field in change.fields}
    new = {field.name: field.new for field in change.fields}
    lines = [printable(change.ref), *teller.changes(old, new, "  ")]
    return [*lines, f"  {teller.say('plan_unconfirmed')}"] if change.unconfirmed else lines


def _summary(found: Plan, app: App, say: Say) -> list[str]:
    if not found.changes:
        lines = [say("plan_none")]
    else:
        fields, mode = sum(len(change.fields) for change in found.changes), say(f"mode.{app.settings.mode}")
        lines = [say("plan_head", records=len(found.changes), changes=fields, mode=mode)]
    lines.append(say("plan_scope", judged=found.judged, in_scope=found.in_scope))
    for reason, count in sorted(found.out_of_scope.items()):
        told = printable(phrase(reason, app.settings.language))
        lines.append(f"  {say('out_of_scope_count', reason=told, count=count)}")
    if found.unlinked:
        lines.append(say("plan_unlinked", count=found.unlinked))
    lines += unmapped_lines(found.unmapped, app.settings.mapping, say, app.settings.language)
    if app.settings.mode == "observe":
        lines.append(say("plan_observe"))
    return lines


def _as_json(found: Plan, app: App, problems: Sequence[RunProblem]) -> dict[str, Any]:
    return {
        "now": found.now,
        "mode": app.settings.mode,
        "records": len(found.changes),
        "fields": sum(len(change.fields) for change in found.changes),
        "judged": found.judged,
        "in_scope": found.in_scope,
        "out_of_scope": found.out_of_scope,
        "unlinked": found.unlinked,
        "unmapped": found.unmapped,
        "changes": found.changes,
        "failed": found.failed,
        "problems": problems,
    }
