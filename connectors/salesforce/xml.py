"""Metadata as XML: the one writer. Whatever operators call their items, it comes out as text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

NAMESPACE = "http://soap.sforce.com/2006/04/metadata"
Node = Mapping[str, Any]
"""Element name → text, number, truth, node, or several of them."""
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document can hold, escaped or not."""


def write_xml(root: str, node: Node) -> bytes:
    """A document in the Metadata API's namespace: the full name first, the rest in the order of the alphabet, which is
    that of the schema."""
    element = ElementTree.Element(root, {"xmlns": NAMESPACE})
    _fill(element, node)
    ElementTree.indent(element, space="    ")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(element, encoding="utf-8") + b"\n"


def _fill(parent: ElementTree.Element, node: Node) -> None:
    for name in sorted(node, key=lambda name: (name != "fullName", name)):
        value = node[name]
        several: Sequence[Any] = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        for one in several:
            child = ElementTree.SubElement(parent, name)
            if isinstance(one, Mapping):
                _fill(child, one)
            else:
                child.text = _text(one)


def _text(value: str | bool | int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _FORBIDDEN.sub("", str(value))
