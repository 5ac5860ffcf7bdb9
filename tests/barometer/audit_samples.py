"""Audit folders as ``barometer audit --out`` writes them: a static one, a rendered one with pictures, a hostile one.

The merchant is invented, its pages are drawn here and photographed in a real browser.
"""

import copy
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from spiders.browser.executable import find_browser
from storage.vocabulary import Channel, Profile

Json = dict[str, Any]

HOME = "https://www.maison-lumen.example/"
CONTACT = HOME + "contact"
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")
WINDOWS = {Profile.DESKTOP: (1440, 900), Profile.MOBILE: (412, 915)}


@contextmanager
def a_browser() -> Iterator[Browser]:
    """Give the machine's Chromium; whoever runs as root has to do without its sandbox."""
    found = find_browser()
    assert found is not None, "no Chromium on this machine; see: barometer doctor"
    arguments = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else list(QUIET)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(found.path), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


def absent(outcome: str, **more: Any) -> Json:
    plain = dict.fromkeys(("clicks", "at_least", "basis", "reason", "effort_seconds", "searched", "template_sample"))
    return {"outcome": outcome, **plain, "values": [], "path": None, "proof": None, **more}


def value(shown: str, display: str | None = None, depth: int = 0, **more: Any) -> Json:
    page = CONTACT if depth else HOME
    plain = {"display": display or shown, "readable": True, "tariff": None, "page": page, "depth": depth}
    return {"value": shown, **plain, "context": None, **more}


def tariff(word: str, minute: float | None = None, call: float | None = None) -> Json:
    return {"class": word, "max_eur_per_min": minute, "max_eur_per_call": call}


def follow(label: str | None = "Nous contacter", target: str = CONTACT, **more: Any) -> Json:
    step = {"from": HOME, "to": target, "action": "follow", "label": label, "selector": "nav a[href='/contact']"}
    return {**step, "screenshot": None, **more}


def exact(clicks: int, values: list[Json], path: list[Json] | None = None, **more: Any) -> Json:
    known = {"clicks": clicks, "at_least": clicks, "basis": "complete", "values": values, "path": path or []}
    return {**absent("exact"), **known, **more}


def static_audit() -> Json:
    """Return what a static audit of the invented merchant gives: no proof, no effort, no browser."""
    channels = {str(channel): absent("not_found", searched="complete") for channel in Channel}
    number = value(
        "+33199001120", "01 99 00 11 20", 1, tariff=tariff("ordinary"), context="Appelez l'atelier au 01 99 00 11 20"
    )
    channels["phone"] = exact(1, [number], [follow()])
    channels["email"] = exact(0, [value("bonjour@maison-lumen.example", context="Écrivez-nous")])
    channels["contact_page"] = exact(1, [value(CONTACT, "Nous contacter – Maison Lumen", 1)], [follow()])
    channels["form"] = exact(1, [value(CONTACT, "Votre message", 1, kind="contact")], [follow()])
    channels["instagram"] = exact(0, [value("https://www.instagram.com/maisonlumen.example", readable=None)])
    channels["callback"] = absent("not_measured", reason="needs_browser")
    return {
        "schema": "barometer-audit/1",
        "tool": {"version": "0.1.0", "grid": None, "browser": None},
        "site": {"url": "https://maison-lumen.example/", "final_url": HOME, "country": "FR", "language": "fr"},
        "profile": "desktop",
        "started_at": "2026-11-21T01:02:03Z",
        "finished_at": "2026-11-21T01:02:09Z",
        "status": "complete",
        "status_reason": None,
        "pages": {"read": 15, "rendered": 0, "bytes": 812345, "cpu_seconds": 0.51},
        "channels": channels,
        "set_aside": [
            {"channel": "phone", "value": "+33199000099", "page": HOME + "mentions-legales", "why": "mediator"},
            {"channel": "phone", "value": "+33199001121", "page": CONTACT, "why": "fax"},
            {"channel": "email", "value": "abuse@hebergeur.example", "page": HOME + "mentions-legales", "why": "host"},
            {
                "channel": "facebook",
                "value": "https://www.facebook.com/sharer.php",
                "page": HOME,
                "why": "not_own_account",
            },
        ],
        "warnings": ["the home page redirects from maison-lumen.example to www.maison-lumen.example"],
    }


