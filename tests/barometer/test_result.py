"""The audit result, built from the records of a visit alone, keeps the public contract."""

import json
from datetime import UTC, datetime

import pytest

from barometer.result import audit_result, outcomes
from spiders.plan import Plan
from spiders.reading import SiteReading
from storage.records import Click, Page, Sighting, Visit
from storage.vocabulary import Action, Channel, OutcomeKind, Profile, Reason, SetAsideReason, VisitStatus
from tests.contracts import complaints
from tests.spiders.paper_site import HOME, PHONE, Answer, PaperSite, page

ALL = Plan()
NEVER = datetime(2026, 11, 21, 1, 2, 3, tzinfo=UTC)


def visit(**more: object) -> Visit:
    closed = {"status": VisitStatus.COMPLETE, "final_url": HOME, "started_at": NEVER, "finished_at": NEVER, **more}
    return Visit(url=HOME, **closed)  # type: ignore[arg-type]


def sighting(value: str = "+33199001234", url: str = HOME, depth: int = 0, **more: object) -> Sighting:
    return Sighting(visit_id="v", page_url=url, depth=depth, channel=Channel.PHONE, value=value, **more)  # type: ignore[arg-type]


def click(source: str, target: str, action: Action = Action.FOLLOW) -> Click:
    return Click(visit_id="v", from_url=source, to_url=target, action=action, label="x")


READINGS = {
    "everything": PaperSite({"/": page("/contact|Contact", "/a"), "/contact": page(body=PHONE)}).read(ALL),
    "nothing": PaperSite({"/": page()}).read(ALL),
    "partial": PaperSite({"/": page(*(f"/x{n}x" for n in range(400)))}).read(Plan(budget=ALL.budget._replace(pages=3))),
    "refused": PaperSite({"/": Answer(failure=Reason.ROBOTS)}).read(ALL),
    "unreachable": PaperSite({"/": Answer(failure=Reason.TLS)}).read(ALL),
    "walled": PaperSite({"/": Answer("<p>Non</p>", 403)}).read(ALL),
    "shell": PaperSite({"/": '<div id=app></div><script src=/a.js></script>'}).read(ALL),
    "lost": PaperSite({"/": page("/contact|Contact"), "/contact": Answer(failure=Reason.TIMEOUT)}).read(ALL),
    "one channel": PaperSite({"/": PHONE}).read(Plan(channels=frozenset({Channel.PHONE}))),
    "hostile words": PaperSite({"/": page("/c|\x1b[31mContact\u202e<script>", body=f"\x07{PHONE}\ud7ff"), "/c": PHONE}).read(ALL),
}  # fmt: skip


@pytest.mark.parametrize("name", READINGS)
def test_every_kind_of_visit_gives_a_valid_result(name: str) -> None:
    result = audit_result(READINGS[name])
    assert complaints("audit", result) == []
    assert json.loads(json.dumps(result)) == result
    assert set(result["channels"]) == set(Channel)


@pytest.mark.parametrize("name", READINGS)
def test_the_outcomes_and_the_result_say_the_same(name: str) -> None:
    told = audit_result(READINGS[name])["channels"]
    for channel, found in outcomes(READINGS[name]).items():
        shown = told[channel]
        assert (found.kind, found.clicks, found.at_least) == (shown["outcome"], shown["clicks"], shown["at_least"])


def test_the_depth_is_that_of_the_path_and_not_that_of_the_reading() -> None:
    far = f"{HOME}far"
    reading = SiteReading(
        visit(), [], [click(HOME, f"{HOME}a"), click(f"{HOME}a", far), click(HOME, far)], [sighting(url=far, depth=2)]
    )
    phone = audit_result(reading)["channels"]["phone"]
    assert (phone["clicks"], phone["values"][0]["depth"], len(phone["path"])) == (1, 1, 1)


def test_the_path_begins_at_the_home_page_after_redirects() -> None:
    home, frame = f"{HOME}fr/", f"{HOME}frame"
    clicks = [click(HOME, home, Action.REDIRECT), click(home, frame, Action.REDIRECT), click(frame, f"{HOME}c")]
    pages = [Page(visit_id="v", url=url, depth=0) for url in (frame, HOME, home)]
    reading = SiteReading(visit(final_url=home), pages, clicks, [sighting(url=f"{HOME}c", depth=1)])
    phone = audit_result(reading)["channels"]["phone"]
    assert [step["from"] for step in phone["path"]] == [home, frame]
    assert phone["clicks"] == 1


def test_values_come_shallowest_first_each_once_and_readable_before_not() -> None:
    deep = f"{HOME}a"
    found = [
        sighting("+33199005678", deep, 1),
        sighting("+33199001234", deep, 1),
        sighting("+33199000000", readable=False),
        sighting(),
    ]
    values = audit_result(SiteReading(visit(), [], [click(HOME, deep)], found))["channels"]["phone"]["values"]
    assert [value["value"] for value in values] == ["+33199001234", "+33199000000", "+33199005678"]


def test_what_was_set_aside_is_listed_once_and_is_no_channel() -> None:
    aside = [sighting(set_aside=SetAsideReason.FAX), sighting(url=f"{HOME}a", depth=1, set_aside=SetAsideReason.FAX)]
    result = audit_result(SiteReading(visit(), [], [], aside))
    assert result["set_aside"] == [{"channel": "phone", "value": "+33199001234", "page": HOME, "why": "fax"}]
    assert result["channels"]["phone"]["outcome"] == "not_found"


def test_a_visit_that_failed_shows_no_values_even_where_some_were_seen() -> None:
    reading = SiteReading(visit(status=VisitStatus.BLOCKED, status_reason=Reason.BOT_WALL), [], [], [sighting()])
    phone = audit_result(reading)["channels"]["phone"]
    assert (phone["outcome"], phone["reason"], phone["values"], phone["path"]) == ("not_measured", "bot_wall", [], [])


def test_a_channel_that_was_not_asked_for_is_not_measured() -> None:
    found = outcomes(READINGS["one channel"])
    assert found[Channel.PHONE].kind is OutcomeKind.EXACT
    assert {found[channel].kind for channel in Channel if channel is not Channel.PHONE} == {OutcomeKind.NOT_MEASURED}


def test_times_are_utc_to_the_second_and_the_profile_is_told() -> None:
    result = audit_result(SiteReading(visit(profile=Profile.MOBILE), [], [], []))
    assert (result["started_at"], result["profile"]) == ("2026-11-21T01:02:03Z", "mobile")
