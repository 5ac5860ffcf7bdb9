"""The search of one site, on paper: what is read in which order, and what the records then prove."""

from itertools import pairwise

import pytest

from spiders import harvest
from spiders.frontier import Budget
from spiders.plan import Fetched, Plan
from spiders.search import SiteSearch
from storage.vocabulary import Action, Basis, Channel, Reason, VisitStatus
from tests.spiders.paper_site import HOME, PHONE, Answer, PaperSite, page, phone_of

ONLY_PHONE = Plan(channels=frozenset({Channel.PHONE}))


def plan(**more: object) -> Plan:
    return Plan(channels=frozenset({Channel.PHONE}), **more)  # type: ignore[arg-type]


def budget(**more: float) -> Plan:
    return plan(budget=Budget(**more))  # type: ignore[arg-type]


def chain(length: int, last: str = PHONE) -> dict[str, str | Answer]:
    """Return a site where each page links to the next, the last of which holds *last*."""
    pages: dict[str, str | Answer] = {f"/p{number}": page(f"/p{number + 1}") for number in range(1, length)}
    return {"/": page("/p1"), **pages, f"/p{length}": page(body=last)}


def wide(count: int, **pages: str | Answer) -> dict[str, str | Answer]:
    """Return a home page with *count* links to pages without a common template, of which *pages* are named."""
    names = [f"/x{number:03}x" for number in range(count)]
    site: dict[str, str | Answer] = {name: page(body="<p>Rien.</p>") for name in names}
    named: dict[str, str | Answer] = {f"/{name}": answer for name, answer in pages.items()}
    return {"/": page(*names, *named), **site, **named}


@pytest.mark.parametrize("clicks", [1, 2, 3, 5])
def test_a_phone_is_as_far_as_its_shortest_path(clicks: int) -> None:
    assert phone_of(PaperSite(chain(clicks)).read(ONLY_PHONE)) == ("exact", clicks, clicks, "complete")


def test_a_phone_on_the_home_page_costs_one_request() -> None:
    site = PaperSite({"/": page("/a", "/b", body=PHONE)})
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 0, 0, "complete")
    assert site.paths == ["/"]


def test_the_shorter_of_two_paths_counts_whichever_is_read_first() -> None:
    site = PaperSite(
        {"/": page("/aide|Aide", "/a"), "/aide": page("/b"), "/b": page("/c"), "/a": page("/c"), "/c": PHONE}
    )
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 2, 2, "complete")


def test_the_recorded_clicks_lead_step_by_step_to_the_phone() -> None:
    reading = PaperSite(chain(3)).read(ONLY_PHONE)
    steps = [(click.from_url, click.to_url, click.action) for click in reading.clicks]
    assert steps == [
        (f"{HOME}{one}", f"{HOME}{other}", Action.FOLLOW) for one, other in pairwise(["", "p1", "p2", "p3"])
    ]


def test_no_more_is_read_than_can_shorten_the_path() -> None:
    site = PaperSite({"/": page("/contact|Contact", "/a", "/b"), "/contact": PHONE, "/a": page("/z"), "/b": page()})
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 1, 1, "complete")
    assert site.paths == ["/", "/contact"]


def test_a_search_for_everything_reads_every_page() -> None:
    site = PaperSite({"/": page("/a", "/b", body=PHONE), "/a": page("/c"), "/b": page(), "/c": page()})
    site.read(plan(exhaustive=True))
    assert sorted(site.paths) == ["/", "/a", "/b", "/c"]


def test_nothing_anywhere_is_not_found_and_everything_was_read() -> None:
    assert phone_of(PaperSite(chain(3, "<p>Rien.</p>")).read(ONLY_PHONE)) == ("not_found", "complete")


def products(count: int, **odd: str) -> dict[str, str | Answer]:
    names = [f"/produit/chaussette-n{number}" for number in range(count)]
    site: dict[str, str | Answer] = {
        name: page(body=f'<div class="product price stock">Article {name}</div>') for name in names
    }
    named: dict[str, str | Answer] = {f"/produit/{name}": answer for name, answer in odd.items()}
    return {"/": page(*(f"{name}|Chaussette {name[21:]}" for name in [*names, *named])), **site, **named}


