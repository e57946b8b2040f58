"""When each record was last modified, by what the CRMs count as that.

Salesforce: `SystemModstamp`, which also moves when an activity that hangs on the record is saved, because that may move its
`LastActivityDate`. HubSpot: changes of the record itself; a new association moves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

_SALESFORCE = {"001": "Account", "003": "Contact", "006": "Opportunity", "00Q": "Lead"}
_ACTIVITIES = frozenset(("Task", "Event"))


class StampBook:
    """Follows the events as they are written."""

    def __init__(self) -> None:
        self.of: dict[str, datetime] = {}
        """Record ref → stamp."""
        self._hangs_on: dict[str, set[str]] = {}
        """Activity → the Salesforce records below which it is shown."""

    def note(self, at: datetime, event: Mapping[str, Any]) -> None:
        ref = f"{event['system']}:{event['object']}:{event['id']}"
        record: Mapping[str, Any] = event.get("record") or {}
        touched = {ref}
        if event["op"] == "convert":
            made = {_ref(record.get(name)) for name in ("AccountId", "ContactId", "OpportunityId")} - {""}
            self._move(
                ref, {_ref(record.get("ContactId")), _ref(record.get("OpportunityId") or record.get("AccountId"))}
            )
            touched |= made
        elif event["op"] == "merge":
            touched |= {f"hubspot:contacts:{record['new_id']}"} if "new_id" in record else set()
            self._move(f"salesforce:Lead:{event['loser']}", {ref})
        elif event["object"] in _ACTIVITIES and event["system"] == "salesforce":
            links = {_ref(record[name]) for name in ("WhoId", "WhatId") if record.get(name)}
            touched |= self._hangs_on.setdefault(ref, links)
        for one in touched:
            self.of[one] = max(at, self.of.get(one, at))

    def _move(self, away: str, to: Iterable[str]) -> None:
        for links in self._hangs_on.values():
            if away in links:
                links.discard(away)
                links.update(one for one in to if one)


def _ref(record_id: Any) -> str:
    return f"salesforce:{_SALESFORCE[record_id[:3]]}:{record_id}" if record_id else ""
