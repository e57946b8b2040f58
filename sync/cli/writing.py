"""What `status` tells about writing: refusals by reason, closed and contested fields, undone runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.cli.flag import FlagTeller
from sync.cli.show import local, printable
from sync.core.model.flags import FLAG_FIELDS
from sync.flow.restraint import CHECKED
from sync.store.outbox import BY_HAND
from sync.wording import Say

if TYPE_CHECKING:
    from sync.app import App
    from sync.flow.status import Status
    from sync.store.restraints import Restraint

EXAMPLES = 3
_CHOICES = {flag.name: flag.choices for flag in FLAG_FIELDS}


def writing_lines(found: Status, app: App, say: Say) -> list[str]:
    """Everything about writing that a person should know of."""
    settings = app.settings
    teller = FlagTeller(say, settings.language, settings.mapping, settings.rules.is_clock.calendar.zone)
    lines = [*_parked(found, say), *_unwritable(found, teller)]
    lines += _contested(found, teller)
    return lines + [say("undone", run=run, count=count) for run, count in found.undone.items()]


def _parked(found: Status, say: Say) -> list[str]:
    lines = [
        say(
            "parked_group",
            connection=connection,
            count=count,
            reason=say("by_hand") if reason == BY_HAND else printable(reason),
            examples=say("separator").join(
                [printable(e.ref) for e in found.parked if (e.ref.connection, e.reason) == (connection, reason)][
                    :EXAMPLES
                ]
            ),
        )
        for connection, reason, count in found.parked_reasons
    ]
    return [*lines, say("parked_hint")] if lines else []


def _unwritable(found: Status, teller: FlagTeller) -> list[str]:
    """One line per stream and reason, naming the fields."""
    say = teller.say
    groups: dict[tuple[str, str], list[str]] = {}
    for one in found.unwritable:
        reason = say("unwritable_checked") if one.code == CHECKED else printable(f"{one.code}: {one.message}")
        option = f" ({teller.value(one.flag, one.option)})" if one.option else ""
        groups.setdefault((f"{one.connection}:{one.stream}", reason), []).append(teller.label(one.flag) + option)
    return [
        say("unwritable", stream=stream, fields=say("separator").join(fields), reason=reason)
        for (stream, reason), fields in groups.items()
    ]


def _contested(found: Status, teller: FlagTeller) -> list[str]:
    """One line per stream, field and sort of values, with how many records and some of them."""
    say = teller.say
    groups: dict[tuple[str, str, str, str], list[Restraint]] = {}
    for one in found.contested:
        groups.setdefault((f"{one.connection}:{one.stream}", one.flag, one.code, one.message), []).append(one)
    return [
        say(
            "contested",
            stream=stream,
            count=len(some),
            flag=teller.label(flag),
            until=local(max(one.until for one in some if one.until), teller.zone),
            ours=_sort(flag, ours, teller),
            theirs=_sort(flag, theirs, teller),
            examples=say("separator").join(printable(one.ref) for one in some[:EXAMPLES]),
        )
        for (stream, flag, ours, theirs), some in groups.items()
    ]


def _sort(flag: str, told: str, teller: FlagTeller) -> str:
    return teller.value(flag, told) if told in _CHOICES[flag] else teller.say(f"sort.{told}")
