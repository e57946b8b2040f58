"""Records that somebody hands over as an API would return them: what reading them shares between systems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from connectors.kit.instant import read_instant, write_instant
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.ports import FieldChange, Given, StreamSpec


def rows_of(given: Given, known: Mapping[str, Kind], unread: frozenset[str]) -> Iterator[tuple[StreamSpec, str, Any]]:
    """(stream, place, row) of everything given. Raises ValueError naming the place of what cannot be one.

    A stream that the mapping leaves out is not read; objects in `unread` exist in the system and are none of ours.
    """
    specs = {spec.name: spec for spec in given.specs}
    for stream, rows in given.objects.items():
        if stream in unread:
            continue
        if stream not in known:
            raise ValueError(f"{given.connection}.{stream}: not an object that Baton reads; known: {', '.join(known)}")
        if not isinstance(rows, list):
            raise ValueError(f"{given.connection}.{stream}: a list of records is expected")
        for number, row in enumerate(rows):
            place = f"{given.connection}.{stream}[{number}]"
            if not isinstance(row, dict):
                raise ValueError(f"{place}: a record is an object")
            if stream in specs:
                yield specs[stream], place, row


@contextmanager
def in_place(place: str) -> Iterator[None]:
    """What goes wrong inside is told as a ValueError that names the place."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        text = str(error)
        raise ValueError(text if text.startswith(place) else f"{place}: {text}") from error


def change_record(given: Given, change: FieldChange, number: int, facts: Mapping[str, Any]) -> SourceRecord:
    """One change of one field as the history record that a connector would have read."""
    told = {**facts, "subject": str(change.record), "at": write_instant(change.at)}
    ref = RecordRef(given.connection, "history", str(number))
    return SourceRecord(ref, Kind.HISTORY, change.at, facts=told)


def is_watched(given: Given, change: FieldChange, facts: Mapping[str, Any]) -> bool:
    """Whether the mapping reads the field whose value changed; other kinds of change always count."""
    watched = next((spec.watched for spec in given.specs if spec.name == change.record.stream), ())
    return facts["field"] != "value" or facts["name"] in watched


def first_stamp(row: Mapping[str, Any], names: Sequence[str], place: str) -> Any:
    """The first of several stamps that the row holds. Raises ValueError for one that is no instant."""
    for name in names:
        if row.get(name) not in (None, ""):
            check_instants(row, (name,), place)
            return row[name]
    return None


def check_instants(row: Mapping[str, Any], names: Sequence[str], place: str) -> None:
    """Raises ValueError naming a field that should hold an instant and holds something else."""
    for name in names:
        if row.get(name) not in (None, "") and read_instant(row[name]) is None:
            raise ValueError(f"{place}.{name}: {row[name]!r} is no instant with a time zone")


def check_days(row: Mapping[str, Any], names: Sequence[str], place: str) -> None:
    """Raises ValueError naming a field that should hold a day (`YYYY-MM-DD`) and holds something else."""
    for name in names:
        if row.get(name) not in (None, ""):
            with in_place(f"{place}.{name}"):
                date.fromisoformat(row[name])


def check_texts(row: Mapping[str, Any], names: Sequence[str], place: str) -> None:
    """Raises ValueError naming a field that should hold a text and holds something else."""
    for name in names:
        if row.get(name) is not None and not isinstance(row[name], str):
            raise ValueError(f"{place}.{name}: a text is expected")
