"""`baton init`: what it asks, what it refuses, and what it leaves in the folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator

from sync import resources
from sync.app import read_settings
from sync.cli.init_files import Answers
from sync.settings.document import read_document

URL = "https://acme.my.salesforce.com"


def converse(folder: Path, *lines: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with these lines on standard input."""
    command = [sys.executable, "-m", "sync", "init", str(folder), *options]
    given = "".join(f"{line}\n" for line in lines)
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=60)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_nothing_is_overwritten_and_every_file_in_the_way_is_named(baton, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/baton.yaml").write_text("language: ja\n")
    (tmp_path / ".env").write_text("BATON_HUBSPOT_TOKEN=mine\n")
    before = snapshot(tmp_path)
    ended = baton("init", str(tmp_path), "--yes", "--salesforce-url", URL)
    assert ended.code == 2
    assert str(tmp_path / "config/baton.yaml") in ended.err
    assert str(tmp_path / ".env") in ended.err
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "--salesforce-url"),
        (("--salesforce-url", "https://acme.lightning.force.com"), "address for people"),
        (("--salesforce-url", "http://acme.my.salesforce.com"), "not encrypted"),
        (("--salesforce-url", "https://evil.example"), "no address of a Salesforce org"),
        (("--salesforce-url", "https://u:p@acme.my.salesforce.com"), "no address"),
        (("--salesforce-url", URL, "--country", "Japan"), "--country"),
        (("--salesforce-url", URL, "--tz", "Tokyo"), "--tz"),
        (("--salesforce-url", URL, "--hours", "18:00-09:00"), "--hours"),
        (("--salesforce-url", URL, "--hours", "09:00-12:00,11:00-18:00"), "--hours"),
        (("--salesforce-url", URL, "--days", "mon,funday"), "--days"),
        (("--salesforce-url", URL, "--fiscal-year-start", "13"), "--fiscal-year-start"),
        (("--salesforce-url", URL, "--fiscal-year-start", "April"), "--fiscal-year-start"),
        (("--salesforce-url", URL, "--is", " , "), "--is"),
        (("--salesforce-url", URL, "--pass", "handshake"), "--pass"),
        (("--salesforce-url", URL, "--sql-status", ""), "--sql-status"),
        (("--salesforce-url", URL, "--salesforce-auth", "jwt"), "--salesforce-username"),
        (("--salesforce-url", URL, "--enforce-from", "tomorrow"), "--enforce-from"),
        (("--salesforce-url", URL, "--language", "fr"), "--language"),
        (("--salesforce-url", URL, "--fs", "a\x1bb"), "--fs"),
    ],
)
def test_an_answer_that_cannot_stand_is_told_with_its_option_and_nothing_is_written(
    baton, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    ended = baton("init", str(tmp_path / "acme"), "--yes", *options)
    assert ended.code == 2
    assert told in ended.err
    assert not (tmp_path / "acme").exists()


def test_standard_input_that_ends_in_the_middle_leaves_nothing_behind(baton, tmp_path: Path) -> None:
    ended = baton("init", str(tmp_path / "acme"), said=f"en\n{URL}\n")
    assert ended.code == 2
    assert "standard input ended" in ended.err
    assert not (tmp_path / "acme").exists()


def test_the_conversation_asks_what_no_option_answers_and_ends_in_a_check(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    ended = converse(
        folder, "acme", URL, *[""] * 20, options=("--language", "ja", "--is", "a@acme.jp,IS部", "--pass", "owner")
    )
    assert ended.returncode == 0, ended.stderr
    assert "my.salesforce.com (Setup > My Domain)" in ended.stdout  # the first answer was none
    assert "インサイドセールスは誰ですか" not in ended.stdout
    assert "リードの状況（複数" not in ended.stdout  # no pass by status, so no statuses are asked for
    assert "BATON_SF_CLIENT_ID" in ended.stdout
    assert "baton setup plan" in ended.stdout
    roles = read_settings(folder).rules.definition.roles
    assert roles["IS"].users == {"a@acme.jp"}
    assert roles["IS"].names == {"is部"}


def test_what_it_leaves_loads_is_private_where_it_must_be_and_says_observe(baton, tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    ended = baton("init", str(folder), "--salesforce-url", URL, "--language", "en", "--json")
    assert ended.code == 0
    assert {one["id"] for one in ended.json["check"]["findings"] if one["severity"] == "error"} == {"secret_missing"}
    assert (folder / ".env").stat().st_mode & 0o777 == 0o600
    assert ".env" in (folder / ".gitignore").read_text().splitlines()
    assert read_settings(folder).mode == "observe"
    assert not (folder / "var").exists()
    for room, name in (("config", "baton"), ("config", "definition"), ("mappings", "handoff"), ("mappings", "hubspot")):
        path = folder / room / f"{name}.yaml"
        schema = path.parent / path.read_text().split("$schema=")[1].split("\n")[0]
        validator = Draft202012Validator(orjson.loads(schema.read_bytes()))
        assert [*validator.iter_errors(read_document(path, path.name).data)] == []


def test_a_gitignore_that_is_there_keeps_its_lines(baton, tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*.bak")
    assert baton("init", str(tmp_path), "--yes", "--salesforce-url", URL).code == 0
    assert (tmp_path / ".gitignore").read_text().splitlines() == ["*.bak", ".env", "secrets/", "var/"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_defaults_make_the_shipped_files(baton, tmp_path: Path, language: str) -> None:
    """The templates cannot fall behind what is shipped."""
    folder = tmp_path / "acme"
    options = ("--salesforce-url", "https://example.my.salesforce.com", "--enforce-from", "2026-10-01")
    assert baton("init", str(folder), "--yes", "--language", language, *options).code == 0
    for name in ("config/baton.yaml", "config/definition.yaml", "mappings/handoff.yaml", "mappings/hubspot.yaml"):
        made, shipped = (read_document(root, name).data for root in (folder / name, resources.shipped(name)))
        if name == "config/baton.yaml":
            shipped = {**shipped, "language": language}
        if name == "config/definition.yaml":
            made.pop("label")
            shipped.pop("label")
        assert made == shipped, name


def test_every_answer_has_an_option_and_a_default_or_is_asked_for() -> None:
    from dataclasses import MISSING, fields

    needed = {one.name for one in fields(Answers) if one.default is MISSING}
    assert needed == {"salesforce_url", "enforce_from"}
