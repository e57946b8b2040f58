"""One deployment over REST, and what a failed one means (source: Metadata API Developer Guide, "Deploying with REST")."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import orjson

from connectors.kit.errors import Refused, redact
from connectors.salesforce.client import Client
from connectors.salesforce.package import zip_files
from sync.errors import Obstacle, OutcomeUnknown, Refusal, SetupRefused, TransientError

_FIRST_S, _MOST_S, _LONGEST_S = 0.25, 4.0, 1800.0
"""Between two looks, doubling; and altogether: a queue of deployments may be ahead of ours."""
_OVER = frozenset({"Succeeded", "SucceededPartial", "Failed", "Canceled"})
_RIGHTS = frozenset({"INSUFFICIENT_ACCESS", "FUNCTIONALITY_NOT_ENABLED"})
_CODES = (
    (Obstacle.LIMIT, ("maximum number of custom fields", "reached the limit", "reached the maximum", "limit exceeded", "too many custom")),
    (Obstacle.BIN, ("recycle bin", "deleted field", "has been deleted", "deleted fields")),
    (Obstacle.OTHER_TYPE, ("cannot change the type", "change field type", "cannot change type", "data type")),
    (Obstacle.WORKBENCH, ("translation workbench", "not an active language")),
    (Obstacle.USED, ("is referenced", "is in use", "in use by", "referenced elsewhere", "used by")),
)  # fmt: skip
"""Kind of trouble by the vendor's words, in order; nothing but words tells them apart."""


def deploy(
    client: Client,
    connection: str,
    files: Mapping[str, bytes],
    sleep: Callable[[float], None],
    *,
    purge: bool = False,
) -> None:
    """Bring this into the org, all of it or nothing. `purge`: what is deleted goes past the recycle bin, which a production
    org does not allow. Raises SetupRefused, TransientError, AuthError."""
    options = {
        "checkOnly": False,
        "rollbackOnError": True,
        "singlePackage": True,
        "testLevel": "NoTestRun",
        "ignoreWarnings": True,
        "purgeOnDelete": purge,
    }
    boundary = secrets.token_hex(16)
    body = b"".join(_multipart(boundary, {"deployOptions": options}, zip_files(files)))
    try:
        made = client.change("POST", "metadata/deployRequest", body, f"multipart/form-data; boundary={boundary}")
    except Refused as error:
        raise refuse(connection, error) from error
    except OutcomeUnknown as error:
        # Whether it runs or not: what it brings is compared with what is there, the next time as this time.
        raise TransientError("no answer to a deployment; ask again in a minute and it goes on from there") from error
    _await(client, connection, str(made["id"]), sleep)


def refuse(connection: str, error: Refused) -> SetupRefused:
    """A call that the org did not take."""
    code = Obstacle.NO_RIGHT if error.answer.code in _RIGHTS or error.answer.status == 403 else Obstacle.FAILED
    return SetupRefused(connection, [Refusal(code, error.answer.code, redact(error.answer.text))])


def _multipart(boundary: str, options: Mapping[str, Any], archive: bytes) -> Iterator[bytes]:
    yield f'--{boundary}\r\nContent-Disposition: form-data; name="json"\r\nContent-Type: application/json\r\n\r\n'.encode()
    yield orjson.dumps(options)
    yield f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="baton.zip"\r\n'.encode()
    yield b"Content-Type: application/zip\r\n\r\n" + archive + f"\r\n--{boundary}--\r\n".encode()


def _await(client: Client, connection: str, deployment: str, sleep: Callable[[float], None]) -> None:
    waited, pause = 0.0, _FIRST_S
    while waited < _LONGEST_S:
        told = client.get(f"metadata/deployRequest/{deployment}", {"includeDetails": "true"})["deployResult"]
        if told.get("done") or told.get("status") in _OVER:
            if not told.get("success"):
                raise SetupRefused(connection, list(_failures(told)))
            return
        sleep(pause)
        waited, pause = waited + pause, min(_MOST_S, pause * 2)
    raise TransientError("the deployment is still waiting its turn in the org; ask again later")


def _failures(told: Mapping[str, Any]) -> Iterator[Refusal]:
    found = _listed((told.get("details") or {}).get("componentFailures"))
    for one in found:
        yield _failure(str(one.get("fullName") or one.get("fileName") or ""), str(one.get("problem") or ""))
    if not found:
        yield _failure(str(told.get("status") or ""), str(told.get("errorMessage") or ""))


def _listed(told: Any) -> list[Mapping[str, Any]]:
    """One alone comes without its list."""
    if not told:
        return []
    return [told] if isinstance(told, Mapping) else list(told)


def _failure(name: str, words: str) -> Refusal:
    text = words.lower()
    code = next((code for code, marks in _CODES if any(mark in text for mark in marks)), Obstacle.FAILED)
    return Refusal(code, name, redact(words))
