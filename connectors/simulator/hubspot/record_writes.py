"""Creating and updating records over the API, with the rules for whole-batch and partial failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.simulator.hubspot.call import Call, batch, object_in, objects_in, record_id, shuffle
from connectors.simulator.hubspot.data import may_enter
from connectors.simulator.hubspot.errors import (
    ApiError,
    Body,
    contact_exists,
    error_body,
    invalid,
    not_found,
    values_body,
)
from connectors.simulator.hubspot.objects import ASSOCIATION_TYPES, AssociationType, find_type
from connectors.simulator.hubspot.record_views import find_record, show_written
from connectors.simulator.hubspot.records import Author, Record
from connectors.simulator.hubspot.refusal import shape_values
from connectors.simulator.hubspot.schema import Problem
from connectors.simulator.kernel import Response

APP = Author("INTEGRATION", "5000001")
_MINIMUM = {"contacts": ("email", "firstname", "lastname"), "companies": ("name", "domain")}
_REQUIRED = {"deals": ("dealname", "dealstage"), "leads": ("hs_lead_name",)}
_STAGES = {"dealstage": "deals", "hs_pipeline_stage": "leads"}
Link = tuple[AssociationType, int]


@dataclass(slots=True)
class Draft:
    """A record that passed every check and only has to be stored."""

    values: dict[str, str]
    links: list[Link]


def create_record(call: Call) -> Response:
    draft = _prepare(call, call.body())
    _refuse_taken(call, [draft])
    return Response(201, _store(call, draft))


def create_batch(call: Call) -> Response:
    """One bad record fails the batch, unless every input has a trace id: then the good ones are made."""
    inputs = call.inputs()
    traced = bool(inputs) and all(one.get("objectWriteTraceId") for one in inputs)
    drafts: list[Draft] = []
    errors: list[Body] = []
    for one in inputs:
        try:
            draft = _prepare(call, one)
            if traced:
                _refuse_taken(call, [*drafts, draft])
            drafts.append(draft)
        except ApiError as error:
            if not traced:
                raise
            errors.append(_trace(error.body, one["objectWriteTraceId"]))
    if not traced:
        _refuse_taken(call, drafts)
    results = [_store(call, draft) for draft in drafts]
    return batch(call, shuffle(call, results, 0.95), errors, success=201)


def update_record(call: Call) -> Response:
    values = object_in(call.body(), "properties")
    if not values:
        raise invalid("No properties found to update, please provide at least one.")
    record = find_record(call, call.args[1], call.query("idProperty"))
    if record is None:
        raise not_found()
    taken = _check(call, values)
    _refuse_taken_by_other(call, record, taken)
    return Response(200, _apply(call, record, taken))


def update_batch(call: Call) -> Response:
    """A bad value refuses everything, or its record. Merged-away ids do not work here, other than in a single PATCH."""
    inputs, switches = call.inputs(), call.data.switches
    by_id = {str(one.get("id")): object_in(one, "properties") for one in inputs}
    refuse_duplicates([str(one.get("id")) for one in inputs])
    errors = call.data.obstacles.take("update", by_id, switches)
    missing: list[str] = []
    checked: list[tuple[Record, dict[str, str]]] = []
    for one in inputs:
        text = str(one.get("id"))
        record = _find_target(call, one)
        if record is None:
            missing.append(text)
        elif text not in errors:
            taken = _check_input(call, record, by_id[text], errors, text)
            checked += [(record, taken)] if taken is not None else []
    if missing and switches.unknown_in_update != "partial":
        raise _all_unknown(missing, 404 if switches.unknown_in_update == "fail" else 400)
    results = [_apply(call, record, values) for record, values in checked]
    listed = [*errors.values(), *([_unknown(call, missing)] if missing else [])]
    return batch(call, shuffle(call, results, 1 / 3), listed)


def _check_input(
    call: Call, record: Record, values: dict[str, Any], errors: dict[str, Body], text: str
) -> dict[str, str] | None:
    """The values of one input, ready to store; None where only this input is refused, which `errors` then tells."""
    try:
        taken = _check(call, values)
        _refuse_taken_by_other(call, record, taken)
    except ApiError as error:
        if call.data.switches.bad_value_in_update == "whole":
            raise
        kept = {name: value for name, value in error.body.items() if name != "correlationId"}
        errors[text] = {**kept, "context": {"ids": [text]}}
        return None
    return taken


def _all_unknown(ids: list[str], status: int) -> ApiError:
    body = error_body("Could not find some of the records.", "OBJECT_NOT_FOUND", context={"ids": ids})
    return ApiError(status, body)


def refuse_duplicates(ids: list[str]) -> None:
    twice = sorted({one for one in ids if ids.count(one) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        shown = ", ".join(twice)
        raise invalid(f"Duplicate IDs found in batch input: [{shown}]. IDs must be unique", context={"ids": twice})


def _find_target(call: Call, one: dict[str, Any]) -> Record | None:
    name = one.get("idProperty")
    if name and name != "hs_object_id":
        if name == "email" or name not in call.table.unique:
            raise invalid(
                f"Unable to perform update/upsert by non-unique {call.kind.type_id} property {name}. Use a property "
                f"with unique values."
            )
        return call.table.find_by(name, str(one.get("id")))
    number = record_id(one.get("id"))
    if call.data.switches.merged_in_update:
        return call.table.find(number)
    return call.table.live.get(number) if number is not None else None


def _unknown(call: Call, ids: list[str]) -> Body:
    message = (
        f"Could not update some {call.kind.singular.upper()} objects, they may be deleted or not exist. Check that ids "
        f"are valid."
    )
    body = error_body(message, "OBJECT_NOT_FOUND", context={"ids": ids})
    del body["correlationId"]
    return body


def _trace(body: Body, trace_id: str) -> Body:
    kept = {name: body[name] for name in ("status", "category", "message") if name in body}
    return {**kept, "context": {"objectWriteTraceId": [trace_id]}}


def _check(call: Call, values: dict[str, Any]) -> dict[str, str]:
    """Written values as text. Raises the 400 that lists every refused property."""
    taken, problems = call.table.schema.check(values, call.data.portal_id)
    problems += [bad for name in _STAGES.keys() & taken.keys() if (bad := _bad_stage(call, name, taken[name]))]
    if problems:
        raise ApiError(400, shape_values(values_body(problems), call.data.switches.refusal_shape))
    return taken


def _bad_stage(call: Call, name: str, stage: str) -> Problem | None:
    pipelines = call.data.pipelines[_STAGES[name]]
    if not stage or any(stage == one["id"] for pipeline in pipelines for one in pipeline["stages"]):
        return None
    valid = ", ".join(
        f"pipelineId={pipeline['id']} : [{', '.join(one['id'] for one in pipeline['stages'])}]"
        for pipeline in pipelines
    )
    message = f"{stage} is not a valid pipeline stage ID. Valid options are: {valid}"
    return {"isValid": False, "message": message, "error": "INVALID_OPTION", "name": name}


def _prepare(call: Call, body: dict[str, Any]) -> Draft:
    values = _check(call, object_in(body, "properties"))
    _refuse_incomplete(call, values)
    links = [link for one in objects_in(body, "associations") for link in _read_links(call, one)]
    if call.kind.name == "leads" and not any(one.label == "Primary" for one, _ in links):
        raise invalid("A lead must be associated with a primary contact (578) or a primary company (580).")
    if call.kind.name == "contacts":
        values.setdefault("lifecyclestage", "lead")
        if values.get("email", "").lower() in call.table.forgotten:
            raise invalid("This contact was permanently deleted and cannot be created again.")
    return Draft(values, links)


def _refuse_incomplete(call: Call, values: dict[str, str]) -> None:
    kind = call.kind
    required = ("hs_timestamp",) if kind.engagement else _REQUIRED.get(kind.name, ())
    if kind.name == "meetings" and values.get("hs_meeting_start_time"):
        required = ()
    missing = [name for name in required if not values.get(name)]
    some = _MINIMUM.get(kind.name)
    if some and not any(values.get(name) for name in some):
        missing = [some[0]]
    if missing:
        raise ApiError(400, values_body([_required(name, call.data.portal_id) for name in missing]))


def _required(name: str, portal_id: int) -> Problem:
    message = f'Property "{name}" is required'
    return {"isValid": False, "message": message, "error": "MISSING_REQUIRED_PROPERTY", "name": name} | {
        "localizedErrorMessage": message,
        "portalId": portal_id,
    }


def _read_links(call: Call, one: dict[str, Any]) -> list[Link]:
    """Associations of a create. Their types tell which object type is meant."""
    text = object_in(one, "to").get("id")
    target_id = record_id(text)
    links: list[Link] = []
    for spec in objects_in(one, "types"):
        found = _type_by_id(call.kind.name, spec.get("associationTypeId"))
        if found is None:
            raise invalid(
                f"{spec.get('associationTypeId')} is not a valid association type of {call.kind.singular.upper()}",
                subCategory="crm.associations.INVALID_ASSOCIATION_TYPE",
            )
        if target_id is None or not call.data.is_live(found.target, target_id):
            kind = find_type(found.target)
            raise invalid(
                f"No {kind.singular if kind else found.target} with ID {text} exists",
                subCategory="crm.associations.TO_OBJECT_NOT_FOUND",
            )
        links.append((found, target_id))
    return links


def _type_by_id(source: str, type_id: object) -> AssociationType | None:
    known = (one for types in ASSOCIATION_TYPES.values() for one in types if one.source == source)
    return next((one for one in known if one.type_id == type_id), None)


def _refuse_taken(call: Call, drafts: list[Draft]) -> None:
    """Unique values: 409 naming the first existing contact, 400 for other unique properties."""
    seen: dict[tuple[str, str], None] = {}
    for draft in drafts:
        for name, taken in call.table.unique.items():
            value = draft.values.get(name, "").strip().lower()
            if not value:
                continue
            if value in taken:
                raise _taken(call, name, draft.values[name], taken[value])
            if (name, value) in seen:
                raise invalid(f"Duplicate value {value} of property {name} in batch input.")
            seen[(name, value)] = None


def _refuse_taken_by_other(call: Call, record: Record, values: dict[str, str]) -> None:
    for name, taken in call.table.unique.items():
        value = values.get(name, "").strip().lower()
        if value and taken.get(value, record.id) != record.id:
            raise _taken(call, name, values[name], taken[value])


def _taken(call: Call, name: str, value: str, existing: int) -> ApiError:
    if name == "email":
        return contact_exists(str(existing))
    message = f"Value {value} of unique property {name} is already used by record {existing}."
    return ApiError(call.data.switches.unique_clash, error_body(message, "VALIDATION_ERROR"))


def _store(call: Call, draft: Draft) -> Body:
    sent = dict(draft.values)
    _fill_lead(call, draft)
    number = call.data.new_id(call.table)
    record = call.data.insert(call.table, number, draft.values, call.now, APP)
    for link, target_id in draft.links:
        call.data.associate(call.kind.name, number, link.target, target_id, call.now, [link.type_id])
    return show_written(call.table, record, sent, created=True)


def _fill_lead(call: Call, draft: Draft) -> None:
    """A lead shows who it is about."""
    for link, target_id in draft.links:
        if call.kind.name == "leads" and link.label == "Primary":
            draft.values.update(lead_subject(call.data.tables[link.target].live[target_id], link.target))


def lead_subject(record: Record, target: str) -> dict[str, str]:
    """The properties of a lead that mirror its primary contact or company."""
    kind = "contact" if target == "contacts" else "company"
    names = ("email", "firstname", "lastname") if kind == "contact" else ("name", "domain")
    mirrored = {f"hs_associated_{kind}_{name}": record.properties.get(name, "") for name in names}
    return {f"hs_primary_{kind}_id": str(record.id), **mirrored}


def _apply(call: Call, record: Record, values: dict[str, str]) -> Body:
    """A lifecycle stage that would go back is answered with 200 and left as it was."""
    stored = dict(values)
    if not may_enter(record.properties.get("lifecyclestage"), stored.get("lifecyclestage", "")):
        del stored["lifecyclestage"]
    for name, value in values.items():
        definition = call.table.schema.definitions[name]
        if definition.field_type == "checkbox" and value.startswith(";"):
            old = [one for one in record.properties.get(name, "").split(";") if one]
            added = [one for one in value.strip(";").split(";") if one not in old]
            stored[name] = ";".join([*old, *added])
    call.data.write(call.table, record, stored, call.now, APP)
    return show_written(call.table, record, stored if len(stored) == len(values) else values, created=False)
