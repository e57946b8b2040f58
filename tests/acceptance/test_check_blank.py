"""An org and a portal that know nothing of Baton, with private sharing: `init`, `setup apply`, `check`; and what is lost later."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.checkup import check_folder
from sync.cli import main
from sync.cli.check import Examined, texts_of
from sync.trial import Trial

USER = "integration@example.com"


def baton(*arguments: str) -> tuple[int, str]:
    told = io.StringIO()
    with pytest.raises(SystemExit) as ended, contextlib.redirect_stdout(told):
        main(arguments)
    return int(ended.value.code or 0), told.getvalue()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Trial, Path]]:
    """Both CRMs, and the operator's folder as `init` made it."""
    home = tmp_path_factory.mktemp("operator")
    trial = Trial.start_blank(home, seed=5, handoffs=20)
    folder, simulator = home / "acme", trial.simulator
    try:
        url = ("--salesforce-url", simulator.salesforce_url, "--hubspot-url", simulator.hubspot_url)
        assert baton("init", str(folder), "--yes", *url)[0] == 0
        shutil.copy(home / ".env", folder / ".env")
        yield trial, folder
    finally:
        trial.stop()


def examine(desk: tuple[Trial, Path]) -> Examined:
    trial, folder = desk
    checked = check_folder(folder, trial.simulator.clock.now())
    return Examined(checked.findings, checked.calls, checked.language)


def errors(found: Examined) -> dict[str, str]:
    return {one.where: one.id for one in found.findings if one.kind.severity == "error"}


def org(desk: tuple[Trial, Path], action: str, **payload: Any) -> Any:
    return desk[0].simulator.salesforce_server.control(action, payload)


def told(found: Examined, where: str, *words: str) -> None:
    """The finding there names all of this, in both languages."""
    one = next(one for one in found.findings if one.where == where and one.kind.severity == "error")
    for language in ("ja", "en"):
        seen, do = texts_of(one, language)
        assert all(word in seen + do for word in words), (seen, do)


def test_before_setup_it_says_that_setup_is_to_be_run_and_after_it_nothing_is_in_the_way(
    desk: tuple[Trial, Path],
) -> None:
    before = examine(desk)
    assert before.code == 1
    assert errors(before)["hubspot:contacts"] == "flag_missing"
    assert errors(before)["salesforce:Lead"] == "object_missing"  # a user with no permission set sees no object
    assert baton("setup", "apply", "--yes", "--config", str(desk[1]))[0] == 0
    after = examine(desk)
    assert errors(after) == {}
    assert after.code == 0
    assert not [
        one for one in after.findings if one.id in ("sharing", "flag_record_type", "record_unseen", "rights_wide")
    ]


def test_a_field_that_is_hidden_later(desk: tuple[Trial, Path]) -> None:
    org(desk, "fls", object="Opportunity", field="Decision_Maker__c", readable=False)
    found = examine(desk)
    org(desk, "fls", object="Opportunity", field="Decision_Maker__c", readable=True)
    assert found.code == 1
    told(
        found, "salesforce:Opportunity.Decision_Maker__c", "Decision_Maker__c", "Opportunity", USER, "Baton Integration"
    )
    assert errors(examine(desk)) == {}


def test_a_record_of_an_owner_outside_the_hierarchy(desk: tuple[Trial, Path]) -> None:
    rows = org(desk, "dump", object="Lead")["records"]
    lead = next(row["Id"] for row in rows if not row["IsDeleted"] and not row["IsConverted"])
    org(desk, "owner_outside", records=[lead])
    found = examine(desk)
    assert errors(found) == {f"salesforce:Lead:{lead}": "record_readonly"}
    told(found, f"salesforce:Lead:{lead}", lead, "Lead", USER)


def test_a_permission_that_is_lost_names_object_user_and_permission_set(desk: tuple[Trial, Path]) -> None:
    org(desk, "revoke", object="Opportunity")
    found = examine(desk)
    assert found.code == 1
    assert errors(found)["salesforce:Opportunity"] == "object_missing"
    told(found, "salesforce:Opportunity", "Opportunity", USER, "Baton Integration")
    assert baton("check", "--config", str(desk[1]), "--json")[0] == 1
