"""What still belongs to the merchant's site."""

import pytest

from spiders.scope import Scope, registered_domain


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.shop.fr", "shop.fr"),
        ("aide.boutique.shop.co.uk", "shop.co.uk"),
        ("alpha.myshopify.com", "alpha.myshopify.com"),
        ("WWW.Shop.FR.", "shop.fr"),
        ("www.café.fr", "xn--caf-dma.fr"),
        ("aide.shop.test", "shop.test"),
        ("localhost", "localhost"),
        ("127.8.0.1", "127.8.0.1"),
        ("co.uk", "co.uk"),
    ],
)
def test_the_registered_domain_is_what_somebody_registered(host: str, domain: str) -> None:
    assert registered_domain(host) == domain


@pytest.mark.parametrize(
    "own",
    [
        "http://shop.fr/a",
        "https://aide.shop.fr/",
        "//shop.fr",
        "http://SHOP.FR:8080/",
        "http://user:pw@shop.fr/",
        "http://shop.fr./",
    ],
)
def test_the_domain_and_its_sub_domains_are_the_site(own: str) -> None:
    assert Scope("https://www.shop.fr/accueil").covers(own if "://" in own else f"http:{own}")


@pytest.mark.parametrize(
    "other",
    ["http://shop.fr.evil.com/", "http://evil-shop.fr/", "http://other.fr/?u=shop.fr", "mailto:a@shop.fr", "", "/a", "http://",
     "http://shop.fr@evil.com/", "http://[::1", "ftp://shop.fr/"],
)  # fmt: skip
def test_nothing_else_is(other: str) -> None:
    assert not Scope("https://www.shop.fr/").covers(other)


def test_a_merchant_s_own_links_in_letters_and_in_punycode_are_one_site() -> None:
    assert Scope("http://xn--caf-dma.fr/").covers("http://www.café.fr/contact")


def test_two_tenants_of_one_platform_are_two_sites() -> None:
    assert not Scope("https://alpha.myshopify.com/").covers("https://beta.myshopify.com/")


@pytest.mark.parametrize("host", ["127.8.0.1", "localhost", "[::1]"])
def test_an_address_without_a_domain_is_a_site_together_with_its_port(host: str) -> None:
    scope = Scope(f"http://{host}:8300/")
    assert scope.covers(f"http://{host}:8300/contact")
    assert not scope.covers(f"http://{host}:8301/contact")
    assert not scope.covers(f"http://{host}/contact")
