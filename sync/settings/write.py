"""Write settings into the operator's folder, keeping the comments of the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from sync import resources


def write_overrides(folder: Path, overrides: Mapping[str, Any]) -> Path:
    """Set these settings in `config/baton.yaml` of the folder (from the shipped one if it has none); its path."""
    path = folder / "config" / "baton.yaml"
    source = path if path.is_file() else resources.shipped("config/baton.yaml")
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 120
    tree = yaml.load(source.read_text(encoding="utf-8"))
    _set(tree, overrides)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(tree, file)
    return path


def _set(tree: Any, overrides: Mapping[str, Any]) -> None:
    for key, value in overrides.items():
        if isinstance(value, Mapping) and isinstance(tree.get(key), dict):
            _set(tree[key], value)
        else:
            tree[key] = value
