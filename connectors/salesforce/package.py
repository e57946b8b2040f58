"""Components as files: a zip for the Metadata API, and a source tree for the Salesforce CLI."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from connectors.salesforce.component import (
    FIELD,
    LANGUAGES,
    PERMISSION,
    RULE,
    SET,
    TRANSLATION,
    VIEW,
    Component,
)
from connectors.salesforce.xml import Node, write_xml

Files = Mapping[str, bytes]
_PARTS: Mapping[str, tuple[str, str, str]] = {
    FIELD: ("fields", "fields", "field"),
    VIEW: ("listViews", "listViews", "listView"),
    RULE: ("validationRules", "validationRules", "validationRule"),
}
"""Type → (element in the object's file, folder and suffix in a source tree)."""
_WHOLE: Mapping[str, tuple[str, str]] = {
    SET: ("permissionsets", "permissionset"),
    PERMISSION: ("customPermissions", "customPermission"),
}
"""Type → (folder, suffix)."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The same content is the same zip."""


def metadata_files(components: Sequence[Component], version: str) -> dict[str, bytes]:
    """What a deployment holds, package.xml included."""
    files = {"package.xml": manifest(components, version)}
    for name, parts in _by_object(components).items():
        files[f"objects/{name}.object"] = write_xml("CustomObject", parts)
    for one in components:
        if one.type in _WHOLE:
            folder, suffix = _WHOLE[one.type]
            files[f"{folder}/{one.name}.{suffix}"] = write_xml(one.type, one.node)
    return files


def _by_object(components: Iterable[Component]) -> dict[str, dict[str, list[Node]]]:
    found: dict[str, dict[str, list[Node]]] = {}
    for one in components:
        if one.type in _PARTS:
            found.setdefault(one.parent, {}).setdefault(_PARTS[one.type][0], []).append(one.node)
    return found


def manifest(components: Iterable[Component], version: str) -> bytes:
    return write_manifest([(one.type, one.name) for one in components], version)


def write_manifest(names: Iterable[tuple[str, str]], version: str) -> bytes:
    """package.xml, or destructiveChanges.xml, of (type, full name)."""
    members: dict[str, list[str]] = {}
    for type_, name in names:
        members.setdefault(type_, []).append(name)
    types = [{"name": type_, "members": sorted(some)} for type_, some in sorted(members.items())]
    return write_xml("Package", {"types": types, "version": version})


def removal_files(names: Sequence[tuple[str, str]], version: str) -> dict[str, bytes]:
    """A deployment that takes these away and brings nothing."""
    return {"package.xml": write_manifest([], version), "destructiveChanges.xml": write_manifest(names, version)}


def translations(components: Sequence[Component], language: str) -> dict[str, Node]:
    """By `Lead-ja`: the objects' translations into one language."""
    found: dict[str, dict[str, list[Node]]] = {}
    for one in components:
        if node := one.translations.get(language):
            part = "fields" if one.type == FIELD else "validationRules"
            found.setdefault(f"{one.parent}-{LANGUAGES[language]}", {}).setdefault(part, []).append(node)
    return dict(found)


def translated_files(components: Sequence[Component], language: str, version: str) -> dict[str, bytes]:
    """A deployment of the translations into one language alone: an org takes it only where the translation workbench is
    on for it and it is not the org's own language."""
    nodes = translations(components, language)
    files = {
        f"objectTranslations/{name}.objectTranslation": write_xml(TRANSLATION, node) for name, node in nodes.items()
    }
    return {"package.xml": write_manifest([(TRANSLATION, name) for name in nodes], version), **files}


def source_files(components: Sequence[Component], version: str) -> dict[str, bytes]:
    """A project of the Salesforce CLI (source: Salesforce DX Developer Guide, "Project structure"). Rules test fields and a
    permission of the rest: they have a folder of their own, to be deployed after it."""
    rules = any(one.type == RULE for one in components)
    files: dict[str, bytes] = {"sfdx-project.json": _project(version, ("rules",) if rules else ())}
    for one in components:
        if one.type in _PARTS:
            _, folder, suffix = _PARTS[one.type]
            path = f"objects/{one.parent}/{folder}/{one.own_name}.{suffix}-meta.xml"
        else:
            folder, suffix = _WHOLE[one.type]
            path = f"{folder}/{one.name}.{suffix}-meta.xml"
        room = "rules" if one.type == RULE else "force-app"
        files[f"{room}/main/default/{path}"] = write_xml(one.type, one.node)
    for language in LANGUAGES:
        for name, node in translations(components, language).items():
            files |= _translated_source(language, name, node)
    return files


def _translated_source(language: str, name: str, node: Node) -> dict[str, bytes]:
    """In a source tree each field's translation is a file of its own."""
    folder = f"translations-{language}/main/default/objectTranslations/{name}"
    rest = {part: value for part, value in node.items() if part != "fields"}
    files = {f"{folder}/{name}.objectTranslation-meta.xml": write_xml(TRANSLATION, rest)}
    for field in node.get("fields", ()):
        files[f"{folder}/{field['name']}.fieldTranslation-meta.xml"] = write_xml("CustomFieldTranslation", field)
    return files


def _project(version: str, more: Sequence[str]) -> bytes:
    project: dict[str, Any] = {
        "packageDirectories": [
            {"path": "force-app", "default": True},
            *({"path": path} for path in (*more, *(f"translations-{language}" for language in LANGUAGES))),
        ],
        "name": "baton",
        "namespace": "",
        "sfdcLoginUrl": "https://login.salesforce.com",
        "sourceApiVersion": version,
    }
    return orjson.dumps(project, option=orjson.OPT_INDENT_2) + b"\n"


def zip_files(files: Files) -> bytes:
    """The files as a zip, the same one every time."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()
