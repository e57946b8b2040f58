"""The schemas for editors are those of the models, take the shipped files and refuse what Baton refuses by shape."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from sync.settings.document import read_document
from sync.settings.schema import FILES, make_schemas, write_schemas

ROOT = Path(__file__).parents[3]
HEAD = re.compile(r"# yaml-language-server: \$schema=(\S+)\n")
YAMLS = [
    path
    for folder in (ROOT, ROOT / "examples/saas-jp")
    for room in ("config", "mappings")
    for path in sorted((folder / room).glob("*.yaml"))
]


def schema_of(path: Path) -> Path:
    """The schema that the first line of a file names."""
    found = HEAD.match(path.read_text(encoding="utf-8"))
    assert found, f"{path} does not begin with its schema"
    return (path.parent / found[1]).resolve()


def complaints(path: Path, data: Any) -> list[str]:
    validator = Draft202012Validator(orjson.loads(schema_of(path).read_bytes()))
    return [f"{list(error.absolute_path)}: {error.message[:80]}" for error in validator.iter_errors(data)]


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_shipped_schema_is_that_of_its_model(name: str) -> None:
    assert (ROOT / name).read_bytes() == make_schemas()[name], "stale: run `make schemas`"


def test_writing_them_makes_all_of_them(tmp_path: Path) -> None:
    assert sorted(str(path.relative_to(tmp_path)) for path in write_schemas(tmp_path)) == sorted(FILES)


@pytest.mark.parametrize("path", YAMLS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_file_names_its_schema_and_keeps_to_it(path: Path) -> None:
    assert schema_of(path).is_file()
    assert complaints(path, read_document(path, path.name).data) == []


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_setting_is_explained(name: str) -> None:
    schema = orjson.loads(make_schemas()[name])
    parts = {"": schema, **schema.get("$defs", {})}
    silent = [
        f"{model}.{setting}"
        for model, part in parts.items()
        for setting, about in part.get("properties", {}).items()
        if not about.get("description")
    ]
    assert silent == []


@pytest.mark.parametrize(
    ("file", "way", "value"),
    [
        ("config/baton.yaml", ("mode",), "wriet"),
        ("config/baton.yaml", ("colour",), "red"),
        ("config/baton.yaml", ("schedule", "hot"), 30),
        ("config/baton.yaml", ("clocks", "fs_first_contact", "target"), "tomorrow"),
        ("config/baton.yaml", ("connections", "hubspot"), "maybe"),
        ("config/definition.yaml", ("sql", "authority", "rank_at_least"), "boss"),
        ("config/definition.yaml", ("pass", "any_of"), ["lead_convert"]),
        ("config/definition.yaml", ("effective_from",), "soon"),
        ("mappings/handoff.yaml", ("items", "pain", "as"), "prose"),
        ("mappings/salesforce.yaml", ("streams", "Lead", "kind"), "human"),
        ("mappings/salesforce.yaml", ("streams", "Lead", "items", "pain"), "Pain c"),
        ("mappings/titles.yaml", ("step_down",), "代理"),
    ],
)
def test_an_editor_sees_what_is_wrong_by_shape(file: str, way: tuple[str, ...], value: object) -> None:
    data = read_document(ROOT / file, file).data
    node = data
    for part in way[:-1]:
        node = node[part]
    node[way[-1]] = value
    assert complaints(ROOT / file, data)


@pytest.mark.parametrize(
    ("file", "way", "value"),
    [
        ("config/baton.yaml", ("connections", "hubspot"), "none"),
        ("config/baton.yaml", ("calendars", "tokyo", "closures"), ["2026-12-29..2027-01-03", {"from": "2026-08-12", "to": "2026-08-14"}]),
        ("config/definition.yaml", ("version",), 2026.1),
        ("mappings/hubspot.yaml", ("streams", "contacts", "items", "pain"), ["pain", "problem"]),
    ],
)  # fmt: skip
def test_an_editor_takes_every_form_that_baton_takes(file: str, way: tuple[str, ...], value: object) -> None:
    data = read_document(ROOT / file, file).data
    node = data
    for part in way[:-1]:
        node = node[part]
    node[way[-1]] = value
    assert complaints(ROOT / file, data) == []
