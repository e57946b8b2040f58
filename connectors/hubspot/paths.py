"""Paths of the API. HubSpot's versions are dates; `v3` paths go unsupported in September 2027.

Source: HubSpot changelog, "Legacy APIs and legacy apps: what's going unsupported and when". The dated path of owners
follows the pattern of the others (`/crm/{api}/{version}`); it is not printed in the pages at hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sync.errors import BugError

API_VERSION = "2026-09"
"""The one version of every call."""

_NAME = re.compile(r"^[a-z][a-z0-9_-]*$")


@dataclass(frozen=True, slots=True)
class Paths:
    version: str = API_VERSION

    @property
    def _dated(self) -> bool:
        return self.version != "v3"

    def objects(self, stream: str, action: str = "") -> str:
        base = f"/crm/objects/{self.version}" if self._dated else "/crm/v3/objects"
        return f"{base}/{_check(stream)}" + (f"/{action}" if action else "")

    def associations(self, source: str, target: str) -> str:
        base = f"/crm/associations/{self.version}" if self._dated else "/crm/v4/associations"
        return f"{base}/{_check(source)}/{_check(target)}/batch/read"

    def properties(self, stream: str) -> str:
        base = f"/crm/properties/{self.version}" if self._dated else "/crm/v3/properties"
        return f"{base}/{_check(stream)}"

    @property
    def owners(self) -> str:
        return f"/crm/owners/{self.version}" if self._dated else "/crm/v3/owners"

    @property
    def account(self) -> str:
        return f"/account-info/{self.version}/details"

    @property
    def usage(self) -> str:
        return f"/account-info/{self.version}/api-usage/daily/private-apps"

    @property
    def token(self) -> str:
        return f"/oauth/{self.version}/token"


def _check(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BugError(f"not a HubSpot object type: {name!r}")
    return name
