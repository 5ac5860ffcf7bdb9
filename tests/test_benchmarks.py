"""The benchmarks' own parts: the farm is what it says it is, the judge is strict, and every contestant can read it."""

import json
import re
import subprocess
import sys
from collections import Counter, deque

import pytest
from selectolax.lexbor import LexborHTMLParser

from barometer.demo.loopback import serving
from benchmarks.contest import Marks, judge, run
from benchmarks.contestant import Answer
from benchmarks.farm import LINKS, OUTLIER_EVERY, Kind, Shop, nearest_phone, plant
from benchmarks.farm_pages import SIZE, Rendering
from benchmarks.growth import Growth
from benchmarks.proof_contest import Answer as Proof
from benchmarks.proof_contest import Task, memory_of
from benchmarks.proof_contest import run as prove
from benchmarks.proof_cost import Marks as Proofs
from benchmarks.proof_cost import judge as judge_proofs
from benchmarks.scripted_shops import Manner, shop
from benchmarks.search_cost import COMPLETE, CRAWLEE, EVERYTHING, SCRAPY, TEMPLATES
from benchmarks.serving import Folder, served
from spiders.browser.executable import find_browser
from storage.vocabulary import Channel

NUMBER = re.compile(r"(?:\+33 ?|0)[1-9](?:[ .]?\d\d){4}")


def clicks_in_html(shop: Shop) -> int | None:
    """Search the rendered pages as a visitor would, without a look at the link graph."""
    rendering = Rendering(shop)
    clicks, waiting = {"/": 0}, deque(["/"])
    while waiting:
        path = waiting.popleft()
        page = rendering.page(path)
        assert page is not None, path
        tree = LexborHTMLParser(page)
        assert tree.body is not None
        if NUMBER.search(tree.body.text(separator=" ").replace("812 345 678", "")):
            return clicks[path]
        for link in tree.css("a[href^='/']"):
            target = link.attributes["href"] or ""
            if target not in clicks:
                clicks[target] = clicks[path] + 1
                waiting.append(target)
    return None


@pytest.mark.parametrize("number", [0, 1, 4, 6, 8, 19, 22, 30])
def test_the_truth_of_a_shop_is_what_its_pages_show(number: int) -> None:
    shop = plant(number, 60)
    assert clicks_in_html(shop) == nearest_phone(shop)


def test_a_shop_is_the_same_each_time() -> None:
    assert plant(7, 80) == plant(7, 80)


def test_telephones_of_the_farm_stand_at_every_depth_and_sometimes_nowhere() -> None:
    depths = Counter(nearest_phone(plant(number, 60)) for number in range(40))
    assert set(depths) == {0, 1, 2, 3, None}
    assert all(count >= 2 for count in depths.values())


def test_a_tenth_of_the_shops_has_addresses_without_a_template() -> None:
    shops = [plant(number, 60) for number in range(100)]
    assert sum(shop.hashed for shop in shops) == 10
    hashed = next(shop for shop in shops if shop.hashed)
    assert all(re.fullmatch(r"/[0-9a-f]{12}", page.path) for page in hashed.pages[1:])


def test_one_page_in_150_breaks_its_template_and_some_of_them_show_the_telephone_earlier() -> None:
    shops = [plant(number) for number in range(60)]
    outliers = [page for shop in shops for page in shop.pages if page.kind is Kind.OUTLIER]
    assert len(outliers) == 60 * 200 // OUTLIER_EVERY
    with_them = [nearest_phone(shop) for shop in shops]
    for page in outliers:
        page.phone = False
    assert any(before != nearest_phone(shop) for before, shop in zip(with_them, shops, strict=True))


def test_an_outlier_is_told_by_its_link_unless_the_farm_is_silent() -> None:
    number = next(number for number in range(9) if any(page.kind is Kind.OUTLIER for page in plant(number).pages))
    for silent in (False, True):
        shop = plant(number, silent=silent)
        outlier = next(place for place, page in enumerate(shop.pages) if page.kind is Kind.OUTLIER)
        cards = [card for page in shop.pages for card in page.cards if card.target == outlier]
        assert cards
        assert {bool(card.price) for card in cards} == {silent}


def test_silence_changes_words_and_nothing_else() -> None:
    for number in range(3):
        told, silent = plant(number), plant(number, silent=True)
        assert [(page.path, page.kind, page.phone) for page in told.pages] == [
            (page.path, page.kind, page.phone) for page in silent.pages
        ]
        assert nearest_phone(told) == nearest_phone(silent)


def test_pages_have_about_the_size_and_the_links_that_are_promised() -> None:
    shop = plant(13)
    rendering = Rendering(shop)
    pages = [rendering.page(page.path) or b"" for page in shop.pages]
    assert len(pages) == 200
    assert all(abs(len(page) - SIZE) < SIZE / 8 for page in pages)
    assert all(abs(page.count(b"<a ") - LINKS) <= 4 for page in pages)


