"""A simulated Salesforce org."""

from __future__ import annotations

from connectors.simulator.salesforce.org import SalesforceOrg

__all__ = ["SalesforceOrg"]
