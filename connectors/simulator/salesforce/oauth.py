"""The token endpoint: client credentials and JWT bearer (source: Salesforce Help, OAuth 2.0 flows), and sessions."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import jwt

from connectors.simulator.kernel import Request, Response

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
LONGEST_ASSERTION = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Client:
    """A further connected app with a Run As user of its own."""

    secret: str
    user_id: str


@dataclass(slots=True)
class Credentials:
    """What the org's connected apps accept."""

    consumer_key: str = "sim-consumer-key"
    consumer_secret: str = "sim-consumer-secret"  # noqa: S105  # made up, opens nothing but a simulator
    username: str = "integration@example.com"
    jwt_public_key: str | None = None
    """PEM of the certificate's public key; None = JWT bearer is not set up."""
    run_as: bool = True
    """False = no Run As user: client credentials are refused."""
    scope: str = "api"
    clients: dict[str, Client] = field(default_factory=dict[str, Client])
    """Client-credential apps of other users, by consumer key."""


@dataclass(slots=True)
class Sessions:
    """Access tokens and when each was last used. A session lives `minutes` after its last use."""

    org_id: str
    minutes: float = 120.0
    used_at: dict[str, datetime] = field(default_factory=dict[str, datetime])
    users: dict[str, str] = field(default_factory=dict[str, str])
    """Whose a token is; what is not named is the integration user's."""

    def issue(self, now: datetime, user: str = "") -> str:
        token = f"{self.org_id[:15]}!{secrets.token_urlsafe(48)}"
        self.used_at[token] = now
        if user:
            self.users[token] = user
        return token

    def accept(self, token: str, now: datetime) -> bool:
        """Whether the token is good; using it prolongs it."""
        used = self.used_at.get(token)
        if used is None or now - used > timedelta(minutes=self.minutes):
            self.used_at.pop(token, None)
            return False
        self.used_at[token] = max(now, used)
        return True

    def expire_all(self) -> None:
        self.used_at.clear()


def grant(request: Request, now: datetime, credentials: Credentials, sessions: Sessions, user_id: str) -> Response:
    """Answer `POST /services/oauth2/token`. Errors are an object, not the REST error array."""
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    base_url = f"http://{request.headers.get('host', '127.0.0.1')}"
    if form.get("grant_type") == "client_credentials":
        key, refusal = _check_client(request, form, credentials)
        user_id = credentials.clients[key].user_id if key in credentials.clients else user_id
    elif form.get("grant_type") == JWT_GRANT:
        refusal = _check_assertion(form.get("assertion", ""), now, credentials, base_url)
    else:
        refusal = _refuse("unsupported_grant_type", "grant type not supported")
    if refusal is not None:
        return refusal
    body: dict[str, Any] = {
        "access_token": sessions.issue(now, user_id),
        "scope": credentials.scope,
        "instance_url": base_url,
        "id": f"https://login.salesforce.com/id/{sessions.org_id}/{user_id}",
        "token_type": "Bearer",
    }
    if form["grant_type"] == "client_credentials":
        issued = str(int(now.timestamp() * 1000))
        body |= {"issued_at": issued, "signature": _sign(body["id"] + issued, credentials.consumer_secret)}
    return Response(200, body, {"Cache-Control": "no-cache, no-store"}, cost=0)


def _sign(text: str, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), hashlib.sha256)).decode()


def _refuse(error: str, description: str, status: int = 400) -> Response:
    return Response(status, {"error": error, "error_description": description}, cost=0)


def _check_client(request: Request, form: dict[str, str], credentials: Credentials) -> tuple[str, Response | None]:
    """The consumer key, and what is wrong with it."""
    key, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            key, _, secret = base64.b64decode(encoded).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return key, _refuse("invalid_client", "invalid client credentials")
    known = {credentials.consumer_key: credentials.consumer_secret}
    known |= {name: client.secret for name, client in credentials.clients.items()}
    if key not in known:
        return key, _refuse("invalid_client_id", "client identifier invalid")
    if not hmac.compare_digest(secret, known[key]):
        return key, _refuse("invalid_client", "invalid client credentials")
    if not credentials.run_as and key == credentials.consumer_key:
        return key, _refuse("invalid_grant", "no client credentials user enabled")
    return key, None


def _check_assertion(assertion: str, now: datetime, credentials: Credentials, base_url: str) -> Response | None:
    """RS256 signature, issuer, audience and expiry by the org's own (simulated) clock."""
    if credentials.jwt_public_key is None:
        return _refuse("invalid_grant", "invalid assertion")
    try:
        claims = jwt.decode(
            assertion,
            credentials.jwt_public_key,
            algorithms=["RS256"],
            audience=[*AUDIENCES, base_url],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "require": ["exp", "iss", "sub"]},
        )
        expires = float(claims["exp"])
    except (jwt.PyJWTError, ValueError, TypeError):
        return _refuse("invalid_grant", "invalid assertion")
    if claims["iss"] != credentials.consumer_key:
        return _refuse("invalid_client_id", "client identifier invalid")
    if claims["sub"] != credentials.username:
        return _refuse("invalid_grant", "user hasn't approved this consumer")
    if not now.timestamp() < expires <= (now + LONGEST_ASSERTION).timestamp():
        return _refuse("invalid_grant", "invalid assertion")
    return None
