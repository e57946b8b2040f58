from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from sync import resources
from sync.errors import ConfigError, Problem
from sync.settings import Settings, load_settings

COPIED = (
    "config/baton.yaml",
    "config/definition.yaml",
    "mappings/handoff.yaml",
    "mappings/hubspot.yaml",
    "mappings/salesforce.yaml",
)
"""The others are long and come from the shipped room."""


class Login(BaseModel):
    model_config = ConfigDict(extra="forbid")

    flow: str
    token: str | None = None
    client_id: str | None = None
    client_secret: str | None = None


class VendorSettings(BaseModel):
    """Stands for a connector's own model."""

    model_config = ConfigDict(extra="forbid")

    url: str
    auth: Login
    budget: float = 0.8


MODELS = {"salesforce": lambda: VendorSettings, "hubspot": lambda: VendorSettings}


class Folder:
    """An operator's folder: a copy of the shipped files to make mistakes in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for room in ("config", "mappings"):
            (root / room).mkdir()
        for name in COPIED:
            shutil.copy(resources.shipped(name), root / name)

    def edit(self, name: str, old: str, new: str) -> int:
        """Replace the only occurrence; the line on which it stands."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} occurs {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def load(self, **overrides: object) -> Settings:
        return load_settings(self.root, MODELS, overrides)

    def load_other(self, root: Path) -> Settings:
        return load_settings(root, MODELS)

    def problems(self) -> list[Problem]:
        with pytest.raises(ConfigError) as refused:
            self.load()
        return list(refused.value.problems)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
