"""The lines of `definition what-if`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sync.cli.catalogue import speak
from sync.cli.phrase import phrase
from sync.cli.show import plain, printable
from sync.core.metrics import Rate
from sync.core.metrics.rate import SMALLEST
from sync.wording import Say

EVER = date(1970, 1, 1)
"""Stands for no first day."""

if TYPE_CHECKING:
    from sync.flow.whatif import Outcome, Reason, WhatIf
    from sync.settings import Settings

_COUNTS = ("passes", "qualified", "not_qualified", "undetermined", "complete")
_RATES = ("opportunity", "accepted", "won")


def lines_of(found: WhatIf, present: str, language: str, other: Settings) -> list[str]:
    """`present`: the version in force."""
    say = speak(language)
    since = say("wi_ever") if found.since.year <= EVER.year else say("wi_since", day=found.since.date().isoformat())
    versions = [printable(version) for version in (present, other.rules.definition.version)]
    lines = [say("wi_head", since=since, old=versions[0], new=versions[1]), say("wi_values"), ""]
    if not found.present.passes and not found.other.passes:
        return [*lines, say("wi_none", since=since), *_left_out(found, say)]
    for name in _COUNTS:
        old, new = getattr(found.present, name), getattr(found.other, name)
        lines.append(f"  {say(f'wi_{name}')}: {say('wi_present')} {old} → {say('wi_other')} {new}")
    lines += ["", say("wi_rates")]
    lines += _rates(say("wi_present"), found.present.of_qualified, say)
    lines += _rates(say("wi_other"), found.other.of_qualified, say)
    lines += ["", say("wi_changed", changed=found.changed, gained=found.gained, lost=found.lost)]
    if found.reasons:
        lines.append(say("wi_why"))
    for reason in found.reasons:
        lines.append(f"  {_reason(reason, other, say, language)}: {reason.count}")
        lines.append("  " + say("wi_example", refs=", ".join(printable(ref) for ref in reason.samples)))
    return [*lines, "", *_statement(found, say), *_left_out(found, say)]


def _rates(name: str, outcome: Outcome, say: Say) -> list[str]:
    return [f"  {name}  {say(f'wi_{rate}')}: {_rate(getattr(outcome, rate), say)}" for rate in _RATES]


def _rate(rate: Rate, say: Say) -> str:
    if rate.share is None:
        return say("wi_no_rate")
    low, high = rate.interval
    return say("wi_rate", share=f"{rate.share:.0%}", hits=rate.hits, n=rate.n, low=f"{low:.0%}", high=f"{high:.0%}")


def _reason(reason: Reason, other: Settings, say: Say, language: str) -> str:
    if reason.kind == "criterion":
        states = {"old": say(f"criterion.{reason.old}"), "new": say(f"criterion.{reason.new}")}
        return say("wi_reason.criterion", name=say(f"rule.{reason.detail}"), **states)
    if reason.kind == "item":
        spec = other.mapping.items.get(reason.detail)
        name = spec.label.in_(language) if spec is not None else printable(reason.detail)
        return say("wi_reason.item.missing" if reason.new else "wi_reason.item.gone", name=name)
    if reason.kind == "scope":
        return say("wi_reason.scope", name=printable(phrase(reason.detail, language)))
    told = [printable(phrase(event, language)) or say("empty") for event in (reason.old, reason.new)]
    return say("wi_reason.pass", old=told[0], new=told[1])


def _statement(found: WhatIf, say: Say) -> list[str]:
    """What may be said of the passes that stay and those that fall away: two groups without a common member."""
    kept, dropped = found.kept.opportunity, found.dropped.opportunity
    lines = [f"{say('wi_kept')}: {_rate(kept, say)}", f"{say('wi_dropped')}: {_rate(dropped, say)}"]
    if found.differs is None:
        return [*lines, say("wi_small", kept=kept.n, dropped=dropped.n, smallest=SMALLEST)]
    if not found.differs:
        return [*lines, say("wi_equal")]
    return [*lines, say("wi_better" if (kept.share or 0) > (dropped.share or 0) else "wi_worse")]


def _left_out(found: WhatIf, say: Say) -> list[str]:
    lines = [say("wi_undated", count=found.undated)] if found.undated else []
    if found.failed:
        lines.append(say("wi_failed", count=found.failed))
    if found.unread:
        lines.append(say("wi_unread", fields=", ".join(printable(name) for name in found.unread)))
    return lines


def as_json(found: WhatIf) -> dict[str, Any]:
    """As it is, with share and interval beside every rate."""
    return {name: _with_intervals(getattr(found, name)) for name in found.__slots__}


def _with_intervals(value: Any) -> Any:
    if isinstance(value, Rate):
        low, high = value.interval
        return {"hits": value.hits, "n": value.n, "share": value.share, "low": low, "high": high}
    if hasattr(value, "__slots__") and hasattr(value, "__dataclass_fields__"):
        return {name: _with_intervals(getattr(value, name)) for name in value.__dataclass_fields__}
    return plain(value)
