"""The command line. One file per command; this one puts them together and turns every ending into an exit code."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sync.cli import (
    approve,
    audit,
    backfill,
    calendar,
    check,
    db,
    definition,
    demo,
    erase,
    explain,
    init,
    ops,
    outbox,
    plan,
    report,
    run,
    setup,
    simulator,
    status,
    try_clock,
    try_handoff,
    try_value,
    undo,
    waive,
)
from sync.cli.show import CONFIGURATION, INTERRUPTED, PARTIAL, show_failure, write_json
from sync.errors import BatonError, BugError, ConfigError, Problem

__all__ = ["app", "main"]

_UsageError: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")
"""typer brings a click of its own and does not export this class."""

_ARENAS = -8
"""M_ARENA_MAX of glibc; other C libraries have no mallopt, or know no such parameter."""

app = typer.Typer(
    name="baton",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Keeps the inside-sales to field-sales handoff honest across HubSpot and Salesforce.",
)
trying = typer.Typer(no_args_is_help=True, help="Try a value, a span or a handoff without any CRM.")
defining = typer.Typer(no_args_is_help=True, help="The company's written rules: list, diff, export, what-if.")
seldom = typer.Typer(no_args_is_help=True, help="Seldom needed: single cycles, exceptions, refused writes, undoing.")
app.add_typer(trying, name="try")
app.add_typer(seldom, name="ops")
app.add_typer(defining, name="definition")
writing = typer.Typer(no_args_is_help=True, help="What is meant to be written: list, retry, park.")
seldom.add_typer(writing, name="outbox")

settling = typer.Typer(no_args_is_help=True, help="What Baton needs in the CRMs: plan, apply, export, remove.")
app.add_typer(settling, name="setup")
settling.command("plan", epilog=setup.PLAN_EXAMPLE)(setup.plan)
settling.command("apply", epilog=setup.APPLY_EXAMPLE)(setup.apply)
settling.command("export", epilog=setup.EXPORT_EXAMPLE)(setup.export)
settling.command("remove", epilog=setup.REMOVE_EXAMPLE)(setup.remove)

app.command("demo", epilog=demo.EXAMPLE)(demo.demo)
app.command("audit", epilog=audit.EXAMPLE)(audit.audit)
app.command("init", epilog=init.EXAMPLE)(init.init)
app.command("check", epilog=check.EXAMPLE)(check.check)
app.command("approve", epilog=approve.EXAMPLE)(approve.approve)
app.command("run", epilog=run.EXAMPLE)(run.run)
app.command("backfill", epilog=backfill.EXAMPLE)(backfill.backfill)
app.command("plan", epilog=plan.EXAMPLE)(plan.plan)
app.command("report", epilog=report.EXAMPLE)(report.report)
app.command("status", epilog=status.EXAMPLE)(status.status)
app.command("explain", epilog=explain.EXAMPLE)(explain.explain)
app.command("simulator", epilog=simulator.EXAMPLE)(simulator.simulator)
defining.command("list", epilog=definition.LIST_EXAMPLE)(definition.list_)
defining.command("diff", epilog=definition.DIFF_EXAMPLE)(definition.diff)
defining.command("export", epilog=definition.EXPORT_EXAMPLE)(definition.export)
defining.command("what-if", epilog=definition.WHAT_IF_EXAMPLE)(definition.what_if)
trying.command("value", epilog=try_value.EXAMPLE)(try_value.try_value)
trying.command("clock", epilog=try_clock.EXAMPLE)(try_clock.try_clock)
trying.command("handoff", epilog=try_handoff.EXAMPLE)(try_handoff.try_handoff)
seldom.command("once", epilog=ops.EXAMPLE)(ops.once)
seldom.command("erase", epilog=erase.EXAMPLE)(erase.erase)
writing.command("list", epilog=outbox.LIST_EXAMPLE)(outbox.list_)
writing.command("retry", epilog=outbox.RETRY_EXAMPLE)(outbox.retry)
writing.command("park", epilog=outbox.PARK_EXAMPLE)(outbox.park)
keeping = typer.Typer(no_args_is_help=True, help="The database of the store: status, upgrade, backup.")
seldom.add_typer(keeping, name="db")
keeping.command("status", epilog=db.STATUS_EXAMPLE)(db.status)
keeping.command("upgrade", epilog=db.UPGRADE_EXAMPLE)(db.upgrade)
keeping.command("backup", epilog=db.BACKUP_EXAMPLE)(db.backup)
seldom.command("undo", epilog=undo.EXAMPLE)(undo.undo)
seldom.command("waive", epilog=waive.EXAMPLE)(waive.waive)
seldom.command("calendar", epilog=calendar.EXAMPLE)(calendar.show_calendar)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"baton {version('baton-handoff')}")
        raise typer.Exit


@app.callback()
def baton(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keeps the inside-sales to field-sales handoff honest across HubSpot and Salesforce."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command. Exits with 0 done, 1 partial or refused, 2 configuration or usage, 130 stopped by Ctrl-C; a bug
    keeps its traceback."""
    calm_collector()
    calm_allocator()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        sys.exit(_run(given))
    except BugError:
        raise
    except Exception as error:
        # The text of such an error may quote what people typed or a statement with values; its place is what helps.
        sys.stderr.write("".join(traceback.format_tb(error.__traceback__)))
        sys.stderr.write(f"{type(error).__name__} (its words may hold a record's data and are left out)\n")
        sys.exit(PARTIAL)


