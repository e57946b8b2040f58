"""What a run of requests cost beside the fewest calls that the same reading and writing needs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

import orjson

from connectors.simulator.kernel import LogEntry

_BATCHES = {"batch/read": 100, "batch/update": 100}
HISTORY_BATCH = 50
ASSOCIATION_BATCH, COLLECTION_BATCH, RETRIEVE_BATCH = 1000, 200, 2000
QUERIES_PER_COMPOSITE, PARTS_PER_COMPOSITE = 5, 25


def least_calls(entries: Iterable[LogEntry]) -> int:
    """Fewest API calls for what these requests of one step of one system read and wrote.

    Rows that went in several batches are counted as if every batch had been full; looking things up that never change
    (tokens, definitions, describes), and what the CRM itself counts as no call, counts nothing. The largest batches are
    the vendors' own limits.
    """
    rows: Counter[tuple[str, int]] = Counter()
    single = queries = parts = 0
    for entry in entries:
        if not entry.cost:
            continue
        body = orjson.loads(entry.body) if entry.body[:1] in (b"{", b"[") else {}
        path = entry.path
        if path.endswith("/composite"):
            parts += len(body["compositeRequest"])
            queries += sum("/query" in part["url"] for part in body["compositeRequest"])
        elif "/composite/sobjects" in path:
            size = COLLECTION_BATCH if entry.method == "PATCH" else RETRIEVE_BATCH
            rows[f"{entry.method} {path}", size] += len(body.get("records") or body.get("ids") or ())
        elif "/associations/" in path:
            rows[path, ASSOCIATION_BATCH] += len(body.get("inputs") or ())
        elif path.endswith(tuple(_BATCHES)):
            rows[path, HISTORY_BATCH if body.get("propertiesWithHistory") else 100] += len(body["inputs"])
        elif _reads_records(path):
            single += 1
    # What is no query rides along with them.
    single += max(math.ceil(queries / QUERIES_PER_COMPOSITE), math.ceil(parts / PARTS_PER_COMPOSITE))
    return single + sum(math.ceil(amount / size) for (_, size), amount in rows.items())


def _reads_records(path: str) -> bool:
    looked_up_once = ("/oauth", "/properties", "/describe", "/account-info", "/sobjects", "/limits")
    return not any(part in path for part in looked_up_once) and not path.endswith("/services/data")
