"""What nobody sees is not in the snapshot, whichever way it is hidden; what only looks hidden is."""

import pytest
from playwright.async_api import Page

from spiders.browser.layout import Snapshot
from spiders.browser.locate import locate
from spiders.browser.snapshot import snapshot
from spiders.detect.page import detect
from spiders.detect.sighting import Sighting
from storage.vocabulary import Channel
from tests.spiders.browser.stage import Stage, stage

__all__ = ["stage"]

NUMBER = "01 99 00 11 22"
FILL = "<p style='height:2600px'>Des lampes et des abat-jour.</p>"

HIDDEN = {
    "display none": f"<p style='display:none'>Tél. {NUMBER}</p>",
    "display none by a style sheet": f"<style>.off{{display:none}}</style><div class=off><p>Tél. {NUMBER}</p></div>",
    "visibility hidden": f"<p style='visibility:hidden'>Tél. {NUMBER}</p>",
    "visibility collapse": f"<table><tr style='visibility:collapse'><td>Tél. {NUMBER}</td></tr></table>",
    "opacity 0": f"<p style='opacity:0'>Tél. {NUMBER}</p>",
    "opacity 0 around": f"<div style='opacity:.2'><div style='opacity:.3'><p>Tél. {NUMBER}</p></div></div>",
    "filter opacity": f"<p style='filter:opacity(0)'>Tél. {NUMBER}</p>",
    "blurred": f"<p>Tél. <span style='filter:blur(6px)'>{NUMBER}</span></p>",
    "old clip": f"<p style='position:absolute;clip:rect(0,0,0,0)'>Tél. {NUMBER}</p>",
    "clip path inset": f"<p style='clip-path:inset(50%)'>Tél. {NUMBER}</p>",
    "clip path circle": f"<p style='clip-path:circle(0px at 5px 5px)'>Tél. {NUMBER}</p>",
    "clip path polygon": f"<p style='clip-path:polygon(0 0, 0 0, 0 0)'>Tél. {NUMBER}</p>",
    "for screen readers": f"<p style='position:absolute;width:1px;height:1px;overflow:hidden'>Tél. {NUMBER}</p>",
    "height 0": f"<div style='height:0;overflow:hidden'><p>Tél. {NUMBER}</p></div>",
    "max-height 0": f"<div style='max-height:0;overflow:hidden'><p>Tél. {NUMBER}</p></div>",
    "below the cut": f"<div style='height:40px;overflow:hidden'><p style='margin-top:60px'>Tél. {NUMBER}</p></div>",
    "text-indent": f"<p style='text-indent:-9999px'>Tél. {NUMBER}</p>",
    "font-size 0": f"<p style='font-size:0'>Tél. {NUMBER}</p>",
    "font-size 1 px": f"<p style='font-size:1px'>Tél. {NUMBER}</p>",
    "scaled to nothing": f"<p style='transform:scale(0)'>Tél. {NUMBER}</p>",
    "left of the page": f"<p style='position:absolute;left:-9999px'>Tél. {NUMBER}</p>",
    "above the page": f"<p style='position:absolute;top:-500px'>Tél. {NUMBER}</p>",
    "fixed outside the window": f"<p style='position:fixed;right:-400px;width:300px'>Tél. {NUMBER}</p>",
    "fixed below the window": f"<p style='position:fixed;top:120vh'>Tél. {NUMBER}</p>{FILL}",
    "closed drawer": (
        "<style>body{overflow-x:hidden}</style>"
        f"<nav style='position:absolute;left:100%;width:300px'>Tél. {NUMBER}</nav>"
    ),
    "moved out of its box": (
        "<div style='overflow:hidden;width:200px;height:50px'>"
        f"<p style='transform:translateX(400px)'>{NUMBER}</p></div>"
    ),
    "back of a card": (
        "<div style='transform-style:preserve-3d'><div style='transform:rotateY(180deg);backface-visibility:hidden'>"
        f"Tél. {NUMBER}</div></div>"
    ),
    "transparent letters": f"<p style='color:transparent'>Tél. {NUMBER}</p>",
    "transparent fill": f"<p style='-webkit-text-fill-color:rgba(0,0,0,.02)'>Tél. {NUMBER}</p>",
    "white on white": f"<p style='color:#fff'>Tél. {NUMBER}</p>",
    "nearly white on white": f"<p style='color:#fdfdfd'>Tél. {NUMBER}</p>",
    "grey on the same grey around": (
        f"<div style='background:#444'><section><p style='color:#454545'>Tél. {NUMBER}</p></section></div>"
    ),
    "hidden attribute": f"<p hidden>Tél. {NUMBER}</p>",
    "hidden until found": f"<p hidden=until-found>Tél. {NUMBER}</p>",
    "content-visibility hidden": f"<div style='content-visibility:hidden'>Tél. {NUMBER}</div>",
    "closed details": f"<details><summary>Téléphone</summary>Tél. {NUMBER}<p>{NUMBER}</p></details>",
    "dialog not open": f"<dialog>Tél. {NUMBER}</dialog>",
    "popover not open": f"<div popover>Tél. {NUMBER}</div>",
    "template": f"<template><p>Tél. {NUMBER}</p></template>",
    "noscript": f"<noscript><p>Tél. {NUMBER}</p></noscript>",
    "script and comment": f"<script>var tel = '{NUMBER}'</script><!-- Tél. {NUMBER} --><style>/* {NUMBER} */</style>",
    "covered by a sibling": (
        f"<div style='position:relative'><p style='margin:0'>Tél. {NUMBER}</p>"
        "<div style='position:absolute;inset:0;background:#ddd'></div></div>"
    ),
    "covered by its own child": (
        f"<p style='position:relative;width:300px'>Tél. {NUMBER}"
        "<b style='position:absolute;inset:0;background:#06c'></b></p>"
    ),
    "covered by two halves": (
        f"<div style='position:relative;width:200px;height:30px'>{NUMBER}"
        "<i style='position:absolute;left:0;top:0;width:100px;height:30px;background:#ddd'></i>"
        "<i style='position:absolute;left:100px;top:0;width:100px;height:30px;background:#ddd'></i></div>"
    ),
    "covered by a layer without pointer": (
        f"<div style='position:relative'>Tél. {NUMBER}"
        "<div style='position:absolute;inset:0;background:#ddd;pointer-events:none'></div></div>"
    ),
    "under its parent's ground": (
        f"<div style='background:#eee;padding:20px'><p style='position:relative;z-index:-1'>Tél. {NUMBER}</p></div>"
    ),
    "under a layer over the whole window": (
        f"<p>Tél. {NUMBER}</p>{FILL}<div style='position:fixed;inset:0;background:#fff'>Bienvenue</div>"
    ),
    "under a bar at the end of the page": (
        f"{FILL}<p style='margin:0'>Tél. {NUMBER}</p><div style='position:fixed;bottom:0;left:0;right:0;height:90px;"
        "background:#222;color:#fff'>Nous utilisons des cookies</div>"
    ),
    "under a modal dialog": (
        f"<p>Tél. {NUMBER}</p><dialog id=d style='inset:0;width:100vw;height:100vh;max-width:none;max-height:none;"
        "margin:0;border:0'>Bienvenue</dialog><script>d.showModal()</script>"
    ),
    "below the window of a locked page": (
        f"<style>html{{overflow:hidden}}</style>{FILL}<p>Tél. {NUMBER}</p>"
        "<div style='position:fixed;inset:0;background:rgba(0,0,0,.5)'><p style='color:#fff'>Choisissez</p></div>"
    ),
    "shadow host's unslotted child": (
        f"<div id=h><p>Tél. {NUMBER}</p></div><script>h.attachShadow({{mode:'open'}}).innerHTML='<b>Rien</b>'</script>"
    ),
    "words of an svg symbol": f"<svg width=0 height=0><symbol id=s><text y=20>{NUMBER}</text></symbol></svg>",
    "pseudo-element without content": (
        f"<style>.n::before{{content:'{NUMBER}';display:none}}</style><p>Tél. <span class=n></span></p>"
    ),
    "white pseudo-element": (
        f"<style>.n::before{{content:'{NUMBER}';color:#fff}}</style><p>Tél. <span class=n></span></p>"
    ),
    "placeholder": f"<form>Tél. <input name=tel placeholder='{NUMBER}'></form>",
    "frame of no size": f"<iframe width=0 height=0 srcdoc='<p>Tél. {NUMBER}</p>'></iframe>",
    "frame that is hidden": f"<iframe style='visibility:hidden' srcdoc='<p>Tél. {NUMBER}</p>'></iframe>",
}

