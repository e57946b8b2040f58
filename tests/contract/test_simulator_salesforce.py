"""The simulated org answers as the documented and recorded API does: by raw requests and through simple-salesforce.

Shapes are written out here as they appear in recorded answers and in the REST API Developer Guide.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from simple_salesforce import Salesforce, exceptions

from connectors.simulator.clock import SimClock
from connectors.simulator.kernel import LoopbackServer
from connectors.simulator.salesforce import SalesforceOrg
from connectors.simulator.salesforce.record_id import make_id, to18

NOW = datetime(2026, 11, 20, 0, 15, 2, tzinfo=UTC)
STAMP = "2026-11-20T00:15:02.000+0000"
ACCOUNT, CONTACT, LEAD, DEAL = (make_id(prefix, 77) for prefix in ("001", "003", "00Q", "006"))
REP, OTHER = make_id("005", 501), make_id("005", 502)


@pytest.fixture
def clock() -> SimClock:
    return SimClock(NOW, speed=0)


@pytest.fixture
def org(clock: SimClock) -> SalesforceOrg:
    org = SalesforceOrg(clock)
    for user, name in ((REP, "佐藤"), (OTHER, "鈴木")):
        record = {"LastName": name, "Username": f"{user}@example.com", "Email": f"{user}@example.com", "Role__c": "IS"}
        happen(org, "insert", "User", user, record)
    return org


@pytest.fixture
def server(org: SalesforceOrg) -> Iterator[LoopbackServer]:
    with LoopbackServer(org) as server:
        yield server


class Raw(requests.Session):
    """A bare client that knows the base URL of the REST API."""

    def __init__(self, base: str, token: str) -> None:
        super().__init__()
        self.base = f"{base}/services/data/v62.0/"
        self.headers["Authorization"] = f"Bearer {token}"

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        if url.startswith("/"):
            url = self.base.split("/services")[0] + url
        elif not url.startswith("http"):
            url = self.base + url
        return super().request(method, url, *args, timeout=60, **kwargs)

    def soql(self, text: str, path: str = "query/", **headers: str) -> dict[str, Any]:
        answer = self.get(path, params={"q": text}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, text: str) -> dict[str, Any]:
        """The single error of a query that fails."""
        answer = self.get("query/", params={"q": text})
        assert answer.status_code == 400, answer.text
        (error,) = answer.json()
        assert set(error) == {"message", "errorCode"}
        return error


@pytest.fixture
def raw(server: LoopbackServer, org: SalesforceOrg) -> Iterator[Raw]:
    with Raw(server.base_url, org.sessions.issue(NOW)) as session:
        yield session


class HttpSession(requests.Session):
    """simple-salesforce hard-codes https: its URLs are turned back to the loopback server's."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.http, self.https = base, base.replace("http://", "https://")

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", 10)
        return super().request(method, url.replace(self.https, self.http), *args, **kwargs)


@pytest.fixture
def client(server: LoopbackServer, org: SalesforceOrg) -> Iterator[Salesforce]:
    with HttpSession(server.base_url) as session:
        yield Salesforce(
            session_id=org.sessions.issue(NOW), instance_url=server.base_url, session=session, version="62.0"
        )


def happen(
    org: SalesforceOrg, op: str, kind: str, record_id: str | None = None, record: Any = None, **more: Any
) -> str:
    event = {"at": None, "system": "salesforce", "op": op, "object": kind, "id": record_id, "record": record or {}}
    return org.apply({**event, **more})


def add_lead(org: SalesforceOrg, number: int = 77, at: datetime = NOW, **fields: Any) -> str:
    record = {"LastName": "山田", "Company": "見本商事", "OwnerId": REP, **fields}
    return happen(org, "insert", "Lead", make_id("00Q", number), record, at=at.isoformat(), by=REP)


def add_deal(org: SalesforceOrg) -> None:
    happen(org, "insert", "Account", ACCOUNT, {"Name": "見本商事"})
    happen(org, "insert", "Contact", CONTACT, {"LastName": "山田", "AccountId": ACCOUNT})
    deal = {"Name": "見本", "StageName": "Prospecting", "CloseDate": "2027-01-31", "AccountId": ACCOUNT, "Amount": 1000}
    happen(org, "insert", "Opportunity", DEAL, deal, by=REP)


# tokens and sessions ---------------------------------------------------------------------------------------------


def ask_token(server: LoopbackServer, auth: tuple[str, str] | None = None, **form: str) -> requests.Response:
    return requests.post(f"{server.base_url}/services/oauth2/token", data=form, auth=auth, timeout=60)


def test_client_credentials_token_has_no_expiry_and_no_refresh_token(server: LoopbackServer) -> None:
    answer = ask_token(server, ("sim-consumer-key", "sim-consumer-secret"), grant_type="client_credentials")
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"access_token", "signature", "scope", "instance_url", "id", "token_type", "issued_at"}
    assert body["instance_url"] == server.base_url
    assert "!" in body["access_token"]
    listed = requests.get(
        f"{server.base_url}/services/data/v62.0/limits/",
        headers={"Authorization": f"Bearer {body['access_token']}"},
        timeout=60,
    )
    assert listed.status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"client_id": "other", "client_secret": "x"}, ("invalid_client_id", "client identifier invalid")),
        ({"client_id": "sim-consumer-key", "client_secret": "x"}, ("invalid_client", "invalid client credentials")),
    ],
)
def test_wrong_client_is_an_error_object(server: LoopbackServer, form: dict[str, str], error: tuple[str, str]) -> None:
    answer = ask_token(server, grant_type="client_credentials", **form)
    assert answer.status_code == 400
    assert answer.json() == {"error": error[0], "error_description": error[1]}
    assert ask_token(server, grant_type="password").json()["error"] == "unsupported_grant_type"


def test_jwt_bearer_is_verified_for_signature_audience_and_expiry(server: LoopbackServer, org: SalesforceOrg) -> None:
    key, stranger = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    org.credentials.jwt_public_key = public.decode()
    good = {
        "iss": "sim-consumer-key",
        "sub": "integration@example.com",
        "aud": "https://test.salesforce.com",
        "exp": str(int(NOW.timestamp()) + 170),
    }

    def ask(claims: dict[str, Any], signer: Any = key) -> requests.Response:
        assertion = jwt.encode(claims, signer, algorithm="RS256")
        return ask_token(server, grant_type="urn:ietf:params:oauth:grant-type:jwt-bearer", assertion=assertion)

    assert set(ask(good).json()) == {"access_token", "scope", "instance_url", "id", "token_type"}
    invalid = {"error": "invalid_grant", "error_description": "invalid assertion"}
    assert ask(good, stranger).json() == invalid
    assert ask({**good, "aud": "https://elsewhere.example"}).json() == invalid
    assert ask({**good, "exp": int(NOW.timestamp()) - 1}).json() == invalid
    assert ask({**good, "exp": int(NOW.timestamp()) + 3600}).json() == invalid
    assert ask({**good, "sub": "who@example.com"}).json()["error_description"] == "user hasn't approved this consumer"


