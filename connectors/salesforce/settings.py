"""What a Salesforce connection can be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors.kit.connector import ConnectionSettings

API_VERSION = "62.0"
"""The one version of every call; whether the org still offers it is checked at the first contact."""


class ClientCredentials(BaseModel):
    """OAuth client credentials of an External Client App with a Run-As user."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    flow: Literal["client_credentials"]
    client_id: SecretStr
    client_secret: SecretStr


class JwtBearer(BaseModel):
    """OAuth JWT bearer: a certificate instead of a shared secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    flow: Literal["jwt"]
    client_id: SecretStr
    username: str
    private_key: SecretStr
    """PEM of the RSA key whose certificate is uploaded to the app."""
    audience: Literal["https://login.salesforce.com", "https://test.salesforce.com"] = "https://login.salesforce.com"
    """`https://test.salesforce.com` for a sandbox."""


class AccessToken(BaseModel):
    """The session of a person who has logged in: good for some hours, and for setup alone."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    flow: Literal["token"]
    token: SecretStr


class SalesforceSettings(ConnectionSettings):
    auth: Annotated[ClientCredentials | JwtBearer, Field(discriminator="flow")]
    api_version: str = Field(default=API_VERSION, pattern=r"^\d{2}\.0$")


class AdminSettings(SalesforceSettings):
    """The same org with an administrator's credentials."""

    auth: Annotated[  # pyright: ignore[reportIncompatibleVariableOverride]  # frozen: one more way to log in is no danger
        ClientCredentials | JwtBearer | AccessToken, Field(discriminator="flow")
    ]