def test_a_sure_answer_that_differs_from_the_truth_is_wrong_and_a_bound_that_holds_is_not() -> None:
    truth = {"right": 2, "sure": 1, "bound": 1, "broken bound": 3, "silent": None, "invented": None, "open": 2}
    answers = {
        "right": Answer("right", 2, True, 9),
        "sure": Answer("sure", 2, True, 9),
        "bound": Answer("bound", 2, False, 9),
        "broken bound": Answer("broken bound", 2, False, 9),
        "silent": Answer("silent", None, True, 9),
        "invented": Answer("invented", 1, True, 9),
        "open": Answer("open", None, False, 9),
    }
    assert judge(answers, truth) == Marks(right=2, wrong=3, unsaid=2)


@pytest.mark.parametrize(("power", "exponent"), [(1.0, 1.0), (2.0, 2.0)])
def test_the_exponent_is_the_power_that_time_grows_with(power: float, exponent: float) -> None:
    growth = Growth("page", "part", {size: 0.01 * (size / 1_000) ** power for size in (1_000, 2_000, 4_000, 8_000)})
    assert growth.exponent == pytest.approx(exponent)


def test_times_too_short_to_measure_give_no_exponent() -> None:
    assert Growth("page", "part", {1_000: 0.0001, 2_000: 0.0009, 4_000: 0.003, 8_000: 0.004}).exponent is None


def test_a_saved_site_answers_as_its_mirror_did(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("site")
    (root / "index.html").write_text("home")
    (root / "contact.html").write_text("contact")
    (root / "aide").mkdir()
    (root / "aide" / "index.html").write_text("aide")
    (root.parent / "outside.html").write_text("outside")
    site = Folder(root)
    assert site("/").body == b"home"
    assert site("/contact?x=1").body == b"contact"
    assert site("/aide").location == "/aide/"
    assert site("/aide/").body == b"aide"
    assert site("/../outside.html").status == 404
    assert site("/absent").status == 404


@pytest.mark.slow
def test_every_contestant_reads_the_farm_and_gives_the_true_depths() -> None:
    with served("farm", "--shops", "10", "--pages", "60") as sites:
        truth = {f"{sites[number].address}/": sites[number].clicks for number in (0, 3, 5, 8)}
        assert len(set(truth.values())) >= 3
        for contestant in (TEMPLATES, COMPLETE, EVERYTHING, SCRAPY, CRAWLEE):
            cost, answers = run(contestant, list(truth), contestant.name)
            assert judge(answers, truth) == Marks(right=4, wrong=0, unsaid=0), contestant.name
            assert cost.cpu > 0
            assert cost.pages >= len(truth)


def test_a_third_of_the_shops_shows_its_footer_only_to_who_runs_scripts() -> None:
    shops = [shop(number, 60) for number in range(15)]
    scripted = [one for one in shops if one.manner is not Manner.PLAIN]
    assert len(scripted) == 5
    assert {one.manner for one in scripted} == set(Manner) - {Manner.PLAIN}
    for one in shops:
        tree = LexborHTMLParser(one.site("GET", "/").body)
        assert bool(tree.css("footer a[href]")) == (one.manner is Manner.PLAIN)


def test_what_scripts_fetch_is_what_other_shops_send() -> None:
    shops = {one.manner: one for one in (shop(number, 60) for number in range(9))}
    footer = shops[Manner.FRAGMENT].site("GET", "/_footer").body.decode()
    filled = json.loads(shops[Manner.SHELL].site("GET", "/_page?path=%2F").body)["html"]
    assert 'class="foot-links"' in footer
    assert "<main" in filled
    assert 'class="foot-links"' in filled
    assert shops[Manner.SHELL].site("GET", "/absent").status == 404


def test_proofs_are_judged_as_deep_as_both_look() -> None:
    truth = {"here": {Channel.PHONE: 1, Channel.EMAIL: None, Channel.FORM: 2, Channel.CHAT: None, Channel.X: 3}}
    clicks = {Channel.PHONE: 1, Channel.EMAIL: 1, Channel.FORM: None, Channel.CHAT: None, Channel.X: None}
    sure = dict.fromkeys(clicks, True) | {Channel.FORM: False}
    answers = {"here": Proof("here", clicks, sure, 9, 2, 2)}
    assert judge_proofs(answers, truth) == Proofs(right=2, wrong=1, unsure=1)


def test_memory_is_that_of_a_process_and_of_what_it_started() -> None:
    hold = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(flush=True); input()'])"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        held = memory_of(process.pid)
        process.stdin.write(b"\n")
    assert held.own > 1
    assert held.whole > held.own + 1


@pytest.mark.slow
def test_our_proof_of_a_shop_whose_menu_a_script_fills_gives_the_true_depths() -> None:
    if find_browser() is None:
        pytest.skip("no Chromium found; run: make browser")
    scripted = shop(0, 60)
    with serving([scripted.site], "127.17.0.1") as (address,):
        home = f"{address}/"
        spent, answers = prove("our_proof", Task([home]), "one shop")
    assert judge_proofs(answers, {home: scripted.truth}) == Proofs(right=len(Channel), wrong=0, unsure=0)
    assert answers[home].pictures >= 1
    assert spent.cpu > 0
