"""What an attacker, a careless colleague or a broken service can send: nothing of it may break a promise."""

from __future__ import annotations

import io
import sqlite3
import traceback
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.simulator.kernel import Request, Response
from sync.app import open_app, read_settings
from sync.core.model.flags import FLAG_FIELDS, FlagType
from sync.errors import BatonError, TransientError
from sync.flow.cycle import run_once
from sync.flow.preview import plan
from sync.telemetry import configure
from sync.trial import Trial
from tests.acceptance.harness import cycle, opened, rows_of, running_trial, settle
from tests.acceptance.process import baton
from tests.store.database import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

SEED, HANDOFFS = 41, 14
Lie = Callable[[Request, Response], Response | None]
TEXTS = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "=cmd|' /C calc'!A0",
    "+SUM(1+1)*cmd|' /C calc'!A0",
    "' OR Name != '' LIMIT 1 --",
    "\x1b[2J\x1b]0;owned\x07\x1b[31m",
    "a\x00b@example.co.jp",
    "x" * 3000 + "@example.co.jp",
    "山田\u202etxt.exe\u2066\u200f",
    "予算\x00は\x08あり\x7f",
    "半分\ufffd\ufffe",
    "{" * 100 + "${jndi:ldap://x}{{7*7}}{0}{raw}%s%n",
    '{"a":' * 40,
    "🧑‍💻👨‍👩‍👧‍👦🇯🇵" * 5,
    "Z̷̢̛͎͖a̶l̸g̵o̴" * 8,
    "\n".join(["行"] * 40),
    "あ" * 254,
    "\ufeff\u00ad\u3164 ",
    "9" * 200,
    "9999年99月99日",
    "1e999円",
    "０" * 100,
]
REMEMBERED = {"missing_at_pass", "note"}
"""Speak of what was seen at the time; who reads everything for the first time cannot know it."""
UNSAFE = frozenset({"Cc", "Cs", "Co"})
DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    with running_trial(tmp_path, seed=SEED, handoffs=HANDOFFS) as running:
        yield running


def type_everywhere(trial: Trial) -> dict[str, int]:
    """Hostile texts into every mapped field that takes text, another one in every field of every record."""
    mapping = read_settings(trial.folder).mapping
    taken: dict[str, int] = {}
    number = 0
    for (system, name), stream in mapping.streams.items():
        if name not in ("Lead", "Contact", "Opportunity", "Account", "contacts", "companies"):
            continue
        for record_id in rows_of(trial, system, name):
            for field in stream.fields:
                number += 1
                text = TEXTS[number % len(TEXTS)]
                event = {"at": None, "system": system, "op": "update", "object": name, "id": record_id}
                record = {"properties": {field: text}} if system == "hubspot" else {field: text}
                try:
                    trial.simulator.apply([{**event, "record": record}])
                except ValueError:
                    continue  # a field that could not hold it: a list, a date, a number
                taken[f"{name}.{field}"] = taken.get(f"{name}.{field}", 0) + 1
    return taken


def is_safe(text: str) -> bool:
    return not any((unicodedata.category(c) in UNSAFE or c in DIRECTIONS) and c != "\n" for c in text)


def test_hostile_text_in_every_field(trial: Trial) -> None:
    trial.write_config("write")
    with opened(trial) as app:
        cycle(app)
        taken = type_everywhere(trial)
        for name in ("contacts.", "Lead.", "Opportunity."):
            assert sum(count for field, count in taken.items() if field.startswith(name)) > 30, taken
        shown = [baton(trial.folder, "plan")]
        for sweep in (True, False):
            report = cycle(app, sweep=sweep)
            assert "judge_failed" not in report.counts["judge"], report.problems
    flags = trial.read_back()
    limits = {flag.name: flag.length for flag in FLAG_FIELDS if flag.type in (FlagType.TEXT, FlagType.LONG_TEXT)}
    for held in flags.values():
        for name, limit in limits.items():
            text = held.get(name) or ""
            assert len(text) <= limit and is_safe(text), (name, text)
    quoted = " ".join(str(held.get("note")) for held in flags.values())
    assert "cmd|" in quoted or "script" in quoted, "nothing hostile was quoted: the attack shows nothing"
    asked = [*(("explain", str(ref)) for ref in list(flags)[:1]), ("status",)]
    for answer in [*shown, *(baton(trial.folder, *arguments) for arguments in asked)]:
        assert answer.code in (0, 1), answer.err
        assert "Traceback" not in answer.err
        assert is_safe(answer.out) and is_safe(answer.err)


