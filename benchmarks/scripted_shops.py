"""The farm's shops as a browser meets them: a third shows its menu, its footer or all of it only once scripts have run.

``shop(number, pages)`` is always the same site for the same number. Its pages are the farm's (see ``farm``), with a
picture for each product, a message form on the contact page, and on some an e-mail address, an account and a consent
banner. The truth is known for all twelve channels, since all of this was put there on purpose.
"""

import io
import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from PIL import Image

from barometer.demo.loopback import Reply
from benchmarks.farm import Shop, nearest_phone, plant
from benchmarks.farm_pages import Rendering
from storage.vocabulary import Channel


class Manner(StrEnum):
    """How a shop's pages come to be: as they are sent, or only partly."""

    PLAIN = "plain"
    CHROME = "menu and footer by script"
    FRAGMENT = "footer fetched"
    SHELL = "shell filled by JSON"


_SCRIPTED = (Manner.CHROME, Manner.SHELL, Manner.FRAGMENT, Manner.CHROME, Manner.FRAGMENT)
_BANNER_EVERY = 4
"""One shop in so many asks for consent."""

_STYLE = """<style>.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:16px}
.card-photo{width:100%;height:auto}.menu{display:flex;flex-wrap:wrap;gap:16px}</style></head>"""
_FORM = """<form class="message" action="/message" method="post"><h2>Nous écrire</h2>
<p><label>Nom <input name="nom"></label></p><p><label>E-mail <input type="email" name="email"></label></p>
<p><label>Votre message <textarea name="message" rows="6"></textarea></label></p><button>Envoyer</button></form>"""
_BANNER = """<script>if(!document.cookie.includes("choix=")){const bar=document.createElement("div");
bar.id="cookie-bar";bar.setAttribute("role","dialog");
bar.style="position:fixed;z-index:99;left:0;right:0;bottom:0;padding:40px;background:#fff;border-top:2px solid #000";
bar.innerHTML="<p>Nous et nos partenaires utilisons des cookies pour mesurer l'audience de ce site.</p>"
+"<button type=button>Tout refuser</button> <button type=button>Tout accepter</button>";
bar.addEventListener("click",event=>{if(event.target.closest("button")){document.cookie="choix=1";bar.remove()}});
document.body.append(bar)}</script>"""
_FILL_CHROME = """<script type="application/json" id="parts">{parts}</script><script>
for(const [place,html] of Object.entries(JSON.parse(document.getElementById("parts").textContent)))
document.querySelector(place).innerHTML=html</script>"""
_FILL_FOOTER = """<script>fetch("/_footer").then(answer=>answer.text())
.then(html=>{document.querySelector("footer").innerHTML=html})</script>"""
_SHELL = """<div id="app"></div><script>fetch("/_page?path="+encodeURIComponent(location.pathname+location.search))
.then(answer=>answer.json()).then(page=>{document.getElementById("app").innerHTML=page.html})</script>"""


class ProofShop(NamedTuple):
    """One shop: *site* answers requests, *truth* says how many clicks away each channel is, ``None`` for nowhere."""

    manner: Manner
    truth: Mapping[Channel, int | None]
    site: Callable[[str, str], Reply]


def shop(number: int, pages: int = 200) -> ProofShop:
    """Return shop *number* of *pages* pages; every third one needs scripts."""
    planted = plant(number, pages)
    manner = Manner.PLAIN if number % 3 else _SCRIPTED[number // 3 % len(_SCRIPTED)]
    near: dict[Channel, int | None] = {Channel.PHONE: nearest_phone(planted), Channel.CONTACT_PAGE: 1, Channel.FORM: 1}
    email = {0: 0, 1: 1, 2: 1}.get(number % 5)
    account = None if number % 2 else 0
    truth = dict.fromkeys(Channel) | near | {Channel.EMAIL: email, Channel.FACEBOOK: account}
    return ProofShop(manner, truth, ShopSite(planted, manner, email, account))


class ShopSite:
    """What a shop answers to a request: its pages, dressed for a browser."""

    def __init__(self, planted: Shop, manner: Manner, email: int | None, account: int | None) -> None:
        self._rendering = Rendering(planted)
        self._manner = manner
        contact = next(anchor.target for anchor in planted.footer if anchor.label.startswith("Contact"))
        self._contact_path = planted.pages[contact].path
        slug = f"maison{planted.number:03}"
        address = f'<p>Écrivez-nous : <a href="mailto:bonjour@{slug}.test">bonjour@{slug}.test</a></p>'
        follow = f'<p>Suivez-nous : <a href="https://www.facebook.com/{slug}.boutique">Facebook</a></p>'
        self._below = (address if email == 0 else "") + (follow if account == 0 else "")
        self._written = (address if email == 1 else "") + _FORM
        self._banner = _BANNER if planted.number % _BANNER_EVERY == 1 else ""

    def __call__(self, method: str, target: str) -> Reply:
        """Return what stands at *target*; nothing is done with what is sent."""
        parts = urlsplit(target)
        if parts.path.startswith("/media/"):
            return Reply(200, _photo(), "image/jpeg")
        if parts.path == "/_footer":
            return Reply(200, _inside(self._page("/") or "", "<footer", "</footer>").encode())
        if parts.path == "/_page":
            page = self._page(parse_qs(parts.query).get("path", [""])[0])
            html = _inside(page, "<body", "</body>") if page is not None else "<h1>Page introuvable</h1>"
            return Reply(200, json.dumps({"html": html}).encode(), "application/json")
        page = self._page(target)
        return _MISSING if page is None else Reply(200, self._sent(page).encode())

    def _page(self, target: str) -> str | None:
        """Return the page at *target* as a visitor sees it in the end."""
        found = self._rendering.page(target)
        if found is None:
            return None
        page = (
            found.decode()
            .replace("</head>", _STYLE, 1)
            .replace('</ul><p class="legal">', f'</ul>{self._below}<p class="legal">', 1)
        )
        if target.rstrip("/") == self._contact_path.rstrip("/"):
            page = page.replace("</main>", f"{self._written}</main>", 1)
        return page

    def _sent(self, page: str) -> str:
        """Return *page* as this shop sends it."""
        match self._manner:
            case Manner.CHROME:
                places = {"nav.main-menu": ("<nav", "</nav>"), "footer": ("<footer", "</footer>")}
                parts = {place: _inside(page, *marks) for place, marks in places.items()}
                for part in parts.values():
                    page = page.replace(part, "", 1)
                fill = _FILL_CHROME.format(parts=json.dumps(parts).replace("</", "<\\/"))
            case Manner.FRAGMENT:
                page = page.replace(_inside(page, "<footer", "</footer>"), "", 1)
                fill = _FILL_FOOTER
            case Manner.SHELL:
                page = page.replace(_inside(page, "<body", "</body>"), "", 1)
                fill = _SHELL
            case _:
                fill = ""
        return page.replace("</body>", f"{fill}{self._banner}</body>", 1)


_MISSING = Reply(404, b"<!doctype html><title>404</title><h1>Page introuvable</h1>")


def _inside(page: str, opens: str, closes: str) -> str:
    """Return what stands between the tag that begins with *opens* and the last *closes*."""
    start = page.index(">", page.index(opens)) + 1
    return page[start : page.rindex(closes)]


@cache
def _photo() -> bytes:
    """Return the picture of every product: 420 pixels square, about 6 kB."""
    out = io.BytesIO()
    Image.radial_gradient("L").resize((420, 420)).convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()
