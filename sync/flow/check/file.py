"""What is wrong before any CRM is asked: files, credentials, the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sync.errors import ConfigError
from sync.flow.check.finding import Finding

_OTHERS = 0o077


def tell_problems(kind: str, error: ConfigError) -> list[Finding]:
    return [Finding(kind, one.path, {"message": one.message, "hint": one.hint}) for one in error.problems]


def find_open_file(folder: Path) -> Iterator[Finding]:
    """Credentials that others on this machine can read."""
    path = folder / ".env"
    if path.is_file() and (mode := path.stat().st_mode & 0o777) & _OTHERS:
        yield Finding("env_file_open", str(path), {"mode": f"{mode:04o}"})