def calm_collector() -> None:
    """Records are trees and are freed by their counts; as it comes, the collector walks a loaded batch again and again. A
    batch and its judgements make less than this number of objects."""
    gc.set_threshold(200_000, 20, 20)


def calm_allocator() -> None:
    """Threads share what was freed: with an arena for each, the pages that several of them read would never be given back."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENAS, 1)


def _run(arguments: list[str]) -> int:
    as_json = "--json" in arguments
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:  # while this was imported (sync/__main__.py)
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _refuse_broken(arguments)
        code = app(arguments, standalone_mode=False)
        sys.stdout.flush()
        # typer makes this number of a KeyboardInterrupt, without a word.
        return _tell_stopped(INTERRUPTED) if code == INTERRUPTED else code if isinstance(code, int) else 0
    except BugError:
        raise
    except BatonError as error:
        return show_failure(error, as_json=as_json, language=_find_language(arguments))
    except _UsageError as error:
        return _show_usage(error, as_json=as_json)
    except KeyboardInterrupt:
        return _tell_stopped(INTERRUPTED)
    except typer.Abort:  # "no", Ctrl-C or the end of the input at a question
        return _tell_stopped(PARTIAL)
    except BrokenPipeError:
        # The reader (`| head`) has gone; without this the interpreter complains when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PARTIAL


def _find_language(arguments: Sequence[str]) -> str:
    """That of the folder which a command that failed was given; English where there is none."""
    from sync.settings.folder import read_language

    words = [word for argument in arguments for word in argument.split("=", 1)]
    given = dict(pairwise(words)).get("--config")
    folder = Path(given or os.environ.get("BATON_CONFIG", "."))
    with contextlib.suppress(OSError):
        if (folder / "config" / "baton.yaml").is_file():
            return read_language(folder)
    return "en"


def _tell_stopped(code: int) -> int:
    sys.stderr.write("\nstopped; nothing is lost: the next run goes on from here\n")
    return code


def _refuse_broken(arguments: Sequence[str]) -> None:
    """Bytes that are no UTF-8 can be neither looked up nor told."""
    for number, argument in enumerate(arguments, 1):
        if not argument.isascii() and argument != argument.encode(errors="replace").decode():
            raise ConfigError(Problem(f"argument {number}", "is not UTF-8", "set the terminal to UTF-8"))


def _show_usage(error: Exception, *, as_json: bool) -> int:
    """A wrong call of a command; with --json also told in JSON."""
    if as_json:
        write_json({"error": "usage", "message": error.format_message()})  # pyright: ignore[reportAttributeAccessIssue]  # typer does not export the class
    else:
        error.show()  # pyright: ignore[reportAttributeAccessIssue]  # as above
    return CONFIGURATION
