"""Reads a metadata zip: its package.xml, its files as components, and what it deletes (source: Metadata API Guide)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
CHILDREN = {"fields": "CustomField", "listViews": "ListView", "validationRules": "ValidationRule"}
"""Parts of an object file that are components of their own."""
FOLDERS = {
    "permissionsets": ("PermissionSet", ".permissionset"),
    "customPermissions": ("CustomPermission", ".customPermission"),
    "translations": ("Translations", ".translation"),
    "objectTranslations": ("CustomObjectTranslation", ".objectTranslation"),
}
DELETIONS = ("destructiveChangesPre.xml", "destructiveChanges.xml", "destructiveChangesPost.xml")


@dataclass(frozen=True, slots=True)
class Component:
    """One thing of a package. `content` is its XML as text, dicts, and lists where an element repeats."""

    type: str
    full_name: str
    file: str
    content: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Failure:
    """What is wrong with one component, in the vendor's words."""

    type: str
    full_name: str
    file: str
    problem: str


class BadPackageError(Exception):
    """The zip as a whole cannot be deployed."""


@dataclass(slots=True)
class Package:
    """What a zip asks for."""

    components: list[Component] = field(default_factory=list[Component])
    deletions: dict[str, list[Component]] = field(default_factory=dict[str, list[Component]])
    failures: list[Failure] = field(default_factory=list[Failure])


def read_package(data: bytes, *, missing_files: bool = False) -> Package:
    """Everything that package.xml names. Raises BadPackageError."""
    files = _unzip(data)
    if "package.xml" not in files:
        raise BadPackageError("No package.xml found")
    members = _read_members(files["package.xml"], "package.xml")
    found = Package()
    there: dict[tuple[str, str], Component] = {}
    for path, text in files.items():
        if path not in ("package.xml", *DELETIONS):
            _read_file(found, there, members, path, text)
    for kind, names in members.items():
        for name in names:
            _take(found, there, kind, name, missing_files=missing_files)
    for path in DELETIONS:
        if path in files:
            named = _read_members(files[path], path)
            found.deletions[path] = [Component(kind, name, path) for kind, names in named.items() for name in names]
    return found


def _unzip(data: bytes) -> dict[str, bytes]:
    """Files by path from the root of the package, which may be one folder deep."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    except zipfile.BadZipFile:
        raise BadPackageError("Invalid zip file: The zip file could not be read") from None
    roots = {name.partition("/")[0] for name in files}
    if "package.xml" not in files and len(roots) == 1:
        root = f"{roots.pop()}/"
        return {name.removeprefix(root): text for name, text in files.items()}
    return files


def _parse(text: bytes, path: str) -> ElementTree.Element:
    if b"<!DOCTYPE" in text:
        raise BadPackageError(f"Error parsing file {path}: DOCTYPE is not allowed")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314  loopback simulator; documents with a DTD are refused above
    except ElementTree.ParseError as error:
        raise BadPackageError(f"Error parsing file: {error}") from None
    if not root.tag.startswith(f"{{{NAMESPACE}}}"):
        raise BadPackageError(f"Error parsing file: {path} must use the namespace {NAMESPACE}")
    return root


def _read_members(text: bytes, path: str) -> dict[str, list[str]]:
    root = _parse(text, path)
    members: dict[str, list[str]] = {}
    for part in root:
        if _bare(part) == "types":
            name = next((child.text or "" for child in part if _bare(child) == "name"), "")
            named = [(child.text or "").strip() for child in part if _bare(child) == "members"]
            members.setdefault(name.strip(), []).extend(named)
    if path == "package.xml" and not any(_bare(part) == "version" for part in root):
        raise BadPackageError("package.xml must name an API version")
    return members


def _read_file(
    found: Package, there: dict[tuple[str, str], Component], members: dict[str, list[str]], path: str, text: bytes
) -> None:
    folder, _, name = path.partition("/")
    if folder == "objects" and name.endswith(".object"):
        object_name = name.removesuffix(".object")
        for one in _read_object(found, object_name, path, text):
            there[one.type, one.full_name] = one
        return
    if folder not in FOLDERS:
        found.failures.append(Failure("", name or path, path, f"Unexpected file or folder: {path} is not simulated"))
        return
    kind, suffix = FOLDERS[folder]
    full_name = name.removesuffix(suffix)
    if full_name not in members.get(kind, ()) and "*" not in members.get(kind, ()):
        found.failures.append(Failure(kind, full_name, path, "Not in package.xml"))
        return
    try:
        there[kind, full_name] = Component(kind, full_name, path, _as_dict(_parse(text, path)))
    except BadPackageError as error:
        found.failures.append(Failure(kind, full_name, path, str(error)))


def _read_object(found: Package, object_name: str, path: str, text: bytes) -> Iterator[Component]:
    try:
        root = _parse(text, path)
    except BadPackageError as error:
        found.failures.append(Failure("CustomObject", object_name, path, str(error)))
        return
    for part in root:
        kind = CHILDREN.get(_bare(part))
        if kind is None:
            problem = f"The simulated org does not deploy {_bare(part)} of {object_name}"
            found.failures.append(Failure("CustomObject", object_name, path, problem))
            continue
        content = _as_dict(part)
        name = str(content.get("fullName") or "")
        if not name:
            found.failures.append(Failure(kind, object_name, path, "Required field is missing: fullName"))
            continue
        yield Component(kind, f"{object_name}.{name}", path, content)


def _take(
    found: Package, there: dict[tuple[str, str], Component], kind: str, name: str, *, missing_files: bool
) -> None:
    """The components that one member of package.xml means; an object means all that its file holds."""
    if kind == "CustomObject":
        parts = [one for one in there.values() if one.file == f"objects/{name}.object"]
    elif name == "*":
        parts = [one for one in there.values() if one.type == kind]
    else:
        parts = [there[kind, name]] if (kind, name) in there else []
    if not parts and name != "*" and not missing_files:
        problem = f"An object '{name}' of type {kind} was named in package.xml, but was not found in zipped directory"
        found.failures.append(Failure(kind, name, "package.xml", problem))
    found.components.extend(part for part in parts if part not in found.components)


def _bare(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _as_dict(element: ElementTree.Element) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for child in element:
        value = _as_dict(child) if len(child) else (child.text or "").strip()
        name = _bare(child)
        if name in made:
            made[name] = [*(made[name] if isinstance(made[name], list) else [made[name]]), value]
        else:
            made[name] = value
    return made


def as_list(value: Any) -> list[Any]:
    """An element that may come never, once, or often."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownArgumentType]  # XML is untyped


def true(value: Any) -> bool:
    """A flag, as XML or JSON has it."""
    return str(value).strip().lower() == "true"
