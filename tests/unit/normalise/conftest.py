"""The shipped tables, and a short way to ask what becomes of a value written on 2026-01-15 in Tokyo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from sync.core.mapping.normalise import Tables, compile_tables, normalise
from sync.core.model.items import NormaliseContext, Normalised

MAPPINGS = Path(__file__).parents[3] / "mappings"
Ask = Callable[..., Normalised]


@pytest.fixture(scope="session")
def tables() -> Tables:
    yaml = YAML(typ="safe")
    return compile_tables(yaml.load(MAPPINGS / "titles.yaml"), yaml.load(MAPPINGS / "placeholders.yaml"))


@pytest.fixture
def ask(tables: Tables) -> Ask:
    def ask(kind: str, raw: object, *, written: str | None = "2026-01-15", **context: Any) -> Normalised:
        on = datetime.fromisoformat(written).replace(tzinfo=ZoneInfo("Asia/Tokyo")) if written else None
        options = context.pop("options", {})
        return normalise(kind, raw, NormaliseContext(written_on=on, **context), tables, options)

    return ask
