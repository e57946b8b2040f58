"""English texts of the note."""

from __future__ import annotations

MESSAGES: dict[str, str] = {
    # Headlines, one per status.
    "head.passed": "Everything the handoff needs is there",
    "head.ready": "Everything the handoff needs is there",
    "head.passed_incomplete": "{count} to go until the handoff is complete (next: {actor})",
    "head.preparing": "{count} to go before this can be passed (next: {actor})",
    "head.returned": "Returned by FS (reason: {reason})",
    "head.returned_plain": "Returned by FS",
    "head.undetermined_person": "Cannot be judged: it is not clear which contact this opportunity is about",
    "head.undetermined_link": "Cannot be judged: the same person in the other CRM cannot be told for certain",
    "head.undetermined_unreadable": "Cannot be judged: some fields cannot be read ({items})",
    "revops.person": "→ RevOps: set one primary contact in the opportunity's contact roles",
    "revops.link": "→ RevOps: tidy up the duplicate records",
    "revops.unreadable": "→ RevOps: check field permissions and the mapping",
    # Missing items.
    "item.missing": "- {label}: empty{ask}",
    "item.placeholder": '- {label}: says "{raw}"{ask}',
    "item.placeholder_hidden": "- {label}: holds a placeholder{ask}",
    "item.invalid": '- {label}: "{raw}" {why}{ask}',
    "item.invalid_hidden": "- {label}: cannot be read{ask}",
    "item.stale": '- {label}: "{raw}" has passed{ask}',
    "item.stale_hidden": "- {label}: its date has passed{ask}",
    "item.channel_unusable": "- {label}: nothing that reaches the person{ask}",
    "ask": " → {ask}",
    "why.picklist": "is none of the choices",
    "why.timing": "cannot be read as a time (e.g. October 2026)",
    "why.date": "cannot be read as a date (e.g. 2026-10-01)",
    "why.datetime": "cannot be read as a date and time (e.g. 2026-10-01 10:00)",
    "why.money": "cannot be read as an amount (e.g. 3,000,000 JPY)",
    "why.phone": "cannot be read as a phone number",
    "why.email": "cannot be read as an e-mail address",
    "why.other": "cannot be read (please check its form)",
    # Vague texts and criteria.
    "vague": '- More detail, please: {label} "{raw}" → ask in which task it hurts, and how much',
    "vague_hidden": "- More detail, please: {label} → ask in which task it hurts, and how much",
    "criterion.authority.unknown": "- Part in the decision: the job title does not tell → ask what part they have in it",
    "criterion.budget.not_met": '- Budget: "{raw}", so the SQL criteria are not met yet → ask if and when it may be budgeted',
    "criterion.budget.unknown": '- Budget: says "{raw}" → ask whether it is secured or expected',
    "criterion.timing.not_met": (
        '- Timing: "{raw}" is later than the SQL criteria ask (a start within {months} months) → '
        "ask whether anything could bring it forward"
    ),
    "criterion.timing.unknown": "- Timing: without an SQL date it cannot be compared with the criteria → enter the SQL date",
    "criterion.timing.follow_up": '- Timing: says "{raw}" → enter the time once it is known',
    # What needs a look.
    "conflict": "Please check: {label} differs ({values})",
    "conflict_value": '{system} "{raw}"',
    "conflict_separator": " / ",
    "ambiguous": "Please check: the same person in the other CRM cannot be told for certain → RevOps: tidy up the duplicates",
    "automatic": "For RevOps: {items} not filled in → check the integration and the mapping",
    # Clocks.
    "clock.is_first_contact": "IS first contact",
    "clock.fs_first_contact": "FS first contact",
    "clock.breached": "{clock} was due {due} → get in touch and log the activity",
    "clock.met_late": "{clock}: done {at}, after it was due ({due})",
    "clock.unverified": "{clock} was due {due}; the activities could not be checked yet, this will be updated",
    "clock.corrected_met": '{clock}: an activity was added later, so this is now "met"',
    "clock.corrected_met_late": '{clock}: an activity was added later, so this is now "met late"',
    # Words.
    "where": "Where: {where}",
    "more": "{count} more",
    "actor.is": "IS",
    "actor.fs": "FS",
    "actor.revops": "RevOps",
    "actor.none": "nobody",
    "list_separator": ", ",
}