def test_a_large_site_is_sampled_and_the_outcome_says_so() -> None:
    site = {**products(200), "/bas": page(body=PHONE)}
    site["/produit/chaussette-n3"] = site["/produit/chaussette-n4"] = page(
        "/bas", body='<div class="product price stock">A</div>'
    )
    reading = PaperSite(
        {
            **site,
            "/": page("/liste", *(f"/produit/chaussette-n{n}|Chaussette {n}" for n in range(200))),
            "/liste": page("/bas"),
        }
    ).read(ONLY_PHONE)
    assert phone_of(reading) == ("exact", 2, 2, "templates")
    assert reading.visit.search["sample"] == 6
    assert reading.visit.pages_read < 20


def test_nothing_on_a_sampled_site_is_not_found_by_templates() -> None:
    reading = PaperSite(products(200)).read(ONLY_PHONE)
    assert phone_of(reading) == ("not_found", "templates")
    assert reading.visit.pages_read < 12


def test_a_sampled_site_is_read_whole_when_asked() -> None:
    reading = PaperSite(products(150)).read(plan(basis=Basis.COMPLETE))
    assert phone_of(reading) == ("not_found", "complete")
    assert reading.visit.pages_read == 151


def test_a_page_whose_link_is_worded_unlike_its_neighbours_is_read() -> None:
    site = products(200, **{"la-maison": page(body=PHONE)})
    home = str(site["/"]).replace("Chaussette la-maison", "Qui sommes nous donc, et depuis quand")
    assert phone_of(PaperSite({**site, "/": home}).read(ONLY_PHONE))[:2] == ("exact", 1)


def test_the_page_budget_ends_the_search_with_what_was_proven() -> None:
    reading = PaperSite(wide(50)).read(budget(pages=20))
    assert phone_of(reading) == ("not_found", "budget")
    assert (reading.visit.status, reading.visit.status_reason) == (VisitStatus.PARTIAL, None)
    assert len(reading.pages) == 20


def test_a_budget_that_just_suffices_is_a_complete_search() -> None:
    reading = PaperSite(wide(9)).read(budget(pages=10))
    assert phone_of(reading) == ("not_found", "complete")
    assert reading.visit.status is VisitStatus.COMPLETE


def test_the_depth_budget_ends_the_search() -> None:
    reading = PaperSite(chain(4)).read(budget(depth=3))
    assert phone_of(reading) == ("not_found", "budget")


def test_the_byte_budget_ends_the_search() -> None:
    site = PaperSite({**wide(50), "/": page(*(f"/x{n:03}x" for n in range(50)), body="a" * 5000)})
    assert phone_of(site.read(budget(bytes=6000))) == ("not_found", "budget")
    assert len(site.asked) < 20


def test_the_time_budget_ends_the_search_and_says_so() -> None:
    site = PaperSite(wide(50))
    reading = site.read(budget(seconds=10.0), seconds_a_page=1.0)
    assert phone_of(reading) == ("not_found", "budget")
    assert (reading.visit.status, reading.visit.status_reason) == (VisitStatus.PARTIAL, Reason.TIMEOUT)
    assert len(site.asked) == 10


def test_the_end_of_a_budget_is_spent_on_promising_pages_of_any_level() -> None:
    site = wide(60, first=page("/contact|Contact"))
    site["/"] = page("/first|Notre aide", *(f"/x{n:03}x" for n in range(60)))
    site["/contact"] = page(body=PHONE)
    reading = PaperSite(site).read(budget(pages=30))
    assert phone_of(reading) == ("at_most", 2, 1, "budget")


def test_a_path_found_in_a_dive_is_shortened_by_what_is_read_later() -> None:
    """The contact page is first met three clicks away; a page read after it links to it from one click away."""
    names = [f"/x{n:03}x" for n in range(23)]
    site = {name: page() for name in names}
    site |= {
        "/": page("/aide|Aide", *names, "/last"),
        "/aide": page("/a|Service client"),
        "/a": page("/contact|Contact"),
        "/contact": page("/infos"),
        "/infos": PHONE,
    }
    site |= {"/last": page("/contact")}
    reading = PaperSite(site).read(budget(pages=30))
    assert phone_of(reading) == ("exact", 3, 3, "complete")
    assert [page.url for page in reading.pages].index(f"{HOME}contact") < 27


