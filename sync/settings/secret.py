"""References to secrets. The value is read when it is needed and never kept, printed or compared."""

from __future__ import annotations

import os
from pathlib import Path

from sync.errors import ConfigError, Problem


def resolve(reference: str, place: str, folder: Path) -> str:
    """The text behind `env:NAME` or `file:PATH` (relative to the operator's folder); other text is returned as is.

    Raises ConfigError when there is nothing behind it; the message names the reference, never the value.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name, "")
        if not value:
            raise ConfigError(Problem(place, f"the environment variable {name} is not set", f"export {name}=…"))
        return value
    if kind == "file":
        try:
            text = (folder / Path(name).expanduser()).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(Problem(place, f"the secret file {name} cannot be read", "check the path")) from error
        if not text:
            raise ConfigError(Problem(place, f"the secret file {name} is empty", "put the secret into it"))
        return text
    return reference
