"""The portal's pipelines: the default deal pipeline, and a lead pipeline with the five standard stages."""

from __future__ import annotations

from typing import Any

_STAMP = "2024-01-15T00:00:00.000Z"
_DEAL_STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
)
_LEAD_STAGES = (
    ("new-stage-id", "New", "NEW"),
    ("attempting-stage-id", "Attempting", "IN_PROGRESS"),
    ("connected-stage-id", "Connected", "IN_PROGRESS"),
    ("qualified-stage-id", "Qualified", "QUALIFIED"),
    ("unqualified-stage-id", "Disqualified", "UNQUALIFIED"),
)


def _stage(at: int, stage_id: str, label: str, metadata: dict[str, str]) -> dict[str, Any]:
    return {
        "id": stage_id,
        "label": label,
        "displayOrder": at,
        "metadata": metadata,
        "createdAt": _STAMP,
        "updatedAt": _STAMP,
        "archived": False,
        "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
    }


def _pipeline(pipeline_id: str, label: str, stages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": pipeline_id,
        "label": label,
        "displayOrder": 0,
        "stages": stages,
        "createdAt": _STAMP,
        "updatedAt": _STAMP,
        "archived": False,
    }


def default_pipelines() -> dict[str, list[dict[str, Any]]]:
    """By object type, as the API shows them."""
    deals = [
        _stage(at, name, label, {"isClosed": str(name.startswith("closed")).lower(), "probability": probability})
        for at, (name, label, probability) in enumerate(_DEAL_STAGES)
    ]
    leads = [
        _stage(at, name, label, {"isClosed": str(state.endswith("QUALIFIED")).lower(), "leadState": state})
        for at, (name, label, state) in enumerate(_LEAD_STAGES)
    ]
    return {
        "deals": [_pipeline("default", "Sales Pipeline", deals)],
        "leads": [_pipeline("lead-pipeline-id", "Lead Pipeline", leads)],
        "contacts": [],
    }
