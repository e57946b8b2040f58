"""What is wrong before any CRM is asked: files, credentials, the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sync.errors import ConfigError
from sync.flow.check.finding import Finding


def tell_problems(kind: str, error: ConfigError) -> list[Finding]:
    return [Finding(kind, one.path, {"message": one.message, "hint": one.hint}) for one in error.problems]


def tell_exposed(exposed: Mapping[Path, int]) -> Iterator[Finding]:
    """`exposed`: file that holds a secret and that others on this machine can read → its mode."""
    return (Finding("secret_open", str(path), {"mode": f"{mode:04o}"}) for path, mode in exposed.items())
