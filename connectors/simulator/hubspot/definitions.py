"""Property definitions of a fresh portal, as far as a lead handoff needs them.

Sources: property definitions of a free portal (names, types, read-only marks), the CRM object guides, and the custom
properties that the shipped mapping expects a company to have made. Baton's own flag properties are not here.
"""

from __future__ import annotations

from connectors.simulator.hubspot.schema import Definition, Option

STAGE_LABELS = {
    "subscriber": "Subscriber",
    "lead": "Lead",
    "marketingqualifiedlead": "Marketing Qualified Lead",
    "salesqualifiedlead": "Sales Qualified Lead",
    "opportunity": "Opportunity",
    "customer": "Customer",
    "evangelist": "Evangelist",
    "other": "Other",
}
STAGES = tuple(STAGE_LABELS)
"""Lifecycle stages in their order."""
_SOURCES = (
    "ORGANIC_SEARCH PAID_SEARCH EMAIL_MARKETING SOCIAL_MEDIA REFERRALS OTHER_CAMPAIGNS DIRECT_TRAFFIC OFFLINE "
    "PAID_SOCIAL AI_REFERRALS"
)
_LEAD_STATUS = "NEW OPEN IN_PROGRESS OPEN_DEAL UNQUALIFIED ATTEMPTED_TO_CONTACT CONNECTED BAD_TIMING"
_ROLES = (
    "BLOCKER BUDGET_HOLDER CHAMPION DECISION_MAKER END_USER EXECUTIVE_SPONSOR INFLUENCER LEGAL_AND_COMPLIANCE OTHER"
)
_CALL_STATUS = "BUSY CALLING_CRM_USER CANCELED COMPLETED CONNECTING FAILED IN_PROGRESS NO_ANSWER QUEUED RINGING"
_DISPOSITIONS = {
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "Busy",
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "Connected",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff": "Left live message",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "Left voicemail",
    "73a0d17f-1163-4015-bdd5-ec830791da20": "No answer",
    "17b47fee-58de-441e-a44c-c6300d46f273": "Wrong number",
}

