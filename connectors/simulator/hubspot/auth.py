"""Who calls: static bearers that never expire, OAuth tokens that live 1,800 seconds, and the scopes they carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import parse_qs

from connectors.simulator.hubspot.errors import ApiError, bad_credentials, expired_credentials, missing_scopes
from connectors.simulator.kernel import Request, Response

TOKEN_LIFE = timedelta(seconds=1800)


@dataclass(frozen=True, slots=True)
class Token:
    """`expires_at` None = a service key."""

    value: str
    scopes: frozenset[str]
    expires_at: datetime | None = None

    @property
    def oauth(self) -> bool:
        return self.expires_at is not None


class Credentials:
    """The tokens of one portal. An empty `scopes` change takes every right away."""

    def __init__(
        self, portal_id: int, token: str, scopes: frozenset[str], client_id: str, client_secret: str, refresh_token: str
    ) -> None:
        self.scopes = scopes
        self._portal_id = portal_id
        self._static = token
        self._client_id = client_id
        self._client_secret = client_secret
        self._refresh_token = refresh_token
        self._issued: dict[str, datetime] = {}
        self._keys: dict[str, frozenset[str]] = {}

    def identify(self, request: Request, now: datetime) -> Token:
        """Raises 401 for no, a wrong or an expired bearer."""
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise bad_credentials()
        if value == self._static:
            return Token(value, self.scopes)
        if value in self._keys:
            return Token(value, self._keys[value])
        expires_at = self._issued.get(value)
        if expires_at is None:
            raise bad_credentials()
        if now >= expires_at:
            raise expired_credentials(int((now - expires_at).total_seconds()))
        return Token(value, self.scopes, expires_at)

    def expire_all(self, now: datetime) -> None:
        """Every OAuth token issued so far is over; refreshing works."""
        self._issued = {value: min(at, now) for value, at in self._issued.items()}

    def revoke_refresh(self) -> None:
        """As after an uninstall: refreshing fails for ever."""
        self._refresh_token = ""

    def add_key(self, token: str, scopes: frozenset[str]) -> None:
        """A further service key, with scopes of its own."""
        self._keys[token] = scopes

    def replace_static(self, token: str) -> None:
        """Rotate the service key; the old one stops at once."""
        self._static = token

    def describe_static(self, body: dict[str, Any]) -> Response:
        """`POST /oauth/v2/private-apps/get/access-token-info`."""
        key = str(body.get("tokenKey"))
        if key != self._static and key not in self._keys:
            raise bad_credentials()
        scopes = self._keys.get(key, self.scopes)
        return Response(200, {"userId": 1001, "hubId": self._portal_id, "appId": 5_000_001, "scopes": sorted(scopes)})

    def grant(self, request: Request, version: str, now: datetime, random: Random) -> Response:
        """The token endpoint: form-encoded; v1 also takes the fields as query."""
        fields = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        if version == "v1":
            fields = {**{name: values[0] for name, values in request.query.items()}, **fields}
        if fields.get("grant_type") not in ("refresh_token", "authorization_code"):
            raise _refused("unsupported_grant_type", "BAD_GRANT_TYPE", "missing or unknown grant type")
        if fields.get("client_id") != self._client_id:
            raise _refused("invalid_client", "BAD_CLIENT_ID", "missing or invalid client id")
        if fields.get("client_secret") != self._client_secret:
            raise _refused("invalid_client", "BAD_CLIENT_SECRET", "missing or invalid client secret")
        if fields["grant_type"] == "authorization_code":
            raise _refused("invalid_grant", "BAD_AUTH_CODE", "missing or unknown auth code")
        if not self._refresh_token or fields.get("refresh_token") != self._refresh_token:
            raise _refused("invalid_grant", "BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked")
        value = f"sim-{random.getrandbits(256):064x}"
        self._issued[value] = now + TOKEN_LIFE
        return Response(200, self._granted(value))

    def _granted(self, value: str) -> dict[str, Any]:
        return {
            "token_type": "bearer",
            "refresh_token": self._refresh_token,
            "access_token": value,
            "hub_id": self._portal_id,
            "scopes": sorted(self.scopes),
            "expires_in": int(TOKEN_LIFE.total_seconds()),
        }


def _refused(error: str, status: str, message: str) -> ApiError:
    return ApiError(400, {"error": error, "error_description": message, "status": status, "message": message})


def require_scopes(token: Token, *needs: tuple[str, ...]) -> None:
    """Every need is a list of alternatives, any of which will do. Raises the 403."""
    for alternatives in needs:
        if token.scopes.isdisjoint(alternatives):
            raise missing_scopes(alternatives)


def object_needs(name: str, scope: str, action: str) -> list[tuple[str, ...]]:
    """Scopes for `read` or `write` of records of one type."""
    needs: list[tuple[str, ...]] = [
        (
            f"crm.objects.{scope}.{action}",
            f"crm.objects.{scope}.sensitive.{action}.v2",
            f"crm.objects.{scope}.highly_sensitive.{action}.v2",
        )
    ]
    if name == "emails":
        needs.append(("sales-email-read",))
    return needs


def schema_needs(scope: str, action: str) -> list[tuple[str, ...]]:
    """Scopes for property, group and pipeline definitions. Reading is also allowed by the object's own scope."""
    if action == "write":
        return [(f"crm.schemas.{scope}.write",)]
    return [(f"crm.schemas.{scope}.read", f"crm.objects.{scope}.read")]
