"""Written numbers and the numbers they stand for."""

import pytest

from spiders.detect.numbering import dialled, french_numbers, looks_invented, numbers_in


@pytest.mark.parametrize(
    "href",
    [
        "tel:+33199001234",
        "tel:tel:+33199001234",
        "TEL:+33 1 99 00 12 34",
        "tel://+33199001234",
        "callto:+33199001234",
        "tel:0033199001234",
        "tel:0033(0)199001234",
        "tel:+33(0)199001234",
        "tel:+330199001234",
        "tel:33199001234",
        "tel:+0199001234",
        "tel:01.99.00.12.34",
        "tel:01%2099%2000%2012%2034",
        "tel:%2B33199001234",
        "tel:Tél. 01 99 00 12 34",
        "tel:0199001234;ext=12",
        "tel:0199001234,,12",
        "tel:0199001234p12",
        "tel:01\u00a099\u202f00 12 34",
        "tel:\u200b0199001234",
        "tel 0199001234",
        "tel:0199001234 / 0199001235",
    ],
)
def test_a_malformed_link_dials_what_its_author_meant(href: str) -> None:
    number = dialled(href, "FR")
    assert number is not None
    assert number.value == "+33199001234"


@pytest.mark.parametrize(
    ("href", "country", "value"),
    [
        ("tel:3634", "FR", "3634"),
        ("tel:118 218", "FR", "118218"),
        ("tel:+44 20 7946 0123", "FR", "+442079460123"),
        ("tel:18003552137", "FR", "+18003552137"),
        ("tel:+1-800-FLOWERS", "US", "+18003569377"),
        ("tel:0262204713", "FR", "+262262204713"),
        ("tel:020 7946 0123", "GB", "+442079460123"),
        ("tel:030/23125017", "DE", "+493023125017"),
    ],
)
def test_a_link_dials_short_foreign_and_overseas_numbers(href: str, country: str, value: str) -> None:
    number = dialled(href, country)
    assert number is not None
    assert number.value == value


@pytest.mark.parametrize("href", ["tel:", "tel:#", "tel:112", "tel:xx", "callto:a.name"])
def test_a_link_without_a_number_dials_none(href: str) -> None:
    assert dialled(href, "FR") is None


def test_a_link_to_no_number_of_the_plan_dials_an_unknown_one() -> None:
    number = dialled("tel:0199", "FR")
    assert number is not None
    assert number.value is None


@pytest.mark.parametrize(
    ("national", "country"),
    [
        ("412345678", "FR"),
        ("612345678", "FR"),
        ("123456789", "FR"),
        ("102030405", "FR"),
        ("600000000", "FR"),
        ("111111111", "FR"),
        ("987654321", "FR"),
        ("611223344", "FR"),
        ("2125550187", "US"),
        ("5551234567", "US"),
        ("1234567890", "US"),
        ("21234567", "BE"),
        ("3012345678", "DE"),
        ("912345678", "ES"),
    ],
)
def test_a_number_typed_as_an_example_looks_invented(national: str, country: str) -> None:
    assert looks_invented(national, country)


@pytest.mark.parametrize(
    ("national", "country"),
    [
        ("800123456", "FR"),
        ("199001234", "FR"),
        ("810203040", "FR"),
        ("8005551212", "US"),
        ("2127365016", "US"),
        ("606060708", "FR"),
    ],
)
def test_a_number_that_is_easy_to_remember_does_not(national: str, country: str) -> None:
    assert not looks_invented(national, country)


def test_a_year_or_a_count_in_front_is_not_the_start_of_a_number() -> None:
    assert [number.value for number in french_numbers("2024-01 01 99 00 12 34", labelled=False)] == ["+33199001234"]
    assert [number.value for number in french_numbers("5 01 99 00 12 34", labelled=False)] == ["+33199001234"]


def test_a_long_run_is_read_in_pieces() -> None:
    run = " ".join(f"212-736-{number}" for number in range(5000, 5100))
    found = [number.value for number in numbers_in(run, "US")]
    assert len(found) > 80
    assert found[0] == "+12127365000"
