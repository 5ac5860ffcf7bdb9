import copy
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import jsonschema
import pytest

from storage.vocabulary import (
    Action,
    Basis,
    Channel,
    FieldRole,
    FormKind,
    OutcomeKind,
    PriceClass,
    Profile,
    Reason,
    Searched,
    SetAsideReason,
    VisitStatus,
)
from tests.contracts import complaints, published

HOME = "https://maison-lumen.example/"
LEGAL = "https://maison-lumen.example/mentions-legales"

Json = dict[str, Any]
Change = Callable[[Json], Any]


def not_found() -> Json:
    return {
        "outcome": "not_found",
        "clicks": None,
        "at_least": None,
        "basis": None,
        "reason": None,
        "effort_seconds": None,
        "values": [],
        "searched": "complete",
        "template_sample": None,
        "path": None,
        "proof": None,
    }


def not_measured() -> Json:
    return {**not_found(), "outcome": "not_measured", "searched": None, "reason": "needs_browser"}


def sighted(value: str, **more: Any) -> Json:
    plain = {"display": value, "readable": True, "tariff": None, "page": LEGAL, "depth": 1, "context": "Nous joindre"}
    return {"value": value, **plain, **more}


def exact(*values: Json) -> Json:
    step = {"from": HOME, "to": LEGAL, "action": "follow", "label": "Mentions légales", "selector": "footer a"}
    return {
        **not_found(),
        "outcome": "exact",
        "clicks": 1,
        "at_least": 1,
        "basis": "complete",
        "searched": None,
        "values": list(values),
        "path": [{**step, "screenshot": None}],
    }


def a_phone() -> Json:
    tariff = {"class": "premium", "max_eur_per_min": 0.2, "max_eur_per_call": 0.5}
    return sighted("+33820990012", display="0820 99 00 12", tariff=tariff)


def an_audit() -> Json:
    channels = {channel.value: not_found() for channel in Channel}
    channels["phone"] = {
        **exact(a_phone()),
        "effort_seconds": 6.2,
        "proof": {"screenshot": "phone.png", "box": [120, 640, 210, 18]},
    }
    channels["email"] = exact(sighted("bonjour@maison-lumen.example"))
    channels["form"] = exact(sighted(LEGAL, kind="contact"))
    channels["chat"] = exact(sighted("zendesk", readable=None, automatic=False))
    channels["facebook"] = {**exact(sighted("https://www.facebook.com/maisonlumen.example")), "template_sample": None}
    channels["x"] = not_measured()
    return {
        "schema": "barometer-audit/1",
        "tool": {"version": "0.1.0", "grid": None, "browser": None},
        "site": {"url": HOME, "final_url": HOME, "country": "FR", "language": "fr"},
        "profile": "desktop",
        "started_at": "2026-11-21T01:02:03Z",
        "finished_at": "2026-11-21T01:02:09.5Z",
        "status": "complete",
        "status_reason": None,
        "pages": {"read": 7, "rendered": None, "bytes": 812345, "cpu_seconds": 3.1},
        "channels": channels,
        "set_aside": [{"channel": "phone", "value": "+33199000099", "page": LEGAL, "why": "mediator"}],
        "warnings": ["the home page redirects to another domain"],
    }


def a_page() -> Json:
    tariff = {"class": "ordinary", "max_eur_per_min": None, "max_eur_per_call": None}
    fields = {"nom": "name", "courriel": "email", "#3": "message", "error": "other"}
    return {
        "file": "contact.html",
        "phones": [{"value": "+33199000012", "display": "01 99 00 00 12", "readable": True, "tariff": tariff}],
        "emails": [{"value": "bonjour@maison-lumen.example", "display": "bonjour [at] maison-lumen.example"}],
        "links": {channel: [] for channel in ("contact", "facebook", "x", "instagram", "linkedin", "youtube")},
        "forms": [{"kind": "contact", "css": "form#contact", "fields": fields}],
        "chat": ["zendesk"],
        "set_aside": [{"channel": "email", "value": "hebergeur@host.example", "why": "host"}],
    }


def changed(sample: Json, change: Change) -> Json:
    result = copy.deepcopy(sample)
    change(result)
    return result


def at_most(audit: Json) -> None:
    audit["channels"]["phone"] |= {"outcome": "at_most", "clicks": 3, "at_least": 1, "basis": None, "reason": "robots"}


def unreachable(audit: Json) -> None:
    audit |= {"status": "unreachable", "status_reason": "dns"}
    audit["site"] |= {"final_url": None, "language": None}
    audit["channels"] = {channel.value: {**not_measured(), "reason": "dns"} for channel in Channel}


