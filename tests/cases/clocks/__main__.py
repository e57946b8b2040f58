"""Write the page of worked examples anew."""

from __future__ import annotations

from tests.cases.clocks.read import CLOCKS
from tests.cases.clocks.table import render

(CLOCKS / "README.md").write_text(render(), encoding="utf-8")
