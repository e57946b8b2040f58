"""`baton explain RECORD`: everything that Baton knows and decided about one record."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sync.cli.catalogue import speak
from sync.cli.explanation import Teller, hide_sensitive
from sync.cli.flag import FlagTeller
from sync.cli.option import AsJson, Folder
from sync.cli.outbox import reason_of
from sync.cli.record import find_record
from sync.cli.show import console, local, plain, printable, write_json

if TYPE_CHECKING:
    from sync.app import App
    from sync.flow.explain import Explanation

EXAMPLE = """Examples: baton explain salesforce:Lead:00Q5g00000AbCdEEAV

baton explain https://yourcompany.lightning.force.com/lightning/r/Opportunity/0065g00000XyZabAAF/view"""


def explain(
    record: Annotated[str, typer.Argument(help="connection:stream:id, a record id, or the address of its page.")],
    config: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Tell why a record carries what it carries.

    The pass, every item, every rule and clock with its evidence, and what was written when. Asks the store alone.
    """
    from sync.app import latest_time, open_app
    from sync.flow.explain import explain as make

    with open_app(config, offline=True) as app:
        ref = find_record(record, app.settings.mapping, app.store)
        now = latest_time(app) or datetime.now(UTC)
        found = make(app.context, ref, now)
        if as_json:
            write_json(_as_json(found, app, now))
            return
        for line in lines_of(found, app, now):
            console().print(line)


def lines_of(found: Explanation, app: App, now: datetime) -> list[str]:
    language, say = app.settings.language, speak(app.settings.language)
    zone = app.settings.rules.is_clock.calendar.zone
    labels = {clock.id: clock.label.in_(language) for clock in app.settings.rules.clocks if clock.label is not None}
    teller = Teller(say, language, found.mapping, zone, found.calendars, labels, found.together)
    lines = [say("asked_about", ref=printable(found.ref)), say("as_of", at=local(now, zone))]
    if found.others:
        lines.append(say("other_handoffs", ids=", ".join(found.others)))
    if found.failed:
        lines.append(say("judge_failed", place=printable(found.failed)))
    lines += ["", *teller.judgement(found.case, found.judgement), ""]
    flags = FlagTeller(say, language, found.mapping, zone)
    return [*lines, *_pending(found, flags), say("history"), *_history(found, flags)]


def _pending(found: Explanation, teller: FlagTeller) -> list[str]:
    """What the handoff's records do not carry yet."""
    if not found.pending:
        return []
    lines = [teller.say("pending")]
    for change in found.pending:
        lines += [f"  {printable(change.ref)}", *teller.changes(change.old, change.new, "    ")]
    return [*lines, ""]


def _history(found: Explanation, teller: FlagTeller) -> list[str]:
    """Outbox entries of the record with their deliveries, newest first."""
    if not found.entries:
        return [f"  {teller.say('history_none')}"]
    lines: list[str] = []
    for entry in found.entries:
        reason = f"  {reason_of(entry, teller.say)}" if entry.reason else ""
        lines.append(f"  {local(entry.created_at, teller.zone)}  {teller.say(f'entry.{entry.state}')}{reason}")
        lines += teller.changes(entry.old, entry.new, "    ")
        for attempt in found.attempts.get(entry.id, ()):
            told = " ".join(part for part in (attempt.outcome, attempt.code, attempt.message) if part)
            lines.append(f"    {local(attempt.at, teller.zone)}  {printable(told)}")
    return lines


def _as_json(found: Explanation, app: App, now: datetime) -> dict[str, Any]:
    case, mapping = found.case, found.mapping
    return {
        "ref": plain(found.ref),
        "now": plain(now),
        "handoff": {"id": case.handoff_id, **plain(case.membership), "shown_on": plain(case.shown_on)},
        "other_handoffs": list(found.others),
        "judgement": hide_sensitive(plain(found.judgement), mapping),
        "failed": found.failed,
        "held": plain(found.held),
        "pending": plain(found.pending),
        "history": [{**plain(entry), "attempts": plain(found.attempts.get(entry.id, ()))} for entry in found.entries],
    }