def by_templates(audit: Json) -> None:
    audit["channels"]["phone"] |= {"basis": "templates", "template_sample": 3}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda audit: None, id="every channel decided"),
        pytest.param(at_most, id="a page that robots.txt closes"),
        pytest.param(unreachable, id="a site that does not answer"),
        pytest.param(by_templates, id="a depth proven on samples"),
        pytest.param(
            lambda audit: audit["channels"]["phone"]["values"][0].update(value="3234"), id="a number of four digits"
        ),
        pytest.param(lambda audit: audit["channels"]["phone"].update(clicks=0, at_least=0, path=[]), id="on the home"),
    ],
)
def test_what_the_method_allows_is_valid(change: Change) -> None:
    assert complaints("audit", changed(an_audit(), change)) == []


def test_two_profiles_make_an_array_of_two() -> None:
    both = [an_audit(), {**an_audit(), "profile": "mobile"}]
    assert complaints("audit", both) == []
    assert complaints("audit", [an_audit()])
    assert complaints("audit", [*both, an_audit()])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda audit: audit.update(schema="barometer-audit/2"), id="another schema number"),
        pytest.param(lambda audit: audit.pop("warnings"), id="a missing key"),
        pytest.param(lambda audit: audit["channels"].pop("callback"), id="a missing channel"),
        pytest.param(lambda audit: audit["channels"].update(fax=not_found()), id="a thirteenth channel"),
        pytest.param(lambda audit: audit["channels"]["x"].pop("proof"), id="a channel without all keys"),
        pytest.param(lambda audit: audit["channels"]["phone"].update(clicks=None), id="exact without a depth"),
        pytest.param(lambda audit: audit["channels"]["phone"].update(clicks=-1), id="a depth below zero"),
        pytest.param(lambda audit: audit["channels"]["phone"].update(basis=None), id="exact without a basis"),
        pytest.param(lambda audit: audit["channels"]["phone"].update(values=[]), id="exact without a value"),
        pytest.param(lambda audit: audit["channels"]["phone"].update(basis="templates"), id="samples without a size"),
        pytest.param(lambda audit: audit["channels"]["email"].update(reason="robots"), id="exact with a reason"),
        pytest.param(lambda audit: audit["channels"]["x"].update(reason=None), id="not measured without a reason"),
        pytest.param(lambda audit: audit["channels"]["x"].update(searched="complete"), id="not measured but searched"),
        pytest.param(lambda audit: audit["channels"]["x"].update(reason="bored"), id="a reason of one's own"),
        pytest.param(lambda audit: audit["channels"]["youtube"].update(searched=None), id="not found, searched unsaid"),
        pytest.param(lambda audit: audit["channels"]["youtube"].update(clicks=0), id="not found at a depth"),
        pytest.param(
            lambda audit: audit["channels"]["phone"]["values"][0].update(value="01 99 00 00 12"), id="a national number"
        ),
        pytest.param(
            lambda audit: audit["channels"]["phone"]["values"][0].update(tariff=None), id="a phone without a tariff"
        ),
        pytest.param(
            lambda audit: audit["channels"]["phone"]["values"][0]["tariff"].update({"class": "cheap"}),
            id="a price class of one's own",
        ),
        pytest.param(lambda audit: audit["channels"]["form"]["values"][0].pop("kind"), id="a form without a kind"),
        pytest.param(lambda audit: audit["channels"]["chat"]["values"][0].pop("automatic"), id="a chat, bot or not"),
        pytest.param(
            lambda audit: audit["channels"]["facebook"]["values"][0].update(value="maisonlumen"), id="not a URL"
        ),
        pytest.param(lambda audit: audit["channels"]["phone"]["path"][0].update(action="hover"), id="a third action"),
        pytest.param(lambda audit: audit["channels"]["phone"]["proof"].update(box=[1, 2, 3]), id="a box of three"),
        pytest.param(lambda audit: audit.update(started_at="2026-11-21T01:02:03"), id="a time without a zone"),
        pytest.param(lambda audit: audit.update(started_at="2026-11-21T02:02:03+01:00"), id="a time that is not UTC"),
        pytest.param(lambda audit: audit.update(status_reason="dns"), id="complete for a reason"),
        pytest.param(lambda audit: audit.update(status="unreachable"), id="unreachable for no reason"),
        pytest.param(lambda audit: audit.update(status="blocked", status_reason="robots"), id="a channel's reason"),
        pytest.param(lambda audit: audit["set_aside"][0].update(why="ugly"), id="set aside for a reason of one's own"),
        pytest.param(lambda audit: audit["site"].update(country="fr"), id="a country in lower case"),
        pytest.param(lambda audit: audit.update(profile="tablet"), id="a third profile"),
        pytest.param(lambda audit: audit["pages"].update(read="7"), id="a number in quotes"),
    ],
)
def test_what_the_method_forbids_is_not_valid(change: Change) -> None:
    sample = changed(an_audit(), change)
    assert not jsonschema.Draft202012Validator(published("audit")).is_valid(sample)
    assert complaints("audit", sample)


