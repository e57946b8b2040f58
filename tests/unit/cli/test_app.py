"""Putting Baton together, and what it refuses while doing so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.app import open_app
from sync.errors import BugError, ConfigError
from sync.flow.connect import pin
from sync.flow.context import Mode
from sync.ports import Tenant


class Elsewhere:
    """A source that leads to an org out in the world."""

    connection = "salesforce"

    def __init__(self, host: str, sandbox: bool) -> None:
        self._tenant = Tenant("00D000000000001", host, sandbox, "Acme")

    def tenant(self) -> Tenant:
        return self._tenant

    def server_time(self):
        raise BugError("pinned")


def _pin(folder, source: Elsewhere, mode: str, environment: str) -> None:
    with open_app(folder, {"store": "sqlite://", "mode": mode, "environment": environment}, offline=True) as app:
        connection = replace(app.context.connections["salesforce"], source=source)
        pin(app.context, connection)


def test_production_is_not_written_to_before_the_operator_says_production(tmp_path):
    with pytest.raises(ConfigError, match="environment: production"):
        _pin(tmp_path, Elsewhere("acme.my.salesforce.com", sandbox=False), "write", "sandbox")


@pytest.mark.parametrize(
    ("host", "sandbox", "mode", "environment"),
    [
        ("acme.my.salesforce.com", False, "observe", "sandbox"),
        ("acme.my.salesforce.com", False, "write", "production"),
        ("acme--dev.sandbox.my.salesforce.com", True, "write", "sandbox"),
        ("127.0.0.1:8080", False, "write", "sandbox"),
    ],
)
def test_everything_else_goes_on_to_be_pinned(tmp_path, host, sandbox, mode, environment):
    with pytest.raises(BugError, match="pinned"):
        _pin(tmp_path, Elsewhere(host, sandbox), mode, environment)


def test_offline_needs_no_secret_and_online_names_each_that_is_missing(tmp_path):
    overrides = {
        "store": "sqlite://",
        "connections": {
            "salesforce": {
                "url": "https://acme.my.salesforce.com",
                "auth": {"client_id": "env:BATON_TEST_ABSENT_ID", "client_secret": "env:BATON_TEST_ABSENT_SECRET"},
            },
            "hubspot": {"auth": {"token": "file:absent"}},
        },
    }

    with open_app(tmp_path, overrides, offline=True) as app:
        assert set(app.context.connections) == {"salesforce", "hubspot"}
        assert app.context.mode is Mode.OBSERVE
    with pytest.raises(ConfigError) as refused, open_app(tmp_path, overrides):
        pass
    told = str(refused.value)
    assert "BATON_TEST_ABSENT_ID" in told and "BATON_TEST_ABSENT_SECRET" in told and "absent cannot be read" in told


def test_a_store_that_is_no_database_is_a_configuration_problem(tmp_path):
    (tmp_path / "letter.db").write_text("Dear operator, " * 100, encoding="utf-8")

    with (
        pytest.raises(ConfigError, match="cannot be opened"),
        open_app(tmp_path, {"store": "sqlite:///letter.db"}, offline=True),
    ):
        pass


def test_a_server_that_is_not_there_is_told_without_its_password(tmp_path):
    (tmp_path / "store").write_text("postgresql://baton:hunter2@127.0.0.1:1/baton", encoding="utf-8")

    with (
        pytest.raises(ConfigError, match="cannot be opened") as refused,
        open_app(tmp_path, {"store": "file:store"}, offline=True),
    ):
        pass
    assert "hunter2" not in str(refused.value)


def test_the_streams_say_whose_changes_are_wanted_and_which_fields_are_dated(tmp_path):
    with open_app(tmp_path, {"store": "sqlite://"}, offline=True) as app:
        found = {
            (name, spec.name): spec
            for name in app.context.connections
            for spec in app.context.connections[name].streams
        }

    history, contacts = found["salesforce", "LeadHistory"], found["hubspot", "contacts"]
    assert {"Desired_Timing__c", "FS_Decision__c", "NextStep", "Title"} <= set(history.watched)
    assert history.watched == found["salesforce", "OpportunityFieldHistory"].watched
    assert {"desired_timing", "next_action", "fs_decision"} <= set(contacts.dated) <= set(contacts.watched)
    assert not {"pain", "email"} & set(contacts.dated)
    assert "Status" not in history.watched and found["salesforce", "Task"].watched == ()


def test_the_streams_come_with_the_fields_that_the_judgement_needs(tmp_path):
    with open_app(tmp_path, {"store": "sqlite://"}, offline=True) as app:
        lead = app.context.spec("salesforce", "Lead")
        user = app.context.spec("salesforce", "User")

    assert lead is not None and user is not None
    assert lead.carries_flags and lead.hot and {"Pain__c", "Status", "FS_Decision__c"} <= set(lead.fields)
    assert not user.hot and not user.carries_flags
