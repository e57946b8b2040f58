"""JSON Schemas of the operator's files, for editors: what may stand where, with an explanation. `make schemas` writes them.

An editor checks shapes and shows descriptions; what one file knows of another (items, roles, streams) only Baton checks.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
from pydantic import BaseModel

from sync import resources
from sync.settings import batch, baton, calendar, definition, mapping, policy, report, service, table, thin

FILES: Mapping[str, tuple[type[BaseModel], str]] = {
    "config/schema/baton.json": (baton.BatonFile, "config/baton.yaml: how Baton runs"),
    "config/schema/definition.json": (definition.DefinitionFile, "config/definition.yaml: what a pass is, and an SQL"),
    "mappings/schema/handoff.json": (mapping.HandoffFile, "mappings/handoff.yaml: the handoff items"),
    "mappings/schema/connection.json": (mapping.ConnectionFile, "mappings/<connection>.yaml: which field holds which item"),
    "mappings/schema/titles.json": (table.TitlesFile, "mappings/titles.yaml: job title to rank"),
    "mappings/schema/placeholders.json": (table.PlaceholdersFile, "mappings/placeholders.yaml: words that are no answer"),
}  # fmt: skip
_MODULES = (batch, baton, calendar, definition, mapping, policy, report, service, table, thin)


def make_schemas() -> dict[str, bytes]:
    """File → its JSON, byte for byte as it is shipped."""
    told = _docstrings(_MODULES)
    return {name: _render(model, title, told) for name, (model, title) in FILES.items()}


def write_schemas(root: Path) -> list[Path]:
    """Write all of them below `root`, the checkout."""
    written: list[Path] = []
    for name, content in make_schemas().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        written.append(path)
    return written


def _render(model: type[BaseModel], title: str, told: Mapping[str, Mapping[str, str]]) -> bytes:
    schema = model.model_json_schema(by_alias=True, mode="validation")
    _describe(schema, model.__name__, told)
    for name, part in schema.get("$defs", {}).items():
        _describe(part, name, told)
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}
    return _without_titles(whole) + b"\n"


def _describe(schema: dict[str, Any], model: str, told: Mapping[str, Mapping[str, str]]) -> None:
    """Give every setting the text that stands under it in the model."""
    for name, part in schema.get("properties", {}).items():
        text = told.get(model, {}).get(name)
        if text:
            part["description"] = text


def _without_titles(schema: dict[str, Any]) -> bytes:
    """Titles that only repeat a setting's name say nothing to an operator."""

    def clean(node: Any, *, top: bool = False, names: bool = False) -> Any:
        if isinstance(node, dict):
            return {
                key: clean(value, names=key in ("properties", "$defs"))
                for key, value in node.items()
                if top or names or key != "title"
            }
        return [clean(value) for value in node] if isinstance(node, list) else node

    return orjson.dumps(clean(schema, top=True), option=orjson.OPT_INDENT_2)


def _docstrings(modules: Iterable[ModuleType]) -> dict[str, dict[str, str]]:
    """Model → setting as written in the file → the docstring under it, inherited ones included."""
    own: dict[str, dict[str, str]] = {}
    models: dict[str, type[BaseModel]] = {}
    for module in modules:
        for node in ast.parse(inspect.getsource(module)).body:
            kind = getattr(module, node.name, None) if isinstance(node, ast.ClassDef) else None
            if isinstance(node, ast.ClassDef) and isinstance(kind, type) and issubclass(kind, BaseModel):
                own[node.name], models[node.name] = _texts(node), kind
    return {
        name: {
            info.alias or field: text
            for field, info in kind.model_fields.items()
            if (text := next((own[k.__name__][field] for k in kind.__mro__ if field in own.get(k.__name__, {})), ""))
        }
        for name, kind in models.items()
    }


def _texts(node: ast.ClassDef) -> dict[str, str]:
    found: dict[str, str] = {}
    for line, following in zip(node.body, node.body[1:], strict=False):
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and isinstance(following, ast.Expr):
            value = following.value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[line.target.id] = " ".join(value.value.split())
    return found


if __name__ == "__main__":
    for path in write_schemas(resources.room("config").parent):
        sys.stdout.write(f"{path}\n")