def test_pages_that_robots_txt_closes_cost_no_budget() -> None:
    names = [f"/panier/{n}" for n in range(40)]
    site = {name: Answer(failure=Reason.ROBOTS) for name in names}
    reading = PaperSite({"/": page(*names, "/z"), **site, "/z": page("/contact"), "/contact": PHONE}).read(
        budget(pages=10)
    )
    assert phone_of(reading) == ("exact", 2, 2, "complete")


@pytest.mark.parametrize(
    ("closed", "outcome"),
    [
        ("/equipe", ("at_most", 2, 1, "robots")),
        ("/mon-compte", ("exact", 2, 2, "complete")),
        ("/recherche?q=a", ("exact", 2, 2, "complete")),
    ],
)
def test_a_closed_page_that_could_hold_a_shorter_path_forbids_exact(closed: str, outcome: tuple[object, ...]) -> None:
    site = PaperSite({"/": page("/a", closed), closed: Answer(failure=Reason.ROBOTS), "/a": page("/b"), "/b": PHONE})
    assert phone_of(site.read(ONLY_PHONE)) == outcome


@pytest.mark.parametrize(
    ("closed", "outcome"), [("/equipe", ("not_measured", "robots")), ("/panier", ("not_found", "complete"))]
)
def test_a_closed_page_that_could_hold_the_phone_forbids_not_found(closed: str, outcome: tuple[object, ...]) -> None:
    site = PaperSite({"/": page("/a", closed), closed: Answer(failure=Reason.ROBOTS), "/a": page()})
    assert phone_of(site.read(ONLY_PHONE)) == outcome


def test_a_closed_page_no_nearer_than_the_phone_changes_nothing() -> None:
    site = PaperSite({"/": page("/a", "/equipe"), "/a": PHONE, "/equipe": Answer(failure=Reason.ROBOTS)})
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 1, 1, "complete")


def test_a_site_that_robots_txt_closes_is_refused() -> None:
    reading = PaperSite({"/": Answer(failure=Reason.ROBOTS)}).read(ONLY_PHONE)
    assert (reading.visit.status, reading.visit.status_reason) == (VisitStatus.REFUSED, None)
    assert phone_of(reading) == ("not_measured", "robots")


@pytest.mark.parametrize("reason", [Reason.TIMEOUT, Reason.CONNECT, Reason.TOO_LARGE, Reason.TLS, Reason.CRAWLER_ERROR])
def test_a_lost_contact_page_is_not_a_merchant_without_a_phone(reason: Reason) -> None:
    site = PaperSite({"/": page("/contact|Contact"), "/contact": Answer(failure=reason)})
    assert phone_of(site.read(ONLY_PHONE)) == ("not_measured", str(reason))


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_contact_page_refused_to_us_is_not_a_merchant_without_a_phone(status: int) -> None:
    site = PaperSite({"/": page("/contact|Contact"), "/contact": Answer("<p>Non.</p>", status)})
    assert phone_of(site.read(ONLY_PHONE))[0] == "not_measured"


@pytest.mark.parametrize(
    "gone", [Answer("", 404), Answer("", 500), Answer(failure=Reason.NOT_HTML), Answer(failure=Reason.REDIRECT_LOOP)]
)
def test_a_contact_page_that_no_visitor_can_read_is_the_merchant_s_own_fault(gone: Answer) -> None:
    site = PaperSite({"/": page("/contact|Contact"), "/contact": gone})
    assert phone_of(site.read(ONLY_PHONE)) == ("not_found", "complete")


def test_a_lost_page_nearer_than_the_phone_leaves_a_lower_bound() -> None:
    site = PaperSite({"/": page("/a", "/b"), "/a": Answer(failure=Reason.TIMEOUT), "/b": page("/c"), "/c": PHONE})
    assert phone_of(site.read(ONLY_PHONE)) == ("at_most", 2, 1, "timeout")


