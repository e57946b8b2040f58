"""Baton: keeps the inside-sales to field-sales handoff honest across HubSpot and Salesforce."""
