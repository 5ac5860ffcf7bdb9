"""Which addresses are one page, which are cut from one template, and which are not to be touched."""

import pytest

from spiders.identity import is_hash_route, is_page, is_personal, page_key, template_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://www.shop.example/a", "https://shop.example/a"),
        ("http://shop.example/a/", "http://shop.example/a"),
        ("http://shop.example", "http://shop.example/index.html"),
        ("http://shop.example/fr/index.php", "http://shop.example/fr/"),
        ("http://shop.example:80/a", "http://shop.example/a"),
        ("https://shop.example:443/a", "https://shop.example/a"),
        ("http://SHOP.example./a", "http://shop.example/a"),
        ("http://café.example/a", "http://xn--caf-dma.example/a"),
        ("http://shop.example/a#avis", "http://shop.example/a"),
        ("http://shop.example/#/", "http://shop.example/"),
        ("http://shop.example/a?utm_source=x&gclid=1", "http://shop.example/a"),
        ("http://shop.example/a?b=1&a=2", "http://shop.example/a?a=2&b=1"),
        ("http://shop.example/a;jsessionid=0AF3", "http://shop.example/a"),
        ("http://shop.example/a?PHPSESSID=99&id=4", "http://shop.example/a?id=4"),
        ("http://shop.example//a///b", "http://shop.example/a/b"),
        ("http://user:secret@shop.example/a", "http://shop.example/a"),
    ],
)
def test_twins_have_one_key(one: str, other: str) -> None:
    assert page_key(one) == page_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://shop.example/", "http://shop.example/home.html"),
        ("http://shop.example/a", "http://shop.example/A"),
        ("http://shop.example/a?id=1", "http://shop.example/a?id=2"),
        ("http://shop.example/", "http://blog.shop.example/"),
        ("http://shop.example:8080/", "http://shop.example/"),
        ("http://shop.example/#/contact", "http://shop.example/"),
        ("http://shop.example/#!/a", "http://shop.example/#!/b"),
        ("http://shop.example/index-des-marques.html", "http://shop.example/"),
    ],
)
def test_different_pages_have_different_keys(one: str, other: str) -> None:
    assert page_key(one) != page_key(other)


@pytest.mark.parametrize(
    "no_page",
    ["", "mailto:a@shop.example", "javascript:void(0)", "http://", "http://[::1", "http://shop.example:99999/", "/relative",
     "data:text/html,x", "about:blank", "http:///path"],
)  # fmt: skip
def test_what_is_no_web_address_has_no_key(no_page: str) -> None:
    assert page_key(no_page) == ""


@pytest.mark.parametrize("route", ["http://a.example/#/contact", "http://a.example/#!/contact"])
def test_a_client_side_route_is_told_from_a_section(route: str) -> None:
    assert is_hash_route(route)


@pytest.mark.parametrize("section", ["#contact", "#", "#!", "#/", "#!/", "http://a.example/"])
def test_a_section_or_an_empty_route_is_none(section: str) -> None:
    assert not is_hash_route(section)


@pytest.mark.parametrize(
    "act",
    ["/logout", "/customer/logout/", "/index.php?action=logout", "/cart/remove/12", "/panier?delete=4", "/remove-item",
     "/?add-to-cart=31", "/newsletter/unsubscribe?id=1", "/article?replytocom=7", "/a?print=1", "/a?id=2&print",
     "/catalogue.pdf", "/photo.JPG", "/style.css"],
)  # fmt: skip
def test_an_address_that_acts_or_is_a_file_is_never_fetched(act: str) -> None:
    assert not is_page(f"http://shop.example{act}")


@pytest.mark.parametrize(
    "harmless",
    ["/", "/contact", "/print-shop/contact", "/conseils/how-to-remove-stains", "/imprimerie", "/deleted-scenes",
     "/impression/affiches", "/pdf-viewer"],
)  # fmt: skip
def test_a_page_that_merely_speaks_of_acting_is_read(harmless: str) -> None:
    assert is_page(f"http://shop.example{harmless}")


@pytest.mark.parametrize(
    "own", ["/panier", "/mon-compte/", "/checkout/onepage", "/recherche?q=a", "/liste?sort=asc", "/?s=a"]
)
def test_baskets_accounts_searches_and_sorted_lists_are_personal(own: str) -> None:
    assert is_personal(f"http://shop.example{own}")


@pytest.mark.parametrize(
    "public", ["/contact", "/view/contact", "/s/contact", "/mentions-legales", "/produits/order-pickers"]
)
def test_other_closed_pages_are_not(public: str) -> None:
    assert not is_personal(f"http://shop.example{public}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("shop.example/produit/chaussettes", "shop.example/produit/bonnet"),
        ("shop.example/rouge-123.html", "shop.example/bleu-456.html"),
        ("shop.example/article.php?id=1", "shop.example/article.php?id=2"),
        ("shop.example/blog/2024/05/ete", "shop.example/blog/2023/11/hiver"),
    ],
)
def test_siblings_share_a_template(one: str, other: str) -> None:
    assert template_of(one) == template_of(other) is not None


@pytest.mark.parametrize(
    "alone", ["shop.example/", "shop.example/contact", "shop.example/9f86d081884c7d65", "shop.example/fr/livraison"]
)
def test_an_address_that_vouches_for_no_sibling_has_no_template(alone: str) -> None:
    assert template_of(alone) is None


def test_a_page_with_other_parameters_is_cut_from_another_template() -> None:
    assert template_of("shop.example/index.php?id=1") != template_of("shop.example/index.php?route=contact")
