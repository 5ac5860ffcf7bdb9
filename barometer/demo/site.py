"""The pages of one invented merchant, made from its data and the templates when they are asked for."""

from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from itertools import groupby
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from barometer.demo.loopback import Reply
from barometer.demo.merchant import MARKUP_WORDS, DemoMerchant, Product
from barometer.demo.picture import picture

Write = Callable[[], bytes]
Took = Callable[[DemoMerchant, str, str], None]
"""Called with a merchant, the address to answer to, and the words, when somebody has written by the merchant's form."""
MOST_FIELDS = 20
"""Fields of a posted form that are read (*ours*: the market's own have four)."""


class DemoSite:
    """A merchant's site: called with method and target, it answers as a web server would.

    ``pages`` maps each path of an HTML page to what writes it; pictures, style sheet and robots.txt come besides. What is
    written by the contact form is given to *took*, or dropped where there is none.
    """

    def __init__(self, merchant: DemoMerchant, took: Took | None = None) -> None:
        self.merchant = merchant
        self._took = took
        self.pages: dict[str, Write] = _pages(merchant)
        self._style = _environment().get_template("style.css").render(look=merchant.look).encode()
        self._robots = "\n".join(
            ["User-agent: *", *(f"Disallow: {path}" for path in merchant.words["robots"]), ""]
        ).encode()
        self._pictures = {f"/images/{product.slug}.svg": product.slug for product in merchant.products}

    def __call__(self, method: str, target: str) -> Reply:
        """Return the reply to one request."""
        path = urlsplit(target).path
        if path in self.pages:
            return Reply(HTTPStatus.OK, self._thanks() if method == "POST" else self.pages[path]())
        if path == "/style.css":
            return Reply(HTTPStatus.OK, self._style, "text/css; charset=utf-8")
        if path == "/robots.txt":
            return Reply(HTTPStatus.OK, self._robots, "text/plain; charset=utf-8")
        if path in self._pictures:
            return Reply(HTTPStatus.OK, picture(self._pictures[path], self.merchant.look), "image/svg+xml")
        lost = "Cette page n'existe pas ou n'existe plus."
        return Reply(HTTPStatus.NOT_FOUND, _written(self.merchant, "page.html", title="Page introuvable", body=lost))

    def receive(self, target: str, body: bytes) -> Reply:
        """Return the thanks for what a form sends; a whole message is taken, anything else dropped."""
        reply = self("POST", target)
        try:
            fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=MOST_FIELDS)
        except ValueError:
            return Reply(HTTPStatus.BAD_REQUEST)
        address, message = (fields.get(name, [""])[0].strip() for name in ("courriel", "message"))
        if self._took is not None and reply.status == HTTPStatus.OK and address and message:
            self._took(self.merchant, address, message)
        return reply

    def _thanks(self) -> bytes:
        return _written(self.merchant, "page.html", title="Merci", body="Votre message nous est bien parvenu.")


def _pages(merchant: DemoMerchant) -> dict[str, Write]:
    root, rooms, shop = merchant.words["root"], merchant.words["rooms"], merchant.words["shop"]
    pages = {root: _page(merchant, "home.html", title=merchant.name)}
    for family, products in _by_family(merchant).items():
        title = merchant.families[family]
        pages[f"{rooms}{family}"] = _page(merchant, "list.html", title=title, products=products)
    for product in merchant.products:
        pages[f"{shop}{product.slug}"] = _page(merchant, "product.html", title=product.name, product=product)
    for kind, path in merchant.standard.items():
        pages[path] = _page(merchant, f"{kind}.html", title=_STANDARD_TITLES[kind])
    for own in merchant.pages:
        template = "bare.html" if own.bare else "page.html"
        pages[own.path] = _page(merchant, template, title=own.title, body_source=own.body)
    return pages


_STANDARD_TITLES = {
    "legal": "Mentions légales",
    "terms": "Conditions générales de vente",
    "privacy": "Protection de vos données",
    "delivery": "Livraison et retours",
    "about": "Notre maison",
}


def _by_family(merchant: DemoMerchant) -> dict[str, list[Product]]:
    ordered = sorted(merchant.products, key=lambda product: product.family)
    return {family: list(group) for family, group in groupby(ordered, key=lambda product: product.family)}


def _page(merchant: DemoMerchant, template: str, *, body_source: str = "", **words: Any) -> Write:
    @cache
    def write() -> bytes:
        body = _from_source(merchant, body_source)
        return _written(merchant, template, body=body, **words)

    return write


def _written(merchant: DemoMerchant, template: str, **words: Any) -> bytes:
    markup = {key: _from_source(merchant, merchant.words[key]) for key in MARKUP_WORDS}
    return (
        _environment()
        .get_template(template)
        .render({**merchant.words, **markup, "merchant": merchant, **words})
        .encode()
    )


def _from_source(merchant: DemoMerchant, source: str) -> Markup:
    """Return a text of the merchant's file as HTML; it may call the functions of the templates."""
    return Markup(_environment().from_string(source).render(merchant=merchant))  # noqa: S704 - our own packaged text


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("barometer.demo"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals["cloudflare"] = cloudflare
    environment.globals["siren"] = _siren
    forms: Any = environment.get_template("forms.html").module
    environment.globals["message_form"] = forms.message_form
    environment.globals["callback_form"] = forms.callback_form
    return environment


def cloudflare(address: str) -> str:
    """Return *address* as the hexadecimal text of ``data-cfemail``: a key byte, then each byte XOR the key."""
    key = crc32(address.encode()) % 255 + 1
    return f"{key:02x}" + "".join(f"{byte ^ key:02x}" for byte in address.encode())


def _siren(merchant: DemoMerchant) -> str:
    """Return an invented company number of nine digits that fails the register's check, so that it is nobody's."""
    eight = f"9{crc32(merchant.slug.encode()) % 10_000_000:07d}"
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(eight)]
    total = sum(digit - 9 if digit > 9 else digit for digit in doubled)
    digits = f"{eight}{(-total + 1) % 10}"
    return f"{digits[:3]} {digits[3:6]} {digits[6:]}"
