"""The first afternoon, typed: the lines of the front page's boxes against an org and a portal that know nothing of Baton.

Only what a person does between the boxes is done here: filling in credentials, the mode, the pilot's owners.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from sync.cli import main
from sync.cli.check import Examined, examine
from sync.trial import BLANK_KEYS, Trial
from tests import leak
from tests.acceptance.process import TIMEOUT_S, until

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"README.md": "Into a real org", "README.ja.md": "実際の組織につなぐ"}
ANSWERS = {"enforce_from": "2026-10-01"}
"""To the questions of `init`, besides the address; everything else is answered with Enter."""
OURS = re.compile("baton", re.IGNORECASE)
PASSED = "SQL"
FILLED = {
    "date": "2026-11-16",
    "boolean": True,
    "double": 1,
    "currency": 1,
}
"""Something to type into a field of each type; text for the rest."""


def boxes(page: str) -> list[list[str]]:
    """The commands of each console box of the page's section."""
    text = (ROOT / page).read_text(encoding="utf-8")
    section = re.search(rf"^## {re.escape(PAGES[page])}\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    assert section is not None, f"{page} has no section {PAGES[page]}"
    return [
        [line.partition(" #")[0].strip() for line in box.splitlines() if line.strip()]
        for box in re.findall(r"```console\n(.*?)```", section[1], re.DOTALL)
    ]


def test_both_languages_tell_the_same_lines() -> None:
    assert boxes("README.md") == boxes("README.ja.md")


@dataclass(slots=True)
class Afternoon:
    """Both CRMs, the folder in which a person types, and what has been typed."""

    trial: Trial
    desk: Path
    typed: dict[str, str] = field(default_factory=dict[str, str])
    """Command to what it said."""

    @property
    def home(self) -> Path:
        return self.desk / "acme"

    def type(self, line: str, said: str = "", code: int = 0) -> str:
        """One line of the page, as it stands there; only the path of the command is this checkout's."""
        done = subprocess.run(
            command_of(line),
            input=said.encode(),
            capture_output=True,
            timeout=3 * TIMEOUT_S,
            cwd=self.desk,
            env=environment(),
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        leak.check(err, out)
        assert done.returncode == code, f"{line}: exit {done.returncode}\n{out}\n{err}"
        self.typed[line] = out + err
        return out + err

    def say(self, line: str, *more: str) -> None:
        """The same command with more to it, without a process of its own."""
        _, *rest = shlex.split(line)
        with pytest.raises(SystemExit) as ended:
            main([*(str(self.home) if one == self.home.name else one for one in rest), *more])
        assert ended.value.code == 0, f"{line} {more}"

    def edit(self, old: str, new: str, name: str = "config/baton.yaml") -> None:
        path = self.home / name
        text = path.read_text(encoding="utf-8")
        assert re.search(old, text, re.MULTILINE), f"{name} has nothing like {old}"
        path.write_text(re.sub(old, new, text, count=1, flags=re.MULTILINE), encoding="utf-8")

    def rows(self, name: str) -> list[dict[str, Any]]:
        return self.trial.simulator.salesforce_server.control("dump", {"object": name})["records"]

    def contacts(self) -> dict[str, dict[str, Any]]:
        return self.trial.simulator.hubspot_server.control("dump", {"object": "contacts"})

    def flagged(self) -> dict[str, str]:
        """Id to owner of every record on which a flag stands."""
        mail = {row["Id"]: row["Email"] for row in self.rows("User")}
        found = {
            row["Id"]: mail.get(row["OwnerId"], "")
            for name in ("Lead", "Opportunity")
            for row in self.rows(name)
            if row.get("Baton_Status__c")
        }
        owners = {one.owner_id: one.email for one in self.trial.world.colleagues.values()}
        for key, contact in self.contacts().items():
            held = contact["properties"]
            if held.get("baton_status"):
                found[key] = owners.get(held.get("hubspot_owner_id", ""), "")
        return found

    def setup_now(self) -> tuple[Any, ...]:
        """Everything that an administrator owns in both CRMs."""
        org, schema = self.trial.simulator.salesforce, self.trial.simulator.hubspot.data.tables["contacts"].schema
        fields = {name: sorted(kind.fields) for name, kind in org.data.objects.items()}
        return (org.setup.version, org.schema_version, fields, dict(schema.definitions), dict(schema.groups))


def command_of(line: str) -> list[str]:
    first, *rest = shlex.split(line)
    assert first == ".venv/bin/baton", line
    return [sys.executable, "-m", "sync", *rest]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
    return {**kept, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def afternoon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Afternoon]:
    crm, desk = tmp_path_factory.mktemp("crm"), tmp_path_factory.mktemp("desk")
    trial = Trial.start_blank(crm, seed=7, handoffs=30)
    trial.simulator.clock.run(1.0)
    try:
        yield Afternoon(trial, desk)
    finally:
        trial.stop()


@pytest.mark.slow
def test_the_first_afternoon(afternoon: Afternoon) -> None:
    (init,), (plan, apply), (check,), (estimate, backfill, preview), (run,), (remove,) = boxes("README.md")
    make_folder(afternoon, init)
    make_fields(afternoon, plan, apply)
    look_at_everything(afternoon, check)
    read_the_past(afternoon, estimate, backfill, preview)
    show_some_then_all(afternoon, run)
    pass_under_rules(afternoon, apply)
    go_again(afternoon, remove)


def make_folder(afternoon: Afternoon, line: str) -> None:
    from sync.cli.init_text import QUESTIONS

    asked = [name for name in QUESTIONS if name != "salesforce_username"]
    answers = {**ANSWERS, "salesforce_url": afternoon.trial.simulator.salesforce_url}
    afternoon.type(line, "".join(f"{answers.get(name, '')}\n" for name in asked))
    assert (afternoon.home / ".env").stat().st_mode & 0o077 == 0
    assert re.search(r"^mode: observe", (afternoon.home / "config/baton.yaml").read_text("utf-8"), re.MULTILINE)
    for name, value in BLANK_KEYS.items():
        afternoon.edit(rf"^{name}=.*$", f"{name}={value}", ".env")
    afternoon.edit("https://api.hubapi.com", afternoon.trial.simulator.hubspot_url)


def make_fields(afternoon: Afternoon, plan: str, apply: str) -> None:
    before = afternoon.setup_now()
    assert "Baton_Status__c" in afternoon.type(plan)
    assert afternoon.setup_now() == before, "a plan makes nothing"
    afternoon.type(apply, "y\n")
    after = afternoon.setup_now()
    assert "baton_status__c" in after[2]["lead"] and "baton_status" in after[3]
    assert not afternoon.flagged()
    afternoon.say(apply, "--yes")
    assert afternoon.setup_now() == after, "a second time changes nothing"


def look_at_everything(afternoon: Afternoon, line: str) -> None:
    """Exit 0, and what three mishaps make of it: who, what, where, and what to do."""
    afternoon.type(line)
    org, user = afternoon.trial.simulator.salesforce_server, "integration@example.com"
    hidden = {"object": "Lead", "field": "Decision_Maker__c", "readable": False}
    with mishap(afternoon, lambda: org.control("fls", hidden)):
        told = told_of(afternoon, "field_unreadable")
        assert "salesforce:Lead.Decision_Maker__c" in told and user in told and "Baton Integration" in told
    with mishap(afternoon, lambda: org.control("revoke", {"object": "Opportunity"})):
        told = told_of(afternoon, "object_missing")
        assert "Opportunity" in told and user in told and "Baton Integration" in told
    record = next(row["Id"] for row in afternoon.rows("Lead") if not row["IsConverted"] and not row["IsDeleted"])
    with mishap(afternoon, lambda: org.control("owner_outside", {"records": [record]})):
        told = told_of(afternoon, "record_readonly", "record_unshared")
        assert record[:15] in told and user in told and "Lead" in told


def told_of(afternoon: Afternoon, *ids: str) -> str:
    """What `check` says of such a finding, with exit 1."""
    found: Examined = examine(afternoon.home)
    assert found.code == 1, found.as_json()
    told = [one for one in found.as_json()["findings"] if one["id"] in ids]
    assert told, found.as_json()
    return repr(told)


@contextmanager
def mishap(afternoon: Afternoon, happens: Callable[[], object]) -> Iterator[None]:
    """Something that goes wrong in the org, and is put right afterwards."""
    org = afternoon.trial.simulator.salesforce
    with afternoon.trial.simulator.salesforce_server.hold():
        setup, leads = org.setup.copy(), dict(org.data.tables["Lead"].rows)
    happens()
    try:
        yield
    finally:
        with afternoon.trial.simulator.salesforce_server.hold():
            setup.version = org.setup.version + 1
            org.setup = setup
            for row in leads.values():
                if org.data.tables["Lead"].rows[row["Id"]] != row:
                    org.data.tables["Lead"].put(row)


def read_the_past(afternoon: Afternoon, estimate: str, backfill: str, preview: str) -> None:
    afternoon.type(estimate)
    assert not (afternoon.home / "var/baton.db").exists() or not afternoon.flagged()
    afternoon.type(backfill)
    assert afternoon.type(preview)
    assert not afternoon.flagged(), "observe writes nothing"


def show_some_then_all(afternoon: Afternoon, line: str) -> None:
    pilot = "is1@kakehashi-cloud.example"
    afternoon.edit(r"^mode: observe", "mode: pilot")
    afternoon.edit(r"^pilot: \{owners: \[\]", f"pilot: {{owners: [{pilot}]")
    with (afternoon.desk / "daemon.log").open("wb") as log:
        daemon = subprocess.Popen(
            command_of(line), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=afternoon.desk, env=environment()
        )
        try:
            until(afternoon.flagged, "flags on the pilot's records", 2 * TIMEOUT_S)
            shown = settle(afternoon.flagged)
            assert set(shown.values()) == {pilot}, shown
            afternoon.edit(r"^mode: pilot", "mode: write")
            daemon.send_signal(signal.SIGHUP)
            until(lambda: len(set(afternoon.flagged().values())) > 3, "flags on everybody's records", 2 * TIMEOUT_S)
            until(lambda: len(afternoon.flagged()) > 2 * len(shown), "most of them", 2 * TIMEOUT_S)
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(TIMEOUT_S) == 0
        finally:
            if daemon.poll() is None:
                daemon.kill()
            daemon.wait(TIMEOUT_S)
    leak.check((afternoon.desk / "daemon.log").read_text("utf-8"))


def settle(look: Callable[[], dict[str, str]]) -> dict[str, str]:
    """What is seen once nothing changes any more for two seconds."""
    seen, since = look(), time.monotonic()
    while time.monotonic() - since < 2:
        time.sleep(0.1)
        if (now := look()) != seen:
            seen, since = now, time.monotonic()
    return seen


def pass_under_rules(afternoon: Afternoon, apply: str) -> None:
    """The daemon is off: a rep who fills and passes in one save gets through, one who only passes is told what lacks."""
    afternoon.say(apply, "--rules", "--yes")
    org = afternoon.trial.simulator.salesforce
    rules = [rule for rule in org.setup.rules.values() if rule.object == "Lead"]
    assert rules
    rep = afternoon.trial.world.colleagues["is1"]
    lead = next(
        row
        for row in afternoon.rows("Lead")
        if row["OwnerId"] == rep.user_id and not row["IsConverted"] and not row["IsDeleted"] and row["Status"] != PASSED
    )
    save = saver(afternoon, rep.key, lead["Id"])
    for rule in rules:
        save({rule.shown_at: None})
    refused = save({"Status": PASSED})
    assert not refused["success"]
    assert {one["statusCode"] for one in refused["errors"]} == {"FIELD_CUSTOM_VALIDATION_EXCEPTION"}
    assert {one["message"] for one in refused["errors"]} == {rule.message for rule in rules}
    assert save({"Title": "課長"})["success"], "whatever else is saved is left in peace"
    filled = {rule.shown_at: something(afternoon, rule.shown_at) for rule in rules}
    assert save({"Status": PASSED, **filled}) == {"id": lead["Id"], "success": True, "errors": []}


def saver(afternoon: Afternoon, key: str, record_id: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    url = afternoon.trial.simulator.salesforce_url
    form = {"grant_type": "client_credentials", "client_id": f"sim-{key}-key", "client_secret": f"sim-{key}-secret"}
    token = requests.post(f"{url}/services/oauth2/token", data=form, timeout=60).json()["access_token"]

    def save(values: Mapping[str, Any]) -> dict[str, Any]:
        body = {"records": [{"attributes": {"type": "Lead"}, "id": record_id, **values}]}
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.patch(f"{url}/services/data/v62.0/composite/sobjects", json=body, headers=headers, timeout=60)
        return answer.json()[0]

    return save


def something(afternoon: Afternoon, name: str) -> Any:
    item = afternoon.trial.simulator.salesforce.data.objects["lead"].fields[name.lower()]
    return item.values[0] if item.values else FILLED.get(item.type, "情報システム部 部長")


def go_again(afternoon: Afternoon, line: str) -> None:
    afternoon.edit(r"^mode: write", "mode: observe")
    assert afternoon.flagged()
    afternoon.type(line, "y\n")
    org, portal = afternoon.trial.simulator.salesforce, afternoon.trial.simulator.hubspot
    left = {
        "fields": [f"{kind.name}.{item.name}" for kind in org.data.objects.values() for item in kind.fields.values()],
        "values": [name for kind in ("Lead", "Opportunity") for row in afternoon.rows(kind) for name in row],
        "sets": [one.name for one in org.setup.sets.values()],
        "grants": [name for one in org.setup.sets.values() for name in one.fields],
        "others": [*org.setup.custom_permissions, *org.setup.list_views, *org.setup.rules],
        "labels": [name for labels in org.setup.labels.values() for name in labels],
        "choices": [name for offered in org.setup.choices.values() for name in offered],
        "properties": [*portal.data.tables["contacts"].schema.definitions, *portal.data.tables["contacts"].schema.groups],
    }  # fmt: skip
    assert {part: [name for name in names if OURS.search(name)] for part, names in left.items()} == {
        part: [] for part in left
    }
    assert all(which in org.setup.sets for _, which in org.setup.assignments.values())
    assert "Decision_Maker__c" in {item.name for item in org.data.objects["lead"].fields.values()}, "nothing else goes"