def rendered_audit(profile: Profile = Profile.DESKTOP, boxes: Mapping[str, list[float]] | None = None) -> Json:
    """Return what a rendered audit gives, pictures and effort included; *boxes* are those of :func:`photograph`."""
    boxes = boxes or {name: [120, 420, 210, 24] for name in PICTURES}
    prefix = "" if profile is Profile.DESKTOP else "mobile-"
    audit = static_audit()
    audit["tool"]["browser"] = "Chromium 156.0.8078.79"
    audit["profile"] = str(profile)
    audit["pages"] |= {"rendered": 3, "cpu_seconds": 3.1}
    channels = audit["channels"]
    parts = [
        {"what": "consent", "seconds": 2.65}, {"what": "decide", "seconds": 1.35}, {"what": "point", "seconds": 1.1},
        {"what": "click", "seconds": 0.2}, {"what": "response", "seconds": 0.42}, {"what": "scroll", "seconds": 0.5},
        {"what": "decide", "seconds": 1.35}, {"what": "point", "seconds": 1.1}, {"what": "click", "seconds": 0.2},
    ]  # fmt: skip
    to_contact = follow(screenshot=f"{prefix}step-1.png", box=boxes["step-1.png"])
    reveal = follow(
        "Afficher le numéro", CONTACT, action="press", selector="main button", screenshot=f"{prefix}step-2.png"
    )
    reveal["box"] = boxes["step-2.png"]
    proof = {"screenshot": f"{prefix}phone.png", "box": boxes["phone.png"]}
    numbers = [
        value(
            "+33892690012",
            "0892 69 00 12",
            2,
            tariff=tariff("premium", 0.8, 3),
            context="Service clients : 0892 69 00 12",
        ),
        value("+33800990012", "0 800 99 00 12", 2, tariff=tariff("free", 0, 0), context="Suivi de commande"),
        value("+3225550123", "02 555 01 23", 2, tariff=tariff("ordinary"), context="Showroom de Bruxelles"),
    ]
    channels["phone"] = exact(2, numbers, [to_contact, {**reveal, "from": CONTACT}], effort_seconds=8.87, proof=proof)
    channels["phone"]["effort"] = {"parts": parts}
    channels["email"] |= {
        "effort_seconds": 0.5,
        "proof": {"screenshot": f"{prefix}email.png", "box": boxes["email.png"]},
    }
    channels["contact_page"] |= {"basis": "templates", "template_sample": 3, "effort_seconds": 3.07}
    channels["contact_page"]["path"] = [to_contact]
    channels["contact_page"]["proof"] = {"screenshot": f"{prefix}phone.png", "box": boxes["phone.png"]}
    channels["form"] |= {"outcome": "at_most", "clicks": 3, "at_least": 1, "basis": None, "reason": "budget"}
    channels["form"]["path"] = [
        to_contact,
        follow("Service après-vente", HOME + "sav"),
        follow(None, HOME + "sav/ecrire"),
    ]
    channels["chat"] = exact(0, [value("zendesk", readable=None, automatic=True)], effort_seconds=1.1)
    channels["x"] = absent("not_measured", reason="robots")
    channels["youtube"] = absent("not_found", searched="templates", template_sample=3)
    channels["whatsapp"] = absent("not_found", searched="budget")
    if profile is Profile.MOBILE:
        menu = follow("Menu", HOME, action="press", selector="button.menu")
        channels["phone"] |= {"clicks": 3, "at_least": 3, "effort_seconds": 11.4}
        channels["phone"]["path"] = [menu, to_contact, {**reveal, "from": CONTACT}]
        channels["chat"] = absent("not_found", searched="complete")
    return audit


