"""Owners, pipelines and account information."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.simulator.hubspot.auth import schema_needs
from connectors.simulator.hubspot.call import Call, Route, named_type
from connectors.simulator.hubspot.errors import Body, invalid, not_found
from connectors.simulator.kernel import Response

MAX_OWNERS = 500


def list_owners(call: Call) -> Response:
    """In order of id; deactivated ones only with `archived=true`."""
    limit, after = call.number("limit", 100), call.number("after", 0)
    if not 0 < limit <= MAX_OWNERS:
        raise invalid(f"The limit must be between 1 and {MAX_OWNERS}.")
    email = (call.query("email") or "").lower()
    owners = sorted(call.data.owners.values(), key=lambda owner: int(owner["id"]))
    chosen = [
        one
        for one in owners
        if one["archived"] == call.archived and int(one["id"]) >= after and (not email or one["email"].lower() == email)
    ]
    body: Body = {"results": chosen[:limit]}
    if len(chosen) > limit:
        following = chosen[limit]["id"]
        link = f"https://api.hubapi.com{call.request.path}?after={following}&limit={limit}"
        body["paging"] = {"next": {"after": following, "link": link}}
    return Response(200, body)


def get_owner(call: Call) -> Response:
    by = "userId" if call.query("idProperty") == "userId" else "id"
    for one in call.data.owners.values():
        if str(one[by]) == call.args[0] and one["archived"] == call.archived:
            return Response(200, one)
    raise not_found()


def make_owner(record: dict[str, Any], stamp: str) -> dict[str, Any]:
    """An owner as the API shows it. A deactivated one has no `userId`."""
    archived, user_id = bool(record.get("archived")), record.get("userId", int(record["id"]))
    return {
        "id": str(record["id"]),
        "email": record.get("email", ""),
        "type": "PERSON",
        "firstName": record.get("firstName", ""),
        "lastName": record.get("lastName", ""),
        "userId": None if archived else user_id,
        "userIdIncludingInactive": user_id,
        "createdAt": stamp,
        "updatedAt": stamp,
        "archived": archived,
        **({"teams": record["teams"]} if record.get("teams") else {}),
    }


def list_pipelines(call: Call) -> Response:
    return Response(200, {"results": _pipelines(call)})


def get_pipeline(call: Call) -> Response:
    return Response(200, _pipeline(call))


def list_stages(call: Call) -> Response:
    return Response(200, {"results": _pipeline(call)["stages"]})


def _pipelines(call: Call) -> list[dict[str, Any]]:
    return call.data.pipelines.get(named_type(call.args[0]).name, [])


def _pipeline(call: Call) -> dict[str, Any]:
    for one in _pipelines(call):
        if one["id"] == call.args[1]:
            return one
    raise not_found()


def describe_account(portal_id: int, time_zone: str, currency: str, account_type: str, now: datetime) -> Response:
    """`account-info/…/details`."""
    offset = now.astimezone(ZoneInfo(time_zone)).utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    body: Body = {
        "portalId": portal_id,
        "accountType": account_type,
        "timeZone": time_zone,
        "companyCurrency": currency,
        "additionalCurrencies": [],
        "utcOffset": f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
        "utcOffsetMilliseconds": minutes * 60_000,
        "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1",
    }
    return Response(200, body)


def _owner_needs(_: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [("crm.objects.owners.read",)]


def _pipeline_needs(args: tuple[str, ...]) -> list[tuple[str, ...]]:
    return schema_needs(named_type(args[0]).scope, "read")


ROUTES = [
    Route("GET", "owners", list_owners, _owner_needs),
    Route("GET", "owners/{}", get_owner, _owner_needs),
    Route("GET", "pipelines/{}", list_pipelines, _pipeline_needs),
    Route("GET", "pipelines/{}/{}", get_pipeline, _pipeline_needs),
    Route("GET", "pipelines/{}/{}/stages", list_stages, _pipeline_needs),
]