def test_session_expires_after_its_minutes_without_use_and_on_demand(
    raw: Raw, clock: SimClock, server: LoopbackServer
) -> None:
    clock.advance(timedelta(minutes=119))
    assert raw.get("limits").status_code == 200
    clock.advance(timedelta(minutes=119))
    assert raw.get("limits").status_code == 200, "use prolongs a session"
    clock.advance(timedelta(minutes=121))
    answer = raw.get("limits")
    assert answer.status_code == 401
    assert answer.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]
    assert answer.headers["Sforce-Limit-Info"] == "api-usage=2/115000", "a refused session spends no call"
    assert server.total_cost == 2


def test_expiry_on_demand_reaches_simple_salesforce_as_expired_session(
    client: Salesforce, server: LoopbackServer
) -> None:
    server.control("expire_sessions")
    with pytest.raises(exceptions.SalesforceExpiredSession):
        client.query("SELECT Id FROM Lead")


# versions, limits, describe --------------------------------------------------------------------------------------


def test_versions_need_no_token_and_cost_nothing(server: LoopbackServer) -> None:
    answer = requests.get(f"{server.base_url}/services/data", timeout=60)
    assert {"label": "Winter '25", "url": "/services/data/v62.0", "version": "62.0"} in answer.json()
    assert answer.json()[-1] == {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}
    assert "Sforce-Limit-Info" not in answer.headers
    assert server.total_cost == 0


def test_every_other_answer_carries_usage_and_the_simulated_date(raw: Raw, server: LoopbackServer) -> None:
    first, second = raw.get("limits"), raw.get("sobjects/Nope/describe")
    assert first.headers["Sforce-Limit-Info"] == "api-usage=1/115000"
    assert second.headers["Sforce-Limit-Info"] == "api-usage=2/115000"
    assert second.json() == [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]
    assert first.headers["Date"] == "Fri, 20 Nov 2026 00:15:02 GMT"
    assert first.json()["DailyApiRequests"] == {"Max": 115000, "Remaining": 115000}


def test_spent_quota_refuses_with_403(raw: Raw, server: LoopbackServer, clock: SimClock) -> None:
    server.control("switch", {"daily_limit": 1})
    raw.get("limits")
    answer = raw.get("limits")
    assert answer.status_code == 403
    assert answer.json() == [{"message": "TotalRequests Limit exceeded.", "errorCode": "REQUEST_LIMIT_EXCEEDED"}]
    clock.advance(timedelta(minutes=100))
    assert raw.get("limits").status_code == 403


def test_retired_and_future_versions(raw: Raw) -> None:
    retired = raw.get("/services/data/v20.0/limits")
    assert (retired.status_code, retired.json()[0]["errorCode"]) == (410, "UNSUPPORTED_API_VERSION")
    assert raw.get("/services/data/v99.0/limits").status_code == 404


def test_describe_has_the_57_keys_and_304_until_the_schema_changes(
    raw: Raw, server: LoopbackServer, clock: SimClock
) -> None:
    answer = raw.get("sobjects/lead/describe/")
    fields = {field["name"]: field for field in answer.json()["fields"]}
    assert len(fields["Email"]) == 57
    email, owner = fields["Email"], fields["OwnerId"]
    assert (email["length"], email["byteLength"], email["soapType"], email["idLookup"]) == (80, 240, "xsd:string", True)
    assert (owner["referenceTo"], owner["polymorphicForeignKey"]) == (["Group", "User"], True)
    description = fields["Description"]
    assert (description["filterable"], description["sortable"], description["length"]) == (False, False, 32000)
    assert (fields["ConvertedDate"]["type"], fields["NumberOfEmployees"]["digits"]) == ("date", 8)
    required = {
        f["name"] for f in fields.values() if f["createable"] and not f["nillable"] and not f["defaultedOnCreate"]
    }
    assert required == {"LastName", "Company"}
    unchanged = {"If-Modified-Since": answer.headers["Last-Modified"]}
    assert raw.get("sobjects/Lead/describe", headers=unchanged).status_code == 304
    clock.advance(timedelta(minutes=1))
    fields_event = [{"name": "Baton_Note__c", "label": "Note", "type": "textarea", "length": 4000}]
    event = {"op": "define_fields", "object": "Lead", "fields": fields_event}
    server.control("apply", {"events": [event]})
    assert raw.get("sobjects/Lead/describe", headers=unchanged).status_code == 200


def test_hidden_fields_are_gone_from_describe_soql_and_writes(
    raw: Raw, org: SalesforceOrg, server: LoopbackServer
) -> None:
    lead = add_lead(org)
    server.control("fls", {"object": "Lead", "field": "Pain__c", "readable": False})
    names = {field["name"] for field in raw.get("sobjects/Lead/describe").json()["fields"]}
    assert "Pain__c" not in names
    assert raw.refused("SELECT Pain__c FROM Lead")["errorCode"] == "INVALID_FIELD"
    answer = raw.patch(f"sobjects/Lead/{lead}", json={"Pain__c": "x"})
    assert answer.status_code == 400
    assert answer.json() == [
        {"message": "No such column 'Pain__c' on sobject of type Lead", "errorCode": "INVALID_FIELD"}
    ]


def test_global_describe_and_org_rows(client: Salesforce) -> None:
    described = client.describe()
    assert described is not None
    assert (described["encoding"], described["maxBatchSize"]) == ("UTF-8", 200)
    assert {"Lead", "Task", "OpportunityHistory", "BusinessHours"} <= {kind["name"] for kind in described["sobjects"]}
    row = client.query("SELECT Id, IsSandbox, TimeZoneSidKey FROM Organization")["records"][0]
    assert (row["Id"], row["IsSandbox"], row["TimeZoneSidKey"]) == (to18("00D5g000008AbCd"), True, "Asia/Tokyo")
    hours = client.query("SELECT MondayStartTime, SundayStartTime FROM BusinessHours WHERE IsDefault = true")[
        "records"
    ][0]
    assert (hours["MondayStartTime"], hours["SundayStartTime"]) == ("09:00:00.000Z", None)


# queries ---------------------------------------------------------------------------------------------------------


