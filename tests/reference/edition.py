"""The operator's files: one edition per version of the definition (§12)."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.reference import calendar
from tests.reference.values import Tables

_SHIPPED = Path(__file__).parents[2]


@dataclass
class Edition:
    """Everything that is decided in files, under one version of the definition."""

    definition: dict[str, Any]
    handoff: dict[str, Any]
    baton: dict[str, Any]
    streams: dict[str, dict[str, Any]]
    tables: Tables

    @property
    def version(self) -> str:
        return str(self.definition["version"])

    @property
    def effective_from(self) -> date:
        return as_day(self.definition["effective_from"])

    @property
    def enforce_from(self) -> datetime:
        return datetime.combine(as_day(self.baton["flags"]["enforce_from"]), time(), calendar.ZONE)

    @property
    def preset(self) -> dict[str, list[str]]:
        return self.handoff["presets"][self.handoff["preset"]]

    def holds(self, stream: str, name: str) -> bool:
        """Whether a field of the stream has an item or an input."""
        spec = self.streams.get(stream) or {}
        for held in (*(spec.get("items") or {}).values(), *(spec.get("inputs") or {}).values()):
            names = held.values() if isinstance(held, dict) else [held] if isinstance(held, str) else held
            if name in names:
                return True
        return False


def as_day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def read_editions(folder: Path) -> list[Edition]:
    """All of them, the earliest first. What the folder lacks is as shipped."""

    def load(name: str) -> Any:
        own = folder / name
        return _read(own if own.is_file() else _SHIPPED / name)

    baton, plain, titles = load("config/baton.yaml"), load("mappings/placeholders.yaml"), load("mappings/titles.yaml")
    streams: dict[str, dict[str, Any]] = {}
    for name in ("salesforce", "hubspot"):
        streams |= load(f"mappings/{name}.yaml")["streams"]
    shared = load("mappings/handoff.yaml")
    found = [
        Edition(definition, handoff or shared, baton, streams, Tables(plain, titles, handoff or shared))
        for definition, handoff in [(load("config/definition.yaml"), None), *_others(folder)]
    ]
    return sorted(found, key=lambda edition: edition.effective_from)


def _others(folder: Path) -> Iterator[tuple[Any, Any]]:
    for path in sorted((folder / "config/definitions").glob("*")):
        if path.is_file() and path.suffix == ".yaml":
            yield _read(path), None
        elif path.is_dir():
            files = {one.name: one for one in path.rglob("*.yaml")}
            yield _read(files["definition.yaml"]), _read(files["handoff.yaml"]) if "handoff.yaml" in files else None


def _read(path: Path) -> Any:
    return deepcopy(_parse(path.read_text(encoding="utf-8")))


@lru_cache(maxsize=64)
def _parse(text: str) -> Any:
    return YAML(typ="safe").load(text)
