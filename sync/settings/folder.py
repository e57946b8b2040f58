"""What can be told of the operator's folder whatever is wrong with its files."""

from __future__ import annotations

from pathlib import Path

from sync.errors import ConfigError
from sync.settings.document import read_document
from sync.settings.whole import Settings


def read_language(folder: Path) -> str:
    """In which language its operators read; the default where the file does not say."""
    path = folder / "config" / "baton.yaml"
    try:
        told = read_document(path, path.name).data.get("language")
    except ConfigError:
        told = None
    return "en" if told == "en" else "ja"


def has_store(settings: Settings) -> bool:
    """Whether there is a store already: a SQLite file, or a server that may have one. Raises ConfigError."""
    head, _, path = settings.store_url.partition("sqlite:///")
    return bool(head) or not path or Path(path).is_file()