def test_record_shape_of_a_polling_query(raw: Raw, org: SalesforceOrg) -> None:
    lead = add_lead(org, Email="Ada@example.com", NumberOfEmployees=42, AnnualRevenue=1250000, City="Oslo")
    queue = happen(org, "insert", "Group", None, {"Name": "Lead Queue", "Type": "Queue"})
    other = add_lead(org, 78, OwnerId=queue)
    answer = raw.get(
        "query",
        params={
            "q": "SELECT Id, Email, isconverted, AnnualRevenue, NumberOfEmployees, CreatedDate, Owner.Name, Owner.Type, "
            "Address FROM Lead ORDER BY SystemModstamp, Id"
        },
    )
    first, second = answer.json()["records"]
    url = f"/services/data/v62.0/sobjects/Lead/{lead}"
    owner = {"type": "Name", "url": f"/services/data/v62.0/sobjects/User/{REP}"}
    assert first == {
        "attributes": {"type": "Lead", "url": url},
        "Id": lead,
        "Email": "Ada@example.com",
        "IsConverted": False,
        "AnnualRevenue": 1250000.0,
        "NumberOfEmployees": 42,
        "CreatedDate": STAMP,
        "Owner": {"attributes": owner, "Name": "佐藤", "Type": "User"},
        "Address": {
            "city": "Oslo",
            "country": None,
            "geocodeAccuracy": None,
            "latitude": None,
            "longitude": None,
            "postalCode": None,
            "state": None,
            "street": None,
        },
    }
    assert '"AnnualRevenue":1250000.0' in answer.text
    assert '"NumberOfEmployees":42,' in answer.text
    assert (second["Id"], second["Owner"]["Name"], second["Owner"]["Type"]) == (other, "Lead Queue", "Queue")
    assert second["Address"] is None


def test_keyset_paging_meets_every_row_once(client: Salesforce, org: SalesforceOrg) -> None:
    for number in range(1, 51):
        add_lead(org, number, NOW - timedelta(seconds=number // 7))
    stamp, last, seen = "2026-01-01T00:00:00Z", "", list[str]()
    while True:
        rows = client.query(
            f"SELECT Id, SystemModstamp FROM Lead WHERE (SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND "
            f"Id > '{last}')) AND SystemModstamp < 2027-01-01T00:00:00Z ORDER BY SystemModstamp, Id LIMIT 8"
        )["records"]
        if not rows:
            break
        seen += [row["Id"] for row in rows]
        stamp, last = rows[-1]["SystemModstamp"].replace("+0000", "Z"), rows[-1]["Id"]
    assert sorted(seen) == sorted(make_id("00Q", number) for number in range(1, 51))


def test_pages_are_smaller_than_asked_and_locators_are_opaque(client: Salesforce, org: SalesforceOrg, raw: Raw) -> None:
    for number in range(1, 24):
        add_lead(org, number)
    org.switches.page_cap = 10
    page = raw.soql("SELECT Id FROM Lead")
    assert (page["totalSize"], page["done"], len(page["records"])) == (23, False, 10)
    assert page["nextRecordsUrl"].endswith("-10")
    assert len(list(client.query_all_iter("SELECT Id FROM Lead"))) == 23


def test_old_and_unknown_locators(raw: Raw, org: SalesforceOrg, clock: SimClock) -> None:
    for number in range(1, 13):
        add_lead(org, number)
    org.switches.page_cap = 10
    org.sessions.minutes = 10_000
    url = raw.soql("SELECT Id FROM Lead")["nextRecordsUrl"]
    clock.advance(timedelta(days=2, seconds=1))
    for path in (url, "query/0r8RO0000016PIAYA2-2000"):
        answer = raw.get(path)
        assert answer.status_code == 400
        assert answer.json() == [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]


def test_batch_size_header_is_honoured_between_200_and_2000(raw: Raw, org: SalesforceOrg) -> None:
    for number in range(1, 251):
        add_lead(org, number)
    page = raw.soql("SELECT Id FROM Lead", **{"Sforce-Query-Options": "batchSize=5"})
    assert (len(page["records"]), page["done"]) == (200, False)


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            "SELECT Id FROM Lead WHERE",
            "MALFORMED_QUERY",
            "\nSELECT Id FROM Lead WHERE\n                         ^\nERROR at Row:1:Column:26\nunexpected token: '<EOF>'",
        ),
        (
            "SELECT Id, Nope__c FROM Lead",
            "INVALID_FIELD",
            "\nSELECT Id, Nope__c FROM Lead\n           ^\nERROR at Row:1:Column:12\n"
            "No such column 'Nope__c' on entity 'Lead'. If you are attempting to use a custom field, be sure to append "
            "the '__c' after the custom field name. Please reference your WSDL or the describe call for the "
            "appropriate names.",
        ),
        (
            "select count() from XYZZY",
            "INVALID_TYPE",
            "\nselect count() from XYZZY\n                    ^\nERROR at Row:1:Column:21\n"
            "sObject type 'XYZZY' is not supported. If you are attempting to use a custom object, be sure to append "
            "the '__c' after the entity name. Please reference your WSDL or the describe call for the appropriate names.",
        ),
    ],
)
def test_query_refusals_have_the_recorded_wording(raw: Raw, text: str, code: str, message: str) -> None:
    assert raw.refused(text) == {"message": message, "errorCode": code}


@pytest.mark.parametrize(
    ("where", "code", "words"),
    [
        ("Description = 'x'", "INVALID_FIELD", "field 'Description' can not be filtered in a query call"),
        (
            "CreatedDate > '2026-01-01'",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed in quotes",
        ),
        ("Id = 'nonsense'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: nonsense"),
        ("Name = :name", "MALFORMED_QUERY", "unexpected token: ':'"),
        ("Id IN ()", "MALFORMED_QUERY", "unexpected token: ')'"),
        ("City = 'a' AND City = 'b' OR City = 'c'", "MALFORMED_QUERY", "unexpected token: 'OR'"),
        ("Nope.Name = 'x'", "INVALID_FIELD", "Didn't understand relationship 'Nope' in field path"),
        ("Name = 'a\\q'", "MALFORMED_QUERY", "Illegal character sequence '\\q' in string literal"),
    ],
)
def test_conditions_that_the_org_refuses(raw: Raw, where: str, code: str, words: str) -> None:
    error = raw.refused(f"SELECT Id FROM Lead WHERE {where}")
    assert error["errorCode"] == code
    assert words in error["message"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT Id FROM Lead ALL ROWS",
        "SELECT Id FROM Lead FOR VIEW",
        "SELECT FIELDS(ALL) FROM Lead",
        "SELECT FIELDS(ALL) FROM Lead LIMIT 201",
        "SELECT Id, Id FROM Lead",
        "SELECT Status, COUNT(Id), City FROM Lead GROUP BY Status",
        "SELECT Id FROM Lead ORDER BY Description",
    ],
)
def test_malformed_queries(raw: Raw, text: str) -> None:
    assert raw.refused(text)["errorCode"] == "MALFORMED_QUERY"


