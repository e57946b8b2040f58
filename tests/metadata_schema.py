"""The schema of Salesforce's metadata, from the WSDL that simple-salesforce ships: catches what no org is at hand to catch."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import simple_salesforce
from lxml import etree

_XS = "{http://www.w3.org/2001/XMLSchema}"
_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
ROOTS = (
    "CustomObject", "PermissionSet", "CustomPermission", "CustomObjectTranslation", "CustomField", "ListView",
    "ValidationRule", "CustomFieldTranslation", "Package",
)  # fmt: skip


@cache
def _schema() -> tuple[Any, Mapping[str, Any]]:
    """(the validator, complex types by name)."""
    wsdl = etree.parse(str(Path(simple_salesforce.__file__).with_name("metadata.wsdl")))
    source = wsdl.find(f".//{_XS}schema")
    assert source is not None
    schema = etree.Element(
        f"{_XS}schema",
        {"targetNamespace": _NAMESPACE, "elementFormDefault": "qualified"},
        nsmap={"xsd": _XS[1:-1], "tns": _NAMESPACE},
    )
    names: set[tuple[str, str | None]] = set()
    for node in source:
        key = (str(node.tag), node.get("name"))
        if key not in names:
            names.add(key)
            schema.append(copy.deepcopy(node))
    declared = {name for tag, name in names if tag == f"{_XS}element"}
    for root in ROOTS:
        if root not in declared:
            etree.SubElement(schema, f"{_XS}element", {"name": root, "type": f"tns:{root}"})
    types = {str(node.get("name")): node for node in schema if node.tag == f"{_XS}complexType"}
    return etree.XMLSchema(schema), types


def find_faults(document: bytes) -> list[str]:
    """What the schema has against a document; children may stand in any order, as Salesforce takes them."""
    schema, types = _schema()
    root = etree.fromstring(document)
    _sort(root, etree.QName(root).localname, types)
    schema.validate(root)
    return [f"line {fault.line}: {fault.message}" for fault in schema.error_log]


def _sort(node: Any, type_: str, types: Mapping[str, Any]) -> None:
    if type_ not in types:
        return
    order = _elements(type_, types)
    place = {name: at for at, name in enumerate(order)}
    children = sorted(node, key=lambda child: place.get(etree.QName(child).localname, len(place)))
    for child in children:
        node.append(child)
        _sort(child, order.get(etree.QName(child).localname, ""), types)


def _elements(type_: str, types: Mapping[str, Any]) -> dict[str, str]:
    """Name → type of the elements of a complex type, those of what it extends first."""
    node = types.get(type_)
    if node is None:
        return {}
    base = node.find(f".//{_XS}extension")
    found = _elements(base.get("base").partition(":")[2], types) if base is not None else {}
    for element in node.iter(f"{_XS}element"):
        found[element.get("name")] = (element.get("type") or "").partition(":")[2]
    return found
