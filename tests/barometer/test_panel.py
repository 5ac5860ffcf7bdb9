"""The panel in the database: what an import changes, what an export gives back."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from barometer import panel
from barometer.errors import UserError
from barometer.panel_columns import Value, columns, value_of
from barometer.panel_file import read_panel
from barometer.site_address import site_key
from storage.database import Database, open_database
from storage.records import Merchant

FILE = """name,url,category,country,phone,entered
Élan,https://www.elan.test,Mode,,01 99 00 12 34,oui
Bastide,bastide.test,Mode,BE,02 345 67 89,
Cèdre,cedre.test/fr/,Maison,FR,3634,non
"""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with open_database(database_url) as opened:
        opened.migrate()
        yield opened


def bring_in(database: Database, text: str, country: str = "FR") -> panel.Import:
    with database.session() as session:
        reading = read_panel(text.encode(), "panel.csv", country, panel.countries(session))
        assert not reading.problems
        return panel.import_rows(session, reading.rows, country)


def stored(database: Database) -> dict[str, Merchant]:
    with database.reading() as session:
        return {merchant.key: merchant for merchant in session.scalars(select(Merchant))}


def test_an_import_adds_every_merchant_with_its_values(database: Database) -> None:
    done = bring_in(database, FILE)
    assert done == panel.Import(["elan.test", "bastide.test", "cedre.test/fr"], [], 0)
    found = stored(database)
    assert found["elan.test"].url == "https://www.elan.test/"
    assert found["elan.test"].country == "FR"
    assert found["elan.test"].entered is True
    assert found["bastide.test"].phone == "+3223456789"
    assert found["cedre.test/fr"].phone == "3634"
    assert found["cedre.test/fr"].email is None


def test_importing_twice_changes_nothing_not_even_a_date(database: Database) -> None:
    bring_in(database, FILE)
    before = {key: (one.id, one.updated_at) for key, one in stored(database).items()}
    assert bring_in(database, FILE) == panel.Import([], [], 3)
    assert {key: (one.id, one.updated_at) for key, one in stored(database).items()} == before


def test_a_changed_row_changes_only_its_columns_and_says_which(database: Database) -> None:
    bring_in(database, FILE)
    kept = stored(database)["elan.test"].id
    done = bring_in(
        database, "name,url,phone\nÉlan Paris,http://elan.test,01 99 00 12 35\nBastide,bastide.test,02 345 67 89\n"
    )
    assert done == panel.Import([], [panel.Change("elan.test", ("name", "url", "phone"))], 1)
    elan = stored(database)["elan.test"]
    assert (elan.id, elan.name, elan.phone) == (kept, "Élan Paris", "+33199001235")
    assert (elan.category, elan.entered) == ("Mode", True)


def test_an_empty_cell_empties_the_value_and_an_absent_column_does_not(database: Database) -> None:
    bring_in(database, FILE)
    assert bring_in(database, "name,url,category\nÉlan,www.elan.test,\n").changed == [
        panel.Change("elan.test", ("category",))
    ]
    elan = stored(database)["elan.test"]
    assert elan.category is None
    assert elan.phone == "+33199001234"


def test_a_thousand_merchants_are_imported_and_found_again(database: Database) -> None:
    text = "name,url\n" + "".join(f"M{number},m{number}.test\n" for number in range(1200))
    assert len(bring_in(database, text).new) == 1200
    assert bring_in(database, text).unchanged == 1200


def test_the_list_is_sorted_by_category_drawn_order_and_key(database: Database) -> None:
    bring_in(
        database,
        "name,url,category,sample_order\nA,a.test,Mode,2\nB,b.test,Mode,0\nC,c.test,,\nD,d.test,Maison,\nE,e.test,Mode,\n",
    )
    with database.reading() as session:
        assert [one.name for one in panel.merchants(session)] == ["D", "B", "A", "E", "C"]
        assert [one.name for one in panel.merchants(session, "mode")] == ["B", "A", "E"]
        assert [one.name for one in panel.merchants(session, keys=["https://www.A.test/", "d.test"])] == ["D", "A"]


def test_a_category_or_merchant_that_is_not_there_is_refused_by_name(database: Database) -> None:
    bring_in(database, FILE)
    with database.reading() as session:
        with pytest.raises(UserError, match="no category 'Jouets'; known are: Maison, Mode"):
            panel.merchants(session, "Jouets")
        with pytest.raises(UserError, match=r"no merchant 'nowhere\.test'"):
            panel.merchants(session, keys=["nowhere.test"])


def test_a_stored_value_that_an_import_would_refuse_is_named(database: Database) -> None:
    bring_in(database, FILE)
    with database.session() as session:
        session.add(Merchant(key="odd.test", name="Odd", url="https://odd.test/", phone="12"))
    with database.reading() as session:
        (line,) = panel.problems(panel.merchants(session))
    assert line.startswith("odd.test: phone: '12' is not a valid phone number in FR")


def test_remarks_name_small_categories_spellings_and_shared_contacts() -> None:
    rows: list[dict[str, Value]] = [
        {"category": "Mode", "phone": "+33199001234"},
        {"category": "mode", "phone": "+33199001234"},
        {"category": None, "phone": None},
    ]
    assert panel.remarks(rows) == [
        "category 'Mode' has 1 of the 3 merchants that a ranking needs",
        "category 'mode' has 1 of the 3 merchants that a ranking needs",
        "categories 'Mode' and 'mode' differ in case only, and count as different",
        "1 of 3 merchants have no category: they are crawled and never ranked",
        "phone +33199001234 belongs to 2 merchants",
    ]


def test_a_panel_without_anything_odd_has_no_remarks() -> None:
    assert panel.remarks([{"category": "Mode", "phone": f"+3319900123{n}"} for n in range(3)]) == []


def accepted(column: str, text: st.SearchStrategy[str]) -> st.SearchStrategy[object]:
    """Give values of *column* as an import would keep them, from the spellings of *text*."""

    def kept(cell: str) -> object:
        try:
            return value_of(column, cell, "FR")
        except UserError:
            return None

    return text.map(kept)


words = st.text(alphabet=st.sampled_from("=+-@'\"`,;|#é日\u200b aZ09_.\u00a0＝"), max_size=12) | st.text(max_size=20)
merchant_values = st.fixed_dictionaries(
    {
        "name": accepted("name", words).filter(bool),
        "url": accepted(
            "url", st.from_regex(r"https?://[a-z]{1,8}\.(test|example)(/[a-z=+@'é%20-]{0,8}){0,2}", fullmatch=True)
        ).filter(bool),
        "category": accepted("category", words),
        "country": st.sampled_from(["FR", "BE", "RE"]),
        "language": st.sampled_from([None, "fr", "nl"]),
        "email": accepted("email", st.from_regex(r"['+=a-z-]{1,5}@[a-z]{1,5}\.test", fullmatch=True)),
        "phone": st.sampled_from([None, "+33199001234", "+3223456789", "+33800123456"]),
        "x": accepted("x", st.from_regex(r"@[A-Za-z0-9_]{1,15}", fullmatch=True)),
        "facebook": accepted("facebook", st.from_regex(r"[A-Za-z0-9.\-_]{1,20}", fullmatch=True)),
        "hours": st.sampled_from([None, "24/7", "mo-fr 09:00-18:00; sa 10:00-16:00"]),
        "logo": accepted("logo", st.from_regex(r"[-+=@'a-z]{1,5}\.png", fullmatch=True)),
        "entered": st.booleans(),
        "sample_order": st.none() | st.integers(0, 2**31 - 1),
    }
)


@settings(max_examples=150, deadline=None)
@given(st.lists(merchant_values, max_size=4, unique_by=lambda values: site_key(str(values["url"]))))
def test_an_export_imported_again_is_the_same_panel(rows: list[dict[str, Any]]) -> None:
    merchants = [Merchant(key=site_key(values["url"]), **values) for values in rows]
    reading = read_panel(panel.exported(merchants).encode("utf-8-sig"), "panel.csv", "FR")
    assert not reading.problems
    assert reading.columns == tuple(columns())
    assert [(row.key, row.values) for row in reading.rows] == [(one.key, panel.values(one)) for one in merchants]


def test_no_exported_cell_begins_like_a_formula() -> None:
    merchant = Merchant(
        key="a.test", name="=1+1", url="https://a.test/", category="@x", phone="+33199001234", email="-a@a.test"
    )
    assert panel.exported([merchant]).splitlines()[1] == (
        "'=1+1,https://a.test/,'@x,FR,,'-a@a.test,'+33199001234,,,,,no,"
    )
