"""Searching by record id: pages in ascending order, believed only as far as they are in order.

Search can give rows out of order (users' reports: "sometimes by close to an hour"), rows that were asked for before, and
rows outside the filters. Behind the greatest id of a full page that is out of order others may be missing; so of such a
page the range of ids is halved until what is left of it fits on a page, whose order says nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from connectors.hubspot.client import Client
from sync.errors import TransientError
from sync.ports import StreamSpec

PAGE = 200
_HALVINGS = 40
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """Rows behind some id; everything up to `last` is among them or was before."""

    rows: Sequence[Row]
    last: int
    more: bool


def search_ids(client: Client, spec: StreamSpec, filters: Sequence[Mapping[str, Any]], last: int) -> Found:
    """The next rows behind the id `last` (0: from the beginning). Raises TransientError when search gives nothing but
    what lies before it: the next cycle asks again from there."""
    upper: int | None = None
    for _ in range(_HALVINGS):
        page = client.search(spec.name, [*filters, *_range(last, upper)], PAGE)
        ids = [int(row["id"]) for row in page]
        rows = [row for row, one in zip(page, ids, strict=True) if one > last and (upper is None or one <= upper)]
        full = len(page) >= PAGE
        if not full:
            return Found(rows, upper if upper is not None else max(ids, default=last), upper is not None)
        beyond = [one for one in ids if one > last]
        if not beyond:
            raise TransientError("HubSpot's search gives the same page again and again")
        if len(beyond) == len(ids) and all(one <= other for one, other in pairwise(ids)):
            return Found(rows, ids[-1], True)
        within = sorted(one for one in beyond if upper is None or one < upper) or [last + 1]
        upper = within[len(within) // 2] if upper is None else last + max(1, (upper - last) // 2)
    raise TransientError("HubSpot's search gives its rows in no order")


def _range(last: int, upper: int | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    if last:
        found.append({"propertyName": "hs_object_id", "operator": "GT", "value": str(last)})
    if upper is not None:
        found.append({"propertyName": "hs_object_id", "operator": "LTE", "value": str(upper)})
    return found