@pytest.mark.parametrize(
    "reason", [Reason.DNS, Reason.CONNECT, Reason.TLS, Reason.TIMEOUT, Reason.NOT_HTML, Reason.TOO_LARGE]
)
def test_a_home_page_that_cannot_be_had_is_unreachable(reason: Reason) -> None:
    reading = PaperSite({"/": Answer(failure=reason)}).read(ONLY_PHONE)
    assert (reading.visit.status, reading.visit.status_reason) == (VisitStatus.UNREACHABLE, reason)
    assert phone_of(reading) == ("not_measured", str(reason))


SHELL = '<html><body><div id="app"></div><script src="/app.js"></script></body></html>'


def test_an_empty_shell_is_never_not_found() -> None:
    assert phone_of(PaperSite({"/": SHELL}).read(ONLY_PHONE)) == ("not_measured", "needs_browser")


def test_a_client_side_route_needs_a_browser() -> None:
    site = PaperSite({"/": page("#/contact|Contact")})
    assert phone_of(site.read(ONLY_PHONE)) == ("not_measured", "needs_browser")


def test_a_section_of_the_page_is_no_other_page() -> None:
    site = PaperSite({"/": page("#contact", "/#avis", "#", "#!")})
    assert phone_of(site.read(ONLY_PHONE)) == ("not_found", "complete")
    assert site.paths == ["/"]


def test_twins_of_a_page_are_read_once() -> None:
    twins = [
        "/a",
        "/a/",
        "http://shop.example/a",
        "https://www.shop.example/a#b",
        "/a?utm_source=x",
        "/a;jsessionid=9",
        "//www.shop.example/a",
    ]
    site = PaperSite({"/": page(*twins, "/index.html", "http://www.shop.example"), "/a": page()})
    site.read(ONLY_PHONE)
    assert site.paths == ["/", "/a"]


def test_a_target_means_another_page_on_another_host_and_in_another_folder() -> None:
    """The same words in ``href`` lead elsewhere: a root path on a sub-domain, a name in a folder, a query on a page."""
    blog = "http://blog.shop.example/"
    site = PaperSite(
        {
            "/": page("/infos", "/f/one.html", "/g/two.html", "/liste", "/autre", blog),
            "/infos": page(), "/f/one.html": page("deep.html"), "/g/two.html": page("deep.html"),
            "/f/deep.html": page(), "/g/deep.html": page(), "/liste": page("?page=2"), "/autre": page("?page=2"),
            "/liste?page=2": page(), "/autre?page=2": page(), blog: page("/infos"), f"{blog}infos": page(body=PHONE),
        }
    )  # fmt: skip
    assert phone_of(site.read(plan(exhaustive=True))) == ("exact", 2, 2, "complete")
    assert {"/f/deep.html", "/g/deep.html", "/liste?page=2", "/autre?page=2"} <= set(site.paths)


def test_a_sub_domain_is_the_merchant_s_and_another_domain_is_not() -> None:
    site = PaperSite(
        {"/": page("http://aide.shop.example/", "http://other.example/"), "http://aide.shop.example/": PHONE}
    )
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 1, 1, "complete")
    assert "http://other.example/" not in site.asked


@pytest.mark.parametrize(
    "head",
    ['<base href="/boutique/">', '<base href="http://www.shop.example/boutique/x">'],
)
def test_a_base_address_completes_the_links(head: str) -> None:
    site = PaperSite({"/": page("contact", head=head), "/boutique/contact": PHONE, "/contact": page()})
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 1, 1, "complete")


@pytest.mark.parametrize(
    "href", ["http://[bad/", "javascript:alert(1)", "data:text/html,x", "mailto:a@shop.example", "http://", ""]
)
def test_a_base_address_that_is_none_is_no_base(href: str) -> None:
    site = PaperSite({"/": page("contact", head=f'<base href="{href}">'), "/contact": PHONE})
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 1, 1, "complete")


