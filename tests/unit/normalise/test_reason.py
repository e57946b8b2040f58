"""Whatever is found fault with in what people typed, a Japanese company is told why in Japanese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from sync.cli.phrase import phrase
from sync.core.mapping.normalise.registry import KINDS

TYPED = {
    one.value
    for path in Path(__file__).parent.glob("test_*.py")
    for one in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(one, ast.Constant) and isinstance(one.value, str) and len(one.value) < 60
}
"""All that the tests beside this one try."""
_JAPANESE = re.compile(r"[\u3041-\u30fa\u4e00-\u9fff]")


def test_every_reason_has_a_japanese_wording(ask) -> None:
    given = {ask(kind, text).reason for kind in KINDS for text in sorted(TYPED)} - {None}
    assert len(given) > 40
    assert sorted(reason for reason in given if not _JAPANESE.search(phrase(reason, "ja"))) == []
