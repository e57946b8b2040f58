"""The trial without accounts: two simulated CRMs with a generated company in them, and a folder that points at them.

Beside `sync.app` the only place that imports connectors: it needs the simulator and the names of our fields in each CRM.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import requests

from connectors.hubspot.fields import WIRE_NAMES as HUBSPOT_NAMES
from connectors.hubspot.fields import from_wire as from_hubspot
from connectors.hubspot.fields import property_body
from connectors.salesforce.fields import WIRE_NAMES as SALESFORCE_NAMES
from connectors.salesforce.fields import field_metadata
from connectors.salesforce.fields import from_wire as from_salesforce
from connectors.salesforce.fields import wire_names as salesforce_names
from connectors.simulator import SimClock, Simulator
from connectors.simulator.cost import least_calls
from connectors.simulator.hubspot.switches import DEFAULT_SCOPES
from connectors.simulator.kernel import LoopbackServer
from connectors.simulator.world import World
from sync import resources
from sync.core.mapping.spec import MappingSpec
from sync.core.model.flags import Flags, fields_on
from sync.core.model.records import Kind, RecordRef
from sync.flow.outfit import options_of
from sync.settings import write_overrides

SALESFORCE_OBJECTS = {"Lead": Kind.PERSON, "Opportunity": Kind.DEAL}
_SECRETS = {
    "sf_client_id": "sim-consumer-key",
    "sf_client_secret": "sim-consumer-secret",
    "hubspot_token": "pat-na1-simulator",
}


BLANK_KEYS = {
    "BATON_SF_CLIENT_ID": "sim-consumer-key",
    "BATON_SF_CLIENT_SECRET": "sim-consumer-secret",
    "BATON_HUBSPOT_TOKEN": _SECRETS["hubspot_token"],
    "BATON_SF_ADMIN_CLIENT_ID": "sim-admin-key",
    "BATON_SF_ADMIN_CLIENT_SECRET": "sim-admin-secret",
    "BATON_HUBSPOT_ADMIN_TOKEN": "pat-na1-simulator-admin",
}
"""Credentials of a blank start, by the environment variables that the shipped configuration names. Open nothing real."""
_SCHEMA_WRITE = "crm.schemas.contacts.write"


@dataclass(frozen=True, slots=True)
class Trial:
    """Running simulators, the world in them, and the operator's folder of its company."""

    simulator: Simulator
    world: World
    folder: Path

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        seed: int,
        handoffs: int,
        language: str = "ja",
        evidence: int = 0,
        ways: Collection[str] = (),
        ports: tuple[int, int] = (0, 0),
        hubspot: Mapping[str, Any] | None = None,
        salesforce: Mapping[str, Any] | None = None,
    ) -> Trial:
        """Seed both CRMs on a driven clock that stands at the world's start; stop it with `stop()`.

        `evidence`: how many inquiries more for every way in which a first contact is or is not on record, or for
        these `ways` of it.
        """
        trial = cls._seed(
            folder, seed=seed, handoffs=handoffs, language=language, evidence=evidence, ways=ways, ports=ports,
            hubspot=hubspot, salesforce=salesforce,
        )  # fmt: skip
        trial._furnish()
        return trial

    @classmethod
    def _seed(
        cls,
        folder: Path,
        *,
        seed: int,
        handoffs: int,
        language: str,
        evidence: int = 0,
        ways: Collection[str] = (),
        ports: tuple[int, int],
        hubspot: Mapping[str, Any] | None,
        salesforce: Mapping[str, Any] | None,
    ) -> Trial:
        anew = bool((hubspot or {}).get("merge_new_id", True))
        world = World(seed, handoffs, language=language, evidence=evidence, ways=ways, merges_anew=anew)
        clock = SimClock()
        clock.run(0)
        clock.set(world.start)
        simulator = Simulator.start(
            clock,
            salesforce_port=ports[0],
            hubspot_port=ports[1],
            salesforce=salesforce,
            hubspot={
                "token": _SECRETS["hubspot_token"],
                "account_type": "SANDBOX",
                "limits": "off",
                "property_delay": (0, 0),
                **(hubspot or {}),
            },
        )
        simulator.apply(world.seed_events())
        return cls(simulator, world, folder)

    @classmethod
    def start_blank(
        cls,
        folder: Path,
        *,
        seed: int,
        handoffs: int,
        language: str = "ja",
        ports: tuple[int, int] = (0, 0),
        hubspot: Mapping[str, Any] | None = None,
        salesforce: Mapping[str, Any] | None = None,
    ) -> Trial:
        """The same company in an org and a portal that know nothing of Baton: no fields, no permission sets, private
        sharing, two record types. Writes `.env` (credentials) and `urls` into the folder, and no configuration.
        """
        portal: dict[str, Any] = {"scopes": [one for one in DEFAULT_SCOPES if one != _SCHEMA_WRITE], **(hubspot or {})}
        portal.setdefault("property_delay", (0.25, 0.7))
        trial = cls._seed(
            folder, seed=seed, handoffs=handoffs, language=language, ports=ports, hubspot=portal,
            salesforce={"blank": True, **(salesforce or {})},
        )  # fmt: skip
        people = [{"id": one.user_id, "key": one.key, "team": one.role} for one in trial.world.colleagues.values()]
        trial.simulator.salesforce_server.control("organise", {"people": people})
        admin = {"token": BLANK_KEYS["BATON_HUBSPOT_ADMIN_TOKEN"], "scopes": DEFAULT_SCOPES}
        trial.simulator.hubspot_server.control("key", admin)
        trial._write_keys()
        return trial

    def _write_keys(self) -> None:
        """What an operator would have copied out of both CRMs."""
        env = self.folder / ".env"
        env.write_text("".join(f"{name}={value}\n" for name, value in BLANK_KEYS.items()), encoding="utf-8")
        env.chmod(0o600)
        urls = f"salesforce={self.simulator.salesforce_url}\nhubspot={self.simulator.hubspot_url}\n"
        (self.folder / "urls").write_text(urls, encoding="utf-8")

    def stop(self) -> None:
        self.simulator.stop()

    def _furnish(self) -> None:
        """Put the company's own files and the secrets (made up, but kept as real ones would be) into the folder."""
        shutil.copytree(resources.room("examples/saas-jp"), self.folder, dirs_exist_ok=True)
        secrets = self.folder / "secrets"
        secrets.mkdir(mode=0o700, exist_ok=True)
        for name, value in _SECRETS.items():
            path = secrets / name
            path.write_text(value, encoding="utf-8")
            path.chmod(0o600)

    def overrides(self, mode: str) -> dict[str, Any]:
        """What the folder's `config/baton.yaml` must say instead, to reach the simulators in that mode."""
        secret = {name: f"file:secrets/{name}" for name in _SECRETS}
        return {
            "mode": mode,
            "environment": "sandbox",
            "store": "sqlite:///var/baton.db",
            "service": {"port": 0},  # many trials may run beside one another
            "connections": {
                "salesforce": {
                    "kind": "salesforce",
                    "url": self.simulator.salesforce_url,
                    "auth": {
                        "flow": "client_credentials",
                        "client_id": secret["sf_client_id"],
                        "client_secret": secret["sf_client_secret"],
                    },
                },
                "hubspot": {
                    "kind": "hubspot",
                    "url": self.simulator.hubspot_url,
                    "auth": {"flow": "token", "token": secret["hubspot_token"]},
                    "search_per_second": 0,  # counts real seconds, of which a trial has few; the portal's limit is off
                },
            },
        }

    def write_config(self, mode: str, **more: Any) -> Path:
        """Make the folder complete for `baton --config`: the overrides, and whatever else `config/baton.yaml` shall say."""
        write_overrides(self.folder, self.overrides(mode))
        return write_overrides(self.folder, more)

    def create_flag_fields(self, mapping: MappingSpec, chosen: frozenset[str] = frozenset()) -> None:
        """What an admin does in both CRMs before the first write; `chosen` of our fields that are there by choice."""
        for name, kind in SALESFORCE_OBJECTS.items():
            fields = [
                _as_field(SALESFORCE_NAMES[flag.name], field_metadata(flag, options_of(flag, mapping)))
                for flag in fields_on(kind, chosen)
            ]
            self._apply("salesforce", "define_fields", name, fields=fields)
        properties = [property_body(flag, options_of(flag, mapping)) for flag in fields_on(Kind.PERSON, chosen)]
        self._apply("hubspot", "define_properties", "contacts", properties=properties)

    def _apply(self, system: str, op: str, name: str, **more: Any) -> None:
        self.simulator.apply([{"at": None, "system": system, "op": op, "object": name, **more}])

    def pass_time(self, to: datetime) -> None:
        """Let happen what happens on its own until then, and stand there."""
        self._happen(self.world.advance(to), to)

    def let_people_act(self, flags: Mapping[RecordRef, Flags], within: timedelta) -> None:
        """Reps read their flags and act on nothing else; what they do happens within that time from now."""
        now = self.simulator.clock.now()
        seen = {str(ref): dict(values) for ref, values in flags.items()}
        self._happen(self.world.act(now, seen, within), now + within)

    def _happen(self, events: list[dict[str, Any]], until: datetime) -> None:
        self.simulator.clock.set(until)
        self.simulator.apply(events)

    def record(self, ref: RecordRef) -> dict[str, Any]:
        """One record as it is, all fields, from the simulator's control API."""
        if ref.connection == "hubspot":
            found = self.simulator.hubspot_server.control("dump", {"object": ref.stream})
            return dict(found[ref.record_id]["properties"])
        rows = self.simulator.salesforce_server.control("dump", {"object": ref.stream})["records"]
        return dict(next(row for row in rows if row["Id"] == ref.record_id))

    def log_lengths(self) -> dict[str, int]:
        """How many requests each CRM has seen: a mark for `least_calls_since`."""
        return {name: len(server.log) for name, server in self._servers().items()}

    def least_calls_since(self, marks: Mapping[str, int]) -> dict[str, int]:
        """Fewest API calls for what was read and written since the marks."""
        return {name: least_calls(server.log[marks[name] :]) for name, server in self._servers().items()}

    def calls_since(self, marks: Mapping[str, int]) -> dict[str, int]:
        """API calls spent since the marks, in the vendor's own counting."""
        return {
            name: sum(entry.cost for entry in server.log[marks[name] :]) for name, server in self._servers().items()
        }

    def _servers(self) -> dict[str, LoopbackServer]:
        return {"salesforce": self.simulator.salesforce_server, "hubspot": self.simulator.hubspot_server}

    def read_back(self, chosen: frozenset[str] = frozenset()) -> dict[RecordRef, Flags]:
        """Every record that carries a flag, read through the CRMs' own APIs; `chosen` as the fields were created."""
        return {**self._read_salesforce(chosen), **self._read_hubspot()}

    def _read_salesforce(self, chosen: frozenset[str]) -> dict[RecordRef, Flags]:
        base = self.simulator.salesforce_url
        login = {
            "grant_type": "client_credentials",
            "client_id": _SECRETS["sf_client_id"],
            "client_secret": _SECRETS["sf_client_secret"],
        }
        session = requests.Session()
        token = session.post(f"{base}/services/oauth2/token", data=login, timeout=30).json()["access_token"]
        session.headers["Authorization"] = f"Bearer {token}"
        found: dict[RecordRef, Flags] = {}
        # A converted Lead can be written no more: what it showed at its conversion stays on it, out of everybody's sight.
        for name, where in zip(SALESFORCE_OBJECTS, (" WHERE IsConverted = false", ""), strict=True):
            soql = f"SELECT Id, {', '.join(salesforce_names(name, chosen).values())} FROM {name}{where}"  # noqa: S608  constants of ours
            url = f"{base}/services/data/v62.0/query?q={quote(soql)}"
            while url:
                answer = orjson.loads(session.get(url, timeout=60).content)
                for row in answer["records"]:
                    flags = from_salesforce(row)
                    if any(value is not None for value in flags.values()):
                        found[RecordRef("salesforce", name, row["Id"])] = flags
                url = base + answer["nextRecordsUrl"] if not answer["done"] else ""
        return found

    def _read_hubspot(self) -> dict[RecordRef, Flags]:
        base = self.simulator.hubspot_url
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {_SECRETS['hubspot_token']}"
        names = ",".join(HUBSPOT_NAMES.values())
        found: dict[RecordRef, Flags] = {}
        after: dict[str, str] = {}
        while True:
            query = {"limit": "100", "properties": names, **after}
            answer = orjson.loads(session.get(f"{base}/crm/v3/objects/contacts", params=query, timeout=60).content)
            for record in answer["results"]:
                flags = from_hubspot(record["properties"])
                if any(value is not None for value in flags.values()):
                    found[RecordRef("hubspot", "contacts", record["id"])] = flags
            if "paging" not in answer:
                return found
            after = {"after": answer["paging"]["next"]["after"]}


def _as_field(name: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata of a CustomField as the simulator's control API takes it."""
    values = metadata.get("valueSet", {}).get("valueSetDefinition", {}).get("value", [])
    return {
        "name": name,
        "label": metadata["label"],
        "type": metadata["type"],
        "length": metadata.get("length", 0),
        "precision": metadata.get("precision", 0),
        "scale": metadata.get("scale", 0),
        "values": [value["fullName"] for value in values],
        "restricted": metadata.get("valueSet", {}).get("restricted", False),
    }