_NATIVE = """
email firstname lastname company jobtitle phone mobilephone fax website address city state zip country industry
annualrevenue salutation
message:textarea
hs_language:select* hs_timezone:select* hs_persona:select* hs_buying_role:checkbox hs_lead_status:radio
lifecyclestage:radio numemployees:select hs_analytics_source:select hs_latest_source:select
hubspot_owner_id:owner associatedcompanyid:number closedate:datetime
hs_latest_source_timestamp:datetime hs_pipeline:select*
hubspot_owner_assigneddate:datetime! hubspot_team_id:select*! hs_all_owner_ids:select*! hs_all_team_ids:select*!
hs_object_id:number! createdate:datetime! lastmodifieddate:datetime! hs_createdate:datetime!
hs_lastmodifieddate:datetime!
hs_created_by_user_id:number! hs_updated_by_user_id:number!
hs_object_source:text! hs_object_source_id:text! hs_object_source_label:text!
hs_merged_object_ids:checkbox*! hs_calculated_merged_vids:select*! hs_all_contact_vids:select*!
hs_additional_emails:select*! hs_email_domain:text! hs_searchable_calculated_phone_number:phone!
hs_searchable_calculated_mobile_number:phone! hs_is_contact:bool! hs_is_unworked:bool!
hs_v2_date_entered_current_stage:datetime!
hs_time_to_first_engagement:number! hs_first_outreach_date:datetime! hs_sa_first_engagement_date:datetime!
hs_sa_first_engagement_object_type:text! hs_first_engagement_object_id:number!
notes_last_contacted:datetime! notes_last_updated:datetime! notes_next_activity_date:datetime!
num_contacted_notes:number! num_notes:number! hs_last_sales_activity_timestamp:datetime!
hs_last_sales_activity_date:datetime! hs_last_sales_activity_type:text!
hs_sales_email_last_replied:datetime! hs_sales_email_last_clicked:datetime! hs_sales_email_last_opened:datetime!
hs_latest_meeting_activity:datetime! engagements_last_meeting_booked:datetime!
hubspotscore:number! recent_conversion_date:datetime! recent_conversion_event_name:text!
first_conversion_date:datetime! first_conversion_event_name:text! num_conversion_events:number!
hs_analytics_source_data_1:text! hs_analytics_source_data_2:text! hs_latest_source_data_1:text!
hs_latest_source_data_2:text! hs_analytics_first_timestamp:datetime! hs_analytics_num_page_views:number!
hs_analytics_num_visits:number! hs_email_optout:bool! hs_marketable_status:bool! num_associated_deals:number!
hs_latest_open_lead_date:datetime! hs_latest_qualified_lead_date:datetime! hs_latest_disqualified_lead_date:datetime!
"""
_SALESFORCE_SYNC = """
salesforceleadid salesforcecontactid salesforceaccountid salesforcelastsynctime:datetime salesforcedeleted:bool
salesforcecampaignids salesforceownerid salesforceopportunitystage
"""
_MAPPED = """
department lead_source sql_reason:textarea budget_status budget_amount desired_timing decision_maker
decision_process:textarea pain:textarea purpose:textarea competitors:textarea contact_history:textarea
engaged_content:textarea ng_topics:textarea next_action:textarea handoff_memo:textarea
fs_decision return_reason waiver_items waiver_reason:textarea waiver_until:date waiver_approved:bool
"""
_ENGAGEMENT = """
hs_timestamp:datetime hubspot_owner_id:owner hs_activity_type hs_body_preview:text! hs_attachment_ids
hs_object_id:number! hs_createdate:datetime! hs_lastmodifieddate:datetime! hs_created_by_user_id:number!
hs_object_source:text! hs_object_source_id:text! hs_object_source_label:text! hs_merged_object_ids:checkbox*!
hubspot_owner_assigneddate:datetime! hubspot_team_id:select*! hs_engagement_source hs_engagement_source_id hs_unique_id
"""
_OWN = {
    "companies": """
        name domain website phone city state zip country address description:textarea numberofemployees:number
        annualrevenue:number industry type lifecyclestage:radio hs_lead_status:radio hubspot_owner_id:owner
        hs_is_target_account:bool hs_object_id:number! createdate:datetime! hs_lastmodifieddate:datetime!
        hs_object_source:text! hs_object_source_id:text! hs_object_source_label:text! hs_merged_object_ids:checkbox*!
        num_associated_contacts:number! hubspot_owner_assigneddate:datetime! salesforceaccountid
        """,
    "deals": """
        dealname amount:number closedate:datetime pipeline:select* dealstage:stage dealtype:select*
        description:textarea hubspot_owner_id:owner hs_is_closed:bool! hs_is_closed_won:bool!
        hs_deal_stage_probability:number! hs_object_id:number! createdate:datetime! hs_lastmodifieddate:datetime!
        hs_object_source:text! hs_object_source_id:text! hs_object_source_label:text! hs_merged_object_ids:checkbox*!
        hs_salesforceopportunityid
        """,
    "leads": """
        hs_lead_name hs_lead_name_calculated:text! hs_lead_type:select* hs_lead_label:select* hs_lead_source:text!
        hs_pipeline:select* hs_pipeline_stage:stage hs_pipeline_stage_last_updated:datetime!
        hs_lead_disqualification_reason:select* hubspot_owner_id:owner hs_associated_contact_email:text!
        hs_associated_contact_firstname:text! hs_associated_contact_lastname:text! hs_associated_company_name:text!
        hs_associated_company_domain:text! hs_primary_contact_id:number! hs_primary_company_id:number!
        hs_object_id:number! hs_createdate:datetime! hs_lastmodifieddate:datetime! hs_created_by_user_id:number!
        hs_object_source:text! hs_object_source_id:text! hs_object_source_label:text! hs_merged_object_ids:checkbox*!
        """,
    "calls": """
        hs_call_title hs_call_body:textarea hs_call_direction:select hs_call_status:select
        hs_call_disposition:select hs_call_duration:number hs_call_from_number hs_call_to_number
        hs_call_recording_url hs_call_source hs_call_external_id
        """,
    "emails": """
        hs_email_subject hs_email_text:textarea hs_email_html:textarea hs_email_headers:textarea
        hs_email_direction:select hs_email_status:select hs_email_from_email:text! hs_email_to_email:text!
        hs_email_from_firstname:text! hs_email_from_lastname:text! hs_email_message_id hs_email_thread_id
        """,
    "meetings": """
        hs_meeting_title hs_meeting_body:textarea hs_internal_meeting_notes:textarea hs_meeting_location
        hs_meeting_external_url hs_meeting_start_time:datetime hs_meeting_end_time:datetime
        hs_meeting_outcome:select hs_meeting_source
        """,
    "tasks": """
        hs_task_subject hs_task_body:textarea hs_task_status:select hs_task_priority:select hs_task_type:select
        hs_task_completion_date:datetime! hs_task_is_completed:number!
        """,
    "notes": "hs_note_body:textarea",
    "communications": """
        hs_communication_channel_type:select hs_communication_logged_from:select hs_communication_body:textarea
        """,
}
_OPTIONS: dict[str, str] = {
    "hs_lead_status": _LEAD_STATUS,
    "hs_analytics_source": _SOURCES,
    "hs_latest_source": _SOURCES,
    "hs_buying_role": _ROLES,
    "numemployees": "1-5 5-25 25-50 50-100 100-500 500-1000 1000+",
    "hs_call_direction": "INBOUND OUTBOUND",
    "hs_call_status": _CALL_STATUS,
    "hs_email_direction": "EMAIL INCOMING_EMAIL FORWARDED_EMAIL",
    "hs_email_status": "BOUNCED FAILED SCHEDULED SENDING SENT",
    "hs_meeting_outcome": "SCHEDULED COMPLETED RESCHEDULED NO_SHOW CANCELED",
    "hs_task_status": "NOT_STARTED IN_PROGRESS WAITING COMPLETED DEFERRED",
    "hs_task_priority": "NONE LOW MEDIUM HIGH",
    "hs_task_type": "TODO CALL EMAIL",
    "hs_communication_channel_type": "WHATS_APP LINKEDIN_MESSAGE SMS",
    "hs_communication_logged_from": "CRM",
}
_KINDS = {
    "text": ("string", "text"),
    "textarea": ("string", "textarea"),
    "phone": ("phone_number", "phonenumber"),
    "number": ("number", "number"),
    "datetime": ("datetime", "date"),
    "date": ("date", "date"),
    "bool": ("bool", "booleancheckbox"),
    "select": ("enumeration", "select"),
    "radio": ("enumeration", "radio"),
    "checkbox": ("enumeration", "checkbox"),
    "owner": ("enumeration", "select"),
    "stage": ("enumeration", "radio"),
}
BOOLEAN_OPTIONS = (Option("true", "True", 0), Option("false", "False", 1))


