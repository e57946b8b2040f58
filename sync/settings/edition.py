"""Another definition laid over the operator's folder: a file or a folder of files, for comparing and what-if."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sync.errors import ConfigError, Problem
from sync.settings.document import read_document
from sync.settings.load import Vendors, load_settings
from sync.settings.version import DEFINITION
from sync.settings.whole import Settings

HANDOFF, BATON = "mappings/handoff.yaml", "config/baton.yaml"
_JUDGING = ("flags", "calendars", "clocks")
"""Sections of config/baton.yaml that belong to a definition; connections and the rest stay those of the folder."""


def load_edition(folder: Path, other: Path, vendors: Vendors) -> Settings:
    """The folder's settings under another definition: `other` is a definition.yaml, a handoff.yaml, or a folder that
    holds some of the folder's files. What it lacks is taken from `folder`. Raises ConfigError.
    """
    if other.is_dir():
        instead = _files_in(other)
        baton = other / BATON
        overrides = _judging_part(baton) if baton.is_file() else {}
        if not instead and not overrides:
            hint = f"put {DEFINITION} or {HANDOFF} into it, or name the file itself"
            raise ConfigError(Problem(str(other), "holds no file that decides anything", hint))
        return load_settings(folder, vendors, overrides, instead)
    return load_settings(folder, vendors, None, {_role_of(other): other})


def _files_in(other: Path) -> dict[str, Path]:
    """The folder's files that `other` brings along: laid out as there, or beside each other as a kept version's."""
    named = [DEFINITION, *(f"mappings/{path.name}" for path in sorted((other / "mappings").glob("*.yaml")))]
    beside = {name: other / Path(name).name for name in (DEFINITION, HANDOFF)}
    found = {**beside, **{name: other / name for name in named if (other / name).is_file()}}
    return {name: path for name, path in found.items() if path.is_file()}


def _judging_part(path: Path) -> Mapping[str, Any]:
    document = read_document(path, str(path))
    return {name: document.data[name] for name in _JUDGING if name in document.data}


def _role_of(path: Path) -> str:
    """Which of the operator's files this one stands for, by what is in it."""
    if not path.is_file():
        raise ConfigError(Problem(str(path), "does not exist", "name a definition.yaml, a handoff.yaml or a folder"))
    document = read_document(path, str(path))
    for name, keys in ((DEFINITION, {"pass", "sql"}), (HANDOFF, {"items", "presets"})):
        if keys & document.data.keys():
            return name
    raise ConfigError(Problem(str(path), "is neither a definition nor a list of items", f"start from {DEFINITION}"))
