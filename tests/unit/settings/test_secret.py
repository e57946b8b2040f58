"""Where secrets come from: the environment first, then `.env` of the operator's folder; never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.errors import ConfigError
from sync.settings.secret import find_exposed, read_env_file, resolve, resolve_path

NAME = "BATON_TEST_OF_SECRETS"


def write(folder: Path, text: str) -> None:
    (folder / ".env").write_text(text, encoding="utf-8")


def test_a_name_that_nothing_sets_is_told_with_where_to_write_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=NAME) as raised:
        resolve(f"env:{NAME}", "config/baton.yaml:9", tmp_path)
    assert str(tmp_path / ".env") in raised.value.problems[0].hint


def test_an_empty_line_of_the_template_counts_as_not_set(tmp_path: Path) -> None:
    write(tmp_path, f"{NAME}=\n")
    with pytest.raises(ConfigError):
        resolve(f"env:{NAME}", "config/baton.yaml:9", tmp_path)


def test_a_line_that_sets_nothing_is_named_and_its_text_is_not_shown(tmp_path: Path) -> None:
    write(tmp_path, "# keys\npat-na1-very-secret\n")
    with pytest.raises(ConfigError) as raised:
        resolve(f"env:{NAME}", "config/baton.yaml:9", tmp_path)
    assert ".env:2" in str(raised.value)
    assert "very-secret" not in str(raised.value)


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    write(tmp_path, "PATH=elsewhere\n")
    assert resolve("env:PATH", "x", tmp_path) != "elsewhere"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("{}=abc", "abc"),
        ("  export {} = abc  ", "abc"),
        ('{}="a b # c"', "a b # c"),
        ("{}='a=b'  # whose it is", "a=b"),
        ("{}=a#b # whose it is", "a#b"),
        ("{}=00D!AQ=.x'", "00D!AQ=.x'"),
    ],
)
def test_values_as_people_write_them(tmp_path: Path, line: str, value: str) -> None:
    write(tmp_path, f"﻿# first\n\n{line.format(NAME)}\n")
    assert resolve(f"env:{NAME}", "x", tmp_path) == value
    assert read_env_file(tmp_path) == {NAME: value}


def test_files_that_others_can_read_are_named_but_not_those_that_were_handed_over(tmp_path: Path) -> None:
    given = {"open": 0o640, "world": 0o604, "own": 0o600, "only": 0o400, "unused": 0o644}
    for name, mode in given.items():
        (tmp_path / name).write_text("x", encoding="utf-8")
        (tmp_path / name).chmod(mode)
    named = [*(f"file:{name}" for name in given if name != "unused"), "file:absent", "https://x.example", "env:NOTHING"]
    assert find_exposed(named, tmp_path) == {tmp_path / "open": 0o640, tmp_path / "world": 0o604}
    write(tmp_path, "NOTHING=1\n")
    (tmp_path / ".env").chmod(0o644)
    assert tmp_path / ".env" in find_exposed(named, tmp_path)


def test_a_path_may_name_what_only_the_environment_knows(tmp_path: Path) -> None:
    home = Path("~").expanduser()
    assert resolve_path("${HOME}/secret", tmp_path) == resolve_path("~/secret", tmp_path) == home / "secret"
    assert resolve_path("secrets/token", tmp_path) == tmp_path / "secrets/token"
    with pytest.raises(ConfigError, match="cannot be read"):
        resolve("file:${NOBODY_SETS_THIS}/token", "config/baton.yaml:9", tmp_path)