def _options(name: str, kind: str) -> tuple[Option, ...]:
    if name == "lifecyclestage":
        return tuple(Option(stage, label, at) for at, (stage, label) in enumerate(STAGE_LABELS.items()))
    if name == "hs_call_disposition":
        return tuple(Option(value, label, at) for at, (value, label) in enumerate(_DISPOSITIONS.items()))
    if kind == "bool":
        return BOOLEAN_OPTIONS
    return tuple(
        Option(value, value.replace("_", " ").capitalize(), at)
        for at, value in enumerate(_OPTIONS.get(name, "").split())
    )


def _define(text: str, group: str, *, native: bool) -> list[Definition]:
    """Read the tables above: `name:kind`, `*` = options live elsewhere, `!` = value is read-only."""
    made: list[Definition] = []
    for token in text.split():
        name, _, spec = token.partition(":")
        read_only, external, kind = "!" in spec, "*" in spec, spec.rstrip("!*") or "text"
        value_type, field_type = _KINDS[kind]
        made.append(
            Definition(
                name=name,
                label=name.removeprefix("hs_").replace("_", " ").capitalize(),
                type=value_type,
                field_type=field_type,
                group=group,
                options=_options(name, kind),
                read_only=read_only,
                calculated=read_only,
                hubspot_defined=native,
                external_options=external or kind in ("owner", "stage"),
                referenced="OWNER" if kind == "owner" else None,
                hidden=name == "hs_lastmodifieddate" and group == "contactinformation",
            )
        )
    return made


def _stage_dates() -> str:
    return " ".join(
        f"hs_lifecyclestage_{stage}_date:datetime! hs_v2_date_entered_{stage}:datetime! "
        f"hs_date_entered_{stage}:datetime! hs_date_exited_{stage}:datetime!"
        for stage in STAGES
    )


def default_definitions(object_name: str) -> list[Definition]:
    """What a fresh portal has for one object type."""
    if object_name == "contacts":
        return [
            *_define(_NATIVE + _stage_dates(), "contactinformation", native=True),
            *_define(_SALESFORCE_SYNC, "salesforceinformation", native=True),
            *_define(_MAPPED, "handoff_information", native=False),
        ]
    group = GROUPS[object_name][0]
    shared = _ENGAGEMENT if object_name not in ("companies", "deals", "leads") else ""
    return _define(shared + _OWN[object_name], group, native=True)


GROUPS: dict[str, tuple[str, ...]] = {
    "contacts": ("contactinformation", "salesforceinformation", "handoff_information", "sales_properties"),
    "companies": ("companyinformation",),
    "deals": ("dealinformation",),
    "leads": ("lead_information",),
    "calls": ("call",),
    "emails": ("email",),
    "meetings": ("meeting",),
    "tasks": ("task",),
    "notes": ("note",),
    "communications": ("communication",),
}
"""Property groups by object; the first is the object's own."""
