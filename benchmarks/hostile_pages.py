"""Pages of any size that are made to be slow to read, and one that is not; each is told by what it repeats."""

from collections.abc import Callable


def _repeated(piece: str, before: str = "", after: str = "") -> Callable[[int], bytes]:
    """Return a maker of pages: *piece*, ``{n}`` in it counting, repeated to about the size asked for."""

    def page(size: int) -> bytes:
        counts = "{n}" in piece
        parts, length, number = [], 0, 0
        while length < size:
            part = piece.replace("{n}", str(number)) if counts else piece
            parts.append(part)
            length += len(part)
            number += 1
        return f"<!doctype html><title>Page</title><body>{before}{''.join(parts)}{after}</body>".encode()

    return page


_CARD = (
    '<li class="card"><a href="/produit/objet-{n}"><img src="/{n}.jpg" alt="Objet {n}"><b>Objet {n}</b> <i>49,90 €</i>'
    "</a><p>Façonné à la main dans notre atelier, expédié sous 48 heures, livré en 3 à 5 jours ouvrés.</p></li>"
)
_HONEST = (
    f"<section><h2>Rayon {{n}}</h2><ul>{_CARD * 6}</ul><p>Service clients : 01 99 00 12 34, "
    '<a href="mailto:bonjour@shop.example">bonjour@shop.example</a></p>'
    '<form action="/lettre"><input type="email" name="email"></form></section>'
)

PAGES: dict[str, Callable[[int], bytes]] = {
    "an honest page": _repeated(_HONEST),
    "one line of words": _repeated("objet en lin lavé "),
    "one line of telephones": _repeated("01 99 00 12 34, "),
    "telephones, each another": _repeated("<p>Tél. 01 99 {n}</p>"),
    "digits without end": _repeated("0123456789"),
    "pairs of digits without end": _repeated("01 "),
    "digits with every separator": _repeated("0.1-2/3 (4) "),
    "separators": _repeated("- . / ( ) + "),
    "plus signs": _repeated("+"),
    "contact words without numbers": _repeated("téléphone service client "),
    "at signs": _repeated("@"),
    "letters and at signs": _repeated("a@"),
    "addresses that never end": _repeated("a.a@a."),
    "one address of a megabyte": _repeated("a", after="@shop.example"),
    "spelled at": _repeated("x [at] "),
    "spelled at and dot": _repeated("x [at] y [dot] "),
    "entities": _repeated("&#64;&#46;"),
    "nested blocks": _repeated("<div>"),
    "nested formatting": _repeated("<b><i><p>"),
    "nested links": _repeated("<a href=/{n}>"),
    "nested tables": _repeated("<table><tr><td>"),
    "nested lists": _repeated("<ul><li>"),
    "closing tags alone": _repeated("</div></p>"),
    "tags that never close": _repeated("<div "),
    "open comments": _repeated("<!-- "),
    "open noscript": _repeated("<noscript>"),
    "links": _repeated('<a href="/page-{n}.html">Page {n}</a> '),
    "links without words": _repeated('<a href="/{n}"><img src="/{n}.png"><svg><use href="#i{n}"/></svg></a>'),
    "telephone links": _repeated('<a href="tel:+3319900{n}">appeler</a> '),
    "mail links": _repeated('<a href="mailto:a{n}@shop.example">écrire</a> '),
    "social links": _repeated('<a href="https://www.facebook.com/shop{n}">Facebook</a> '),
    "protected addresses": _repeated('<a href="/cdn-cgi/l/email-protection#{n}" data-cfemail="{n}">x</a>'),
    "forms": _repeated('<form><label for=m{n}>Message</label><textarea id=m{n}></textarea><input name="e{n}"></form>'),
    "one form of fields": _repeated(
        '<label for="c{n}">Nom</label><input id="c{n}" name="champ{n}">', "<form>", "</form>"
    ),
    "fields without a form": _repeated('<input name="champ{n}"><label>Message</label>'),
    "options": _repeated("<option>01 99 00 12 34", "<select>", "</select>"),
    "options that close": _repeated("<option>x</option>", "<select>", "</select>"),
    "body tags": _repeated("<body a{n}=1>"),
    "formatting, each another": _repeated("<b id={n}><p>"),
    "headings": _repeated("<h2>Contact</h2>"),
    "buttons": _repeated('<button aria-label="Être rappelé">Être rappelé</button>'),
    "frames": _repeated('<iframe src="/cadre-{n}"></iframe>'),
    "scripts": _repeated("<script>var a{n}='a'+'@'+'shop.example';</script>"),
    "one script of strings": _repeated("x='&#'+'64;'+\"a\";", "<script>", "</script>"),
    "one script of quotes": _repeated("'\"\\", "<script>", "</script>"),
    "attributes": _repeated(' data-{n}="0199001234"', "<p", ">x</p>"),
    "one attribute": _repeated("0199001234 ", '<p title="', '">x</p>'),
    "hidden parts": _repeated('<p hidden>01 99 00 12 34</p><p style="display:none">a@b.example</p>'),
    "class names": _repeated('<p class="c{n} footer-{n}">x</p>'),
}
