"""A first reading by Bulk API 2.0: a query job, and its result as CSV, page by page.

Worth its trouble from some 50,000 rows on: a job costs a handful of calls and half a minute, and then a call brings 10,000
rows instead of 2,000. The cursor while it lasts is `{bulk: {job, at, locator, failed}}`: the job, when it was made, the page
to read next; whoever takes it up goes on with that page. A job that is gone (they are kept for seven days) is made anew;
one that fails twice, or an object that no job takes, is read by query. What changed since the job was made is read behind it.

Values come as text, told apart by the type that describe names, and are put into the form in which the REST API gives them,
so that reading a record the other way shows no change. Bulk results have no types for the values of field history, so
history is never read so. Sources: Bulk API 2.0 Developer Guide, "Get Results for a Query Job", "Query Job States".
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.kit.cell import LONGEST
from connectors.kit.errors import Refused
from connectors.kit.instant import read_instant, write_instant
from connectors.salesforce import soql
from connectors.salesforce.describe import FieldInfo, key_of
from connectors.salesforce.rows import Rows
from sync.core.model.records import Kind
from sync.errors import StreamUnavailable, TransientError
from sync.ports import Cursor, Page, StreamSpec

PAGE_ROWS = 10_000
"""Rows of one page: what is read again after a crash, at most. It is read as it comes."""
_SLICE = 250
"""Rows that are saved together. Two such slices of each job are held at once, of some seventy fields each: what is once
taken for them stays with the process."""
_MARGIN = timedelta(minutes=10)
"""What was committed late is read behind the job: a transaction lasts ten minutes at most (source: API limits)."""
_POLLS = (1.0, 2.0, 4.0, 8.0)
"""Seconds between two questions how a job stands; the last is repeated."""
_TRIES = 2
_UNFINISHED = frozenset({"Open", "UploadComplete", "InProgress"})
_BULKLESS = frozenset(
    {"INVALIDENTITY", "FEATURENOTENABLED", "API_ERROR", "INVALIDJOB", "EXCEEDED_QUOTA", "LIMIT_EXCEEDED"}
)
Row = dict[str, Any]


def takes_bulk(spec: StreamSpec) -> bool:
    return spec.kind is not Kind.HISTORY


def is_bulk(cursor: Cursor | None) -> bool:
    return cursor is not None and isinstance(cursor.get("bulk"), dict)


class _Lost(Exception):
    """The job is not there any more, or its pages are not."""


def read_bulk(rows: Rows, spec: StreamSpec, cursor: Cursor) -> Generator[Page, None, Cursor | None]:
    """Pages of one stream, every one with where to go on. Returns the cursor of the reading behind it: None for one from
    the beginning, where no job can be had."""
    state: dict[str, Any] = dict(cursor["bulk"])
    try:
        if not state.get("job"):
            state = _make_job(rows, spec, state)
            yield _page(spec, (), state)
        yield from _wait(rows, spec, state)
        yield from _read_pages(rows, spec, state)
    except _Lost:
        yield _page(spec, (), {"failed": state.get("failed", 0)})
        raise TransientError(f"Salesforce's bulk job for {spec.name} is gone; it is made anew") from None
    except Refused as error:
        if error.answer.code not in _BULKLESS and not (400 <= error.answer.status < 500):
            raise
        return None
    at = read_instant(state["at"])
    return {"t": write_instant(at - _MARGIN), "id": ""} if at else None


def _make_job(rows: Rows, spec: StreamSpec, state: Mapping[str, Any]) -> dict[str, Any]:
    query = soql.select(rows.columns(spec), spec.name)
    made = rows.client.post("jobs/query", {"operation": "queryAll", "query": query})
    return {"job": soql.check_id(made["id"]), "at": write_instant(rows.client.server_time()), "locator": "",
            "failed": state.get("failed", 0)}  # fmt: skip


def _wait(rows: Rows, spec: StreamSpec, state: Mapping[str, Any]) -> Iterator[Page]:
    """Until the job is done. Between two questions whoever reads may do something else: an empty page is given."""
    number = 0
    while True:
        told = _of_job(lambda: rows.client.get(f"jobs/query/{state['job']}", stream=spec.name))
        if told["state"] == "JobComplete":
            return
        if told["state"] not in _UNFINISHED:
            yield from _give_up(spec, state, str(told["state"]))
        rows.client.pace.sleep(_POLLS[min(number, len(_POLLS) - 1)])
        number += 1
        yield _page(spec, (), state)


def _give_up(spec: StreamSpec, state: Mapping[str, Any], how: str) -> Iterator[Page]:
    """The job failed or was aborted: the next one is the last."""
    failed = int(state.get("failed", 0)) + 1
    yield Page(spec.name, (), {"bulk": {"failed": failed}} if failed < _TRIES else {"t": _FIRST, "id": ""}, more=True)
    raise TransientError(f"Salesforce's bulk job for {spec.name} ended as {how}; it is read anew")


_FIRST = "1999-01-01T00:00:00Z"


def _read_pages(rows: Rows, spec: StreamSpec, state: dict[str, Any]) -> Iterator[Page]:
    seen = set[str]()
    while state["locator"] != "null":
        locator = state["locator"]
        if locator in seen:
            raise TransientError(f"Salesforce's bulk pages lead back to one that was read ({spec.name})")
        seen.add(locator)
        query = {"maxRecords": str(PAGE_ROWS), **({"locator": locator} if locator else {})}
        text, headers = _of_job(
            lambda query=query: rows.client.get_csv(f"jobs/query/{state['job']}/results", query, spec.name)
        )
        following = headers.get("Sforce-Locator") or "null"
        told, found = headers.get("Sforce-NumberOfRecords"), 0
        with text:
            slices = _slices(read_csv(text, rows.known(spec.name)))
            held = next(slices, None)
            while held is not None:
                found += len(held)
                behind = next(slices, None)
                if behind is None:
                    _check_count(spec, found, told)
                place = state if behind is not None else {**state, "locator": following}
                yield _page(spec, rows.records(spec, held), place)
                held = behind
        if not found:
            _check_count(spec, found, told)
            yield _page(spec, (), {**state, "locator": following})
        state["locator"] = following


def _check_count(spec: StreamSpec, found: int, told: str | None) -> None:
    """Raises TransientError where a page ends before all rows came that it promised."""
    if told is not None and told.isdecimal() and int(told) != found:
        raise TransientError(f"a page of a bulk result has {found} rows and promised {told} ({spec.name})")


def _of_job(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Refused as error:
        if error.answer.status in (400, 404, 410):
            raise _Lost from None
        raise
    except StreamUnavailable:
        raise _Lost from None


def _page(spec: StreamSpec, records: Sequence[Any], state: Mapping[str, Any]) -> Page:
    return Page(spec.name, records, {"bulk": dict(state)}, more=True)


def _slices(found: Iterator[Row]) -> Iterator[list[Row]]:
    some: list[Row] = []
    for row in found:
        some.append(row)
        if len(some) >= _SLICE:
            yield some
            some = []
    if some:
        yield some


# -- CSV -------------------------------------------------------------------------------------------------------------


def read_csv(text: Iterable[str], known: Mapping[str, FieldInfo]) -> Iterator[Row]:
    """Rows as the REST API would give them. Every page begins with the names of the columns; a field is quoted with `"`,
    may hold line breaks, and doubles quotes."""
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST))
    lines = csv.reader(text, strict=True)
    try:
        names = next(lines, [])
        readers = [_reader(name, known) for name in names]
        parents = [(name, *name.split(".", 1)) for name in names if "." in name]
        for cells in lines:
            if not cells:
                continue
            if len(cells) != len(names):
                raise TransientError("a row of Salesforce's bulk result is cut off")
            row: Row = {
                name: (cell or None) if read is None else (read(cell) if cell else None)
                for name, read, cell in zip(names, readers, cells, strict=True)
            }
            for name, parent, inner in parents:
                value = row.pop(name)
                row[parent] = {inner: value} if value is not None else None
            yield row
    except (csv.Error, UnicodeDecodeError) as error:
        raise TransientError("Salesforce's bulk result is no CSV") from error


def _reader(name: str, known: Mapping[str, FieldInfo]) -> Callable[[str], Any] | None:
    """How to read the values of one column; None: they are texts."""
    if "." in name:
        return None
    found = known.get(key_of(name, known) or "")
    return _READERS.get(found.type) if found else None


def _read_flag(text: str) -> bool:
    return text.lower() == "true"


def _read_number(text: str) -> float:
    return float(text)


def _read_whole(text: str) -> int:
    return int(float(text))


def _read_time(text: str) -> str:
    """`…T09:15:02.000Z` as `…T09:15:02.000+0000`, which is how the REST API writes it."""
    return f"{text[:-1]}+0000" if text.endswith("Z") else text


_READERS: Mapping[str, Callable[[str], Any]] = {
    "boolean": _read_flag,
    "double": _read_number,
    "currency": _read_number,
    "percent": _read_number,
    "int": _read_whole,
    "long": _read_whole,
    "datetime": _read_time,
}
