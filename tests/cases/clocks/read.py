"""The worked examples as they stand in the files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

CLOCKS = Path(__file__).parent
Case = dict[str, Any]
PAGES = ("arithmetic", "inquiry", "pass", "policy", "batch")


class _Plain(SafeConstructor):
    """Leaves dates as they are written."""


_Plain.add_constructor("tag:yaml.org,2002:timestamp", lambda _constructor, node: node.value)


@dataclass(frozen=True, slots=True)
class Page:
    """One file: its opening comment, the calendars it names and its cases."""

    name: str
    comment: str
    cases: list[Case]
    calendars: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])


def read_page(name: str) -> Page:
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Plain
    text = (CLOCKS / f"{name}.yaml").read_text(encoding="utf-8")
    comment = " ".join(line[2:] for line in text.partition("cases:")[0].splitlines() if line.startswith("# "))
    data = yaml.load(text)
    return Page(name, comment, data["cases"], data.get("calendars", {}))


def moment(text: str, zone: ZoneInfo) -> datetime:
    """`2026-10-06 20:00`, or `10-06 20:00` for 2026; a wall time of the zone unless an offset is written."""
    at = datetime.fromisoformat(text if text[4:5] == "-" else f"2026-{text}")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def span(text: str) -> timedelta:
    """`87648:00:07`, `-2:00:00`."""
    hours, minutes, seconds = (int(part) for part in text.lstrip("-").split(":"))
    length = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -length if text.startswith("-") else length
