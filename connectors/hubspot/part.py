"""Where to begin in a large list, so that its parts are about equally long: ids that search tells."""

from __future__ import annotations

from connectors.hubspot.client import Client
from sync.ports import StreamSpec

PARTS = 4
"""Parts of a list that are read at the same time: at 0.2 s a call, as many as the windows permit."""
PARTS_FROM = 10_000
"""Records from which on a list is worth parting."""
_CLOSE = 0.02
"""Of all records, how far from its goal a place may be."""
_TRIES = 6
"""Searches for one place. Ids are no even numbering, so that guesses can be bad; the best is taken then."""


def find_begins(client: Client, spec: StreamSpec, parts: int) -> list[int]:
    """The ids, ascending, at which all parts but the first begin: at most `parts - 1` of them. Search is asked some times,
    a record a time; that it lags is no matter, for every id of a record is as good."""
    first, last = _find(client, spec, 0), _find(client, spec, 0, descending=True)
    if first is None or last is None or last[0] <= first[0]:
        return []
    low, high = first, (last[0], 1)
    found: list[int] = []
    for number in range(1, parts):
        near = _find_near(client, spec, low, high, first[1] * (parts - number) // parts, int(first[1] * _CLOSE))
        if low[0] < near[0] < high[0]:
            found.append(near[0])
            low = near
    return found


_Found = tuple[int, int]
"""An id, and how many records there are from it on."""


def _find_near(client: Client, spec: StreamSpec, low: _Found, high: _Found, goal: int, close: int) -> _Found:
    """Of the records between these the one from which on there are about `goal`."""
    best = low
    for number in range(_TRIES):
        # By turns as though ids were even, and in the middle.
        share = 0.5 if number % 2 else (low[1] - goal) / max(low[1] - high[1], 1)
        told = _find(client, spec, low[0] + int((high[0] - low[0]) * share))
        if told is None:
            break
        best = told if abs(told[1] - goal) < abs(best[1] - goal) else best
        if abs(told[1] - goal) <= close or not low[0] < told[0] < high[0]:
            break
        low, high = (told, high) if told[1] > goal else (low, told)
    return best


def _find(client: Client, spec: StreamSpec, least: int, *, descending: bool = False) -> _Found | None:
    """The first record from this id on, or the last of all; None: there is none."""
    direction = "DESCENDING" if descending else "ASCENDING"
    body = {
        "filterGroups": [{"filters": [{"propertyName": "hs_object_id", "operator": "GTE", "value": str(least)}]}],
        "sorts": [{"propertyName": "hs_object_id", "direction": direction}],
        "properties": ["hs_object_id"],
        "limit": 1,
    }
    told = client.find(spec.name, body)
    return (int(told["results"][0]["id"]), int(told["total"])) if told["results"] else None
