"""The opt-out list: what a wish names, what it covers, and the commands that keep it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barometer import optout
from barometer.errors import UserError
from barometer.optout import Optouts, Wish, read_wish
from storage.database import Database, open_database
from storage.records import Merchant, OptOut, OptOutKind
from tests.barometer.command_line import run


def listing(*named: str) -> Optouts:
    wishes = [read_wish(one, "FR") for one in named]
    return Optouts(OptOut(kind=wish.kind, value=wish.value) for wish in wishes)


def covered_by(wishes: Optouts, **asked: str) -> str | None:
    record = wishes.covers(**asked)
    return record.value if record else None


@pytest.mark.parametrize(
    ("named", "wish"),
    [
        ("Shop.Example", ("domain", "shop.example")),
        ("https://www.shop.example:8080/contact?x=1", ("domain", "shop.example")),
        ("élan.example", ("domain", "xn--lan-9la.example")),
        ("shop.myshopify.com", ("domain", "shop.myshopify.com")),
        ("127.0.0.1", ("domain", "127.0.0.1")),
        ("Contact@Shop.EXAMPLE", ("email", "contact@shop.example")),
        ("01 99 00 12 34", ("phone", "+33199001234")),
        ("36 34", ("phone", "3634")),
    ],
)
def test_a_wish_names_a_domain_an_address_or_a_number_in_one_form(named: str, wish: tuple[str, str]) -> None:
    assert read_wish(named, "FR") == Wish(OptOutKind(wish[0]), wish[1])


@pytest.mark.parametrize("named", ["co.uk", "myshopify.com", "www.co.uk", "github.io"])
def test_a_suffix_under_which_anybody_registers_is_refused(named: str) -> None:
    with pytest.raises(UserError, match="not the domain of one merchant but of everybody"):
        read_wish(named, "FR")


@pytest.mark.parametrize("named", ["", "  ", "shop", "javascript:alert(1)", "a@b", "12", "https://u:p@shop.example"])
def test_what_names_nobody_is_refused_with_a_remedy(named: str) -> None:
    with pytest.raises(UserError) as refused:
        read_wish(named, "FR")
    assert refused.value.remedy


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/",
        "http://www.shop.example/contact",
        "https://boutique.shop.example",
        "HTTPS://A.B.SHOP.EXAMPLE:8443/x",
        "shop.example",
        "shop.example:80/x",
        "https://shop.example./",
    ],
)
def test_a_domain_covers_its_host_and_every_host_below(url: str) -> None:
    assert covered_by(listing("www.shop.example"), url=url) == "shop.example"


@pytest.mark.parametrize(
    "url", ["https://ashop.example/", "https://shop.example.other.test/", "https://example/", "", "http://["]
)
def test_a_domain_covers_no_other_host(url: str) -> None:
    assert covered_by(listing("shop.example"), url=url) is None


def test_a_sub_domain_does_not_cover_the_hosts_beside_and_above_it() -> None:
    wishes = listing("pro.shop.example")
    assert covered_by(wishes, url="https://eu.pro.shop.example/") == "pro.shop.example"
    assert covered_by(wishes, url="https://shop.example/") is None


def test_a_domain_covers_the_mail_addresses_at_it() -> None:
    assert covered_by(listing("shop.example"), email="Info@Mail.Shop.Example") == "shop.example"


def test_the_domain_of_a_mailbox_provider_does_not_cover_its_customers() -> None:
    wishes = listing("orange.fr")
    assert covered_by(wishes, email="artisan@orange.fr") is None
    assert covered_by(wishes, url="https://boutique.orange.fr/") == "orange.fr"


def test_an_address_and_a_number_cover_themselves_in_any_case() -> None:
    wishes = listing("contact@shop.example", "01 99 00 12 34")
    assert covered_by(wishes, email="CONTACT@shop.example") == "contact@shop.example"
    assert covered_by(wishes, email="info@shop.example") is None
    assert covered_by(wishes, phone="+33199001234") == "+33199001234"
    assert covered_by(wishes, phone="+33199001235") is None
    assert covered_by(wishes, url="https://shop.example/") is None


def test_merchants_are_left_alone_for_their_site_their_address_or_their_number() -> None:
    merchants = [
        Merchant(key=f"m{n}.test", name=f"M{n}", url=f"https://m{n}.test/", email=email, phone=phone)
        for n, (email, phone) in enumerate([(None, None), ("a@m.test", None), (None, "+33199001234"), (None, None)])
    ]
    allowed, left_alone = listing("m0.test", "a@m.test", "+33199001234").honoured(merchants)
    assert [one.name for one in allowed] == ["M3"]
    assert [(one.name, wish.kind) for one, wish in left_alone] == [("M0", "domain"), ("M1", "email"), ("M2", "phone")]


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_asking_about_any_text_gives_an_answer(url: str, email: str, phone: str) -> None:
    assert listing("shop.example").covers(url, email, phone) is None or "shop.example" in (url + email).lower()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def test_recording_twice_keeps_the_first_record(database: Database) -> None:
    wish = read_wish("shop.example", "FR")
    with database.session() as session:
        first, new = optout.record_wish(session, wish, "asked", "me")
        assert new
    with database.session() as session:
        second, new = optout.record_wish(session, wish, "again", "you")
        assert not new
        assert (second.id, second.reason, second.recorded_by) == (first.id, "asked", "me")
    with database.reading() as session:
        assert len(optout.optouts(session)) == 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BAROMETER_SETTINGS", raising=False)
    return tmp_path


@pytest.mark.usefixtures("folder")
class TestCommand:
    def add(self, named: str) -> tuple[int, str, str]:
        return run("optout", "add", named, "--reason", "asked by e-mail", "--by", "A. Martin")

    def test_add_list_and_remove_tell_the_same_story(self) -> None:
        assert self.add("https://www.shop.example/x") == (
            0,
            "recorded: domain shop.example; merchants of the panel it covers: 0\n",
            "",
        )
        (row,) = json.loads(run("optout", "list", "--json").out)
        assert {**row, "at": None} == {
            "kind": "domain",
            "value": "shop.example",
            "reason": "asked by e-mail",
            "by": "A. Martin",
            "at": None,
        }
        assert "A. Martin" in run("optout", "list").out
        assert run("optout", "remove", "shop.example").out == (
            "removed: domain shop.example, recorded by A. Martin: asked by e-mail\n"
        )
        assert json.loads(run("optout", "list", "--json").out) == []

    def test_adding_twice_says_who_recorded_it_first(self) -> None:
        self.add("shop.example")
        again = self.add("www.shop.example")
        assert again[0] == 0
        assert again[1].startswith("already recorded: domain shop.example, on ")
        assert again[1].endswith(" by A. Martin\n")

    def test_adding_tells_how_many_merchants_are_covered(self) -> None:
        Path("panel.csv").write_text("name,url,email\nA,a.shop.example,\nB,b.test,x@shop.example\nC,c.test,\n", "utf-8")
        run("panel", "import", "panel.csv")
        assert "of the panel it covers: 2" in self.add("shop.example")[1]

    def test_removing_what_is_not_there_is_refused(self) -> None:
        done = run("optout", "remove", "shop.example")
        assert (done.code, done.out) == (2, "")
        assert "domain shop.example is not on the opt-out list; see: barometer optout list" in done.err

    def test_a_reason_and_a_name_are_asked_for(self) -> None:
        assert run("optout", "add", "shop.example", "--by", "me").code == 2
        assert "--reason is empty" in run("optout", "add", "shop.example", "--reason", " ", "--by", "me").err
        assert json.loads(run("optout", "list", "--json").out) == []

    def test_a_wish_that_names_nobody_is_one_line(self) -> None:
        done = self.add("co.uk")
        assert done[0] == 2
        assert done[2].count("\n") == 1