SHOP = """<!DOCTYPE html><html lang="fr"><meta charset="utf-8"><style>
body {{ margin: 0; font: 18px Georgia, serif; color: #2a2522; background: #faf6ef }}
header {{ display: flex; gap: 2em; padding: 24px 120px; background: #fff; align-items: center; flex-wrap: wrap }}
main {{ padding: 60px 120px; max-width: 60em }} nav {{ margin-left: auto; display: flex; gap: 1.5em }}
.still {{ height: 380px; background: #d9c9ae }}
footer {{ margin-top: 700px; padding: 60px 120px; background: #2a2522; color: #fff }}
[data-mark="{mark}"] {{ outline: 4px solid #d0021b; outline-offset: 4px }}
@media (max-width: 600px) {{ header, main, footer {{ padding-left: 20px; padding-right: 20px }} }}</style>
<header><b>Maison Lumen</b><nav><a>Lampes</a><a>Atelier</a><a data-mark="contact">Nous contacter</a></nav></header>
<main><h1>{title}</h1><div class="still"></div><p>{text}</p></main>
<footer>Écrivez-nous : <span data-mark="email">bonjour@maison-lumen.example</span></footer></html>"""

PICTURES = {
    "step-1.png": ("contact", "Des lampes qui prennent leur temps", "Chaque lampe est tournée à la main."),
    "step-2.png": ("button", "Nous contacter", "<button data-mark='button'>Afficher le numéro</button>"),
    "phone.png": ("phone", "Nous contacter", "Service clients : <b data-mark='phone'>0892 69 00 12</b>"),
    "email.png": ("email", "Des lampes qui prennent leur temps", "Chaque lampe est tournée à la main."),
}


def photograph(browser: Browser, folder: Path, profile: Profile = Profile.DESKTOP) -> dict[str, list[float]]:
    """Take the pictures that :func:`rendered_audit` names, full page, the element outlined; return its box in each."""
    boxes = {}
    width, height = WINDOWS[profile]
    page = browser.new_page(viewport={"width": width, "height": height})
    for name, (mark, title, text) in PICTURES.items():
        page.set_content(SHOP.format(mark=mark, title=title, text=text))
        found = page.locator(f"[data-mark={mark}]").bounding_box()
        assert found is not None
        boxes[name] = [found["x"], found["y"], found["width"], found["height"]]
        page.screenshot(path=folder / (name if profile is Profile.DESKTOP else f"mobile-{name}"), full_page=True)
    page.close()
    return boxes


EVIL = (
    "</title></style></script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "\"'><svg onload=alert(1)>{{ 7*7 }}{% raw %}\u202egnp.exe\u2066\x1b[2J\x00"
)
LONG = "https://" + "a" * 5000 + ".example/"
LINKS = [
    "javascript:document.title='owned'",
    "data:text/html,<script>alert(1)</script>",
    "//evil.example/",
    "file:///etc/hostname",
    "https://user:secret@evil.example/",
    "https://evil.example/\" onmouseover=\"document.title='owned'",
    LONG,
]


def hostile(audit: Json) -> Json:
    """Return *audit* made hostile: markup and steering characters in every text, bad schemes in every address."""
    links = iter(LINKS * 50)
    kept = {"schema", "started_at", "finished_at", "country", "language", "outcome", "basis", "reason", "searched",
            "profile", "status", "status_reason", "action", "class", "kind", "why", "channel"}  # fmt: skip

    def spoilt(part: Any, key: str = "") -> Any:
        if isinstance(part, dict):
            return {name: spoilt(inner, name) for name, inner in part.items()}
        if isinstance(part, list):
            return [spoilt(inner, key) for inner in part]
        if not isinstance(part, str) or key in kept:
            return part
        if key in {"url", "final_url", "page", "from", "to"}:
            return next(links)
        return EVIL + part

    spoilt_audit: Json = spoilt(copy.deepcopy(audit))
    return spoilt_audit


def write_audit(folder: Path, *audits: Json) -> Path:
    """Write ``result.json`` into *folder* and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    document = audits[0] if len(audits) == 1 else list(audits)
    (folder / "result.json").write_text(json.dumps(document), "utf-8")
    return folder


def changed(audit: Json, change: Callable[[Json], Any]) -> Json:
    """Return a copy of *audit* after *change*."""
    result = copy.deepcopy(audit)
    change(result)
    return result


def at_rest(browser: Browser, html: str, **options: Any) -> Page:
    """Return a page that shows *html*; the caller closes it."""
    page = browser.new_page(**options)
    page.set_content(html, wait_until="load")
    return page
