"""What a Japanese operator reads of what is wrong in the files: taken from the checks themselves, not from a list."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.app import read_settings
from sync.cli.problem_text import in_language
from sync.errors import ConfigError
from sync.settings.secret import resolve
from sync.settings.write import write_overrides
from tests.benchmarks.stub import ROOT


def problems(tmp_path: Path, **more: object) -> list[str]:
    for room in ("config", "mappings"):
        for file in (ROOT / "examples" / "saas-jp" / room).rglob("*.yaml"):
            place = tmp_path / file.relative_to(ROOT / "examples" / "saas-jp")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
    write_overrides(tmp_path, more)
    with pytest.raises(ConfigError) as raised:
        read_settings(tmp_path)
    return [text for one in raised.value.problems for text in (one.message, one.hint) if text]


@pytest.mark.parametrize(
    "more", [{"langauge": "ja"}, {"retention": True, "report": {"smallest": "many"}}, {"mode": "wirte"}]
)
def test_mistakes_in_a_file_are_told_in_japanese(tmp_path: Path, more: dict[str, object]) -> None:
    for text in problems(tmp_path, **more):
        told = in_language(text, "ja")
        assert re.search("[ぁ-ん]", told), text
        assert in_language(text, "en") == text


def test_a_credential_that_is_not_there_is_told_in_japanese(tmp_path: Path) -> None:
    for reference in ("env:BATON_NOT_THERE", "file:nowhere"):
        with pytest.raises(ConfigError) as raised:
            resolve(reference, "config/baton.yaml:3", tmp_path)
        for one in raised.value.problems:
            assert re.search("[ぁ-ん]", in_language(one.message, "ja")) and re.search(
                "[ぁ-ん]", in_language(one.hint, "ja")
            )


def test_what_is_not_known_stays_as_it_is() -> None:
    assert in_language("something else", "ja") == "something else"