def test_offset_limit_and_uri_limit(raw: Raw) -> None:
    error = raw.refused("SELECT Id FROM Lead OFFSET 2001")
    assert error == {"message": "Maximum SOQL offset allowed is 2000", "errorCode": "NUMBER_OUTSIDE_VALID_RANGE"}
    ids = ",".join(f"'{make_id('00Q', number)}'" for number in range(700))
    answer = raw.get("query", params={"q": f"SELECT Id FROM Lead WHERE Id IN ({ids})"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (414, "text/html")


def test_text_compares_without_case_nulls_sort_first_and_are_not_equal(raw: Raw, org: SalesforceOrg) -> None:
    for number, city in ((1, "b"), (2, None), (3, "A"), (4, "C")):
        add_lead(org, number, City=city)

    def cities(tail: str) -> list[Any]:
        return [row["City"] for row in raw.soql(f"SELECT City FROM Lead {tail}")["records"]]

    assert cities("ORDER BY City") == [None, "A", "b", "C"]
    assert cities("ORDER BY City DESC") == [None, "C", "b", "A"]
    assert cities("ORDER BY City NULLS LAST") == ["A", "b", "C", None]
    assert cities("WHERE City = 'a'") == ["A"]
    assert cities("WHERE City != 'a' ORDER BY City") == [None, "b", "C"]
    assert cities("WHERE City NOT IN ('a', 'B') ORDER BY City") == [None, "C"]
    assert cities("WHERE City LIKE '_' AND NOT (City > 'b') ORDER BY City") == ["A", "b"]
    assert cities("WHERE City = null") == [None]


def test_parents_children_counts_and_groups(raw: Raw, org: SalesforceOrg) -> None:
    add_deal(org)
    role = {"OpportunityId": DEAL, "ContactId": CONTACT, "Role": "Decision Maker", "IsPrimary": True}
    happen(org, "insert", "OpportunityContactRole", None, role)
    for _ in range(3):
        happen(org, "insert", "Task", None, {"WhatId": DEAL, "WhoId": CONTACT, "Subject": "Call"})
    org.switches.child_page = 2
    body = raw.soql(
        "SELECT Name, Account.Owner.Name, (SELECT Role FROM OpportunityContactRoles), (SELECT Id FROM Tasks), "
        "(SELECT Id FROM Events) FROM Opportunity"
    )
    (record,) = body["records"]
    assert record["Account"]["attributes"]["type"] == "Account"
    assert record["Account"]["Owner"]["attributes"]["type"] == "User"
    assert record["OpportunityContactRoles"]["records"][0]["Role"] == "Decision Maker"
    assert record["Events"] is None
    tasks = record["Tasks"]
    assert (tasks["totalSize"], tasks["done"], len(tasks["records"])) == (3, False, 2)
    assert len(raw.get(tasks["nextRecordsUrl"]).json()["records"]) == 1
    task = raw.soql("SELECT Who.Type, What.Type, What.Name, AccountId FROM Task LIMIT 1")["records"][0]
    assert (task["Who"]["Type"], task["What"]["Type"], task["AccountId"]) == ("Contact", "Opportunity", ACCOUNT)
    assert raw.soql("SELECT COUNT() FROM Task") == {"totalSize": 3, "done": True, "records": []}
    grouped = raw.soql("SELECT Subject, COUNT(Id), MAX(CreatedDate) latest FROM Task GROUP BY Subject")
    assert grouped["records"] == [
        {"attributes": {"type": "AggregateResult"}, "Subject": "Call", "expr0": 3, "latest": STAMP}
    ]
    assert raw.soql("SELECT WhoId FROM Task GROUP BY WhoId HAVING COUNT(Id) > 3")["records"] == []


def test_date_literals_follow_the_orgs_zone(raw: Raw, org: SalesforceOrg) -> None:
    add_lead(org, 1, datetime(2026, 11, 19, 14, 59, tzinfo=UTC))
    add_lead(org, 2, datetime(2026, 11, 19, 15, 0, tzinfo=UTC), SQL_Date__c="2026-11-20")
    add_lead(org, 3, datetime(2026, 9, 1, tzinfo=UTC))
    assert [row["Id"] for row in raw.soql("SELECT Id FROM Lead WHERE CreatedDate = TODAY")["records"]] == [
        make_id("00Q", 2)
    ]
    assert raw.soql("SELECT COUNT() FROM Lead WHERE CreatedDate = LAST_N_DAYS:30")["totalSize"] == 2
    assert raw.soql("SELECT COUNT() FROM Lead WHERE SQL_Date__c = TODAY")["totalSize"] == 1
    assert raw.soql("SELECT COUNT() FROM Lead WHERE SQL_Date__c >= 2026-11-21")["totalSize"] == 0


def test_multipicklist_includes(raw: Raw, org: SalesforceOrg) -> None:
    spec = {"name": "Topics__c", "type": "multipicklist", "values": ["A", "B", "C"], "restricted": True}
    happen(org, "define_fields", "Lead", fields=[spec])
    lead = add_lead(org, 1, Topics__c="C;A")
    add_lead(org, 2, Topics__c="B")
    add_lead(org, 3)
    assert raw.get(f"sobjects/Lead/{lead}").json()["Topics__c"] == "A;C", "kept in the order of the definition"
    assert raw.soql("SELECT COUNT() FROM Lead WHERE Topics__c INCLUDES ('A;C', 'B')")["totalSize"] == 2
    assert raw.soql("SELECT COUNT() FROM Lead WHERE Topics__c EXCLUDES ('B')")["totalSize"] == 2


def test_pretty_print_and_gzip(raw: Raw, org: SalesforceOrg) -> None:
    for number in range(1, 40):
        add_lead(org, number)
    answer = raw.get("query", params={"q": "SELECT Id FROM Lead"}, headers={"X-PrettyPrint": "1"})
    assert answer.text.startswith('{\n  "totalSize": 39')
    assert answer.headers["Content-Encoding"] == "gzip"


# deletes, merges, conversion, feeds ------------------------------------------------------------------------------


def test_deleted_merged_and_archived_rows_are_only_in_query_all(raw: Raw, org: SalesforceOrg, clock: SimClock) -> None:
    winner, loser = add_lead(org, 1), add_lead(org, 2)
    task = happen(org, "insert", "Task", None, {"WhoId": loser, "Subject": "Call"})
    clock.advance(timedelta(seconds=10))
    happen(org, "merge", "Lead", winner, loser=loser, by=REP)
    assert [row["Id"] for row in raw.soql("SELECT Id FROM Lead")["records"]] == [winner]
    gone = raw.soql("SELECT IsDeleted, MasterRecordId, SystemModstamp FROM Lead WHERE IsDeleted = true", "queryAll")
    assert gone["records"][0]["MasterRecordId"] == winner
    assert gone["records"][0]["SystemModstamp"] == "2026-11-20T00:15:12.000+0000"
    child = raw.soql("SELECT WhoId, SystemModstamp FROM Task")["records"][0]
    assert (child["WhoId"], child["SystemModstamp"]) == (winner, STAMP), "re-parented without a new stamp"
    happen(org, "update", "Task", task, {"IsArchived": True})
    assert raw.soql("SELECT COUNT() FROM Task")["totalSize"] == 0
    assert raw.soql("SELECT COUNT() FROM Task", "queryAll/")["totalSize"] == 1
    clock.advance(timedelta(days=16))
    org.sessions.minutes = 1e6
    org.sessions.used_at = {token: clock.now() for token in [raw.headers["Authorization"].removeprefix("Bearer ")]}
    assert raw.soql("SELECT COUNT() FROM Lead", "queryAll")["totalSize"] == 1, "the bin is emptied after 15 days"


def test_conversion_follows_the_fact_sheet(raw: Raw, org: SalesforceOrg) -> None:
    lead = add_lead(org)
    happen(org, "insert", "Task", None, {"WhoId": lead, "Subject": "Call", "Status": "Completed"})
    happen(
        org, "insert", "Event", None, {"WhoId": lead, "StartDateTime": "2026-11-21T01:00:00Z", "DurationInMinutes": 30}
    )
    record = {
        "AccountId": ACCOUNT,
        "ContactId": CONTACT,
        "OpportunityId": DEAL,
        "Account": {"Id": ACCOUNT, "Name": "見本商事"},
        "Contact": {"Id": CONTACT, "LastName": "山田"},
        "Opportunity": {"Id": DEAL, "Name": "見本", "StageName": "Prospecting", "CloseDate": "2027-01-31"},
        "OpportunityContactRole": {"Role": "Decision Maker", "IsPrimary": True},
        "ConvertedStatus": "Qualified",
    }
    happen(org, "convert", "Lead", lead, record, by=REP)
    row = raw.get(f"sobjects/Lead/{lead}").json()
    assert (row["IsConverted"], row["ConvertedDate"], row["Status"]) == (True, "2026-11-20", "Qualified")
    assert (row["ConvertedAccountId"], row["ConvertedContactId"], row["ConvertedOpportunityId"]) == (
        ACCOUNT,
        CONTACT,
        DEAL,
    )
    for kind in ("Task", "Event"):
        moved = raw.soql(f"SELECT WhoId, WhatId, AccountId FROM {kind}")["records"][0]
        assert (moved["WhoId"], moved["WhatId"]) == (CONTACT, DEAL)
    history = raw.soql(
        f"SELECT Field, CreatedById FROM LeadHistory WHERE LeadId = '{lead}' AND Field = 'leadConverted'"
    )
    assert [entry["CreatedById"] for entry in history["records"]] == [REP]
    assert raw.soql("SELECT ContactId FROM OpportunityContactRole")["records"][0]["ContactId"] == CONTACT
    refused = raw.patch(
        "composite/sobjects", json={"records": [{"attributes": {"type": "Lead"}, "id": lead, "Title": "x"}]}
    )
    assert refused.json() == [
        {
            "success": False,
            "errors": [
                {
                    "statusCode": "CANNOT_UPDATE_CONVERTED_LEAD",
                    "message": "cannot reference converted lead",
                    "fields": [],
                }
            ],
        }
    ]


def test_conversion_without_a_deal(raw: Raw, org: SalesforceOrg) -> None:
    lead = add_lead(org)
    record = {
        "OpportunityId": None,
        "Account": {"Name": "見本商事"},
        "Contact": {"LastName": "山田"},
        "ConvertedStatus": "Q",
    }
    happen(org, "convert", "Lead", lead, record)
    row = raw.get(f"sobjects/Lead/{lead}").json()
    assert row["ConvertedOpportunityId"] is None
    contact = raw.get(f"sobjects/Contact/{row['ConvertedContactId']}").json()
    assert contact["AccountId"] == row["ConvertedAccountId"]


def test_histories_tell_who_changed_what(raw: Raw, org: SalesforceOrg, clock: SimClock) -> None:
    lead = add_lead(org)
    add_deal(org)
    clock.advance(timedelta(minutes=1))
    happen(org, "update", "Lead", lead, {"OwnerId": OTHER, "Status": "SQL"}, by=OTHER)
    rows = raw.soql(
        "SELECT Field, OldValue, NewValue, CreatedById FROM LeadHistory WHERE CreatedDate > 2026-11-20T00:15:02Z"
    )["records"]
    found = {(row["Field"], row["OldValue"], row["NewValue"], row["CreatedById"]) for row in rows}
    assert found == {
        ("Owner", "佐藤", "鈴木", OTHER),
        ("Owner", REP, OTHER, OTHER),
        ("Status", "Open - Not Contacted", "SQL", OTHER),
    }
    happen(org, "update", "Opportunity", DEAL, {"StageName": "Closed Won", "Amount": 500}, by=OTHER)
    rows = raw.soql("SELECT StageName, Amount, PrevAmount, Probability FROM OpportunityHistory ORDER BY CreatedDate")
    latest = rows["records"][-1]
    assert (latest["StageName"], latest["Amount"], latest["PrevAmount"], latest["Probability"]) == (
        "Closed Won",
        500.0,
        1000.0,
        100.0,
    )
    deal = raw.get(f"sobjects/Opportunity/{DEAL}").json()
    assert (deal["IsClosed"], deal["IsWon"]) == (True, True)


def test_an_activity_bumps_only_the_system_stamp_of_its_people(raw: Raw, org: SalesforceOrg, clock: SimClock) -> None:
    lead = add_lead(org)
    clock.advance(timedelta(minutes=5))
    happen(org, "insert", "Task", None, {"WhoId": lead, "Status": "Completed", "ActivityDate": "2026-11-20"}, by=REP)
    row = raw.get(f"sobjects/Lead/{lead}").json()
    assert row["SystemModstamp"] == "2026-11-20T00:20:02.000+0000"
    assert (row["LastModifiedDate"], row["LastActivityDate"]) == (STAMP, "2026-11-20")
    task = raw.soql("SELECT IsClosed, CompletedDateTime FROM Task")["records"][0]
    assert (task["IsClosed"], task["CompletedDateTime"]) == (True, "2026-11-20T00:20:02.000+0000")


def test_a_task_is_completed_once_and_reopening_forgets_it(raw: Raw, org: SalesforceOrg, clock: SimClock) -> None:
    task = happen(org, "insert", "Task", None, {"Subject": "Call"}, by=REP)

    def completed_after(**fields: Any) -> Any:
        clock.advance(timedelta(minutes=1))
        happen(org, "update", "Task", task, fields, by=REP)
        return raw.get(f"sobjects/Task/{task}").json()["CompletedDateTime"]

    assert completed_after(Status="Completed") == "2026-11-20T00:16:02.000+0000"
    assert completed_after(Description="架電") == "2026-11-20T00:16:02.000+0000"
    assert completed_after(Status="In Progress") is None


def test_an_activity_logged_late_never_moves_a_stamp_back(raw: Raw, org: SalesforceOrg) -> None:
    lead = add_lead(org)
    org.switches.reparent_bumps = True
    other = add_lead(org, 78, NOW - timedelta(days=1))
    at = (NOW - timedelta(hours=2)).isoformat()
    task = happen(org, "insert", "Task", None, {"WhoId": lead, "ActivityDate": "2026-11-19"}, at=at, by=REP)
    row = raw.get(f"sobjects/Lead/{lead}").json()
    assert (row["SystemModstamp"], row["LastActivityDate"]) == (STAMP, None), "open: planned, not done"
    happen(org, "update", "Task", task, {"Subject": "later"}, at=(NOW + timedelta(hours=1)).isoformat())
    happen(org, "merge", "Lead", other, loser=lead)
    moved = raw.get(f"sobjects/Task/{task}").json()
    assert (moved["WhoId"], moved["SystemModstamp"]) == (other, "2026-11-20T01:15:02.000+0000")


def test_updated_and_deleted_feeds(client: Salesforce, org: SalesforceOrg, clock: SimClock) -> None:
    first, second, third = (add_lead(org, number) for number in (1, 2, 3))
    happen(org, "delete", "Lead", second)
    happen(org, "hard_delete", "Lead", third)
    clock.advance(timedelta(minutes=3))
    add_lead(org, 4, NOW.replace(minute=17, second=0))
    start, end = NOW - timedelta(minutes=5), NOW + timedelta(minutes=2)
    updated = client.Lead.updated(start, end)
    assert updated == {"ids": [first], "latestDateCovered": "2026-11-20T00:17:00.000+0000"}
    deleted = client.Lead.deleted(start, end)
    assert {entry["id"] for entry in deleted["deletedRecords"]} == {second, third}
    assert deleted["deletedRecords"][0]["deletedDate"] == STAMP
    assert set(deleted) == {"deletedRecords", "earliestDateAvailable", "latestDateCovered"}


def test_feeds_refuse_bad_spans(raw: Raw) -> None:
    same = raw.get("sobjects/Lead/updated/?start=2026-11-20T00:00:10Z&end=2026-11-20T00:00:50Z")
    assert same.json()[0]["errorCode"] == "INVALID_REPLICATION_DATE"
    old = raw.get("sobjects/Lead/deleted/?start=2026-11-01T00:00:00Z&end=2026-11-20T00:00:00Z")
    assert old.json() == [
        {"message": "startDate before org replication enabled date", "errorCode": "INVALID_REPLICATION_DATE"}
    ]
    assert (
        raw.get("sobjects/EmailMessage/updated?start=2026-11-19T00:00:00Z&end=2026-11-20T00:00:00Z").status_code == 400
    )


def test_a_late_commit_appears_with_an_old_stamp_and_holds_the_feed_back(
    raw: Raw, org: SalesforceOrg, clock: SimClock
) -> None:
    org.sessions.minutes = 600
    record = {"LastName": "遅", "Company": "x"}
    happen(org, "insert", "Lead", LEAD, record, visible_after=480)
    clock.advance(timedelta(minutes=5))
    assert raw.soql("SELECT COUNT() FROM Lead")["totalSize"] == 0
    feed = "sobjects/Lead/updated?start=2026-11-20T00:00:00Z&end=2026-11-20T00:20:00Z"
    assert raw.get(feed).json() == {"ids": [], "latestDateCovered": "2026-11-20T00:15:00.000+0000"}
    clock.advance(timedelta(minutes=4))
    row = raw.soql("SELECT SystemModstamp FROM Lead")["records"][0]
    assert row["SystemModstamp"] == STAMP
    assert raw.get(feed).json()["latestDateCovered"] == "2026-11-20T00:20:00.000+0000"


# writes ----------------------------------------------------------------------------------------------------------


def test_single_rows_through_simple_salesforce(client: Salesforce, org: SalesforceOrg) -> None:
    created = client.Lead.create({"LastName": "新規", "Company": "見本", "Email": "a@example.com"})
    assert set(created) == {"id", "success", "errors"}
    record_id = created["id"]
    assert client.Lead.update(record_id[:15], {"Title": "  部長 "}) == 204
    assert client.Lead.get(record_id)["Title"] == "部長"
    assert client.Lead.delete(record_id) == 204
    with pytest.raises(exceptions.SalesforceResourceNotFound) as caught:
        client.Lead.update(record_id, {"Title": "x"})
    assert caught.value.content == [{"message": "entity is deleted", "errorCode": "ENTITY_IS_DELETED", "fields": []}]


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        (
            {"Company": "x" * 256},
            400,
            {
                "message": f"Company: data value too large: {'x' * 100}... (max length=255)",
                "errorCode": "STRING_TOO_LONG",
                "fields": ["Company"],
            },
        ),
        (
            {"IsConverted": True},
            400,
            {
                "message": "Unable to create/update fields: IsConverted. Please check the security settings of this "
                "field and verify that it is read/write for your profile or permission set.",
                "errorCode": "INVALID_FIELD_FOR_INSERT_UPDATE",
                "fields": ["IsConverted"],
            },
        ),
        (
            {"GeocodeAccuracy": "X"},
            400,
            {
                "message": "Geocode Accuracy: bad value for restricted picklist field: X",
                "errorCode": "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
                "fields": ["GeocodeAccuracy"],
            },
        ),
        (
            {"LastName": None, "Company": None},
            400,
            {
                "message": "Required fields are missing: [LastName, Company]",
                "errorCode": "REQUIRED_FIELD_MISSING",
                "fields": ["LastName", "Company"],
            },
        ),
        (
            {"OwnerId": make_id("005", 999)},
            400,
            {"message": "invalid cross reference id", "errorCode": "INVALID_CROSS_REFERENCE_KEY", "fields": []},
        ),
        (
            {"OwnerId": "nonsense"},
            400,
            {
                "message": "Owner ID: id value of incorrect type: nonsense",
                "errorCode": "MALFORMED_ID",
                "fields": ["OwnerId"],
            },
        ),
    ],
)
def test_single_row_refusals(raw: Raw, org: SalesforceOrg, fields: Any, status: int, error: Any) -> None:
    answer = raw.patch(f"sobjects/Lead/{add_lead(org)}", json=fields)
    assert (answer.status_code, answer.json()) == (status, [error])


