"""Rows of the stub as bytes, and what its two systems have in common."""

from __future__ import annotations

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import orjson

from tests.benchmarks.company import NOW, Company, Table

API = "62.0"
CALL_S = 0.08
"""Of a modelled call, on either system."""
JSON = {"Content-Type": "application/json"}
_CACHE_BYTES = 300_000_000
Answer = tuple[int, bytes, Mapping[str, str]]


class Pages:
    """Rows as bytes; what was asked for before lies ready."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.served = Counter[str]()
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._size = 0
        self._templates: dict[tuple[Any, ...], str] = {}

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()
            self._size = 0

    def rows(self, table: Table, numbers: Sequence[int], form: str, names: tuple[str, ...]) -> bytes:
        """Joined by commas, or lines of CSV."""
        self.served["records"] += len(numbers)
        key = (table.name, form, names, (numbers.start, numbers.stop) if isinstance(numbers, range) else tuple(numbers))
        with self._lock:
            if (kept := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return kept
        made = ("\n" if form == "csv" else ",").join(self._row(table, n, form, names) for n in numbers).encode()
        with self._lock:
            self._kept[key] = made
            self._size += len(made)
            while self._size > _CACHE_BYTES:
                self._size -= len(self._kept.popitem(last=False)[1])
        return made

    def _row(self, table: Table, number: int, form: str, names: tuple[str, ...]) -> str:
        variables = table.variables(self.company, number)
        if form == "csv":
            variables = {name: "" if value == "null" else value for name, value in variables.items()}
        template = self._templates.get((table.name, form, names))
        if template is None:
            template = self._templates[table.name, form, names] = _template(table, form, names)
        text = template % variables
        written = self.company.written.get(variables["id"]) if self.company.written else None
        return _with(text, form, names, written) if written else text


_PEOPLE = ',"associations":{"contacts":{"results":[{"id":"%(person)s","type":"to_contact"}]}}'
"""Of an activity, where a list is asked to tell it along (form `hubspot+`)."""


def _template(table: Table, form: str, names: tuple[str, ...]) -> str:
    known = [name for name in names if name in table.fields]
    if form == "csv":
        return ",".join("" if table.fields[name] == "null" else table.fields[name] for name in known)
    fields = ",".join(f'"{name}":{table.fields[name]}' for name in known)
    if form == "salesforce":
        url = f"/services/data/v{API}/sobjects/{table.name}/%(id)s"
        return f'{{"attributes":{{"type":"{table.name}","url":"{url}"}},{fields}}}'
    made = table.fields.get("createdate") or table.fields["hs_createdate"]
    return (
        f'{{"id":"%(id)s","properties":{{{fields}}},"createdAt":{made},"updatedAt":{table.fields[table.stamp]},'
        f'"archived":false{_PEOPLE if form.endswith("+") else ""}}}'
    )


def _with(text: str, form: str, names: tuple[str, ...], written: Mapping[str, Any]) -> str:
    if form == "csv":
        return text  # our fields are behind a bulk reading
    row = orjson.loads(text)
    held = row["properties"] if form.startswith("hubspot") else row
    held.update({name: value for name, value in written.items() if name in names})
    return orjson.dumps(row).decode()


class System:
    """What both CRMs have in common."""

    def __init__(self, company: Company, tables: Mapping[str, Table], modelled: bool) -> None:
        self.company = company
        self.tables = tables
        self.modelled = modelled
        self.pages = Pages(company)
        self.calls = Counter[str]()
        self.kept: list[tuple[float, str, str, str]] | None = None
        self.url = ""
        self._began = time.monotonic()

    @property
    def now(self) -> str:
        return format_datetime(NOW + timedelta(seconds=time.monotonic() - self._began), usegmt=True)

    def answer(self, method: str, target: str, body: bytes) -> Answer:
        raise NotImplementedError
