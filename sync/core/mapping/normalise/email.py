"""E-mail addresses: syntax only, no network. The domain is lower-cased, the local part kept."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from sync.core.mapping.normalise.tables import Tables, word_set
from sync.core.model.items import NormaliseContext, Normalised, ValueState

# What email-validator would certainly accept, at a seventieth of its price. A hyphen pair in a domain label and
# reserved top-level domains are left to it.
_PLAIN = re.compile(
    r"(?=[^@]{1,64}@)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?=[^@]{4,180}$)(?:[A-Za-z0-9](?:-?[A-Za-z0-9]){0,30}\.)+"
    r"(?!(?:test|invalid|local|localhost|onion|arpa)$)[A-Za-z]{2,24}",
    re.IGNORECASE,
)
_NAMED = re.compile(r"[^<>]*<\s*([^<>\s]+@[^<>\s]+)\s*>")
_LABEL = re.compile(
    r"^(?:mailto:|(?:e-?)?mail\s*[:：]\s*|[^\x00-\x7f]+(?:\s*[:：]\s*|\s+)|eメール\s*[:：]\s*)", re.IGNORECASE
)
_REMARK = re.compile(r"\s*\([^()@]*\)$|(?<=[a-z])[^\x00-\x7f]+$", re.IGNORECASE)
"""「(社用)」「宛」 behind an address."""
_SEVERAL = re.compile(r"\s*[,;、/]\s*|\s+")

_SHARED = word_set("""abuse account accounting accounts admin administrator all billing career careers cs customer desk dev enquiries
    enquiry event events general group hello help helpdesk hi hostmaster hr info inquiries inquiry it jimu jinji keiri
    koho kouhou legal mail mailer-daemon marketing master member news newsletter office order orders partner partners
    postmaster pr press privacy reception recruit recruiting root sales security seminar service services shop soumu
    staff store support system team toiawase otoiawase tokyo webmaster web""")
_SHARED_PARTS = word_set("""admin contact contacts donotreply eigyo eigyou enquiry info inquiry mailmagazine marketing newsletter noreply
    otoiawase postmaster recruit sales soumu support toiawase webmaster""")
_NO_REPLY = re.compile(r"(?:no|donot|do-not|not)[._-]?reply|bounce|mailer-daemon", re.IGNORECASE)
_DIGITS, _PARTED = "0123456789", re.compile(r"[._-]")
_NO_SUCH_TOP = (".con", ".cmo", ".ocm", ".vom", ".xom", ".cojp", ".nejp", ".orjp", ".acjp", ".gojp")
"""Slips of the finger that are no top-level domain."""
_DUMMY = re.compile(
    r"(?:test|tesuto|dummy|sample|hoge|fuga|foo|bar|none?|no-?e?mail|null|nothing|unknown|(.)\1{2,}|asdf\w*|qwerty)\d*"
)
_TEST_LOCAL = re.compile(r"(?:test|tesuto|dummy|sample|example|hoge|fuga|aaa+|xxx+|asdf\w*|qwerty)[0-9]*")
_TEST_DOMAIN = re.compile(r"(?:example\.(?:com|net|org|jp|co\.jp)|test\.(?:com|jp|co\.jp)|.+\.(?:test|example))")
_DISPOSABLE = word_set("""10minutemail.com dispostable.com getnada.com guerrillamail.com maildrop.cc mailinator.com moakt.com sharklasers.com
    temp-mail.org tempmail.com throwawaymail.com trashmail.com yopmail.com sute.jp instaddr.ch""")


def read_email(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    del raw, context, tables
    if _PLAIN.fullmatch(text):
        return _present(text)
    address = _address_in(text)
    if _PLAIN.fullmatch(address):
        return _present(address)
    if "@" not in address:
        return Normalised(ValueState.INVALID, reason="no @")
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError as error:
        return Normalised(ValueState.INVALID, reason=_why(address, error))
    if len(found.local_part) > 64:
        return Normalised(ValueState.INVALID, reason="local part over 64 characters")
    return _present(found.normalized)


def email_key(email: str) -> str:
    """What two normalised addresses are compared by: mail systems in use ignore case also before the @."""
    return email.lower()


def email_markers(email: str) -> frozenset[str]:
    """Which of `role`, `test` and `disposable` a normalised address is."""
    local, _, domain = email.lower().rpartition("@")
    local = local.split("+")[0]
    marks: set[str] = set()
    if _is_shared(local):
        marks.add("role")
    if _TEST_LOCAL.fullmatch(local) or _TEST_DOMAIN.fullmatch(domain):
        marks.add("test")
    if domain in _DISPOSABLE:
        marks.add("disposable")
    return frozenset(marks)


def is_shared_address(email: str) -> bool:
    """Whether nobody in particular reads it (info@, sales@, noreply@): such an address never links two records."""
    return _is_shared(email.lower().rpartition("@")[0].split("+")[0])


def _is_shared(local: str) -> bool:
    if local.rstrip(_DIGITS) in _SHARED or _NO_REPLY.search(local):
        return True
    return not _SHARED_PARTS.isdisjoint([part.rstrip(_DIGITS) for part in _PARTED.split(local)])


def _present(address: str) -> Normalised:
    """Unless it was made up: test@test.com, xxx@xxx.jp."""
    local, _, domain = address.rpartition("@")
    domain = domain.lower()
    if domain.endswith(_NO_SUCH_TOP):
        return Normalised(ValueState.INVALID, reason="no such top-level domain")
    if _DUMMY.fullmatch(domain.partition(".")[0]) and _DUMMY.fullmatch(local.lower()):
        return Normalised(ValueState.PLACEHOLDER, reason="dummy address")
    return Normalised(ValueState.PRESENT, f"{local}@{domain}")


def _address_in(text: str) -> str:
    """The address of `Name <a@b>`, without label; of several the first."""
    named = _NAMED.search(text)
    if named:
        return named[1]
    text = _REMARK.sub("", _LABEL.sub("", text).strip("<>[]'\"「」 ,;、。")).strip("()")
    parts = [p for p in _SEVERAL.split(text) if p]
    if len(parts) > 1 and all(_PLAIN.fullmatch(p) for p in parts):
        return parts[0]
    return text


def _why(address: str, error: EmailNotValidError) -> str:
    local = address.rpartition("@")[0]
    if not local.isascii():
        return "local part outside ASCII"
    return "not an e-mail address" if " " in address else str(error).split(":")[0][:120]
