"""What a HubSpot connection can be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from connectors.hubspot.paths import API_VERSION
from connectors.kit.budget import BudgetSettings, Share
from connectors.kit.connector import ConnectionSettings


def _fit_for_a_header(token: SecretStr) -> SecretStr:
    text = token.get_secret_value()
    if text.startswith(("env:", "file:")):  # not resolved: no call will be made
        return token
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("is no token: it has spaces, lines or letters that a token never has; copy it again")
    return token


class StaticToken(BaseModel):
    """A service key, or the token of a private app."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    flow: Literal["token"]
    token: Annotated[SecretStr, AfterValidator(_fit_for_a_header)]


class OAuthRefresh(BaseModel):
    """An installed public app: access tokens by refresh token."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    flow: Literal["oauth"]
    client_id: SecretStr
    client_secret: SecretStr
    refresh_token: SecretStr


class HubSpotBudget(BudgetSettings):
    burst: Share = 0.75
    """Of the calls that HubSpot takes from one app in ten seconds (100 to 250), and of those for associations."""


class HubSpotSettings(ConnectionSettings):
    url: str = "https://api.hubapi.com"
    auth: Annotated[StaticToken | OAuthRefresh, Field(discriminator="flow")]
    api_version: str = Field(default=API_VERSION, pattern=r"^(v3|\d{4}-(03|09))$")
    budget: HubSpotBudget = HubSpotBudget()  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen: nobody sets it
    """What Baton may spend of the account's API calls."""
    search_per_second: float = Field(default=3.0, ge=0)
    """Searches a second (real time) that Baton allows itself; the account has 5 for all its tools. 0 = no limit."""
