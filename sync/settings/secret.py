"""References to secrets. The value is read when it is needed and never kept, printed or compared."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from sync.errors import ConfigError, Problem

ENV_FILE = ".env"
"""In the operator's folder: `NAME=value` lines for those references `env:NAME` that the environment does not set."""
_OTHERS = 0o077
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")


def resolve(reference: str, place: str, folder: Path) -> str:
    """The text behind `env:NAME` (the environment, else `.env` in the operator's folder) or `file:PATH` (relative to that
    folder); other text is returned as is.

    Raises ConfigError when there is nothing behind it; the message names the reference, never the value.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name, "") or read_env_file(folder).get(name, "")
        if not value:
            hint = f"write {name}=… into {folder / ENV_FILE}, or export {name}=…"
            raise ConfigError(Problem(place, f"the environment variable {name} is not set", hint))
        return value
    if kind == "file":
        try:
            text = resolve_path(name, folder).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(Problem(place, f"the secret file {name} cannot be read", "check the path")) from error
        if not text:
            raise ConfigError(Problem(place, f"the secret file {name} is empty", "put the secret into it"))
        return text
    return reference


def resolve_path(name: str, folder: Path) -> Path:
    """Where a secret lies, with `~` and `${CREDENTIALS_DIRECTORY}` and the like filled in: only the service manager knows where those are."""
    return folder / Path(os.path.expandvars(name)).expanduser()


def find_exposed(references: Iterable[str], folder: Path) -> dict[Path, int]:
    """File that holds a secret and that others on this machine can read → its mode.

    What a service manager or a container hands over is left to it: it lies where only the service looks.
    """
    found: dict[Path, int] = {}
    handed = [Path(place) for place in (os.environ.get("CREDENTIALS_DIRECTORY", ""), "/run/secrets") if place]
    for reference in references:
        kind, _, name = reference.partition(":")
        path = folder / ENV_FILE if kind == "env" else resolve_path(name, folder)
        if kind not in ("env", "file") or any(path.is_relative_to(place) for place in handed) or not path.is_file():
            continue
        mode = path.stat().st_mode & 0o777
        if mode & _OTHERS:
            found[path] = mode
    return found


def read_env_file(folder: Path) -> dict[str, str]:
    """What `.env` of this folder sets; nothing where there is none. Values may stand in quotes; `#` begins a comment.

    Raises ConfigError, naming file and line and never the text, for a line that sets nothing.
    """
    path = folder / ENV_FILE
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            Problem(str(path), "cannot be read", "check owner and permissions; save it as UTF-8")
        ) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        told = _LINE.fullmatch(line)
        if told is None:
            raise ConfigError(Problem(f"{path}:{number}", "sets nothing (not shown)", "write NAME=value"))
        found[told[1]] = _unquoted(told[2])
    return found


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] in "\"'" and (end := text.find(text[0], 1)) > 0:
        return text[1:end]
    return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].rstrip()