VISIBLE = {
    "plain words": f"<p>Tél. {NUMBER}</p>",
    "opacity 0.6": f"<p style='opacity:.6'>Tél. {NUMBER}</p>",
    "far down the page": f"{FILL}<p>Tél. {NUMBER}</p>{FILL}",
    "shown although its parent is not": (
        f"<div style='visibility:hidden'><p style='visibility:visible'>Tél. {NUMBER}</p></div>"
    ),
    "hidden attribute overruled": f"<style>[hidden]{{display:block!important}}</style><p hidden>Tél. {NUMBER}</p>",
    "aria-hidden": f"<p aria-hidden=true>Tél. {NUMBER}</p>",
    "inert": f"<p inert>Tél. {NUMBER}</p>",
    "not felt by the pointer": f"<p style='pointer-events:none'>Tél. {NUMBER}</p>",
    "under a clear layer": (
        f"<div style='position:relative'><p>Tél. {NUMBER}</p><a href=/x style='position:absolute;inset:0'></a></div>"
    ),
    "under a dimmed layer": (
        f"<p>Tél. {NUMBER}</p><div style='position:fixed;inset:0;background:rgba(0,0,0,.4)'></div>"
    ),
    "half covered": (
        f"<div style='position:relative;width:200px'>Tél. {NUMBER}"
        "<i style='position:absolute;left:100px;top:0;width:200px;height:30px;background:#ddd'></i></div>"
    ),
    "beside a layer over a part of the window": (
        f"<p style='margin:200px'>Tél. {NUMBER}</p>{FILL}"
        "<div style='position:fixed;bottom:0;left:0;right:0;height:200px;background:#222'></div>"
    ),
    "under a sticky bar until one scrolls": (
        f"<div style='position:sticky;top:0;height:60px;background:#222'></div>{FILL}<p>Tél. {NUMBER}</p>{FILL}"
    ),
    "outside a modal dialog": (
        f"<p>Tél. {NUMBER}</p><dialog id=d style='width:200px'>Oui</dialog><script>d.showModal()</script>"
    ),
    "open details": f"<details open><summary>Téléphone</summary><p>Tél. {NUMBER}</p></details>",
    "open dialog": f"<dialog open>Tél. {NUMBER}</dialog>",
    "open drawer": f"<nav style='position:fixed;left:0;top:0;width:300px;background:#fff'>Tél. {NUMBER}</nav>",
    "box that scrolls": f"<div style='height:60px;overflow:auto'><p style='margin-top:200px'>Tél. {NUMBER}</p></div>",
    "box of no height that cuts nothing": f"<div style='height:0'><p>Tél. {NUMBER}</p></div>",
    "child that leaves a cut box": (
        f"<div style='overflow:hidden;height:0'><p style='position:absolute;top:50px'>Tél. {NUMBER}</p></div>"
    ),
    "wide page": f"<div style='width:3000px;text-align:right'>Tél. {NUMBER}</div>",
    "white on a dark ground": f"<div style='background:#222'><p style='color:#fff'>Tél. {NUMBER}</p></div>",
    "white on a picture": f"<div style='background:url(/photo.jpg) #fff'><p style='color:#fff'>Tél. {NUMBER}</p></div>",
    "white on a gradient": (
        f"<div style='background:linear-gradient(#024,#46a)'><p style='color:#fff'>Tél. {NUMBER}</p></div>"
    ),
    "white on a dark layer behind": (
        "<div style='position:relative;height:90px'><div style='position:absolute;inset:0;background:#123'></div>"
        f"<p style='position:relative;color:#fff'>Tél. {NUMBER}</p></div>"
    ),
    "white on a dark pseudo-element": (
        "<style>.h{position:relative;z-index:0;height:90px}"
        ".h::before{content:'';position:absolute;inset:0;background:#123;z-index:-1}</style>"
        f"<div class=h><p style='color:#fff'>Tél. {NUMBER}</p></div>"
    ),
    "white on a dark layer without pointer": (
        "<div style='position:relative;height:90px'>"
        "<div style='position:absolute;inset:0;background:#123;pointer-events:none'></div>"
        f"<p style='position:relative;color:#fff'>Tél. {NUMBER}</p></div>"
    ),
    "letters cut out of a gradient": (
        "<p style='background:linear-gradient(90deg,#c00,#00c);background-clip:text;color:transparent'>"
        f"<span>Tél. {NUMBER}</span></p>"
    ),
    "white letters with a dark shadow": f"<p style='color:#fff;text-shadow:1px 1px 2px rgb(0,0,0)'>Tél. {NUMBER}</p>",
    "dark letters with a dark shadow": f"<p style='color:#111;text-shadow:0 0 1px #111'>Tél. {NUMBER}</p>",
    "outlined letters": f"<p style='color:transparent;-webkit-text-stroke:1px #222'>Tél. {NUMBER}</p>",
    "front of a card": (
        "<div style='transform-style:preserve-3d;transform:rotateY(180deg)'>"
        f"<div style='transform:rotateY(180deg);backface-visibility:hidden'>Tél. {NUMBER}</div></div>"
    ),
    "clip path that leaves it": f"<p style='clip-path:inset(0 10px 0 0)'>Tél. {NUMBER}</p>",
    "content-visibility auto": f"{FILL}<div style='content-visibility:auto'><p>Tél. {NUMBER}</p></div>{FILL}",
    "words of a drawing": f"<svg width=300 height=40><text x=5 y=20>Tél. {NUMBER}</text></svg>",
    "drawn before": f"<style>.n::before{{content:'{NUMBER}'}}</style><p>Tél. <span class=n></span></p>",
    "drawn after, from an attribute": (
        f"<style>.n::after{{content:'Tél. ' attr(data-n)}}</style><p class=n data-n='{NUMBER}'></p>"
    ),
    "open shadow root": (
        f"<div id=h></div><script>h.attachShadow({{mode:'open'}}).innerHTML='<p>Tél. {NUMBER}</p>'</script>"
    ),
    "closed shadow root": (
        f"<div id=h></div><script>h.attachShadow({{mode:'closed'}}).innerHTML='<p>Tél. {NUMBER}</p>'</script>"
    ),
    "closed root in a custom element in an open one": (
        "<shop-card></shop-card><script>customElements.define('shop-line', class extends HTMLElement {"
        f"constructor() {{ super(); this.attachShadow({{mode:'closed'}}).innerHTML = '<p>Tél. {NUMBER}</p>' }} }});"
        "customElements.define('shop-card', class extends HTMLElement { constructor() { super();"
        "this.attachShadow({mode:'open'}).innerHTML = '<section><shop-line></shop-line></section>' } })</script>"
    ),
    "slotted": (
        f"<div id=h><span slot=n>{NUMBER}</span></div>"
        "<script>h.attachShadow({mode:'open'}).innerHTML='<p>Tél. <slot name=n></slot></p>'</script>"
    ),
    "split over elements": "<p>Tél. <b>01</b> <b>99</b> <b>00</b> <b>11</b> <b>22</b></p>",
    "decoys between the digits": "<p>Tél. 01 <i style='display:none'>77</i>99 00<i style='font-size:0'>5</i> 11 22</p>",
    "set from right to left": (
        "<p>Tél. <span style='unicode-bidi:bidi-override;direction:rtl'>22 11 00 99 10</span></p>"
    ),
    "label and number in a row": "<div style='display:flex'><span>Tél.</span><span>01 99 00 11 22</span></div>",
}


async def seen(page: Page) -> tuple[Snapshot, list[Sighting]]:
    taken = await snapshot(page)
    return taken, detect(taken.document, "FR", {Channel.PHONE}).sightings


@pytest.mark.parametrize("case", HIDDEN)
def test_a_number_that_nobody_sees_is_not_in_the_snapshot(stage: Stage, case: str) -> None:
    taken, phones = stage.play(f"<h1>Maison Exemple</h1>{HIDDEN[case]}", seen)
    assert "Maison Exemple" in taken.html or "under" in case
    assert NUMBER not in taken.document.text
    assert [phone for phone in phones if phone.value == "+33199001122"] == []


@pytest.mark.parametrize("case", VISIBLE)
def test_a_number_that_a_person_sees_is_found_with_its_box(stage: Stage, case: str) -> None:
    taken, phones = stage.play(f"<h1>Maison Exemple</h1>{VISIBLE[case]}", seen)
    assert [phone.value for phone in phones] == ["+33199001122"]
    box = locate(taken, phones[0])
    assert box is not None
    assert 5 <= box.height <= 80
    assert box.width >= 30
    assert 0 <= box.x <= taken.page[0] - box.width + 1
    assert 0 <= box.y <= taken.page[1] - box.height + 1
