"""Search, then prove, on paper: what a browser shows outweighs what a source promises, and every page on the way is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

import pytest

from spiders import search as search_module
from spiders.browser.layout import Box, Element, Snapshot
from spiders.frontier import Way
from spiders.plan import Fetched, Plan
from spiders.reading import SiteReading, close_visit
from spiders.search import SiteSearch
from spiders.showing import press_state
from spiders.sights import View
from storage.records import Visit, utc_now
from storage.vocabulary import Channel, Reason, SetAsideReason
from tests.spiders.paper_site import HOME, PHONE, page, phone_of, result_of

PLAN = Plan(channels=frozenset({Channel.PHONE}), render=True)
NOTHING = "<p>Rien ici.</p>"
OTHER_PHONE = "<p>Téléphone : 01 99 00 56 78</p>"


class Seen(NamedTuple):
    """A page on paper: its source, what a browser shows of it, and by the labels pressed what that leads to.

    ``cut`` is why it did not load to its end; ``hangs`` tells that a press was its last.
    """

    source: str
    shown: str | None = None
    pressed: Mapping[Sequence[str], str] = {}
    failure: Reason | None = None
    cut: Reason | None = None
    hangs: bool = False


class ShownSite:
    """Pages by path, the home page ``/`` among them; ``rendered`` and ``read`` list what was asked for, in order."""

    def __init__(self, pages: Mapping[str, Seen | str]) -> None:
        self._pages = {urljoin(HOME, path): one if isinstance(one, Seen) else Seen(one) for path, one in pages.items()}
        self.rendered: list[str] = []
        self.read_only: list[str] = []

    def read(self, plan: Plan = PLAN) -> SiteReading:
        """Read the site to the end of the search; return the closed reading."""
        search = SiteSearch(HOME, plan)
        while (wanted := search.next()) is not None:
            url = urldefrag(wanted.url).url
            path = url.removeprefix(HOME.rstrip("/"))
            seen = self._pages.get(url)
            body = (seen.source if seen else "<p>Page introuvable</p>").encode()
            fetched = Fetched(url, 200 if seen else 404, body, "text/html; charset=utf-8", 0.5)
            if not wanted.render:
                self.read_only.append(path)
                search.take(wanted, fetched)
                continue
            self.rendered.append(path)
            if seen is not None and seen.failure is not None:
                search.fail(wanted, seen.failure)
                continue
            showing = search.open(wanted, fetched)
            if showing is not None and seen is not None:
                showing.show(View(url, snapshot(seen.source if seen.shown is None else seen.shown, url)))
                for labels, html in seen.pressed.items():
                    before = url
                    for label in labels[:-1]:
                        before = press_state(before, label)
                    state = press_state(before, labels[-1])
                    way = Way(labels[-1], "button", (10, 10, 50, 20))
                    showing.show(View(state, snapshot(html, url), len(labels), way, before, 0.2))
                search.shut(wanted, cut=seen.cut, unpressed=seen.hangs)
        return close_visit(Visit(url=HOME), search, utc_now())


def snapshot(html: str, url: str) -> Snapshot:
    """Return *html* as a browser that shows all of it would; every link stands in the same place."""
    shown = html.replace('href="/', f'href="{HOME}')
    links = {
        number: Element(number, "link", Box(0, 20 * number, 90, 18), True, False, False, part.partition('"')[0])
        for number, part in enumerate(shown.split('href="')[1:], 1)
    }
    return Snapshot(
        url=url, title="", html=shown, viewport=(1440, 900), page=(1440, 900), scrolled=(0, 0), locked=False,
        truncated=False, elements=links, runs=(), pictures=(), frames=(),
    )  # fmt: skip


def hidden_values(reading: SiteReading) -> list[str]:
    return [one.value for one in reading.sightings if one.set_aside is SetAsideReason.HIDDEN]


def steps_to_the_phone(reading: SiteReading) -> list[tuple[str, str]]:
    path = result_of(reading)["channels"]["phone"]["path"]  # type: ignore[index]
    return [(step["action"], step["label"]) for step in path]


def test_what_a_source_promises_is_shown_before_it_counts() -> None:
    site = ShownSite({"/": page("/contact|Contact", "/cgv|CGV"), "/contact": page(body=PHONE), "/cgv": page()})
    reading = site.read()
    assert phone_of(reading) == ("exact", 1, 1, "complete")
    assert site.rendered == ["/", "/contact"]
    assert reading.visit.pages_rendered == 2
    assert reading.visit.pages_read == 2


def test_what_nobody_can_see_is_set_aside_and_the_search_goes_on() -> None:
    site = ShownSite(
        {
            "/": page("/contact|Contact", "/aide|Aide"),
            "/contact": Seen(page(body=PHONE), shown=page(body=NOTHING)),
            "/aide": page("/equipe|Notre équipe"),
            "/equipe": page(body=OTHER_PHONE),
        }
    )
    reading = site.read()
    assert phone_of(reading) == ("exact", 2, 2, "complete")
    assert hidden_values(reading) == ["+33199001234"]
    # The page on the way is shown too: its link must be there to be seen.
    assert site.rendered == ["/", "/contact", "/equipe", "/aide"]


def test_a_link_that_only_the_source_of_the_home_page_holds_shortens_no_path() -> None:
    source = page("/contact|Contact", "/boutique|Boutique")
    site = ShownSite(
        {
            "/": Seen(source, shown=page("/boutique|Boutique")),
            "/boutique": page("/contact|Contact"),
            "/contact": page(body=PHONE),
        }
    )
    reading = site.read()
    assert phone_of(reading) == ("exact", 2, 2, "complete")
    assert steps_to_the_phone(reading) == [("follow", "Boutique"), ("follow", "Contact")]


def test_a_press_costs_a_click_and_what_it_leads_to_one_more() -> None:
    menu = page("/contact|Contact")
    site = ShownSite({"/": Seen(menu, shown=NOTHING, pressed={("Menu",): menu}), "/contact": page(body=PHONE)})
    reading = site.read()
    assert phone_of(reading) == ("exact", 2, 2, "complete")
    assert steps_to_the_phone(reading) == [("press", "Menu"), ("follow", "Contact")]


def test_a_press_that_shows_only_the_next_one_is_a_click_too() -> None:
    site = ShownSite(
        {"/": Seen(NOTHING, pressed={("Menu",): NOTHING, ("Menu", "Aide"): f"{NOTHING}{PHONE}"})}
    )  # fmt: skip
    reading = site.read()
    assert phone_of(reading) == ("exact", 2, 2, "complete")
    assert steps_to_the_phone(reading) == [("press", "Menu"), ("press", "Aide")]


def test_a_page_on_the_way_that_hides_its_link_lengthens_the_path() -> None:
    site = ShownSite(
        {
            "/": page("/a|Produits", "/b|Marques"),
            "/a": Seen(page("/contact|Contact"), shown=NOTHING),
            "/b": page("/c|Toutes les marques"),
            "/c": page("/contact|Contact"),
            "/contact": page(body=PHONE),
        }
    )
    reading = site.read()
    assert phone_of(reading) == ("exact", 3, 3, "complete")
    assert [label for _, label in steps_to_the_phone(reading)] == ["Marques", "Toutes les marques", "Contact"]


def test_a_value_that_two_pages_hid_is_not_believed_again() -> None:
    footer = {f"/{name}": Seen(page(body=PHONE), shown=page(body=NOTHING)) for name in "abcd"}
    site = ShownSite({"/": page(*(f"/{name}|Page {name}" for name in "abcd")), **footer})
    reading = site.read()
    assert phone_of(reading) == ("not_found", "complete")
    assert len(site.rendered) == 3
    assert sorted(site.read_only) == ["/a", "/b", "/c", "/d"]


def test_a_page_that_could_not_be_shown_is_our_failure() -> None:
    site = ShownSite({"/": page("/contact|Contact"), "/contact": Seen(page(body=PHONE), failure=Reason.TIMEOUT)})
    assert phone_of(site.read()) == ("not_measured", "timeout")


def test_an_unshown_way_leaves_a_longer_one_at_most() -> None:
    site = ShownSite(
        {
            "/": page("/contact|Contact", "/a|Produits"),
            "/contact": Seen(page(body=PHONE), failure=Reason.CRAWLER_ERROR),
            "/a": page("/aide|Aide"),
            "/aide": page(body=OTHER_PHONE),
        }
    )
    assert phone_of(site.read()) == ("at_most", 2, 1, "crawler_error")


def test_a_page_that_did_not_load_to_its_end_proves_no_absence() -> None:
    site = ShownSite({"/": Seen(NOTHING, cut=Reason.TIMEOUT)})
    assert phone_of(site.read()) == ("not_measured", "timeout")


def test_what_a_page_showed_before_it_was_cut_counts() -> None:
    assert phone_of(ShownSite({"/": Seen(page(body=PHONE), cut=Reason.TIMEOUT)}).read())[:3] == ("exact", 0, 0)


def test_a_page_that_leads_where_robots_txt_closes_is_named_so() -> None:
    assert phone_of(ShownSite({"/": Seen(NOTHING, cut=Reason.ROBOTS)}).read()) == ("not_measured", "robots")


def test_after_a_press_that_hangs_nothing_further_than_a_press_is_proven() -> None:
    home = Seen(page("/a|Contact"), hangs=True)
    near = ShownSite({"/": home, "/a": page(body=PHONE)})
    assert phone_of(near.read()) == ("exact", 1, 1, "complete")
    far = ShownSite({"/": home, "/a": page("/b|Aide"), "/b": page(body=PHONE)})
    assert phone_of(far.read())[:3] == ("at_most", 2, 1)
    nowhere = ShownSite({"/": home, "/a": page()})
    assert result_of(nowhere.read())["channels"]["phone"]["searched"] == "budget"  # type: ignore[index]


def test_no_more_pages_are_shown_than_the_cap_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "MAX_RENDERED", 0)
    site = ShownSite({"/": page("/contact|Contact"), "/contact": page(body=PHONE)})
    reading = site.read()
    assert site.rendered == ["/"]
    assert phone_of(reading)[0] == "not_measured"


def test_an_empty_shell_is_shown_instead_of_read() -> None:
    shell = '<!doctype html><html lang=fr><body><div id="app"></div><script src="/app.js"></script></body></html>'
    site = ShownSite({"/": page("/contact|Contact"), "/contact": Seen(shell, shown=page(body=PHONE))})
    assert phone_of(site.read()) == ("exact", 1, 1, "complete")
    assert site.rendered == ["/", "/contact"]


def test_a_control_that_says_it_shows_a_number_is_worth_showing_its_page() -> None:
    button = '<button type="button">Afficher le numéro</button>'
    site = ShownSite(
        {
            "/": page("/infos|Infos pratiques", "/cgv|CGV"),
            "/infos": Seen(page(body=button), pressed={("Afficher le numéro",): page(body=PHONE)}),
            "/cgv": page(),
        }
    )
    reading = site.read()
    assert phone_of(reading) == ("exact", 2, 2, "complete")
    assert site.rendered == ["/", "/infos"]


def test_links_that_only_a_browser_shows_are_followed() -> None:
    site = ShownSite({"/": Seen(NOTHING, shown=page("/contact|Contact")), "/contact": page(body=PHONE)})
    assert phone_of(site.read()) == ("exact", 1, 1, "complete")


def test_everything_is_proven_at_once_that_one_page_shows() -> None:
    body = f'{PHONE}<p>Écrivez à <a href="mailto:bonjour@shop.example">bonjour@shop.example</a></p>'
    site = ShownSite({"/": page("/contact|Contact"), "/contact": page(body=body)})
    site.read(replace(PLAN, channels=frozenset({Channel.PHONE, Channel.EMAIL})))
    assert site.rendered == ["/", "/contact"]


def test_states_of_one_name_are_told_apart() -> None:
    first = press_state(HOME, "Plus d'infos")
    assert first == f"{HOME}#:~:text=Plus%20d%27infos"
    second = press_state(HOME, "Plus d'infos", {first})
    assert second != first
    assert press_state(first, "Menu") == f"{first}&text=Menu"
    assert press_state(f"{HOME}#/shop", "Menu") == f"{HOME}#/shop:~:text=Menu"


def test_a_site_of_shells_is_sampled_sooner_since_each_page_has_to_be_shown() -> None:
    shell = '<!doctype html><html lang=fr><body><div id="app"></div><script src="/app.js"></script></body></html>'
    products = {f"/produit/chaussette-n{n}": page(body="<h1>Chaussette</h1>") for n in range(40)}
    home = page(*(f"{path}|Chaussette {path[20:]}" for path in products), "/contact|Contact")
    shown = {"/": home, "/contact": page(body="<p>Nous écrire</p>"), **products}
    site = ShownSite({path: Seen(shell, shown=text) for path, text in shown.items()})
    assert phone_of(site.read()) == ("not_found", "templates")
    assert len(site.rendered) < 12