def test_a_reader_accepts_a_new_key_but_we_print_none_that_is_not_documented() -> None:
    newer = changed(an_audit(), lambda audit: audit["channels"]["phone"].update(mood="cheerful"))
    assert jsonschema.Draft202012Validator(published("audit")).is_valid(newer)
    assert complaints("audit", newer) == ["unknown key 'mood'"]


def test_a_complaint_says_where() -> None:
    wrong = changed(an_audit(), lambda audit: audit["channels"]["phone"].update(clicks=-1))
    assert complaints("audit", wrong) == ["channels/phone/clicks: -1 is less than the minimum of 0"]


def test_a_line_of_detect_is_a_page_or_an_error() -> None:
    assert complaints("detect", a_page()) == []
    assert complaints("detect", {"file": "missing.html", "error": "cannot be read"}) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda page: page.pop("chat"), id="a missing key"),
        pytest.param(lambda page: page["links"].pop("contact"), id="links without contact"),
        pytest.param(lambda page: page["links"].update(myspace=[]), id="links to a network unknown"),
        pytest.param(lambda page: page["links"].update(contact=["/contact"]), id="a relative link"),
        pytest.param(lambda page: page["forms"][0].update(kind="quote"), id="a kind of one's own"),
        pytest.param(lambda page: page["forms"][0]["fields"].update(nom="surname"), id="a role of one's own"),
        pytest.param(lambda page: page["phones"][0].pop("tariff"), id="a phone without a tariff"),
        pytest.param(lambda page: page["emails"][0].update(value="bonjour"), id="an address without a host"),
        pytest.param(lambda page: page["set_aside"][0].update(why="ugly"), id="set aside for a reason of one's own"),
        pytest.param(lambda page: page.update(error="cannot be read"), id="a page and an error"),
    ],
)
def test_other_lines_of_detect_are_not_valid(change: Change) -> None:
    assert complaints("detect", changed(a_page(), change))


def words(kind: type[StrEnum]) -> set[str | None]:
    return {member.value for member in kind}


def enum_at(contract: str, *path: str) -> set[str | None]:
    part: Any = published(contract)["$defs"]
    for name in path:
        part = part[name]
    return set(part["enum"])


CHANNEL = ("channel", "properties")
RESULT = ("result", "properties")
FORM = ("page", "properties", "forms", "items", "properties")
SET_ASIDE = ("properties", "set_aside", "items", "properties", "why")
OF_A_CHANNEL_ALONE = {"robots", "needs_browser", "budget"}


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        (enum_at("audit", *CHANNEL, "outcome"), words(OutcomeKind)),
        (enum_at("audit", *CHANNEL, "basis"), words(Basis) | {None}),
        (enum_at("audit", *CHANNEL, "searched"), words(Searched) | {None}),
        (enum_at("audit", *CHANNEL, "reason"), words(Reason) | {None}),
        (enum_at("audit", *RESULT, "status"), words(VisitStatus)),
        (enum_at("audit", *RESULT, "status_reason"), (words(Reason) | {None}) - OF_A_CHANNEL_ALONE),
        (enum_at("audit", *RESULT, "profile"), words(Profile)),
        (enum_at("audit", "step", "properties", "action"), words(Action)),
        (enum_at("audit", "result", *SET_ASIDE), words(SetAsideReason)),
        (enum_at("detect", "page", *SET_ASIDE), words(SetAsideReason)),
        (enum_at("audit", "tariff", "properties", "class"), words(PriceClass)),
        (enum_at("detect", "tariff", "properties", "class"), words(PriceClass)),
        (enum_at("detect", *FORM, "kind"), words(FormKind)),
        (set(published("detect")["$defs"]["page"]["properties"]["forms"]["items"]["properties"]["fields"]
             ["additionalProperties"]["enum"]), words(FieldRole)),
        (set(published("audit")["$defs"]["result"]["properties"]["channels"]["required"]), words(Channel)),
    ],
)  # fmt: skip
def test_the_closed_lists_are_those_of_the_vocabulary(printed: set[str | None], meant: set[str | None]) -> None:
    assert printed == meant


@pytest.mark.parametrize("contract", ["audit", "detect"])
def test_the_published_schemas_are_schemas(contract: str) -> None:
    jsonschema.Draft202012Validator.check_schema(published(contract))