def test_a_base_address_on_another_host_leads_there_as_it_does_in_a_browser() -> None:
    site = PaperSite({"/": page("contact", head='<base href="http://evil.example/">'), "/contact": PHONE})
    assert phone_of(site.read(ONLY_PHONE)) == ("not_found", "complete")
    assert site.paths == ["/"]


def test_a_frame_costs_no_click_and_an_image_map_leads_on() -> None:
    area = '<map name=m><area href="/tel" alt="Contact"></map><img usemap="#m" src=a.png>'
    site = PaperSite({"/": '<iframe src="/cadre"></iframe>', "/cadre": page(body=area), "/tel": PHONE})
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 1, 1, "complete")


def test_a_phone_in_a_frame_of_a_frame_is_on_the_home_page() -> None:
    frames = "<frameset cols=*><frame src='/{}'></frameset>"
    site = PaperSite({"/": frames.format("home.html"), "/home.html": frames.format("in"), "/in": PHONE})
    reading = site.read(ONLY_PHONE)
    assert phone_of(reading) == ("exact", 0, 0, "complete")


def test_somebody_else_s_frame_is_not_read() -> None:
    site = PaperSite({"/": '<iframe src="http://maps.example/"></iframe><iframe src="about:blank"></iframe>'})
    assert phone_of(site.read(ONLY_PHONE)) == ("not_found", "complete")
    assert len(site.asked) == 1


def refresh(target: str) -> str:
    return f'<html><head><meta http-equiv="refresh" content="0; url={target}"></head><body>Un instant</body></html>'


def test_a_home_page_that_sends_its_visitor_on_is_not_the_home_page() -> None:
    site = PaperSite({"/": refresh("/fr/"), "/fr/": page("/fr/contact"), "/fr/contact": PHONE})
    reading = site.read(ONLY_PHONE)
    assert phone_of(reading) == ("exact", 1, 1, "complete")
    assert reading.visit.final_url == f"{HOME}fr/"


def test_pages_that_send_their_visitor_to_and_fro_are_read_all_the_same() -> None:
    site = PaperSite({"/": page("/a"), "/a": refresh("/b"), "/b": refresh("/a").replace("Un instant", PHONE)})
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 1, 1, "complete")


def test_a_home_page_sent_back_to_itself_is_read_as_it_stands() -> None:
    site = PaperSite({"/": refresh("/fr").replace("Un instant", PHONE), "/fr": Answer(moved_to="/")})
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 0, 0, "complete")


def test_a_home_page_that_sends_on_without_end_is_a_loop() -> None:
    site = PaperSite({"/": refresh("/1"), **{f"/{n}": refresh(f"/{n + 1}") for n in range(1, 50)}})
    reading = site.read(ONLY_PHONE)
    assert (reading.visit.status, reading.visit.status_reason) == (VisitStatus.UNREACHABLE, Reason.REDIRECT_LOOP)
    assert len(site.asked) < 15


def test_a_page_that_reloads_itself_is_read() -> None:
    site = PaperSite({"/": refresh("/").replace("Un instant", PHONE)})
    assert phone_of(site.read(ONLY_PHONE)) == ("exact", 0, 0, "complete")


@pytest.mark.parametrize(
    "way", [Answer(moved_to="http://www.other.example/"), Answer(refresh("http://www.other.example/"))]
)
def test_a_home_page_on_another_domain_is_a_warning_and_becomes_the_site(way: Answer) -> None:
    other = "http://www.other.example/"
    site = PaperSite({"/": way, other: page("/contact", HOME), f"{other}contact": PHONE})
    reading = site.read(ONLY_PHONE)
    assert phone_of(reading) == ("exact", 1, 1, "complete")
    assert reading.visit.warnings == ["redirected to another domain: other.example"]
    assert reading.visit.final_url == other
    assert site.asked.count(HOME) <= 1


def test_a_refresh_whose_target_redirects_to_a_third_domain_is_followed() -> None:
    third = "http://third.example/"
    site = PaperSite(
        {"/": refresh("http://other.example/"), "http://other.example/": Answer(moved_to=third), third: PHONE}
    )
    reading = site.read(ONLY_PHONE)
    assert phone_of(reading) == ("exact", 0, 0, "complete")
    assert reading.visit.final_url == third


