"""`baton ops undo RUN`: give records back what they held before a run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.catalogue import speak
from sync.cli.flag import FlagTeller
from sync.cli.option import LARGEST, AsJson, Folder
from sync.cli.shortfall_text import say_problem
from sync.cli.show import DONE, PARTIAL, console, leave, printable, working, write_json
from sync.wording import Say

if TYPE_CHECKING:
    from sync.app import App
    from sync.flow.undo import Left, Undoing, Undone

EXAMPLE = """Examples: baton ops undo 128 --dry-run

baton ops undo 128

baton ops undo 128 --release"""

LISTED, EXAMPLES = 20, 3


def undo(
    run: Annotated[
        int, typer.Argument(metavar="RUN", max=LARGEST, help="Number of the run, as `status` and `ops once` tell it.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be restored; write nothing.")] = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="Restore also when that is far more than is usually written in a day.")
    ] = False,
    release: Annotated[
        bool, typer.Option("--release", help="Let the records of an undone run be written again.")
    ] = False,
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Take back what a run wrote.

    Its records are only observed from then on; fields that nobody changed since get back what they held before. Asked
    again, it goes on where it stopped. Must not run beside the daemon.
    """
    from sync import telemetry
    from sync.app import open_app
    from sync.flow.undo import plan_undo
    from sync.flow.undo import release as let_go
    from sync.flow.undo import undo as take_back
    from sync.store.lock import hold_lock

    if release and (dry_run or approve):
        raise typer.BadParameter("--release goes with neither --dry-run nor --approve")
    telemetry.configure(as_json=not sys.stderr.isatty(), level="warning")
    with open_app(config, offline=release) as app:
        if release:
            _tell_released(app, let_go(app.context, run), as_json=as_json)
        elif dry_run:
            with working("reading …", quiet=as_json):
                plan = plan_undo(app.context, run)
            _tell_plan(app, plan, as_json=as_json)
        else:
            with hold_lock(app.store), working("reading, restoring …", quiet=as_json):
                done = take_back(app.context, run, approved=approve)
            _tell(app, done, as_json=as_json)


def _tell_released(app: App, count: int, *, as_json: bool) -> None:
    if as_json:
        write_json({"released": count})
    else:
        console().print(speak(app.settings.language)("undo_released", count=count))
    leave(DONE)


def _tell_plan(app: App, plan: Undoing, *, as_json: bool) -> None:
    if as_json:
        write_json(_plan_json(plan))
    else:
        say = speak(app.settings.language)
        for line in [*lines_of(plan, app, say), say("undo_dry")]:
            console().print(line)
    leave(PARTIAL if plan.left else DONE)


def _tell(app: App, done: Undone, *, as_json: bool) -> None:
    restored = done.report.counts["deliver"].get("delivered", 0)
    if as_json:
        write_json({**_plan_json(done.plan), "restored": restored, "held": done.held, "report": done.report})
    else:
        say = speak(app.settings.language)
        lines = [*lines_of(done.plan, app, say), say("undo_done", count=restored, run=done.plan.run)]
        lines += [say("undo_held", count=done.held, run=done.plan.run)] if done.held else []
        for line in [
            *lines,
            *(f"  ! {say_problem(problem, app.settings.language)}" for problem in done.report.problems),
        ]:
            console().print(line)
    leave(PARTIAL if done.partial else DONE)


def lines_of(plan: Undoing, app: App, say: Say) -> list[str]:
    """What is restored, record by record, and what is not, by reason."""
    settings = app.settings
    teller = FlagTeller(say, settings.language, settings.mapping, settings.rules.is_clock.calendar.zone)
    lines = [say("undo_head", run=plan.run, records=plan.records, restore=len(plan.restore))]
    for one in plan.restore[:LISTED]:
        lines += [f"  {printable(one.ref)}", *teller.changes(one.old, one.new, "    ")]
    more = len(plan.restore) - LISTED
    return [*lines, *([say("undo_more", count=more)] if more > 0 else []), *_left(plan.left, say)]


def _left(left: Sequence[Left], say: Say) -> list[str]:
    groups: dict[str, list[Left]] = {}
    for one in left:
        groups.setdefault(one.reason, []).append(one)
    return [
        say(
            "undo_left",
            reason=say(f"undo_why.{reason}"),
            count=len(some),
            examples=say("separator").join(printable(one.ref) for one in some[:EXAMPLES]),
        )
        for reason, some in groups.items()
    ]


def _plan_json(plan: Undoing) -> dict[str, Any]:
    return {
        "run": plan.run,
        "records": plan.records,
        "restore": [{"ref": one.ref, "old": one.old, "new": one.new} for one in plan.restore],
        "left": [{"ref": one.ref, "reason": one.reason, "flags": one.flags} for one in plan.left],
    }