class Liar:
    """Stands in front of a simulated system and changes what it says."""

    def __init__(self, system: Any, lie: Lie) -> None:
        self.system, self.lie = system, lie
        self.name, self.clock = system.name, system.clock
        self.told = 0

    def handle(self, request: Request) -> Response:
        response: Response = self.system.handle(request)
        changed = self.lie(request, response)
        self.told += changed is not None
        return changed or response

    def control(self, action: str, payload: dict[str, Any]) -> object:
        return self.system.control(action, payload)


@contextmanager
def lying(trial: Trial, system: str, lie: Lie) -> Iterator[Liar]:
    server = getattr(trial.simulator, f"{system}_server")
    server.system = liar = Liar(server.system, lie)
    yield liar
    server.system = liar.system
    assert liar.told, "it never lied"


def changed(response: Response, body: Any) -> Response:
    return replace(response, body=orjson.dumps(body))


def body_of(response: Response) -> Any:
    body = response.body
    return orjson.loads(body) if isinstance(body, bytes | str) else body


def muddle(request: Request, response: Response) -> Response | None:
    """Results twice, in another order, and some that lie outside of what was asked."""
    body = body_of(response)
    if response.status >= 300 or not isinstance(body, dict) or not isinstance(body.get("results"), list):
        return None
    if not request.path.endswith(("/search", "/batch/read")) or not body["results"]:
        return None
    return changed(response, {**body, "results": [*reversed(body["results"]), *body["results"]]})


def forget(request: Request, response: Response) -> Response | None:
    """Half of the records that were asked for by id are left out, without a word."""
    body = body_of(response)
    if not request.path.endswith("/batch/read") or "/objects/" not in request.path or len(body.get("results", ())) < 2:
        return None
    return changed(response, {**body, "results": body["results"][::2]})


def misshape(request: Request, response: Response) -> Response | None:
    """Answers of a shape that no document names."""
    body = body_of(response)
    if not isinstance(body, dict) or "token" in request.path:
        return None
    for name in ("results", "compositeResponse"):
        if name in body:
            return changed(response, {**body, name: None})
    return None


def lose_parts(request: Request, response: Response) -> Response | None:
    body = body_of(response)
    if not isinstance(body, dict) or "compositeResponse" not in body:
        return None
    return changed(response, {"compositeResponse": body["compositeResponse"][1:]})


def elsewhere(request: Request, response: Response) -> Response | None:
    """Go on at another host, with your token."""
    body = body_of(response)
    for part in body.get("compositeResponse", ()) if isinstance(body, dict) else ():
        if isinstance(part["body"], dict) and "done" in part["body"]:
            part["body"] |= {"done": False, "nextRecordsUrl": "http://127.0.0.1:9/services/data/v62.0/query/01g-2000"}
            return changed(response, body)
    return None


def redirect(request: Request, response: Response) -> Response | None:
    if "token" in request.path:
        return None
    return Response(302, b"", {"Location": "http://127.0.0.1:9/elsewhere"})


def dated(date: str) -> Lie:
    return lambda _request, response: replace(response, headers={**response.headers, "Date": date})


LIES: list[tuple[str, Lie]] = [
    ("hubspot", muddle),
    ("hubspot", forget),
    ("hubspot", misshape),
    ("salesforce", misshape),
    ("salesforce", lose_parts),
    ("salesforce", elsewhere),
    ("salesforce", redirect),
    ("hubspot", redirect),
    ("hubspot", dated("Tue, 06 Oct 2099 01:00:00 GMT")),
    ("salesforce", dated("Thu, 01 Jan 1970 00:00:00 GMT")),
    ("hubspot", dated("soon")),
]


def left_to_do(trial: Trial, store: str) -> list[str]:
    """What a Baton that reads everything for the first time would change."""
    folder, own = trial.folder, {**trial.overrides("observe"), "store": store}
    with open_app(folder, own, approve=True) as app:
        report = run_once(app.context)
        assert report.problems == ()
        planned = plan(app.context, report.now).changes
    told = {c.ref: [f for f in c.fields if f.name not in REMEMBERED] for c in planned}
    # The brief follows: in other words it goes along with what is remembered, and is no reason to write by itself.
    due = {
        ref: [] if all(f.name == "brief" and f.old and f.new for f in fields) else fields
        for ref, fields in told.items()
    }
    return [f"{ref} {f.name}: {f.old} → {f.new}" for ref, fields in due.items() for f in fields]


def test_services_that_lie_lose_nothing_and_accuse_nobody(trial: Trial) -> None:
    """Work goes on while one of them lies; when it stops, everything is as if it never had."""
    with opened(trial) as app:
        cycle(app)
        for number, (system, lie) in enumerate(LIES):
            trial.pass_time(trial.simulator.clock.now() + timedelta(hours=2))
            with lying(trial, system, lie):
                try:
                    report = run_once(app.context, sweep=number % 2 == 0)
                except TransientError:
                    continue  # told, and tried again at the next tick
                assert report.partial or lie is muddle
        settle(trial, app)
    assert left_to_do(trial, "sqlite:///var/second.db") == []


