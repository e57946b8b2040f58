"""The data rooms `config/` and `mappings/`: inside the wheel first, else beside `sync/` in a checkout."""

from __future__ import annotations

from pathlib import Path

from sync.errors import BugError

_SYNC = Path(__file__).resolve().parent


def room(name: str, sync_folder: Path = _SYNC) -> Path:
    """The folder of a shipped data room. Raises BugError when the installation lacks it."""
    for folder in (sync_folder / "_shipped" / name, sync_folder.parent / name):
        if folder.is_dir():
            return folder
    raise BugError(f"the shipped files of {name}/ are missing: this installation of Baton is incomplete")


def shipped(name: str, sync_folder: Path = _SYNC) -> Path:
    """A shipped file such as `config/baton.yaml` (it may not exist)."""
    folder, _, rest = name.partition("/")
    return room(folder, sync_folder) / rest
