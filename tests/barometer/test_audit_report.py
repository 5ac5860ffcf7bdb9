import hashlib
import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route

from barometer.errors import UserError
from barometer.reports.audit_report import audit_report
from barometer.reports.wording import Language
from storage.vocabulary import Channel, PriceClass, Profile, Reason, SetAsideReason, VisitStatus
from tests.barometer.audit_samples import (
    CONTACT,
    EVIL,
    HOME,
    Json,
    a_browser,
    absent,
    changed,
    exact,
    follow,
    hostile,
    photograph,
    rendered_audit,
    static_audit,
    tariff,
    value,
    write_audit,
)
from tests.barometer.command_line import run
from tests.contracts import complaints

FRENCH, ENGLISH = Language.FRENCH, Language.ENGLISH
ADDRESS = "http://report.test/"
LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light"},
    "dark phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"},
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with a_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def folders(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Audit folders by name; only *broken* lacks the pictures that it names."""
    made = {name: tmp_path_factory.mktemp(name) for name in ("static", "rendered", "both", "hostile", "broken")}
    mobile = Profile.MOBILE
    write_audit(made["static"], static_audit())
    write_audit(made["rendered"], rendered_audit(boxes=photograph(browser, made["rendered"])))
    desktop_boxes, mobile_boxes = photograph(browser, made["both"]), photograph(browser, made["both"], mobile)
    write_audit(made["both"], rendered_audit(boxes=desktop_boxes), rendered_audit(mobile, mobile_boxes))
    write_audit(made["hostile"], hostile(rendered_audit()), hostile(rendered_audit(mobile)))
    write_audit(made["broken"], rendered_audit())
    return made


class Opened:
    """A report in a browser that is cut off from everything: what it asked for, and what it tried to say."""

    def __init__(self, browser: Browser, html: str, **look: Any) -> None:
        self.requests: list[str] = []
        self.dialogs: list[str] = []
        self.page: Page = browser.new_page(**look)
        self.page.route("**/*", self._answer)
        self.page.on("dialog", self._dismiss)
        self._html = html
        self.page.goto(ADDRESS, wait_until="load")

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *_: object) -> None:
        self.page.close()

    def _answer(self, route: Route) -> None:
        if route.request.url == ADDRESS:
            route.fulfill(body=self._html, content_type="text/html; charset=utf-8")
        elif not route.request.url.startswith("data:image/webp;base64,"):
            self.requests.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    def _dismiss(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()


@cache
def html_of(folder: Path, language: Language) -> str:
    """Return the report on a folder that does not change."""
    return audit_report(folder, language)


def report_on(audit: Json, folder: Path, language: Language = ENGLISH) -> str:
    return audit_report(write_audit(folder, audit), language)


def text_of(html: str) -> str:
    """Return what a reader reads, on one line."""
    body = re.sub(r"<style>.*?</style>|<[^>]+>", " ", html.replace("<wbr>", ""), flags=re.DOTALL)
    for entity, character in (("&#39;", "'"), ("&#34;", '"'), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        body = body.replace(entity, character)
    return re.sub(r"\s+", " ", body)


def test_the_samples_are_what_the_contract_allows() -> None:
    assert complaints("audit", static_audit()) == []
    open_keys = {"unknown key 'effort'", "unknown key 'parts'", "unknown key 'what'", "unknown key 'seconds'"}
    for audit in (rendered_audit(), rendered_audit(Profile.MOBILE)):
        assert set(complaints("audit", audit)) <= open_keys | {"unknown key 'box'"}


@pytest.mark.parametrize("name", ["static", "rendered", "both", "hostile", "broken"])
@pytest.mark.parametrize("language", list(Language))
def test_a_report_asks_for_nothing_and_runs_nothing(
    browser: Browser, folders: dict[str, Path], name: str, language: Language
) -> None:
    with Opened(browser, html_of(folders[name], language)) as opened:
        assert opened.requests == []
        assert opened.dialogs == []
        assert opened.page.title() != "owned"
        assert (
            opened.page.locator("script, iframe, object, embed, form, link, base, meta[http-equiv=refresh]").count()
            == 0
        )
        assert opened.page.locator("html").get_attribute("lang") == str(language)


def test_the_check_above_sees_requests_dialogs_and_scripts(browser: Browser) -> None:
    page = "<title>x</title><img src='http://elsewhere.test/a.png'><script>document.title = 'owned'; alert(1)</script>"
    with Opened(browser, page) as opened:
        assert opened.requests == ["http://elsewhere.test/a.png"]
        assert (opened.dialogs, opened.page.title()) == (["1"], "owned")


def test_hostile_text_stays_text(browser: Browser, folders: dict[str, Path]) -> None:
    with Opened(browser, html_of(folders["hostile"], ENGLISH)) as opened:
        attributes = opened.page.evaluate(
            "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]).map(a => [a.name, a.value])"
        )
        assert [name for name, _ in attributes if name.startswith("on") or name == "style"] == []
        links = [text for name, text in attributes if name in ("href", "src", "action")]
        assert [
            text for text in links if not re.match(r"(#[\w-]+|https?://[^@\s]+|data:image/webp;base64,\S+)$", text)
        ] == []
        assert not any("user:secret" in text for text in links)
        shown = opened.page.inner_text("body")
        assert "<script>document.title='owned'</script>" in shown
        assert not re.search("[\x00-\x08\x1b\u202a-\u202e\u2066-\u2069]", shown)


def test_every_text_of_a_result_is_made_hostile_by_the_hostile_sample() -> None:
    spoilt = json.dumps(hostile(rendered_audit()), ensure_ascii=False)
    for text in (
        "zendesk",
        "Nous contacter",
        "Showroom de Bruxelles",
        "phone.png",
        "main button",
        "decide",
        "Chromium",
    ):
        assert re.search(re.escape(json.dumps(EVIL, ensure_ascii=False)[1:-1]) + re.escape(text), spoilt), text


def test_links_lead_to_web_pages_and_tell_nobody_where_from(folders: dict[str, Path]) -> None:
    links = re.findall(r"<a ([^>]*href=\"http[^>]*)>", html_of(folders["rendered"], FRENCH))
    assert links
    assert all('rel="noopener noreferrer nofollow"' in link for link in links)


@pytest.mark.parametrize("look", ["light", "phone"])
@pytest.mark.parametrize("name", ["static", "rendered", "both", "hostile"])
def test_a_report_is_never_wider_than_its_window(
    browser: Browser, folders: dict[str, Path], name: str, look: str
) -> None:
    with Opened(browser, html_of(folders[name], FRENCH), **LOOKS[look]) as opened:
        wide, window = opened.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert wide <= window


@pytest.mark.slow
@pytest.mark.parametrize("look", list(LOOKS))
@pytest.mark.parametrize("name", ["static", "rendered", "both", "hostile"])
def test_a_report_can_be_read_by_everybody(browser: Browser, folders: dict[str, Path], name: str, look: str) -> None:
    with Opened(browser, html_of(folders[name], FRENCH), **LOOKS[look]) as opened:
        opened.page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        found = Axe().run(opened.page).response["violations"]
        assert [
            f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")
        ] == []


@pytest.mark.slow
def test_the_check_of_accessibility_can_fail(browser: Browser) -> None:
    with Opened(browser, "<title>x</title><p style='color:#ccc;background:#fff'>pale<img src='data:,'>") as opened:
        found = {one["id"] for one in Axe().run(opened.page).response["violations"]}
        assert {"color-contrast", "image-alt", "html-has-lang"} <= found


def test_headings_go_down_one_level_at_a_time(browser: Browser, folders: dict[str, Path]) -> None:
    for name in ("static", "rendered", "both"):
        levels = [int(level) for level in re.findall(r"<h([1-6])", html_of(folders[name], FRENCH))]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_report_prints_on_a4_with_its_details_open(browser: Browser, folders: dict[str, Path]) -> None:
    with Opened(browser, html_of(folders["rendered"], FRENCH)) as opened:
        sizes = set(re.findall(rb"/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]", opened.page.pdf(prefer_css_page_size=True)))
        assert {(round(float(wide)), round(float(high))) for wide, high in sizes} == {(595, 842)}
        selector = opened.page.locator(".way code").first
        assert not selector.is_visible()
        opened.page.emulate_media(media="print")
        assert selector.is_visible()
        styles = "[...document.querySelectorAll('figure')].map(f => getComputedStyle(f).breakInside)"
        assert set(opened.page.evaluate(styles)) == {"avoid"}


def test_paper_is_white_also_where_the_screen_is_dark(browser: Browser, folders: dict[str, Path]) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    with Opened(browser, html_of(folders["static"], FRENCH), color_scheme="dark") as opened:
        assert opened.page.evaluate(ground) != "rgb(255, 255, 255)"
        opened.page.emulate_media(media="print")
        assert opened.page.evaluate(ground) == "rgb(255, 255, 255)"


def test_the_verdict_comes_first(folders: dict[str, Path]) -> None:
    french, english = (text_of(html_of(folders["static"], language)) for language in (FRENCH, ENGLISH))
    assert "Téléphone à 1 clic, e-mail à 0 clic, page de contact à 1 clic, formulaire à 1 clic." in french
    assert "Phone at 1 click, e-mail at 0 clicks, contact page at 1 click, form at 1 click." in english
    assert "Lecture statique." in french and "Static reading." in english
    assert "Non mesuré : demande de rappel." in french


def test_the_verdict_names_the_main_channels_it_lacks(tmp_path: Path) -> None:
    lacking = changed(
        static_audit(), lambda audit: audit["channels"].update(phone=absent("not_found", searched="complete"))
    )
    shown = text_of(report_on(lacking, tmp_path))
    assert re.search(r"form at 1 click\. +Not found: phone\.", shown)
    assert re.search(r"Not found: chat, Facebook, X, LinkedIn, YouTube and WhatsApp\.", shown)


def test_a_rendered_report_names_its_browser(folders: dict[str, Path]) -> None:
    shown = text_of(html_of(folders["rendered"], FRENCH))
    assert (
        "Confirmé à l’écran. La page d’accueil et les pages des chemins gagnants ont été affichées dans Chromium 156"
        in shown
    )
    assert "formulaire à 3 clics au plus" in shown


def test_both_profiles_stand_side_by_side(browser: Browser, folders: dict[str, Path]) -> None:
    html = html_of(folders["both"], ENGLISH)
    assert "Phone: 2 clicks on a desktop, 3 clicks on a phone" in text_of(html)
    assert "Chat: 0 clicks on a desktop, not found on a phone" in text_of(html)
    with Opened(browser, html) as opened:
        desktop, mobile = (opened.page.locator("#phone .side").nth(number).bounding_box() for number in (0, 1))
        assert desktop is not None and mobile is not None
        assert desktop["y"] == mobile["y"] and desktop["x"] + desktop["width"] < mobile["x"]


def test_a_premium_number_is_named_in_the_verdict_unless_another_stands_as_near(tmp_path: Path) -> None:
    premium = value("+33892690012", "0892 69 00 12", tariff=tariff("premium", 0.8, 3))
    free = value("+33800990012", "0 800 99 00 12", tariff=tariff("free", 0, 0))
    alone = changed(static_audit(), lambda audit: audit["channels"].update(phone=exact(0, [premium])))
    beside = changed(static_audit(), lambda audit: audit["channels"].update(phone=exact(0, [premium, free])))
    assert "Phone at 0 clicks (premium-rate number)" in text_of(report_on(alone, tmp_path / "alone"))
    assert "Phone at 0 clicks, e-mail" in text_of(report_on(beside, tmp_path / "beside"))


@pytest.mark.parametrize(
    ("price", "words", "colour"),
    [
        (tariff("free", 0, 0), "appel et service gratuits", "green"),
        (tariff("banalised", 0, 0), "service gratuit, prix d’un appel ordinaire", "grey"),
        (tariff("ordinary"), "prix d’un appel ordinaire", None),
        (tariff("premium", 0.06, 0.15), "au plus 0,06 € par minute ou 0,15 € par appel", "violet"),
        (tariff("premium"), "tarif libre, fixé par le service", "violet"),
        (tariff("unknown_short"), "numéro court : tarif fixé numéro par numéro", None),
    ],
)
def test_a_card_says_what_a_call_costs(tmp_path: Path, price: Json, words: str, colour: str | None) -> None:
    number = value("+33199001120", "01 99 00 11 20", tariff=price)
    html = report_on(
        changed(static_audit(), lambda audit: audit["channels"].update(phone=exact(0, [number]))), tmp_path, FRENCH
    )
    assert words in text_of(html)
    assert re.findall(r'class="price ?(\w*)"', html) == [colour or ""]


def test_the_sample_of_prices_above_is_complete() -> None:
    assert len(PriceClass) == 5


def test_a_number_of_another_country_is_marked_as_unpriced(folders: dict[str, Path]) -> None:
    assert "outside the French plan" in text_of(html_of(folders["rendered"], ENGLISH))
    assert "outside the French plan" not in text_of(html_of(folders["static"], ENGLISH))


def test_effort_is_shown_with_its_parts_added_up(folders: dict[str, Path]) -> None:
    shown = text_of(html_of(folders["rendered"], FRENCH))
    assert "environ 8,9 s" in shown
    assert "répondre au bandeau de consentement 2,65 s décider 2,70 s (2 ×)" in shown


def test_a_static_report_claims_no_effort_and_no_picture(folders: dict[str, Path]) -> None:
    html = html_of(folders["static"], FRENCH)
    assert "Effort estimé" not in text_of(html)
    assert "<img" not in html


def test_a_step_that_nobody_named_says_what_it_is(tmp_path: Path) -> None:
    def unnamed(audit: Json) -> None:
        audit["channels"]["phone"]["path"] = [follow("\ue001"), follow(None, CONTACT, action="press")]

    shown = text_of(report_on(changed(static_audit(), unnamed), tmp_path))
    assert re.search(r"Follow an icon or picture without text +leads to +/contact ", shown)
    assert "Press an icon or button without text" in shown


def test_what_was_pressed_is_told_and_never_shown_as_an_address(tmp_path: Path) -> None:
    pressed = f"{CONTACT}#:~:text=Afficher%20l%27adresse&text=%3Cb%3EVoir"

    def press(audit: Json) -> None:
        audit["channels"]["phone"]["path"] = [
            follow(), follow("Afficher l'adresse", pressed, action="press") | {"from": CONTACT},
            follow("Fiche", HOME + "fiche") | {"from": pressed},
        ]  # fmt: skip
        audit["set_aside"] = [{"channel": "phone", "value": "+33199000042", "page": pressed, "why": "fax"}]

    shown = text_of(report_on(changed(static_audit(), press), tmp_path))
    assert ":~:" not in shown and "%20" not in shown
    assert "/contact, after pressing “Afficher l'adresse” and “<b>Voir”" in shown


def test_a_proof_on_the_home_page_has_no_way_before_it(browser: Browser, folders: dict[str, Path]) -> None:
    with Opened(browser, html_of(folders["rendered"], ENGLISH)) as opened:
        email = opened.page.locator("#email")
        assert "The proof" in email.inner_text() or "THE PROOF" in email.inner_text()
        assert email.locator(".way .start").count() == 0 and email.locator("img").count() == 1


def test_two_channels_that_one_place_proves_share_a_picture(tmp_path: Path, browser: Browser) -> None:
    def twins(audit: Json) -> None:
        way = audit["channels"]["contact_page"]["path"]
        box = boxes["phone.png"]
        audit["channels"]["contact_page"]["proof"] = {"screenshot": "phone.png", "box": box}
        audit["channels"]["form"] |= {"path": way, "proof": {"screenshot": "email.png", "box": box}}

    boxes = photograph(browser, tmp_path)
    html = report_on(changed(rendered_audit(boxes=boxes), twins), tmp_path)
    assert text_of(html).count("Same view as above (phone)") == 4


def test_what_differs_between_the_windows_is_said_in_words(tmp_path: Path) -> None:
    def other(audit: Json) -> None:
        audit["channels"]["email"] |= {"effort_seconds": 4.5, "values": [value("mobile@maison-lumen.example")]}

    shown = text_of(
        audit_report(write_audit(tmp_path, rendered_audit(), changed(rendered_audit(Profile.MOBILE), other)), ENGLISH)
    )
    assert "E-mail: about 0.5 s of effort on a desktop, 4.5 s on a phone" in shown
    assert "E-mail: bonjour@maison-lumen.example on a desktop only" in shown
    assert "E-mail: mobile@maison-lumen.example on a phone only" in shown


def test_each_picture_is_in_the_file_once(folders: dict[str, Path]) -> None:
    html = html_of(folders["rendered"], ENGLISH)
    sources = re.findall(r'src="(data:[^"]+)"', html)
    assert len(sources) == 4 == len(set(sources))
    assert text_of(html).count("Same view as above (phone)") == 3
    anchors = re.findall(r'href="#(picture-\d+)"', html)
    assert anchors and all(f'id="{anchor}"' in html for anchor in anchors)


def test_every_picture_has_words_in_its_place(folders: dict[str, Path]) -> None:
    texts = re.findall(r'<img [^>]*alt="([^"]*)"', html_of(folders["rendered"], ENGLISH))
    assert texts[0] == (
        "Step 1 of the way to phone: Follow the link “Nous contacter”. "
        "The place is outlined on the screenshot of the page."
    )
    assert all(texts)


def test_a_missing_picture_is_said_and_the_rest_is_shown(folders: dict[str, Path]) -> None:
    html = html_of(folders["broken"], ENGLISH)
    assert "The picture phone.png is missing from the audit folder." in text_of(html)
    assert "<img" not in html


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("language", list(Language))
def test_what_was_not_measured_is_explained(tmp_path: Path, reason: Reason, language: Language) -> None:
    def unmeasured(audit: Json) -> None:
        audit["channels"]["x"] = absent("not_measured", reason=str(reason))

    shown = text_of(report_on(changed(static_audit(), unmeasured), tmp_path, language))
    section = shown.partition({FRENCH: "Ce qui n’a pas été mesuré", ENGLISH: "What was not measured"}[language])[2]
    entry = re.search(r" X(?: (?:and|et) [^.]+?)? {1,2}([A-Z].+?\.) ", section)
    assert entry and len(entry[1].split()) > 4
    assert "_" not in entry[1]


@pytest.mark.parametrize("why", list(SetAsideReason))
def test_what_was_set_aside_is_explained(tmp_path: Path, why: SetAsideReason) -> None:
    entry = {"channel": "phone", "value": "+33199000042", "page": "https://www.maison-lumen.example/", "why": str(why)}
    shown = text_of(report_on(changed(static_audit(), lambda audit: audit.update(set_aside=[entry])), tmp_path))
    row = re.search(r"\+33199000042 phone (.+?) the home page", shown)
    assert row and len(row[1].split()) >= 3


def test_a_long_list_is_cut_with_a_count(tmp_path: Path) -> None:
    entries = [
        {
            "channel": "phone",
            "value": f"+3319900{number:04}",
            "page": "https://www.maison-lumen.example/",
            "why": "date",
        }
        for number in range(500)
    ]
    shown = text_of(report_on(changed(static_audit(), lambda audit: audit.update(set_aside=entries)), tmp_path))
    assert "and 420 more in result.json" in shown
    assert shown.count("+3319900") < 100


@pytest.mark.parametrize("status", [VisitStatus.UNREACHABLE, VisitStatus.BLOCKED, VisitStatus.REFUSED])
def test_a_visit_that_saw_nothing_says_nothing_about_the_merchant(tmp_path: Path, status: VisitStatus) -> None:
    def nothing(audit: Json) -> None:
        reason = {"unreachable": "dns", "blocked": "bot_wall", "refused": None}[str(status)]
        audit.update(status=str(status), status_reason=reason)
        audit["site"].update(final_url=None, language=None)
        audit["channels"] = {str(channel): absent("not_measured", reason=reason or "robots") for channel in Channel}

    shown = text_of(report_on(changed(static_audit(), nothing), tmp_path))
    assert "No channel could be measured." in shown
    assert "All channels" in shown and "Channel by channel" not in shown
    assert "this report says nothing about the merchant" in shown
    assert "Not found:" not in shown


def test_provenance_ties_the_report_to_its_file(folders: dict[str, Path]) -> None:
    shown = text_of(html_of(folders["static"], FRENCH))
    digest = hashlib.sha256((folders["static"] / "result.json").read_bytes()).hexdigest()
    for expected in (
        digest,
        "barometer 0.1.0",
        "barometer-audit/1",
        "21 novembre 2026, 01:02:03 UTC",
        "812 ko",
        "15 pages lues",
    ):
        assert expected in shown


def test_provenance_names_the_folder_without_the_way_to_it_and_the_user_agent_where_there_is_one(
    tmp_path: Path,
) -> None:
    told = changed(
        static_audit(), lambda audit: audit["tool"].update(user_agent="barometer/0.1.0 (+https://x.example)")
    )
    html = report_on(told, tmp_path / "shop")
    assert "Folder of the audit shop (result.json)" in text_of(html)
    assert "barometer/0.1.0 (+https://x.example)" in text_of(html)
    assert str(tmp_path) not in html
    (tmp_path / "shop" / "evidence").mkdir()
    assert "saved pages in evidence" in text_of(audit_report(tmp_path / "shop", ENGLISH))


def test_the_same_folder_gives_the_same_report(folders: dict[str, Path]) -> None:
    assert audit_report(folders["both"], FRENCH) == audit_report(folders["both"], FRENCH)


def test_the_command_writes_the_report_beside_the_result_and_names_it(tmp_path: Path) -> None:
    write_audit(tmp_path / "audit", static_audit())
    done = run("report", "audit", tmp_path / "audit")
    assert (done.code, done.out) == (0, f"{tmp_path / 'audit' / 'report.html'}\n")
    assert '<html lang="fr">' in (tmp_path / "audit" / "report.html").read_text("utf-8")


def test_the_command_writes_where_it_is_told(tmp_path: Path) -> None:
    write_audit(tmp_path, static_audit())
    assert run("report", "audit", tmp_path, "--lang", "en", "--out", tmp_path / "x.html").code == 0
    printed = run("report", "audit", tmp_path, "--lang", "en", "--out", "-")
    assert printed.out == (tmp_path / "x.html").read_text("utf-8")
    assert not (tmp_path / "report.html").exists()


def test_a_report_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    write_audit(tmp_path, static_audit())
    failed = run("report", "audit", tmp_path, "--out", tmp_path / "missing" / "x.html")
    assert failed.code == 2 and failed.err.count("\n") == 1


def test_a_folder_without_an_audit_is_one_line(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UserError, match=re.escape(str(folder))) as raised:
            audit_report(folder, FRENCH)
        assert raised.value.remedy
