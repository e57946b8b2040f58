"""The people of the selling company: inside sales, field sales, others, and the users that machines log in with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from connectors.simulator.world import days
from connectors.simulator.world.ids import Ids

DOMAIN = "kakehashi-cloud.example"


@dataclass(frozen=True, slots=True)
class Colleague:
    """One user. `diligence`: chance that a flag is acted on; `tidy`: chance that a call is logged at once."""

    key: str
    role: str
    """IS, FS, other (a person without a role) or machine."""
    family: str
    given: str
    user_id: str
    """Salesforce User."""
    owner_id: str
    """HubSpot owner; empty for users without a seat."""
    hubspot_user: int
    active: bool = True
    diligence: float = 0.8
    tidy: float = 0.8
    off: frozenset[date] = frozenset()

    @property
    def email(self) -> str:
        return f"{self.key}@{DOMAIN}"

    @property
    def actor(self) -> str | None:
        """Role by which an activity that this user owns counts; None: names nobody."""
        return None if self.role == "machine" or not self.active else self.role

    def works_on(self, day: date) -> bool:
        return days.is_working(day) and day not in self.off


_IS = ("佐藤 美咲", "鈴木 翔太", "高橋 由美", "田中 拓也", "伊藤 千尋", "渡辺 亮")
_FS = ("山本 健一", "中村 陽子", "小林 大輔", "加藤 直樹", "吉田 恵", "山田 隆", "佐々木 誠")
_OTHER = (
    ("cs1", "other", "松本 奈々", True),
    ("marketing1", "other", "井上 智子", True),
    ("revops1", "other", "木村 悟", True),
    ("retired1", "IS", "林 和也", False),
    ("cti", "machine", "CTI連携 ユーザー", True),
    ("hubspot-sync", "machine", "HubSpot Integration", True),
    ("ma-automation", "machine", "MA 自動処理", True),
)
_TEAM = {"IS": "インサイドセールス", "FS": "フィールドセールス"}


def hire(rng: Random, ids: Ids, start: datetime) -> dict[str, Colleague]:
    """Everybody, by key. Diligence, tidiness and days off differ by person and seed."""
    rows = [(f"is{n}", "IS", name, True) for n, name in enumerate(_IS, 1)]
    rows += [(f"fs{n}", "FS", name, True) for n, name in enumerate(_FS, 1)]
    rows += list(_OTHER)
    found: dict[str, Colleague] = {}
    today = days.day_of(start)
    for at, (key, role, name, active) in enumerate(rows):
        family, given = name.split(" ")
        off = (
            frozenset(today + timedelta(days=rng.randint(-50, 25)) for _ in range(4)) if role in _TEAM else frozenset()
        )
        seat = active and key not in ("cti", "hubspot-sync")
        found[key] = Colleague(
            key,
            role,
            family,
            given,
            ids.salesforce("User"),
            str(40_100_000 + 137 * at) if seat or key == "cti" else "",
            7_300_000 + 11 * at,
            active,
            round(rng.uniform(0.6, 0.95), 2),
            round(rng.uniform(0.65, 0.95), 2),
            off,
        )
    return found


def arrivals(colleagues: dict[str, Colleague], at: datetime) -> list[dict[str, Any]]:
    """Events that create the users and owners in both systems."""
    events: list[dict[str, Any]] = []
    for one in colleagues.values():
        user = {
            "Username": one.email,
            "Email": one.email,
            "FirstName": one.given,
            "LastName": one.family,
            "Name": f"{one.family} {one.given}",
            "IsActive": one.active,
            "UserType": "Standard",
            "TimeZoneSidKey": "Asia/Tokyo",
            "Role__c": one.role if one.role in _TEAM else None,
        }
        when = at.isoformat().replace("+00:00", "Z")
        base = {"at": when, "system": "salesforce", "op": "insert", "object": "User"}
        events.append({**base, "id": one.user_id, "record": user, "by": one.user_id})
        if one.owner_id:
            team = [{"id": one.role.lower(), "name": _TEAM[one.role], "primary": True}] if one.role in _TEAM else []
            owner = {
                "id": one.owner_id,
                "email": one.email,
                "firstName": one.given,
                "lastName": one.family,
                "userId": one.hubspot_user,
                "teams": team,
            }
            events.append(
                {
                    "at": when,
                    "system": "hubspot",
                    "op": "owner",
                    "object": "owners",
                    "id": one.owner_id,
                    "record": owner,
                }
            )
    return events
