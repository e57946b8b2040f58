"""The wheel holds code and the operator's files, and owns its import names."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    target = tmp_path_factory.mktemp("wheel")
    build = "import sys, hatchling.build as b; print(b.build_wheel(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, str(target)], cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(target.glob("*.whl")))


def test_the_wheel_ships_what_operators_edit(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    schemas = ("config/schema/baton.json", "mappings/schema/connection.json")
    for file in (
        "config/baton.yaml",
        "config/definition.yaml",
        "mappings/handoff.yaml",
        "mappings/salesforce.yaml",
        *schemas,
        "config/init/baton.ja.yaml.j2",
        "docs/ja/installation.md",
        "docs/en/security.md",
    ):
        assert f"sync/_shipped/{file}" in names


def test_the_wheel_holds_two_import_names_and_no_decisions(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist() if ".dist-info" not in name}
    assert tops == {"sync", "connectors"}
    assert not [n for n in wheel.namelist() if n.startswith("sync/decisions")]


def test_nobody_else_owns_our_import_names() -> None:
    owners = importlib.metadata.packages_distributions()
    assert set(owners.get("sync", [])) <= {"baton-handoff"}
    assert set(owners.get("connectors", [])) <= {"baton-handoff"}


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = list(project["project"]["dependencies"])
    wanted += [d for extra in project["project"]["optional-dependencies"].values() for d in extra]
    wanted += [d for group in project["dependency-groups"].values() for d in group]
    pins = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().split()
        if "==" in line
    }
    names = {re.split(r"[\[<>=!~;]", d)[0].strip().lower().replace("_", "-") for d in wanted}
    assert names - pins == set()