def test_a_page_that_redirects_to_another_site_holds_nothing_of_the_merchant() -> None:
    site = PaperSite({"/": page("/contact"), "/contact": Answer(PHONE, moved_to="http://www.other.example/")})
    assert phone_of(site.read(ONLY_PHONE)) == ("not_found", "complete")


def test_two_links_that_redirect_to_one_page_cost_one_reading() -> None:
    site = PaperSite(
        {
            "/": page("/a", "/b"),
            "/a": Answer(page(body="x"), moved_to="/c"),
            "/b": Answer(page(body="x"), moved_to="/c"),
        }
    )
    reading = site.read(ONLY_PHONE)
    assert reading.visit.pages_read == 2
    assert phone_of(reading) == ("not_found", "complete")


def test_an_endless_calendar_ends() -> None:
    def month(number: int) -> str:
        return page(
            *(f"/agenda?mois={number + step}|mois {number + step}" for step in (1, 12)),
            body='<table class="cal"></table>',
        )

    site = PaperSite({"/": month(0), **{f"/agenda?mois={number}": month(number) for number in range(1, 400)}})
    reading = site.read(Plan(channels=frozenset({Channel.PHONE}), budget=Budget(pages=200, depth=6)))
    assert len(site.asked) < 100
    assert phone_of(reading)[0] == "not_found"


def test_more_links_than_anybody_reads_are_no_complete_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvest, "MAX_LINKS", 50)
    site = PaperSite({"/": page(*(f"/x{n:03}x" for n in range(60))), **{f"/x{n:03}x": page() for n in range(60)}})
    assert phone_of(site.read(ONLY_PHONE)) == ("not_found", "budget")


def test_a_target_of_many_thousand_letters_is_not_followed_and_not_forgotten() -> None:
    site = PaperSite({"/": page("/" + "a" * 100_000, "data:text/plain," + "b" * 100_000)})
    reading = site.read(ONLY_PHONE)
    assert phone_of(reading) == ("not_found", "budget")
    assert site.paths == ["/"]


def test_thousands_of_links_are_all_known() -> None:
    names = [f"/x{n}y" for n in range(4_900)]
    site = PaperSite({"/": page(*names, "/contact|Contact"), "/contact": page(body=PHONE)})
    search = site.search(ONLY_PHONE)
    assert len(search.frontier.known) == 4_902
    assert site.paths == ["/", "/contact"]


def test_a_site_with_more_addresses_than_are_remembered_survives_client_side_routes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spiders.frontier.MAX_KNOWN", 5)
    site = PaperSite({"/": page(*(f"#/route{n}" for n in range(20)))})
    assert phone_of(site.read(ONLY_PHONE)) == ("not_measured", "needs_browser")


def test_channels_not_asked_for_are_not_said_to_be_missing() -> None:
    from barometer.result import outcomes

    found = outcomes(PaperSite({"/": PHONE}).read(ONLY_PHONE))
    assert found[Channel.EMAIL].kind == "not_measured"


def test_a_page_that_breaks_the_reading_is_lost_and_the_others_are_not() -> None:
    search = SiteSearch(HOME, ONLY_PHONE)
    home = search.next()
    assert home is not None
    search.take(home, Fetched(HOME, 200, page("/a", "/b").encode()))
    broken = search.next()
    assert broken is not None
    search.lose(broken, Reason.CRAWLER_ERROR)
    other = search.next()
    assert other is not None and other.key != broken.key
    search.take(other, Fetched(other.url, 200, page("/c").encode()))
    assert search.proof().proven == 1


def test_a_search_that_is_stopped_keeps_what_it_saw() -> None:
    search = SiteSearch(HOME, ONLY_PHONE)
    home = search.next()
    assert home is not None
    search.take(home, Fetched(HOME, 200, page("/a", body=PHONE).encode()))
    search.stop(Reason.CRAWLER_ERROR)
    assert search.next() is None
    assert search.verdict is not None and search.verdict.status is VisitStatus.PARTIAL
    assert [entry.what.value for entry in search.seen()] == ["+33199001234"]
