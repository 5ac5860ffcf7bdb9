"""What a call costs, by the French plan and by the library's types elsewhere."""

import csv
import os
from decimal import Decimal
from pathlib import Path

import phonenumbers
import pytest

from spiders.detect.tariffs import french_plan, tariff_of, tariff_of_value
from storage.vocabulary import PriceClass

CORPUS = Path(os.environ.get("BAROMETER_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))


@pytest.mark.parametrize(
    ("national", "price_class", "per_minute", "per_call"),
    [
        ("0800123456", PriceClass.FREE, Decimal(0), Decimal(0)),
        ("0805999999", PriceClass.FREE, Decimal(0), Decimal(0)),
        ("0806000000", PriceClass.BANALISED, Decimal(0), Decimal(0)),
        ("0809999999", PriceClass.BANALISED, Decimal(0), Decimal(0)),
        ("0810000000", PriceClass.PREMIUM, Decimal("0.06"), Decimal("0.15")),
        ("0826024368", PriceClass.PREMIUM, Decimal("0.20"), Decimal("0.50")),
        ("0899704220", PriceClass.PREMIUM, Decimal("0.80"), Decimal("3.00")),
        ("0199001234", PriceClass.ORDINARY, None, None),
        ("0639981234", PriceClass.ORDINARY, None, None),
        ("0972415803", PriceClass.ORDINARY, None, None),
    ],
)
def test_a_french_number_costs_what_its_band_says(
    national: str, price_class: PriceClass, per_minute: Decimal | None, per_call: Decimal | None
) -> None:
    number = phonenumbers.parse(national, "FR")
    assert tariff_of(number) == (price_class, per_minute, per_call)
    assert tariff_of_value(f"+33{national[1:]}", "FR") == tariff_of(number)


@pytest.mark.parametrize(
    ("short", "price_class"),
    [
        ("3000", PriceClass.FREE),
        ("3007", PriceClass.FREE),
        ("3008", PriceClass.UNKNOWN_SHORT),
        ("3009", PriceClass.FREE),
        ("3169", PriceClass.FREE),
        ("3170", PriceClass.UNKNOWN_SHORT),
        ("3179", PriceClass.UNKNOWN_SHORT),
        ("3180", PriceClass.FREE),
        ("3199", PriceClass.FREE),
        ("3200", PriceClass.UNKNOWN_SHORT),
        ("3999", PriceClass.UNKNOWN_SHORT),
        ("1023", PriceClass.UNKNOWN_SHORT),
        ("118218", PriceClass.PREMIUM),
        ("116000", PriceClass.FREE),
        ("4321", PriceClass.UNKNOWN_SHORT),
    ],
)
def test_a_short_number_costs_what_its_band_says(short: str, price_class: PriceClass) -> None:
    assert tariff_of_value(short, "FR").price_class is price_class
    assert tariff_of(phonenumbers.PhoneNumber(country_code=33, national_number=int(short))).price_class is price_class


def test_an_overseas_number_follows_the_french_plan() -> None:
    assert tariff_of_value("+262262204713", "FR") == (PriceClass.ORDINARY, None, None)


@pytest.mark.parametrize(
    ("value", "price_class"),
    [
        ("+18003552137", PriceClass.FREE),
        ("+442079460123", PriceClass.ORDINARY),
        ("+449098790000", PriceClass.PREMIUM),
        ("+448431234567", PriceClass.PREMIUM),
    ],
)
def test_another_country_s_number_takes_its_class_from_its_type_and_no_price(
    value: str, price_class: PriceClass
) -> None:
    assert tariff_of_value(value, "FR") == (price_class, None, None)


def test_another_country_s_short_number_is_of_unknown_price() -> None:
    assert tariff_of_value("3234", "BE") == (PriceClass.UNKNOWN_SHORT, None, None)


@pytest.mark.parametrize("value", ["01 99 00 12 34", "+", "call us", ""])
def test_what_is_no_value_of_a_sighting_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164"):
        tariff_of_value(value, "FR")


def test_the_bands_do_not_overlap() -> None:
    tens = [f"{prefix:04d}000000" for prefix in range(1000)]
    shorts = [str(number) for number in (*range(1000, 1100), *range(3000, 4000), *range(116000, 119000))]
    for national in tens + shorts:
        assert sum(national in band for band in french_plan()) <= 1, national


@pytest.mark.corpus
def test_the_table_agrees_with_the_published_one() -> None:
    published = CORPUS / "phones" / "fr_tariffs.csv"
    if not published.is_file():
        pytest.skip(f"no corpus at {CORPUS}; give its folder in BAROMETER_CORPUS")
    with published.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 20
    for row in rows:
        first, _, last = row["prefix_or_range"].partition("-")
        for end in (first, last or first):
            prefix = end.startswith("0")
            tariff = tariff_of_value(f"+33{end.ljust(10, '0')[1:]}" if prefix else end, "FR")
            assert tariff.price_class.value == row["class"], end
            if row["class"] != "ordinary":
                caps = [Decimal(row[cap]) if row[cap] else None for cap in ("max_eur_per_min", "max_eur_per_call")]
                assert list(tariff[1:]) == caps, end
