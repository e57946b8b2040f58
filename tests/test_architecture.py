"""The rooms, their import rules and the map of the house hold, and the checks that say so can fail."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PURE_LIBRARIES = {"phonenumbers", "email_validator", "holidays"}
IMPURE_STDLIB = {
    "asyncio", "http", "io", "logging", "os", "pathlib", "random", "secrets", "select", "shutil", "signal", "socket", "sqlite3",
    "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip


def run_import_linter(root: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--config", str(root / "pyproject.toml"), *more]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, env={"PYTHONPATH": str(root)}, check=False)


def copy_of_the_house(target: Path) -> Path:
    for name in ("sync", "connectors"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", target)
    return target


def test_import_contracts_hold() -> None:
    done = run_import_linter(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


PLANTED = {
    "Rooms import downwards only": ("sync.core.rules", "sync.store"),
    "Only sync.app imports connectors": ("sync.flow", "connectors.salesforce"),
    "Outside systems do not know each other": ("connectors.salesforce", "connectors.hubspot"),
    "Connectors know ports and nouns, not the engine": ("connectors.hubspot", "sync.store"),
}
"""Who imports what it must not, by the contract that says so."""


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of a house in which every contract is broken once."""
    house = copy_of_the_house(tmp_path_factory.mktemp("house"))
    for room, other in PLANTED.values():
        with (house / room.replace(".", "/") / "__init__.py").open("a", encoding="utf-8") as planted:
            planted.write(f"\nimport {other}\n")
    done = run_import_linter(house, "--no-cache")
    assert done.returncode != 0
    return done.stdout


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_is_caught(verdict: str, contract: str) -> None:
    room, other = PLANTED[contract]
    assert f"{contract} BROKEN" in verdict
    named = re.split(r"\n(.+)\n-+\n", verdict.partition("Broken contracts")[2])
    told = dict(zip(named[1::2], named[2::2], strict=True))[contract]
    assert f"{room} -> {other} (l." in told, told


def imported_modules(source: str) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def impurities(source: str) -> list[str]:
    """What in a module of the core reaches for the world: foreign libraries, I/O modules, the clock."""
    found = []
    for module in imported_modules(source):
        top = module.split(".")[0]
        allowed = (
            top == "sync" or top in PURE_LIBRARIES or (top in sys.stdlib_module_names and top not in IMPURE_STDLIB)
        )
        if not allowed:
            found.append(f"imports {module}")
    found += re.findall(r"\b(?:datetime|date)\.(?:now|today|utcnow)\(", source)
    return found


def test_the_core_is_pure() -> None:
    guilty = {}
    for path in (ROOT / "sync/core").rglob("*.py"):
        found = impurities(path.read_text(encoding="utf-8"))
        if found:
            guilty[str(path.relative_to(ROOT))] = found
    assert guilty == {}


@pytest.mark.parametrize("bad", ["import requests", "import time", "from os import path", "x = datetime.now()"])
def test_the_purity_check_can_fail(bad: str) -> None:
    assert impurities(bad)


def test_the_core_names_no_vendor() -> None:
    for path in (ROOT / "sync/core").rglob("*.py"):
        code = "\n".join(
            ast.unparse(node) for node in ast.parse(path.read_text(encoding="utf-8")).body if not is_docstring(node)
        )
        code = re.sub(r'"""[\s\S]*?"""', "", code)
        names = re.findall(r"[\"'][^\"'\n]*(?:salesforce|hubspot|hs_|__c)[^\"'\n]*[\"']", code, re.IGNORECASE)
        quoted_in_docstrings = re.findall(r"^\s*['\"].*$", code, re.MULTILINE)
        assert [n for n in names if not any(n in d for d in quoted_in_docstrings)] == [], path


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def test_the_journey_names_files_that_exist() -> None:
    """`sync/README.md` tells the way of one record; every file and function that it names is there."""
    text = (ROOT / "sync/README.md").read_text(encoding="utf-8")
    steps = re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", text)
    assert len(steps) >= 8, "the journey should name the file of each step"
    for file, function in steps:
        path = ROOT / file
        assert path.is_file(), f"sync/README.md names {file}, which is not there"
        if function:
            assert re.search(rf"^(?:def|class) {function}\b", path.read_text(encoding="utf-8"), re.MULTILINE), (
                f"sync/README.md names {function} in {file}, which is not there"
            )


def test_every_room_says_what_it_is_for() -> None:
    rooms = [p.parent for p in (ROOT / "sync").rglob("__init__.py")] + [
        p.parent for p in (ROOT / "connectors").rglob("__init__.py")
    ]
    for room in rooms:
        if room.name in {"migrations", "versions"}:
            continue
        documented = (room / "README.md").is_file() or is_documented(room / "__init__.py")
        assert documented, f"{room.relative_to(ROOT)} has neither a README nor a docstring"


def is_documented(init: Path) -> bool:
    return bool(ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))))


def test_no_file_names_a_machine_or_a_package_index() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    index = re.compile("|".join(["pypi" + r"\.org", "files\\.python" + "hosted", "registry\\." + "npmjs"]))
    for name in listed:
        path = ROOT / name
        if path.suffix in {".png", ".ico"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        assert not index.search(text), f"{name} holds the address of a package index"
        assert "../" + "shared" not in text, f"{name} names a path outside the project"
