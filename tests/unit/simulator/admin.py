"""A blank org behind HTTP, its users logged in with simple-salesforce, and packages to deploy."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import requests
from simple_salesforce.api import Salesforce

from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import LoopbackServer
from connectors.simulator.salesforce import SalesforceOrg

NOW = datetime(2026, 11, 20, 0, 15, 30, tzinfo=UTC)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
SPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
KEYS = {"admin": ("sim-admin-key", "sim-admin-secret"), "integration": ("sim-consumer-key", "sim-consumer-secret")}


class PlainSession(requests.Session):
    """simple-salesforce writes https into every address; the simulator speaks plain HTTP."""

    def request(self, method: str, url: str, *args: Any, **more: Any) -> requests.Response:  # pyright: ignore[reportIncompatibleMethodOverride]
        more.setdefault("timeout", 20)
        return super().request(method, url.replace("https://127.0.0.1", "http://127.0.0.1"), *args, **more)


@dataclass(slots=True)
class House:
    """An org and its address."""

    org: SalesforceOrg
    url: str

    def token(self, who: str = "admin") -> str:
        key, secret = KEYS.get(who, (who, who))
        form = {"grant_type": "client_credentials", "client_id": key, "client_secret": secret}
        return requests.post(f"{self.url}/services/oauth2/token", data=form, timeout=60).json()["access_token"]

    def user(self, who: str = "admin") -> Salesforce:
        return Salesforce(session_id=self.token(who), instance_url=self.url, session=PlainSession(), version="62.0")

    def call(self, who: str, method: str, path: str, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token(who)}"}
        url = f"{self.url}/services/data/v62.0/{path}"
        return requests.request(method, url, headers=headers, timeout=60, **more)

    def start(self, files: Mapping[str, str], who: str = "admin", **options: Any) -> requests.Response:
        asked = {"deployOptions": {"rollbackOnError": True, "singlePackage": True, "testLevel": "NoTestRun", **options}}
        parts = {
            "json": (None, orjson.dumps(asked), "application/json"),
            "file": ("deploy.zip", zipped(files), "application/zip"),
        }
        return self.call(who, "POST", "metadata/deployRequest", files=parts)

    def deploy(self, files: Mapping[str, str], **options: Any) -> dict[str, Any]:
        """Deploy and wait: the result with its details."""
        begun = self.start(files, **options)
        assert begun.status_code == 201, begun.text
        for _ in range(10):
            path = f"metadata/deployRequest/{begun.json()['id']}?includeDetails=true"
            told = self.call("admin", "GET", path).json()["deployResult"]
            if told["done"]:
                return told
        raise AssertionError("the deployment never ends")

    def problems(self, files: Mapping[str, str], **options: Any) -> list[str]:
        told = self.deploy(files, **options)
        assert told["status"] == "Failed", told
        return [one["problem"] for one in told["details"]["componentFailures"]]


@contextmanager
def open_house(**more: Any) -> Iterator[House]:
    org = SalesforceOrg(SimClock(NOW, speed=0), **{"blank": True, **more})
    with LoopbackServer(org) as server:
        yield House(org, server.base_url)


def zipped(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def package(**members: tuple[str, ...] | list[str]) -> str:
    types = "".join(
        f"<types>{''.join(f'<members>{name}</members>' for name in names)}<name>{kind}</name></types>"
        for kind, names in members.items()
    )
    return f"{HEAD}<Package {SPACE}>{types}<version>62.0</version></Package>"


def xml(root: str, content: str) -> str:
    return f"{HEAD}<{root} {SPACE}>{content}</{root}>"


def tags(**values: Any) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in values.items())


def text_field(name: str, **more: Any) -> str:
    return f"<fields>{tags(**{'fullName': name, 'label': name.removesuffix('__c'), 'type': 'Text', 'length': 80, **more})}</fields>"


def picklist(name: str, *values: str, restricted: bool = False, kind: str = "Picklist") -> str:
    entries = "".join(
        f"<value>{tags(fullName=value, default='false', label=value.title())}</value>" for value in values
    )
    lines = "<visibleLines>4</visibleLines>" if kind != "Picklist" else ""
    listed = f"<restricted>{str(restricted).lower()}</restricted><valueSetDefinition><sorted>false</sorted>{entries}</valueSetDefinition>"
    return f"<fields><fullName>{name}</fullName><label>{name.removesuffix('__c')}</label><type>{kind}</type>{lines}<valueSet>{listed}</valueSet></fields>"


def lead(*parts: str, **members: list[str]) -> dict[str, str]:
    """A package of parts of the Lead."""
    names = members or {"CustomObject": ["Lead"]}
    return {"package.xml": package(**names), "objects/Lead.object": xml("CustomObject", "".join(parts))}


def permission_set(name: str, *parts: str, label: str = "") -> dict[str, str]:
    content = f"<label>{label or name}</label>{''.join(parts)}"
    return {
        "package.xml": package(PermissionSet=[name]),
        f"permissionsets/{name}.permissionset": xml("PermissionSet", content),
    }


def field_access(field: str, *, edit: bool = False) -> str:
    return f"<fieldPermissions>{tags(editable=str(edit).lower(), field=field, readable='true')}</fieldPermissions>"


def object_access(name: str, *, edit: bool = False, view_all: bool = False) -> str:
    allowed = {"allowRead": "true", "allowEdit": str(edit).lower(), "viewAllRecords": str(view_all).lower()}
    none = {"allowCreate": "false", "allowDelete": "false", "modifyAllRecords": "false", "object": name}
    return f"<objectPermissions>{tags(**allowed, **none)}</objectPermissions>"


def user_permission(name: str) -> str:
    return f"<userPermissions>{tags(enabled='true', name=name)}</userPermissions>"
