"""The unit, the container and the compose file name what exists, keep secrets out, and run without rights."""

from __future__ import annotations

import configparser
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from ruamel.yaml import YAML

from sync.cli import app
from sync.settings.service import PORT

ROOT = Path(__file__).parent.parent
PLACE = ROOT / "docs" / "service"
SECRETS = {"salesforce_client_id", "salesforce_client_secret", "hubspot_token", "alert_url"}


def knows(arguments: list[str]) -> None:
    """Whether there is such a command with such options. Raises what typer would tell."""
    command: Any = typer.main.get_command(app)
    context: Any = command.make_context("baton", list(arguments[:0]), resilient_parsing=True)
    rest = list(arguments)
    while hasattr(command, "commands"):
        name = rest.pop(0)
        assert name in command.commands, f"no command {name}"
        command = command.commands[name]
    options = {option for parameter in command.params for option in parameter.opts}
    asked = {one.partition("=")[0] for one in rest if one.startswith("--")}
    assert asked <= options | {"--help"}, (command.name, asked - options)
    context.close()


def unit() -> dict[str, list[str]]:
    """Setting of [Service] → its values in order."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (PLACE / "baton.service").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_starts_a_command_that_exists_and_reloads_and_stops_gently() -> None:
    found = unit()
    program, *arguments = shlex.split(found["ExecStart"][0])
    assert program == "/opt/baton/bin/baton"
    knows(arguments)
    assert found["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert (found["Type"], found["Restart"], found["RestartPreventExitStatus"]) == (["notify"], ["on-failure"], ["2"])
    assert "WatchdogSec" in found
    assert "KillSignal" not in found


def test_the_unit_has_no_rights_that_it_does_not_need() -> None:
    found = unit()
    for setting in (
        "NoNewPrivileges",
        "ProtectHome",
        "PrivateTmp",
        "PrivateDevices",
        "RestrictNamespaces",
        "LockPersonality",
    ):
        assert found[setting] == ["yes"], setting
    assert found["ProtectSystem"] == ["strict"]
    assert found["CapabilityBoundingSet"] == [""]
    assert found["User"] == ["baton"]
    assert found["UMask"] == ["0077"]
    assert found["StateDirectoryMode"] == ["0700"]
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(PLACE / "baton.service", encoding="utf-8")
    assert parser.sections() == ["Unit", "Service", "Install"]


def test_secrets_come_as_credentials_and_never_as_environment() -> None:
    found = unit()
    named = {value.partition(":")[0] for value in found["LoadCredential"]}
    assert named == SECRETS
    assert not re.search("secret|token|password", " ".join(found["Environment"]), re.IGNORECASE)
    for page in ("README.md", "README.ja.md"):
        told = set(re.findall(r"file:\$\{CREDENTIALS_DIRECTORY\}/(\w+)", (PLACE / page).read_text(encoding="utf-8")))
        assert told == SECRETS, page


def instructions() -> list[tuple[str, str]]:
    text = (PLACE / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def test_the_image_holds_only_what_is_named_and_what_is_named_exists() -> None:
    found = instructions()
    assert [name for name, _ in found].count("FROM") == 2
    copied = [part for name, rest in found if name == "COPY" and "--from" not in rest for part in rest.split()[:-1]]
    assert copied
    for one in copied:
        assert (ROOT / one).exists(), one
    assert not {".", "./", "*"} & set(copied)
    shipped = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert set(shipped["wheel"]["only-include"]) <= set(copied)
    told = " ".join(rest for name, rest in found if name in ("ENV", "ARG", "LABEL"))
    assert not re.search("secret|token|password", told, re.IGNORECASE)


def test_the_image_runs_as_nobody_much_and_looks_after_itself() -> None:
    found = instructions()
    last = [name for name, _ in found].index("FROM", 1)
    final = dict(found[last:])
    assert final["USER"] == "10001"
    assert final["EXPOSE"] == str(PORT)
    assert f"127.0.0.1:{PORT}/healthz" in final["HEALTHCHECK"]
    assert eval(final["ENTRYPOINT"]) == ["/opt/baton/bin/baton"]  # a list of texts in both languages
    knows(eval(final["CMD"]))


def test_the_compose_file_has_a_database_and_hands_secrets_over_as_files() -> None:
    found = YAML(typ="safe").load((PLACE / "compose.yaml").read_text(encoding="utf-8"))
    baton, db = found["services"]["baton"], found["services"]["db"]
    assert (PLACE / baton["build"]["context"]).resolve() == ROOT
    assert (ROOT / baton["build"]["dockerfile"]).is_file()
    assert baton["read_only"] is True
    assert baton["cap_drop"] == ["ALL"]
    assert all(one.startswith("127.0.0.1:") for one in baton["ports"])
    assert "ports" not in db
    assert set(baton["secrets"]) == {*SECRETS, "baton_store"}
    assert {*baton["secrets"], *db["secrets"]} == set(found["secrets"])
    assert "environment" not in baton
    assert set(db["environment"]) == {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD_FILE"}
    assert {one.partition(":")[0] for one in baton["volumes"]} - {"./baton"} <= set(found["volumes"])


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_commands_of_the_pages_exist(page: str) -> None:
    text = (PLACE / page).read_text(encoding="utf-8")
    told = re.findall(r"(?:/opt/baton/bin/)?\bbaton ((?:status|check|approve|plan|run|backfill|ops)[^`\n]*)", text)
    assert len(told) >= 5
    for one in told:
        knows(shlex.split(re.sub(r"\$\(.*?\)|[…（(].*", "", one)))


def test_both_pages_say_the_same() -> None:
    english, japanese = ((PLACE / page).read_text(encoding="utf-8") for page in ("README.md", "README.ja.md"))
    for pattern in (r"^## ", r"^\| `", r"^- ", r"^```"):
        assert len(re.findall(pattern, english, re.M)) == len(re.findall(pattern, japanese, re.M)), pattern
    assert not re.search("違反|不備|エラー", japanese.replace("標準エラー出力", ""))
