"""What a cell of a panel file may hold, column by column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barometer.contact_values import email_address, phone_number
from barometer.country_codes import country_code, language_code
from barometer.errors import UserError
from barometer.opening_hours import DAYS, opening_hours, weekly_hours
from barometer.panel_columns import columns, value_of
from barometer.site_address import site_key, site_url


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Shop.Example", "https://shop.example/"),
        ("HTTP://WWW.Shop.Example:80", "http://www.shop.example/"),
        ("https://www.shop.example:443/a/../b/", "https://www.shop.example/b/"),
        ("//shop.example/fr", "https://shop.example/fr"),
        ("http://élan.example/café?q=é#haut", "http://xn--lan-9la.example/caf%C3%A9?q=%C3%A9"),
        ("shop.example/%c3%a9", "https://shop.example/%C3%A9"),
        ("127.0.0.1:8300", "https://127.0.0.1:8300/"),
        ("http://[::1]:8300/x", "http://[::1]:8300/x"),
        ("shop.example./", "https://shop.example/"),
        ("https://shop.example/#/fr", "https://shop.example/#/fr"),
    ],
)
def test_an_address_is_kept_in_one_form(written: str, kept: str) -> None:
    assert site_url(written) == kept
    assert site_url(kept) == kept


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("javascript:alert(1)", "'javascript:' is not an address that can be visited"),
        ("data:text/html,x", "'data:' is not an address"),
        ("file:///etc/passwd", "'file:' is not an address"),
        ("mailto:a@shop.example", "'mailto:' is not an address"),
        ("https://user:secret@shop.example/", "holds a user name or password"),
        ("user@shop.example", "holds a user name or password"),
        ("https:/shop.example", "lacks the //"),
        ("shop", "is not a host name"),
        ("https://-shop-.example", "is not a host name"),
        ("https://1.2.3", "is not a host name"),
        ("http://0x7f.1", "is not a host name"),
        ("https://shop..example", "is not a host name"),
        ("https://shop.example:99999", "impossible port"),
        ("https://shop.example:0", "impossible port"),
        ("https://shop.example/a b", "is not a web address"),
        ("https://shop.example\\@evil.example", "is not a web address"),
        ("https://[::1", "is not a web address"),
        ("https://shop.example/" + "a" * 2000, "characters long"),
    ],
)
def test_an_address_that_cannot_be_visited_is_refused(written: str, said: str) -> None:
    with pytest.raises(UserError) as refused:
        site_url(written)
    assert said in str(refused.value)
    assert refused.value.remedy


def test_no_secret_of_a_refused_address_is_repeated() -> None:
    with pytest.raises(UserError) as refused:
        site_url("https://user:secret@shop.example/")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "address",
    ["https://shop.example/fr/", "http://WWW.shop.example/fr", "shop.example:443/fr?x=1", "https://shop.example/fr#/a"],
)
def test_scheme_www_case_trailing_slash_and_query_do_not_make_another_merchant(address: str) -> None:
    assert site_key(site_url(address)) == "shop.example/fr"


def test_path_port_and_sub_domain_make_another_merchant() -> None:
    addresses = ["shop.example", "shop.example/fr", "shop.example:8080", "pro.shop.example", "http://[::1]/", "www.fr"]
    keys = [site_key(site_url(address)) for address in addresses]
    assert keys == ["shop.example", "shop.example/fr", "shop.example:8080", "pro.shop.example", "[::1]", "www.fr"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("01 99 00 12 34", "+33199001234"),
        ("199001234", "+33199001234"),
        ("199001234.0", "+33199001234"),
        ("+33 (0)1 99 00 12 34", "+33199001234"),
        ("0033199001234", "+33199001234"),
        ("02.61.91.12.34", "+33261911234"),
        ("0 800 123 456", "+33800123456"),
        ("tel:+33199001234", "+33199001234"),
        ("+32 2 345 67 89", "+3223456789"),
        ("36 34", "3634"),
        ("118 218", "118218"),
    ],
)
def test_a_number_in_any_spelling_is_kept_as_e164_or_short_digits(written: str, kept: str) -> None:
    assert phone_number(written, "FR") == kept
    assert phone_number(kept, "FR") == kept


@pytest.mark.parametrize("written", ["3,44E+08", "3.44271900E+08", "3E8"])
def test_a_number_that_a_spreadsheet_rounded_is_reported_and_not_guessed(written: str) -> None:
    with pytest.raises(UserError, match="rounded; format the column as text"):
        phone_number(written, "FR")


@pytest.mark.parametrize(
    "written",
    [
        "12 34",
        "0199001234 / 0199001235",
        "0199001234 ext 3",
        "0800 SHOES",
        "00 00 00 00 00",
        "1" * 200,
        "+",
        "-",
        "112",
    ],
)
def test_what_is_not_one_number_of_a_merchant_is_refused(written: str) -> None:
    with pytest.raises(UserError):
        phone_number(written, "FR")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Contact@Shop.EXAMPLE", "Contact@shop.example"),
        ("mailto:a.b+c@shop.example?subject=x", "a.b+c@shop.example"),
        ("a@élan.example", "a@xn--lan-9la.example"),
    ],
)
def test_an_email_address_is_kept_with_its_domain_in_lower_case(written: str, kept: str) -> None:
    assert email_address(written) == kept
    assert email_address(kept) == kept


@pytest.mark.parametrize(
    "written",
    ["a", "a@b", "a@@b.example", "a b@c.example", ".a@b.example", "a..b@c.example", "a@1.2.3.4", "@b.example"],
)
def test_what_is_no_email_address_is_refused(written: str) -> None:
    with pytest.raises(UserError, match="is not an e-mail address"):
        email_address(written)


@pytest.mark.parametrize(
    ("column", "written", "kept"),
    [
        ("x", "@Shop_1", "https://x.com/Shop_1"),
        ("x", "https://mobile.twitter.com/Shop_1/status/1?s=20", "https://x.com/Shop_1"),
        ("facebook", "Shop.Paris", "https://www.facebook.com/Shop.Paris"),
        ("facebook", "fr-fr.facebook.com/Shop.Paris/?fbclid=x", "https://www.facebook.com/Shop.Paris"),
        ("facebook", "https://m.facebook.com/profile.php?id=123&ref=x", "https://www.facebook.com/profile.php?id=123"),
        ("facebook", "https://www.facebook.com/pages/Shop/123/", "https://www.facebook.com/pages/Shop/123"),
        ("language", "fr-FR", "fr"),
        ("country", "be", "BE"),
        ("entered", "Oui", True),
        ("entered", "FAUX", False),
        ("entered", "", False),
        ("sample_order", "12,0", 12),
        ("logo", "logos\\shop.PNG", "logos/shop.PNG"),
        ("logo", "HTTPS://Shop.example/l.svg", "https://shop.example/l.svg"),
        ("hours", "Mo-Fr 9h-12h30,14:00-18:00; SA 10-16", "mo-fr 09:00-12:30,14:00-18:00; sa 10:00-16:00"),
        ("name", " Les\u00a0Trois \n Frères ", "Les Trois Frères"),
        ("category", "  ", None),
    ],
)
def test_a_cell_is_kept_in_one_form(column: str, written: str, kept: object) -> None:
    assert value_of(column, written, "FR") == kept


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("x", "https://x.com/intent/tweet?text=a"),
        ("x", "https://shop.example/Shop"),
        ("x", "a name with spaces"),
        ("x", "x.com"),
        ("facebook", "https://www.facebook.com/sharer/sharer.php?u=x"),
        ("facebook", "https://facebook.com.shop.example/Shop"),
        ("facebook", "www.facebook.com"),
        ("facebook", "facebook.com/profile.php?id=abc"),
        ("logo", "/etc/logo.png"),
        ("logo", "../logo.png"),
        ("logo", "logo.exe"),
        ("sample_order", "-1"),
        ("sample_order", "1.5"),
        ("sample_order", "99999999999"),
        ("entered", "perhaps"),
        ("name", "#REF!"),
        ("category", "#NOM?"),
        ("name", "x" * 201),
        ("name", ""),
        ("url", ""),
        ("name", "a\x07b"),
    ],
)
def test_a_cell_that_will_not_do_is_refused_with_a_remedy(column: str, written: str) -> None:
    with pytest.raises(UserError) as refused:
        value_of(column, written, "FR")
    assert refused.value.remedy


@pytest.mark.parametrize(("written", "meant"), [("UK", "GB"), ("Belgique", "BE"), ("XX", "FR")])
def test_a_wrong_country_code_is_refused_with_the_right_one(written: str, meant: str) -> None:
    with pytest.raises(UserError, match=f"write {meant}"):
        country_code(written)


def test_a_wrong_language_code_is_refused_with_the_right_one() -> None:
    with pytest.raises(UserError, match="write de"):
        language_code("German")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("lu 9-12", "'lu' is not a day"),
        ("mo 9-25", "'25' is not a time of day"),
        ("mo 18:00-02:00", "split hours that pass midnight"),
        ("mo 9-12,11-13", "overlap"),
        ("mo 9-12; mo 14-18", "name 'mo' twice"),
        ("mo-fr", "is not a rule"),
        ("mo 9", "has no closing time"),
        (";;", "name no day"),
        ("mo 9-12;" * 100, "characters long"),
    ],
)
def test_opening_hours_say_which_part_is_wrong(written: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        opening_hours(written)


def test_always_open_has_a_form_of_its_own() -> None:
    assert opening_hours("24/7") == opening_hours("mo-su 0:00-24:00") == "24/7"
    assert weekly_hours("24/7")["su"] == [(0, 1440)]


spans = st.lists(st.integers(0, 1440), min_size=2, max_size=4, unique=True).map(
    lambda moments: [
        (start, end) for start, end in zip(sorted(moments)[::2], sorted(moments)[1::2], strict=False) if start < end
    ]
)


@given(
    st.fixed_dictionaries({day: st.one_of(st.just([]), spans) for day in DAYS}).filter(lambda week: any(week.values()))
)
def test_the_written_form_says_the_same_week(week: dict[str, list[tuple[int, int]]]) -> None:
    rules = [
        f"{day} " + ",".join(f"{start // 60}:{start % 60:02d}-{end // 60}:{end % 60:02d}" for start, end in open_spans)
        for day, open_spans in week.items()
        if open_spans
    ]
    written = opening_hours("; ".join(rules))
    assert weekly_hours(written) == week
    assert opening_hours(written) == written


@given(st.sampled_from(sorted(columns())), st.text(max_size=60), st.sampled_from(["FR", "BE", "DE", "IT", "AQ"]))
def test_any_text_gives_a_value_or_one_line_for_the_user(column: str, text: str, country: str) -> None:
    try:
        value = value_of(column, text, country)
    except UserError:
        return
    again = "yes" if value is True else "no" if value is False else "" if value is None else str(value)
    assert value_of(column, again, country) == value
