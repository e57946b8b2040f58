"""What a probe settled of what the vendors' documents leave open, by connection. No record and no value is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection

from sync.store.store import read_note, write_note


@dataclass(frozen=True, slots=True)
class Probed:
    """Answers of one connection; None: not settled, so whoever asks takes the safe branch."""

    at: datetime
    unlike: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Stream → flags that do not come back as they were written."""
    owner_stays: Mapping[str, bool] = field(default_factory=dict[str, bool])
    """Stream → whether a write of ours leaves the owner alone."""
    others: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Stream → fields of others that changed when ours were written: the org's own automation."""
    visible_after: timedelta | None = None
    """How long a change of ours took until a sweep found it; the longest."""
    not_visible: bool = False
    """It was not found as long as anybody waited, which `visible_after` tells."""
    identical_moves: bool | None = None
    """Whether writing what is there moves the modification stamp."""
    missing_is_gone: bool | None = None
    """Whether a write to an id that does not exist is told apart from its neighbours in the batch, as a record that is
    gone."""


def write(tx: Connection, connection: str, probed: Probed) -> None:
    told: dict[str, Any] = {
        "at": probed.at,
        "unlike": probed.unlike,
        "owner_stays": probed.owner_stays,
        "others": probed.others,
        "visible_after": None if probed.visible_after is None else probed.visible_after.total_seconds(),
        "not_visible": probed.not_visible,
        "identical_moves": probed.identical_moves,
        "missing_is_gone": probed.missing_is_gone,
    }
    write_note(tx, f"probe:{connection}", orjson.dumps(told).decode())


def read(tx: Connection, connection: str) -> Probed | None:
    """None: nothing was ever probed there."""
    note = read_note(tx, f"probe:{connection}")
    if note is None:
        return None
    told = orjson.loads(note)
    seconds = told["visible_after"]
    return Probed(
        datetime.fromisoformat(told["at"]),
        {stream: tuple(flags) for stream, flags in told["unlike"].items()},
        told["owner_stays"],
        {stream: tuple(fields) for stream, fields in told["others"].items()},
        None if seconds is None else timedelta(seconds=seconds),
        told["not_visible"],
        told["identical_moves"],
        told["missing_is_gone"],
    )
