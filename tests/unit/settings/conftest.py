from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from pydantic import BaseModel, ConfigDict

from sync import resources
from sync.core.model.records import Kind
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


class FakeVendor(NamedTuple):
    streams: Mapping[str, Kind]
    settings: type[BaseModel] = VendorSettings


ACTIVITY, HISTORY, PERSON = Kind.ACTIVITY, Kind.HISTORY, Kind.PERSON
HUBSPOT = {
    "contacts": PERSON, "leads": Kind.QUALIFICATION, "calls": ACTIVITY, "emails": ACTIVITY, "meetings": ACTIVITY,
    "tasks": ACTIVITY, "communications": ACTIVITY, "owners": Kind.USER,
}  # fmt: skip
SALESFORCE = {
    "Lead": PERSON, "Contact": PERSON, "Account": Kind.ACCOUNT, "Opportunity": Kind.DEAL,
    "OpportunityContactRole": Kind.ROLE, "Task": ACTIVITY, "Event": ACTIVITY, "EmailMessage": ACTIVITY,
    "LeadHistory": HISTORY, "OpportunityFieldHistory": HISTORY, "OpportunityHistory": HISTORY, "User": Kind.USER,
}  # fmt: skip
VENDORS = {"salesforce": lambda: FakeVendor(SALESFORCE), "hubspot": lambda: FakeVendor(HUBSPOT)}


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
        return load_settings(self.root, VENDORS, overrides)

    def load_other(self, root: Path) -> Settings:
        return load_settings(root, VENDORS)

    def problems(self) -> list[Problem]:
        with pytest.raises(ConfigError) as refused:
            self.load()
        return list(refused.value.problems)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
