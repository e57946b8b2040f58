"""Formulas of validation rules, as far as people write them there: read, checked and run."""

from __future__ import annotations

from connectors.simulator.salesforce.admin.formula.build import Formula, build
from connectors.simulator.salesforce.admin.formula.read import FormulaError
from connectors.simulator.salesforce.admin.formula.value import Scene

__all__ = ["Formula", "FormulaError", "Scene", "build"]
