"""How unmapped values are told: which value, where it stands, how often, and which line of which file to add it to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync.cli.show import printable
from sync.core.mapping.spec import MappingSpec
from sync.core.rules.waiver import ITEMS as WAIVER_ITEMS
from sync.wording import Say

if TYPE_CHECKING:
    from sync.flow.unmapped import Unmapped

SHOWN = 20


def unmapped_lines(found: Sequence[Unmapped], mapping: MappingSpec, say: Say, language: str) -> list[str]:
    """Nothing when every value is known."""
    if not found:
        return []
    lines = [say("unmapped_head"), *(f"  {_line(one, mapping, say, language)}" for one in found[:SHOWN])]
    if len(found) > SHOWN:
        lines.append(f"  {say('unmapped_more', count=len(found) - SHOWN)}")
    return lines


def _line(one: Unmapped, mapping: MappingSpec, say: Say, language: str) -> str:
    spec = mapping.items.get(one.item)
    label = spec.label.in_(language) if spec is not None else say(f"input.{one.item}")
    known = spec.options if spec is not None else mapping.input_values.get(one.item, {})
    value = f"「{printable(one.value)}」" if one.value is not None else say("unmapped_hidden")
    if one.item == WAIVER_ITEMS:
        place = f"{one.connection}:{one.stream}.{one.field}"
        return say("unmapped_waiver", field=place, label=label, value=value, count=one.count)
    return say(
        "unmapped_at",
        field=f"{one.connection}:{one.stream}.{one.field}",
        label=label,
        value=value,
        count=one.count,
        place=f"items.{one.item}.options" if spec is not None else f"inputs.{one.item}",
        options=", ".join(dict.fromkeys(known.values())),
    )
