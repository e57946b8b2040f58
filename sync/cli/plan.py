"""`baton plan`: what would change in the CRMs, record by record, before anything does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.catalogue import Say, speak
from sync.cli.option import AsJson, Folder, ModeOption, overrides_of
from sync.cli.show import DONE, PARTIAL, console, leave, printable, write_json
from sync.core.model.flags import FLAG_FIELDS

if TYPE_CHECKING:
    from sync.app import App
    from sync.flow.preview import Plan, PlannedChange

EXAMPLE = "Example: baton plan --config DIR --limit 20   (writes nothing, whatever the mode)"

_LABELS = {flag.name: (flag.label_ja, flag.label_en) for flag in FLAG_FIELDS}


def plan(
    config: Folder = Path(),
    mode: ModeOption = None,
    stored: Annotated[bool, typer.Option("--stored", help="Ask no CRM: plan from what was read last.")] = False,
    limit: Annotated[int, typer.Option(help="Records to show; 0 = all.", min=0)] = 50,
    as_json: AsJson = False,
) -> None:
    """Show per record and field what would change. Reads what is new first; writes nothing."""
    from sync import telemetry
    from sync.app import latest_time, open_app, remember_usage
    from sync.flow.cycle import run_once
    from sync.flow.preview import plan as make_plan
    from sync.store.lock import hold_lock

    telemetry.configure(as_json=not sys.stderr.isatty(), level="warning")
    problems: Sequence[str] = ()
    with open_app(config, overrides_of(mode), offline=stored) as app:
        now = None
        if not stored:
            with hold_lock(app.store):
                report = run_once(app.context, write=False)
            remember_usage(app)
            now, problems = report.now, report.problems
        found = make_plan(app.context, now or latest_time(app) or datetime.now(UTC))
        if as_json:
            write_json(_as_json(found, app, problems))
        else:
            for line in lines_of(found, app, limit, problems):
                console().print(line)
    leave(PARTIAL if found.failed or problems else DONE)


def lines_of(found: Plan, app: App, limit: int, problems: Sequence[str]) -> list[str]:
    say, index = speak(app.settings.language), 0 if app.settings.language == "ja" else 1
    lines = [line for change in found.changes[: limit or None] for line in _record(change, say, index)]
    if limit and len(found.changes) > limit:
        lines.append(say("plan_more", count=len(found.changes) - limit))
    lines += [*([""] if lines else []), *_summary(found, app, say)]
    return [*lines, *(f"! {printable(problem)}" for problem in (*problems, *found.failed))]


def _record(change: PlannedChange, say: Say, index: int) -> list[str]:
    lines = [f"{printable(change.ref)}  {say(f'handoff_status.{change.status}')}"]
    for field in change.fields:
        old, new = (say("empty") if value in (None, "") else printable(value) for value in (field.old, field.new))
        lines.append(f"  {_LABELS[field.name][index]}: {old} → {new}")
    if change.unconfirmed:
        lines.append(f"  {say('plan_unconfirmed')}")
    return lines


def _summary(found: Plan, app: App, say: Say) -> list[str]:
    if not found.changes:
        lines = [say("plan_none")]
    else:
        fields, mode = sum(len(change.fields) for change in found.changes), say(f"mode.{app.settings.mode}")
        lines = [say("plan_head", records=len(found.changes), changes=fields, mode=mode)]
    lines.append(say("plan_scope", judged=found.judged, in_scope=found.in_scope))
    lines += [
        f"  {say('out_of_scope', reason=reason)}: {count}" for reason, count in sorted(found.out_of_scope.items())
    ]
    if found.unlinked:
        lines.append(say("plan_unlinked", count=found.unlinked))
    if app.settings.mode == "observe":
        lines.append(say("plan_observe"))
    return lines


def _as_json(found: Plan, app: App, problems: Sequence[str]) -> dict[str, Any]:
    return {
        "now": found.now,
        "mode": app.settings.mode,
        "records": len(found.changes),
        "fields": sum(len(change.fields) for change in found.changes),
        "judged": found.judged,
        "in_scope": found.in_scope,
        "out_of_scope": found.out_of_scope,
        "unlinked": found.unlinked,
        "changes": found.changes,
        "failed": found.failed,
        "problems": problems,
    }
