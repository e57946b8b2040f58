"""What a connector hands to the composition root."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from connectors.kit.address import check_address
from connectors.kit.budget import BudgetSettings
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import ConfigError, Problem
from sync.outfit import Administrator, Outfit
from sync.ports import Given, Sink, Source


class Timeouts(BaseModel):
    """Seconds for one HTTP call."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connect: float = Field(default=5.0, gt=0)
    read: float = Field(default=60.0, gt=0)
    """Without a sign of life."""
    total: float = Field(default=120.0, gt=0)
    """Until the answer is whole, however it trickles."""


class ConnectionSettings(BaseModel):
    """What every kind of connection can be told. Secrets arrive resolved; they are never printed."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str
    timeouts: Timeouts = Timeouts()
    budget: BudgetSettings = BudgetSettings()
    """What Baton may spend of the account's API calls."""


@dataclass(frozen=True, slots=True)
class Setup:
    """The part of a connector that makes what Baton needs in its CRM. For `baton setup` alone: the daemon never loads it."""

    settings: type[ConnectionSettings]
    """As the connection's own, with ways to log in that only a person has."""
    auth: Sequence[Mapping[str, str]]
    """References to an administrator's credentials where nobody names others: the first of which all parts are there."""
    read_auth: Callable[[Sequence[str]], Mapping[str, str]]
    """References that a person named → `auth` of the settings. Raises ValueError saying how many of which are expected."""
    open: Callable[..., Administrator]
    """(connection name, settings with the administrator's credentials, the daemon's own settings or None); also `pace`."""
    export: Callable[[Outfit], Mapping[str, bytes]]
    """What an administrator needs who does it without us: files by path."""


@dataclass(frozen=True, slots=True)
class Connector:
    """One kind of system. `open` connects nothing yet: the first call does."""

    kind: str
    settings: type[ConnectionSettings]
    open: Callable[..., tuple[Source, Sink]]
    """(connection name, settings, `FlagField.choice`s that the company has made) → its two halves, which share one client.
    Also takes `pace` (how time passes while it waits) and `reread` (the settings anew, for rotated secrets)."""
    wire_names: Mapping[str, str]
    """Flag name → the name of our field in this system, on whichever records have it. Nothing else is ever written."""
    streams: Mapping[str, Kind]
    """Every stream that it can read, and what its records are."""
    read_given: Callable[[Given], Iterable[SourceRecord]]
    """Rows that were handed over become what the source would have delivered. Raises ValueError naming the place."""
    name_record: Callable[[str, str, str], RecordRef]
    """(connection, stream, id as given) → its one name. Raises ValueError for what is no id."""
    streams_per_call: int = 1
    """How many streams one call of an idle head reading covers."""
    calls_per_sweep: int = 1
    """Calls that a sweep in which nothing is found takes for as many streams."""
    listed_per_page: int = 2000
    """Records that one page of the list of everything holds; of these, too, a call takes as many as streams."""
    unswept: frozenset[Kind] = frozenset()
    """Kinds that no sweep looks at, because every head reading reads all of them."""
    setup: Callable[[], Setup] | None = None
    """How to get at its setup; imported when asked for."""

    def read_settings(
        self, connection: str, raw: Mapping[str, Any], model: type[ConnectionSettings] | None = None
    ) -> ConnectionSettings:
        """Settings from the operator's file, references already resolved. Raises ConfigError with every problem."""
        path = f"connections.{connection}"
        try:
            settings = (model or self.settings).model_validate(
                {name: value for name, value in raw.items() if name != "kind"}
            )
        except ValidationError as error:
            raise ConfigError(
                [
                    Problem(
                        ".".join([path, *(str(part) for part in one["loc"])]),
                        one["msg"],
                        "correct it in config/baton.yaml, or the secret behind it",
                    )
                    for one in error.errors(include_input=False, include_url=False)
                ]
            ) from None
        check_address(settings.url, f"{path}.url")
        return settings