def test_both_databases_hold_hostile_text_alike(trial: Trial, postgres_url: str) -> None:
    type_everywhere(trial)
    (trial.folder / "secrets/store").write_text(postgres_url, encoding="utf-8")
    on_sqlite = left_to_do(trial, "sqlite:///var/second.db")
    assert len(on_sqlite) > 50
    assert left_to_do(trial, "file:secrets/store") == on_sqlite


# What must never come out ---------------------------------------------------------------------------------------------

NG = "絶対に話してはいけない買収の件"
TOKEN = "00D5j000000SECRET!AQ4AQNplantedAccessTokenThatMustNotLeak"
SECRETS = (
    "sim-consumer-secret",
    "pat-na1-simulator",
    TOKEN,
    "eyJhbGciOi.plantedjwt.signature",
    NG,
    "leaked.person@secret.example",
)
SPILLED = (
    f"Bearer {TOKEN} was refused for leaked.person@secret.example, phone +81 90-1234-5678, "
    f"pat-na1-simulator, eyJhbGciOi.plantedjwt.signature"
)
FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 401, "body": {"message": SPILLED, "category": "INVALID_AUTHENTICATION"}},
    {"kind": "status", "status": 403, "body": [{"message": SPILLED, "errorCode": "FORBIDDEN"}]},
    {"kind": "status", "status": 400, "body": {"message": SPILLED, "category": "VALIDATION_ERROR"}},
    {"kind": "status", "status": 500, "body": SPILLED},
    {"kind": "html", "status": 503, "body": f"<html>{SPILLED}</html>"},
    {"kind": "status", "status": 418, "body": {"error": "x", "error_description": SPILLED, "status": "BAD"}},
]


def plant(trial: Trial) -> None:
    """An NG topic and a person's address on everybody who has such a field."""
    for system, name, field, mail in (
        ("salesforce", "Lead", "NG_Topics__c", "Email"),
        ("salesforce", "Opportunity", "NG_Topics__c", ""),
        ("hubspot", "contacts", "ng_topics", "email"),
    ):
        for number, (record_id, row) in enumerate(rows_of(trial, system, name).items()):
            if row.get("IsConverted") or row.get("IsDeleted"):
                continue
            record = {field: NG, **({mail: f"{number}.leaked.person@secret.example"} if mail else {})}
            event = {"at": None, "system": system, "op": "update", "object": name, "id": record_id, "record": record}
            trial.simulator.apply([event])


def spilled(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


def told_by_store(folder: Path) -> str:
    """Everything that the store holds about errors: not records and values, which it must hold, but words for people."""
    with sqlite3.connect(folder / "var/baton.db") as store:
        tables = [row[0] for row in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        words = []
        for table in tables:
            columns = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
            wanted = [c for c in columns if c in TOLD]
            for column in wanted:
                words += [str(row[0]) for row in store.execute(f"SELECT {column} FROM {table}")]
    return "\n".join(words)


TOLD = {"problems", "reason", "message", "code", "last_error", "switched_off", "failed", "counts", "behind", "summary"}


def test_no_secret_and_nobodys_data_in_logs_reports_errors_or_the_store(trial: Trial) -> None:
    plant(trial)
    trial.write_config("write")
    heard: list[str] = []
    for number, fault in enumerate(FAULTS):
        for server in (trial.simulator.salesforce_server, trial.simulator.hubspot_server):
            server.control("faults", {"clear": True})
            path = "composite/sobjects|batch/update" if number % 2 else "^(?!.*token).*$"
            server.control("faults", {"add": [{**fault, "times": 2, "after": number, "match": {"path": path}}]})
        trial.simulator.clock.advance(timedelta(minutes=10))
        log = io.StringIO()
        configure(as_json=bool(number % 2), level="debug", stream=log)
        heard += report_of(trial)
        heard.append(log.getvalue())
    for server in (trial.simulator.salesforce_server, trial.simulator.hubspot_server):
        server.control("faults", {"clear": True})
    answer = baton(trial.folder, "status", "--json")
    heard += [answer.out, answer.err]
    heard.append(told_by_store(trial.folder))
    assert len("".join(heard)) > 2_000, "nothing was said: the attack shows nothing"
    assert [(secret, text[:300]) for text in heard for secret in spilled(text)] == []


def report_of(trial: Trial) -> list[str]:
    """One cycle that may fail in any way: all that it tells."""
    with opened(trial) as app:
        try:
            report = run_once(app.context, sweep=True)
        except BatonError as error:
            return [repr(error), str(error), "".join(traceback.format_exception(error))]
        return [repr(report), repr(app.context.connections)]
