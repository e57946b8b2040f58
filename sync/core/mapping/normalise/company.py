"""Company names: the name as typed, and a key under which spellings of one company meet.

The key ignores legal form, honorifics, branch, width, case, blanks, middle dots and old forms of characters. It is for
matching together with something else: a company key alone never links two records.
"""

from __future__ import annotations

import re

from sync.core.mapping.normalise.tables import Tables
from sync.core.model.items import NormaliseContext, Normalised, ValueState

_FORMS = (
    "特定非営利活動法人|一般社団法人|一般財団法人|公益社団法人|公益財団法人|社会福祉法人|社会医療法人|国立研究開発法人|国立大学法人|公立大学法人|独立行政法人|地方独立行政法人|"
    "医療法人社団|医療法人財団|医療法人|学校法人|宗教法人|農事組合法人|税理士法人|監査法人|弁護士法人|社会保険労務士法人|司法書士法人|行政書士法人|特許業務法人|npo法人|"
    "株式会社|株式會社|有限会社|合同会社|合資会社|合名会社|相互会社|社団法人|財団法人|"
    r"\((?:株|有|同|資|名|相|一社|一財|公社|公財|社福|福|医|学|独|特非|社|財|宗)\)"
)
_FRONT = re.compile(rf"^(?:(?:{_FORMS})\s*)+")
_BACK = re.compile(rf"(?:\s*(?:{_FORMS}))+$")
_INNER = re.compile(rf"(?:{_FORMS})(?=[\s(])")
_HONORIFIC = re.compile(r"(?<=.)(?:\s*(?:御中|様))+$")
_BRANCH_WORDS = "支店|支社|営業所|出張所|事業所|事務所|工場|本社|本店|支部|支局|オフィス"
_BRANCH = re.compile(
    rf"(?<=\S)(?:\s+[^\s()]{{0,12}}(?:{_BRANCH_WORDS})|\s*\([^()]{{0,12}}(?:{_BRANCH_WORDS})\)"
    r"|\s+[a-z]+\s+(?:branch|branch office|office)|\s*\([a-z ]{1,20} (?:branch|office)\))$"
)
_BRANCH_ENDS = (*_BRANCH_WORDS.split("|"), "branch", "office", ")")
_GLUED_BRANCH = re.compile(rf"(?<=\S)(株式会社|有限会社|合同会社|\((?:株|有|同)\))[^\s()]{{1,12}}(?:{_BRANCH_WORDS})$")
"""青葉商事株式会社東京支店: the legal form ends the name."""
_LATIN_FORMS = re.compile(
    r"(?:[\s,]+|(?<=\S)(?=\())\(?(?:co\.?,?\s*ltd|&\s*co(?:\.|mpany)?(?:\s*kg)?|and company|incorporated|inc|corporation|corp|company|co|limited|ltda?|llc|l\.l\.c|llp|lp|plc|"
    r"p\.l\.c|gmbh(?:\s*&\s*co\.?\s*kg)?|mbh|aktiengesellschaft|ag|kgaa|kg|se|s\.e|s\.a\.s|sas|s\.a|sa|sarl|s\.a\.r\.l|s\.l|n\.v|nv|b\.v|bv|spa|s\.p\.a|srl|s\.r\.l|"
    r"ab|asa|a/s|as|oyj|oy|aps|k\.k|kk|g\.k|gk|pty|pte|pvt|private|public|sdn|bhd|tbk|s\.? de r\.?l\.?(?: de c\.?v)?|s\.a\. de c\.v|de c\.v|c\.v|株)\.?\)?[.,]*$"
)
_DEPARTMENT = re.compile(r"(?<=\S)(?:(?<=[)社人店所場局])|(?<=オフィス))\s+[^\s()]{1,12}(?:部|課|室)$")
"""Behind a legal form or a branch; elsewhere it may be part of the name."""
_REMARK = re.compile(r"\s*\((?:旧[^()]*|[^()]*(?:上場|プライム|スタンダード|グロース)|[a-z0-9 .,&'-]+)\)$")
"""A former name, the market, or the name in Latin letters behind one in Japanese."""
_MADE_UP = re.compile(r"[〇○◯●◎△□■*x×]{2,}|(?:あ|ア){2,}")
_MAY_SHRINK = re.compile(r"[社人(]|(?:御中|様)$")
_SPACES = re.compile(r"[\s・･•·]+")
_MARKS = re.compile(r"[.,、。'’`\"【】「」『』]")
_DASHES = re.compile(r"[‐‑‒–—―−]")
_OLD_FORMS = str.maketrans(
    "髙﨑碕嵜邊邉齋齊斎澤濱濵嶋嶌廣國眞應學櫻龍壽惠德瀨鐵藏圓會榮豐靜黑與萬吉𠮷條賴曾增橫淺彌桒塚ヶヵ鷗",
    "高崎崎崎辺辺斉斉斉沢浜浜島島広国真応学桜竜寿恵徳瀬鉄蔵円会栄豊静黒与万吉吉条頼曽増横浅弥桑塚ケカ鴎",
)


def read_company(text: str, raw: object, context: NormaliseContext, tables: Tables) -> Normalised:
    del context, tables
    key = company_key(text)
    if not key:
        return Normalised(ValueState.INVALID, reason="a legal form without a name")
    if _MADE_UP.fullmatch(key):
        return Normalised(ValueState.PLACEHOLDER, reason="made-up name")
    name = " ".join(raw.split()) if isinstance(raw, str) else text
    return Normalised(ValueState.PRESENT, {"name": name, "key": key})


def company_key(text: str) -> str:
    """Of a cleaned name. Equal keys: the same company as far as the name can tell. Empty when no name is left."""
    key = _read_key(text)
    while _MAY_SHRINK.search(key) and (shorter := _read_key(key)) != key:
        key = shorter  # what stood inside stands at an end now: a key is the key of itself
    return key


def _read_key(text: str) -> str:
    name = _DASHES.sub("-", text.casefold()).translate(_OLD_FORMS)
    name = _HONORIFIC.sub("", name.rstrip(" .,、。")).strip()
    if not name.isascii():
        name = _without_department(_without_remark(name))
        name = _GLUED_BRANCH.sub(r"\1", name) if name.endswith(_BRANCH_ENDS) else name
    name = _without_forms(name)
    if name.endswith(_BRANCH_ENDS):
        branchless = _BRANCH.sub("", name)
        name = name if branchless == name else _without_forms(branchless)
    return _MARKS.sub("", _SPACES.sub("", name))


def _without_remark(name: str) -> str:
    remark = _REMARK.search(name) if name.endswith(")") else None
    if remark is None or name[: remark.start()].isascii():
        return name
    return name[: remark.start()]


def _without_department(name: str) -> str:
    if not name.endswith(("部", "課", "室")):
        return name
    shorter = _DEPARTMENT.sub("", name)
    return shorter if shorter != name and _without_forms(shorter) else name


def _without_forms(name: str) -> str:
    """Takes legal forms off both ends, as long as something stays."""
    if not name.isascii() or "(" in name:
        name = _FRONT.sub("", name)
        name = _BACK.sub("", name) if name.endswith(("社", "人", ")")) else name
        name = (_INNER.sub("", name) if " " in name or "(" in name else name).strip()
    if not (name[-1:].isascii() or name.endswith("株")):
        return name
    while (shorter := _LATIN_FORMS.sub("", name).strip(" ,&")) and shorter != name:
        name = shorter
    return name
