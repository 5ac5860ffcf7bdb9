import pytest

from spiders.mirrors import Mirror, Mirrors, parse_map_host


@pytest.mark.parametrize(
    ("text", "mirror"),
    [
        ("www.shop.test=127.8.0.3:8300", Mirror("www.shop.test", "127.8.0.3", 8300)),
        (" WWW.Shop.Test. = localhost:81 ", Mirror("www.shop.test", "localhost", 81)),
        ("café.test=127.8.0.3", Mirror("xn--caf-dma.test", "127.8.0.3", 80)),
        ("shop.test=[::1]:8300", Mirror("shop.test", "::1", 8300)),
    ],
)
def test_a_mapping_names_a_host_and_where_it_is_read_from(text: str, mirror: Mirror) -> None:
    assert parse_map_host(text) == mirror


@pytest.mark.parametrize(
    "text",
    [
        "", "=", "shop.test", "shop.test=", "=127.0.0.1:80", "http://shop.test=127.0.0.1:80", "shop.test=http://127.0.0.1:80",
        "shop.test:80=127.0.0.1:80", "shop.test=127.0.0.1:port", "shop.test=127.0.0.1:99999", "shop.test=127.0.0.1:0",
        "shop.test=user@127.0.0.1:80", "a..b=127.0.0.1:80", "shop.test=[::1:80", ".=127.0.0.1", "a b=127.0.0.1",
    ],
)  # fmt: skip
def test_a_malformed_mapping_is_refused_in_one_line_that_says_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match=r"^--map-host .*www\.shop\.example=127\.0\.0\.1:8300$") as refused:
        parse_map_host(text)
    assert "\n" not in str(refused.value)


def test_one_host_cannot_have_two_mirrors() -> None:
    with pytest.raises(ValueError, match="keep one of the two"):
        Mirrors.parse(["shop.test=127.0.0.1:1", "SHOP.test=127.0.0.1:2"])
    assert Mirrors.parse(["shop.test=127.0.0.1:1", "SHOP.test=127.0.0.1:1"]).of("shop.test")


def test_a_host_is_found_however_it_is_written_and_its_neighbours_are_not() -> None:
    mirrors = Mirrors.parse(["www.shop.test=127.0.0.1:8300"])
    assert mirrors.of("WWW.shop.test.") == Mirror("www.shop.test", "127.0.0.1", 8300)
    assert mirrors.of("shop.test") is None
    assert not Mirrors()


@pytest.mark.parametrize(
    ("url", "page", "logical"),
    [
        ("http://127.0.0.1:8300/a?b#c", "https://www.shop.test/", "https://www.shop.test/a?b#c"),
        ("http://u:p@127.0.0.1:8300/a", "http://www.shop.test/", "http://www.shop.test/a"),
        ("http://127.0.0.1:8301/a", "http://www.shop.test/", "http://127.0.0.1:8301/a"),
        ("http://127.0.0.1/a", "http://www.shop.test/", "http://127.0.0.1/a"),
        ("http://127.0.0.1:8300/a", "http://other.test/", "http://127.0.0.1:8300/a"),
        ("http://elsewhere.test/a", "http://www.shop.test/", "http://elsewhere.test/a"),
        ("http://[broken", "http://www.shop.test/", "http://[broken"),
    ],
)
def test_only_the_mirrors_own_address_is_translated_back(url: str, page: str, logical: str) -> None:
    assert Mirrors.parse(["www.shop.test=127.0.0.1:8300"]).logical(url, page) == logical
