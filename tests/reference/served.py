"""The CRMs' records as they were served: raw bodies of answers merged per record, in the order in which they came."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Assoc = tuple[str, str]


@dataclass
class Served:
    """Everything one side has ever told: Salesforce rows by object and id, HubSpot records by type and id."""

    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    records: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    owners: dict[str, dict[str, Any]] = field(default_factory=dict)
    associations: dict[tuple[str, str], dict[str, set[str]]] = field(default_factory=lambda: defaultdict(dict))
    """(from type, to type) → from id → to ids; the last answer about a record replaces the earlier ones."""
    unfinished: set[tuple[str, str, str]] = field(default_factory=set)
    """(from type, to type, from id) whose latest answer has further pages."""
    revisions: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    """HubSpot contact → property → what it held, the newest first."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """Changes of contacts that somebody told by hand: id, field, old, new, at, by."""

    def hear(self, system: str, path: str, body: bytes) -> None:
        """Take in one answer."""
        try:
            answer = json.loads(body)
        except ValueError:
            return
        if system == "salesforce":
            self._hear_rows(answer)
        else:
            self._hear_hubspot(path, answer)

    def _hear_rows(self, answer: Any) -> None:
        if isinstance(answer, list):
            for entry in answer:
                self._hear_rows(entry)
        elif isinstance(answer, dict):
            kind = (answer.get("attributes") or {}).get("type")
            if kind and answer.get("Id"):
                self.rows[kind].setdefault(answer["Id"], {}).update(
                    {k: v for k, v in answer.items() if k != "attributes"}
                )
            for name in ("compositeResponse", "records", "body"):
                if name in answer:
                    self._hear_rows(answer[name])

    def _hear_hubspot(self, path: str, answer: Any) -> None:
        if not isinstance(answer, dict) or "/search" in path:
            return  # search may be stale: a careful reader takes only ids from it
        if "/batch/update" in path:
            return  # the echo of our own writing tells nothing of what people did
        results = answer.get("results") or []
        if "/associations/" in path:
            self._hear_associations(path, answer)
        elif "/owners" in path:
            self.owners.update({o["id"]: o for o in results})
        elif "/objects/" in path:
            kind = path.split("/objects/")[1].split("?")[0].strip("/").split("/")
            name = next(part for part in kind if not part[0].isdigit() or part.startswith("0-"))
            for record in results:
                held = self.records[name].setdefault(record["id"], {"properties": {}, "archived": False})
                held["properties"].update(record.get("properties") or {})
                held["archived"] = bool(record.get("archived"))
                if name == "contacts":
                    self.revisions.setdefault(record["id"], {}).update(record.get("propertiesWithHistory") or {})
            self._hear_links(name, results)

    def _hear_links(self, name: str, results: list[dict[str, Any]]) -> None:
        """Associations told along with a list: a page that tells of any tells of all its records."""
        for target in {target for record in results for target in record.get("associations") or {}}:
            for record in results:
                told = (record.get("associations") or {}).get(target) or {}
                place = (name, target, record["id"])
                (self.unfinished.add if (told.get("paging") or {}).get("next") else self.unfinished.discard)(place)
                self._associate(name, target, record["id"], {str(other["id"]) for other in told.get("results") or []})

    def _hear_associations(self, path: str, answer: dict[str, Any]) -> None:
        parts = [p for p in path.split("?")[0].split("/") if p]
        origin, target = parts[parts.index("batch") - 2], parts[parts.index("batch") - 1]
        for entry in answer.get("errors") or []:
            for missing in (entry.get("context") or {}).get("fromObjectId", []):
                self._associate(origin, target, str(missing), set())
        for entry in answer.get("results") or []:
            record, others = str(entry["from"]["id"]), {str(t["toObjectId"]) for t in entry["to"]}
            place = (origin, target, record)
            if place in self.unfinished:
                others |= self.associations[origin, target][record]
            (self.unfinished.add if (entry.get("paging") or {}).get("next") else self.unfinished.discard)(place)
            self._associate(origin, target, record, others)

    def _associate(self, origin: str, target: str, record: str, others: set[str]) -> None:
        """The latest answer about a record is right, whichever end an earlier one was asked from."""
        self.associations[origin, target][record] = others
        for other, known in self.associations[target, origin].items():
            (known.add if other in others else known.discard)(record)

    def subjects(self, kind: str, record_id: str) -> set[str]:
        """Contacts that an engagement hangs on, from either direction's answers."""
        direct = self.associations[kind, "contacts"].get(record_id)
        found = set(direct or ())
        found |= {c for c, ids in self.associations["contacts", kind].items() if record_id in ids}
        return found
