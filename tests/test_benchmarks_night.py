"""The market of the night benchmark is what it says it is, its shops ail as they should, and the judge is strict."""

import json
import re
from collections import Counter, deque
from collections.abc import Callable
from urllib.request import urlopen

import pytest
from selectolax.lexbor import LexborHTMLParser

from benchmarks.night_figures import compared
from benchmarks.night_run import served
from benchmarks.night_server import Ailing
from benchmarks.night_shops import CORPUS_PAGES, Ailment, Case, market, truth, well
from benchmarks.scripted_shops import Manner
from storage.vocabulary import Channel

NUMBER = re.compile(r"(?:\+33 ?|0)[1-9](?:[ .]?\d\d){4}")
FORM = re.compile(r"<textarea")


def a_case(ailment: Ailment) -> Case:
    return next(case for case in market(400) if case.ailment is ailment)


def clicks(case: Case, shown: Callable[[str], bool]) -> int | None:
    """Follow every link from the home page, as a visitor would, to the first page of which *shown* is true."""
    site = Ailing(well(case), pause=0)
    found, waiting = {"/": 0}, deque(["/"])
    while waiting:
        path = waiting.popleft()
        page = site("GET", path).body.decode()
        if shown(page):
            return found[path]
        for link in LexborHTMLParser(page).css("a[href^='/']"):
            target = link.attributes["href"] or ""
            if target not in found:
                found[target] = found[path] + 1
                waiting.append(target)
    return None


def readable_number(page: str) -> bool:
    body = LexborHTMLParser(page).body
    return body is not None and NUMBER.search(body.text(separator=" ").replace("812 345 678", "")) is not None


def test_a_market_of_four_hundred_has_the_shares_that_were_asked_for() -> None:
    cases = market(400, seed=3)
    ailments = Counter(case.ailment for case in cases)
    assert (ailments[Ailment.HANGS], ailments[Ailment.FAILS]) == (12, 12)
    assert sum(ailments[one] for one in Ailment if one not in (Ailment.NONE, Ailment.HANGS, Ailment.FAILS)) == 8
    assert sum(case.manner is not Manner.PLAIN for case in cases) == 40
    mean = sum(case.pages for case in cases) / len(cases)
    assert mean == pytest.approx(sum(CORPUS_PAGES) / len(CORPUS_PAGES), rel=0.05)
    assert cases == market(400, seed=3) != market(400, seed=4)


@pytest.mark.parametrize("place", range(0, 400, 40))
def test_the_truth_of_a_shop_that_was_cut_down_is_what_its_pages_show(place: int) -> None:
    plain = [case for case in market(400) if case.manner is Manner.PLAIN]
    case = well(plain[place % len(plain)])
    known = truth(case)
    assert known is not None
    assert clicks(case, readable_number) == known[Channel.PHONE]
    assert clicks(case, lambda page: FORM.search(page) is not None) == known[Channel.FORM]
    assert clicks(case, lambda page: "mailto:" in page) == known[Channel.EMAIL]


def test_an_endless_calendar_has_a_month_after_every_month() -> None:
    site = Ailing(a_case(Ailment.CALENDAR), pause=1)
    assert b'href="/agenda/24311"' in site("GET", "/").body
    assert b'href="/agenda/99999"' in site("GET", "/agenda/99998").body


def test_every_page_names_another_visit_and_stays_the_same_page() -> None:
    for ailment, name in ((Ailment.SESSIONS, "PHPSESSID"), (Ailment.LABYRINTH, "passage")):
        site = Ailing(a_case(ailment), pause=1)
        first, second = (re.findall(rf"{name}=(\w+)", site("GET", "/").body.decode()) for _ in range(2))
        assert first and set(first).isdisjoint(second)
        assert site("GET", f"/?{name}={first[0]}").status == 200


def test_a_home_page_that_turns_in_a_circle_never_arrives() -> None:
    site, target = Ailing(a_case(Ailment.CIRCLE), pause=1), "/"
    for _ in range(50):
        reply = site("GET", target)
        assert reply.status == 302
        target = dict(reply.headers)["Location"]


def test_a_served_shop_answers_and_asks_for_the_pause() -> None:
    with served(3, 0, latency=0.01, pause=1, well=True) as stage:
        assert len(stage.addresses) == 3
        with urlopen(f"{stage.addresses[0]}/robots.txt", timeout=30) as answer:  # loopback
            assert b"Crawl-delay: 1" in answer.read()
        with urlopen(f"{stage.addresses[2]}/", timeout=30) as answer:
            assert b"<footer" in answer.read()
    assert stage.told["answers"] == 2


def told(outcome: str, at: int | None, searched: str | None = None) -> dict[str, object]:
    return json.loads(
        json.dumps({"outcome": outcome, "clicks": at, "searched": searched, "basis": None, "reason": None})
    )


def test_a_bound_is_unsure_and_a_certain_answer_that_is_not_true_is_wrong() -> None:
    known = {Channel.PHONE: 2, Channel.EMAIL: 1, Channel.FORM: 1, Channel.X: None, Channel.CHAT: None}
    channels = {
        "phone": told("at_most", 2), "email": told("exact", 0), "form": told("exact", 1), "x": told("not_found", None, "complete"),
        "chat": told("not_found", None, "budget"),
    }  # fmt: skip
    right, wrong, unsure = compared(channels, known)
    assert (right, set(wrong), set(unsure)) == (2, {Channel.EMAIL}, {Channel.PHONE, Channel.CHAT})


def test_of_a_shop_without_an_end_it_is_right_to_say_that_nothing_was_found_so_far() -> None:
    channels = {"chat": told("not_found", None, "budget"), "phone": told("not_found", None, "budget")}
    right, wrong, unsure = compared(channels, {Channel.CHAT: None, Channel.PHONE: 1}, endless=True)
    assert (right, set(wrong), set(unsure)) == (1, set(), {Channel.PHONE})