def test_unknown_rows_methods_and_conditions(raw: Raw, org: SalesforceOrg) -> None:
    lead = add_lead(org)
    missing = raw.patch(f"sobjects/Lead/{make_id('00Q', 9)}", json={"Title": "x"})
    assert (missing.status_code, missing.json()[0]["errorCode"]) == (404, "NOT_FOUND")
    assert raw.get(f"sobjects/Lead/{ACCOUNT}").json()[0]["errorCode"] == "MALFORMED_ID"
    put = raw.put(f"sobjects/Lead/{lead}", json={})
    assert (put.status_code, put.json()[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    old = {"If-Unmodified-Since": "Thu, 19 Nov 2026 00:00:00 GMT"}
    assert raw.patch(f"sobjects/Lead/{lead}", json={"Title": "x"}, headers=old).status_code == 412


def test_wrong_types_fail_the_whole_collection(raw: Raw, org: SalesforceOrg) -> None:
    lead = add_lead(org)
    rows = [
        {"attributes": {"type": "Lead"}, "id": lead, "Title": "部長"},
        {"attributes": {"type": "Lead"}, "id": lead, "NumberOfEmployees": "abc"},
    ]
    answer = raw.patch("composite/sobjects", json={"records": rows})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    assert raw.get(f"sobjects/Lead/{lead}").json()["Title"] is None
    rows[1] = {"attributes": {"type": "Lead"}, "id": lead, "Nope__c": "abc"}
    assert raw.patch("composite/sobjects", json={"records": rows}).status_code == 400
    org.switches.unknown_field = "row"
    answer = raw.patch("composite/sobjects", json={"records": rows})
    assert [row["success"] for row in answer.json()] == [True, False]


def test_collection_answers_each_row_in_order(raw: Raw, org: SalesforceOrg, server: LoopbackServer) -> None:
    leads = [add_lead(org, number) for number in range(1, 5)]
    happen(org, "delete", "Lead", leads[2])
    server.control("row_errors", {"add": [{"id": leads[1]}]})
    server.control("validation_rules", {"rules": [{"object": "Opportunity", "blank": "NextStep", "message": "必須"}]})
    rows = [
        {"attributes": {"type": "Lead"}, "id": record_id, "Title": "部長"} for record_id in [*leads, make_id("00Q", 9)]
    ]
    answer = raw.patch("composite/sobjects", json={"allOrNone": False, "records": rows})
    assert answer.status_code == 200
    message = f"unable to obtain exclusive access to this record or 1 records: {leads[1]}"
    assert answer.json() == [
        {"id": leads[0], "success": True, "errors": []},
        {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": message, "fields": []}]},
        {
            "success": False,
            "errors": [{"statusCode": "ENTITY_IS_DELETED", "message": "entity is deleted", "fields": []}],
        },
        {"id": leads[3], "success": True, "errors": []},
        {
            "success": False,
            "errors": [
                {"statusCode": "INVALID_CROSS_REFERENCE_KEY", "message": "invalid cross reference id", "fields": []}
            ],
        },
    ]
    assert raw.patch("composite/sobjects", json={"records": rows[1:2]}).json()[0]["success"], "a lock passes"


def test_customer_rules_run_on_every_save(raw: Raw, org: SalesforceOrg, server: LoopbackServer) -> None:
    lead = add_lead(org)
    rule = {"object": "Lead", "blank": "Website", "message": "Website is required.", "when": {"Status": "Qualified"}}
    server.control("validation_rules", {"rules": [rule]})
    assert raw.patch(f"sobjects/Lead/{lead}", json={"Title": "x"}).status_code == 204
    happen(org, "update", "Lead", lead, {"Status": "Qualified"})
    answer = raw.patch(f"sobjects/Lead/{lead}", json={"Title": "y"})
    error = {"message": "Website is required.", "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION", "fields": ["Website"]}
    assert (answer.status_code, answer.json()) == (400, [error])


def test_all_or_none_rolls_everything_back(raw: Raw, org: SalesforceOrg) -> None:
    lead = add_lead(org)
    rows = [
        {"attributes": {"type": "Lead"}, "LastName": "A", "Company": "B"},
        {"attributes": {"type": "Lead"}, "Company": "B"},
    ]
    answer = raw.post("composite/sobjects", json={"allOrNone": True, "records": rows})
    message = "Record rolled back because not all records were valid and the request was using AllOrNone header"
    assert answer.json()[0]["errors"] == [
        {"statusCode": "ALL_OR_NONE_OPERATION_ROLLED_BACK", "message": message, "fields": []}
    ]
    assert answer.json()[1]["errors"][0]["message"] == "Required fields are missing: [LastName]"
    assert [row["Id"] for row in raw.soql("SELECT Id FROM Lead")["records"]] == [lead]


def test_more_than_200_rows_are_refused(raw: Raw) -> None:
    rows = [{"attributes": {"type": "Lead"}, "id": make_id("00Q", number)} for number in range(201)]
    answer = raw.patch("composite/sobjects", json={"records": rows})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")


def test_retrieve_by_ids_keeps_order_and_says_null(raw: Raw, org: SalesforceOrg) -> None:
    lead, gone = add_lead(org, 1), add_lead(org, 2)
    happen(org, "delete", "Lead", gone)
    body = {"ids": [gone, lead[:15], make_id("00Q", 9)], "fields": ["id", "lastname"]}
    answer = raw.post("composite/sobjects/Lead", json=body)
    attributes = {"type": "Lead", "url": f"/services/data/v62.0/sobjects/Lead/{lead}"}
    assert answer.json() == [None, {"attributes": attributes, "Id": lead, "LastName": "山田"}, None]


def test_assignment_rules_run_unless_switched_off(raw: Raw, org: SalesforceOrg, server: LoopbackServer) -> None:
    lead = add_lead(org)
    org.switches.assignment_owner = OTHER
    raw.patch(f"sobjects/Lead/{lead}", json={"Title": "x"}, headers={"Sforce-Auto-Assign": "FALSE"})
    assert server.log[-1].note == "auto-assign off"
    assert raw.get(f"sobjects/Lead/{lead}").json()["OwnerId"] == REP
    raw.patch(f"sobjects/Lead/{lead}", json={"Title": "y"})
    assert server.log[-1].note == "assignment rules ran"
    assert raw.get(f"sobjects/Lead/{lead}").json()["OwnerId"] == OTHER


def test_identical_values_bump_the_stamps_unless_switched_off(raw: Raw, org: SalesforceOrg, clock: SimClock) -> None:
    lead = add_lead(org, Title="部長")

    def stamp_after_writing() -> str:
        clock.advance(timedelta(minutes=1))
        raw.patch(f"sobjects/Lead/{lead}", json={"Title": "部長"})
        return raw.get(f"sobjects/Lead/{lead}").json()["SystemModstamp"]

    assert stamp_after_writing() == "2026-11-20T00:16:02.000+0000"
    org.switches.identical_update_bumps = False
    assert stamp_after_writing() == "2026-11-20T00:16:02.000+0000"


def test_duplicate_rule_is_passed_by_the_header(raw: Raw, org: SalesforceOrg) -> None:
    add_lead(org, 1, Email="a@example.com")
    lead = add_lead(org, 2, Email="A@example.com")
    org.switches.duplicate_rules = ("Lead",)
    answer = raw.patch(f"sobjects/Lead/{lead}", json={"Title": "x"})
    assert answer.json()[0]["errorCode"] == "DUPLICATES_DETECTED"
    allowed = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert raw.patch(f"sobjects/Lead/{lead}", json={"Title": "x"}, headers=allowed).status_code == 204


def test_flag_field_types_are_read_back_as_the_org_keeps_them(raw: Raw, org: SalesforceOrg) -> None:
    specs = [
        {"name": "Baton_Due__c", "type": "datetime"},
        {"name": "Baton_Count__c", "type": "number", "precision": 4, "scale": 0},
        {"name": "Baton_On__c", "type": "checkbox"},
        {"name": "Baton_Day__c", "type": "date"},
    ]
    lead = add_lead(org)
    happen(org, "define_fields", "Lead", fields=specs)
    values = {
        "Baton_Due__c": "2026-11-20T18:00:00.987+09:00",
        "Baton_Count__c": 3,
        "Baton_On__c": True,
        "Baton_Day__c": "2026-11-20",
    }
    assert raw.patch(f"sobjects/Lead/{lead}", json=values).status_code == 204
    row = raw.get(f"sobjects/Lead/{lead}?fields={','.join(values)}")
    assert row.json()["Baton_Due__c"] == "2026-11-20T09:00:00.000+0000"
    assert '"Baton_Count__c":3.0' in row.text
    wide = raw.patch(f"sobjects/Lead/{lead}", json={"Baton_Count__c": 10000})
    assert wide.json()[0]["errorCode"] == "NUMBER_OUTSIDE_VALID_RANGE"
    naive = raw.patch(f"sobjects/Lead/{lead}", json={"Baton_Due__c": "2026-11-20T18:00:00"})
    assert naive.json()[0]["errorCode"] == "JSON_PARSER_ERROR"


# composite -------------------------------------------------------------------------------------------------------


def query_part(text: str, name: str) -> dict[str, Any]:
    url = requests.Request("GET", "http://x/services/data/v62.0/query", params={"q": text}).prepare().path_url
    return {"method": "GET", "url": url, "referenceId": name}


def test_composite_polls_five_queries_for_one_call(raw: Raw, org: SalesforceOrg, server: LoopbackServer) -> None:
    lead = add_lead(org)
    parts = [query_part("SELECT Id FROM Lead", "lead"), query_part("SELECT Nope FROM Task", "task")]
    parts.append({"method": "GET", "url": "/services/data/v62.0/foo", "referenceId": "foo"})
    patch = {"method": "PATCH", "url": f"/services/data/v62.0/sobjects/Lead/{lead}", "referenceId": "patch"}
    parts.append({**patch, "body": {"Title": "x"}})
    answer = raw.post("composite", json={"allOrNone": False, "collateSubrequests": False, "compositeRequest": parts})
    assert answer.status_code == 200
    assert server.total_cost == 1
    first, second, third, fourth = answer.json()["compositeResponse"]
    assert (first["httpStatusCode"], first["referenceId"], first["httpHeaders"]) == (200, "lead", {})
    assert first["body"]["records"][0]["Id"] == lead
    assert (second["httpStatusCode"], second["body"][0]["errorCode"]) == (400, "INVALID_FIELD")
    assert third["body"] == [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]
    assert (fourth["body"], fourth["httpStatusCode"]) == (None, 204)


def test_composite_limits_and_references(raw: Raw, org: SalesforceOrg) -> None:
    add_lead(org)
    six = [query_part("SELECT Id FROM Lead", f"q{number}") for number in range(6)]
    assert raw.post("composite", json={"compositeRequest": six}).status_code == 400
    many = [{"method": "GET", "url": "/services/data/v62.0/limits", "referenceId": f"r{n}"} for n in range(26)]
    assert raw.post("composite", json={"compositeRequest": many}).status_code == 400
    created = {
        "method": "POST",
        "url": "/services/data/v62.0/sobjects/Account",
        "referenceId": "made",
        "body": {"Name": "見本"},
    }
    read = {
        "method": "GET",
        "url": "/services/data/v62.0/sobjects/Account/@{made.id}?fields=Name",
        "referenceId": "read",
    }
    broken = {"method": "GET", "url": "/services/data/v62.0/sobjects/Account/@{no.id}", "referenceId": "broken"}
    answers = raw.post("composite", json={"compositeRequest": [created, read, broken]}).json()["compositeResponse"]
    assert answers[1]["body"]["Name"] == "見本"
    assert answers[2]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    rolled = {"allOrNone": True, "compositeRequest": [created, broken]}
    answers = raw.post("composite", json=rolled).json()["compositeResponse"]
    assert [answer["httpStatusCode"] for answer in answers] == [400, 400]
    assert raw.soql("SELECT COUNT() FROM Account")["totalSize"] == 1


# faults, log, speed ----------------------------------------------------------------------------------------------


def test_faults_are_used_up_in_order(raw: Raw, org: SalesforceOrg, server: LoopbackServer) -> None:
    lead = add_lead(org)
    only_writes = {"method": "PATCH", "path": "sobjects/Lead"}
    busy = [{"message": "Server too busy", "errorCode": "SERVER_UNAVAILABLE"}]
    server.control(
        "faults",
        {
            "add": [
                {"kind": "status", "match": only_writes, "status": 503, "body": busy},
                {"kind": "reset_after", "match": only_writes},
                {"kind": "html", "match": only_writes, "after": 1},
            ]
        },
    )
    assert raw.get("limits").status_code == 200
    refused = raw.patch(f"sobjects/Lead/{lead}", json={"Title": "1"})
    assert (refused.status_code, refused.json()) == (503, busy)
    with pytest.raises(requests.ConnectionError):
        raw.patch(f"sobjects/Lead/{lead}", json={"Title": "2"})
    assert raw.get(f"sobjects/Lead/{lead}").json()["Title"] == "2", "applied before the cut"
    assert raw.patch(f"sobjects/Lead/{lead}", json={"Title": "3"}).status_code == 204
    page = raw.patch(f"sobjects/Lead/{lead}", json={"Title": "4"})
    assert (page.status_code, page.headers["Content-Type"]) == (503, "text/html")
    assert [entry.status for entry in server.log if entry.method == "PATCH"] == [503, 0, 204, 503]


def test_truncated_answers_break_the_connection(raw: Raw, server: LoopbackServer) -> None:
    server.control("faults", {"add": [{"kind": "truncate"}]})
    with pytest.raises(requests.exceptions.RequestException):
        raw.get("limits")


def test_control_api_over_http_shows_log_and_cost_but_no_token(raw: Raw, server: LoopbackServer) -> None:
    raw.get("limits")
    log = raw.post("/__sim/log", json={}).json()
    assert (log["total_cost"], log["next"], len(log["entries"])) == (1, 1, 1)
    assert log["entries"][0]["path"] == "/services/data/v62.0/limits"
    assert raw.headers["Authorization"].split()[1] not in str(log)
    moved = raw.post("/__sim/clock", json={"set": "2026-12-01T00:00:00+00:00"}).json()
    assert moved["now"] == "2026-12-01T00:00:00+00:00"
    assert raw.post("/__sim/nonsense", json={}).status_code == 400
    dumped = raw.post("/__sim/dump", json={"object": "User"}).json()["records"]
    assert {row["Id"] for row in dumped} >= {REP, OTHER}


@pytest.mark.parametrize(
    "event",
    [
        {"op": "insert", "object": "Nope", "record": {}},
        {"op": "insert", "object": "Lead", "record": {"Nope__c": 1}},
        {"op": "insert", "object": "Lead", "record": {"LastName": "x" * 81}},
        {"op": "update", "object": "Lead", "id": make_id("00Q", 5), "record": {}},
        {"op": "explode", "object": "Lead"},
    ],
)
def test_senseless_events_are_refused(org: SalesforceOrg, event: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        org.apply(event)
