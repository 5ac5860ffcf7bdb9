"""Which addresses are the same page, and which pages are cut from the same template. Pure.

A shop offers one page under many addresses: with and without ``www``, with a trailing slash, a session id, a tracking
parameter. Two addresses with one key are one page.
"""

import re
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php\d?|aspx?|jsp|cfm)$", re.I)
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;?]*", re.I)
_IGNORED_PARAMETER = re.compile(
    r"(?:utm_\w+|gclid|fbclid|msclkid|dclid|gbraid|wbraid|yclid|mc_[ce]id|_ga|_gl|at_\w+|xtor|xts|ref_?src|"
    r"phpsessid|jsessionid|aspsessionid\w*|sid|session_?id|sess|cfid|cftoken|oscsid|zenid|osclsid|s_id)$",
    re.I,
)
_HASH_ROUTE = re.compile(r"!?/.")
_FILE = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|csv|zip|rar|7z|gz|tar|exe|dmg|apk|jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|"
    r"avi|mov|webm|ogg|wav|css|js|mjs|json|xml|rss|atom|woff2?|ttf|eot|ics|vcf|txt|map)$",
    re.I,
)
_ACT = re.compile(
    r"(?:^|[/?&=_-])(?:log-?out|sign-?out|deconnexion|logoff|add[-_]?to[-_]?(?:cart|basket|wishlist|compare)|ajout-?panier|"
    r"unsubscribe|desinscription|replytocom)(?:$|[/?&=._-])|"
    r"(?:^|[/?&=])(?:delete|remove|supprimer)(?:[-_](?:item|product|produit|article|line|from[-_](?:cart|basket)))?(?:$|[/?&=.])|"
    r"[?&](?:print|imprimer)(?:$|[&=])",
    re.I,
)


@lru_cache(maxsize=65536)
def page_key(url: str) -> str:
    """Return what *url* shares with every other address of the same page, or an empty string where it is no web address.

    Scheme, ``www``, default port, index file, trailing slash, fragment, session ids and tracking parameters make no
    difference; a fragment that is a client-side route (``#/`` or ``#!/``) does.
    """
    try:
        parts = urlsplit(url)
        host, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or not host:
        return ""
    host = host.removeprefix("www.")
    if port and port != _DEFAULT_PORTS[parts.scheme]:
        host = f"{host}:{port}"
    path = _INDEX.sub("/", _PATH_SESSION.sub("", parts.path))
    path = re.sub(r"//+", "/", path).rstrip("/") or "/"
    query = _kept_query(parts.query) if parts.query else ""
    route = f"#{parts.fragment}" if parts.fragment and _HASH_ROUTE.match(parts.fragment) else ""
    return f"{host}{path}{query}{route}"


def ascii_host(host: str) -> str:
    """Return *host* in lower case, without a final dot, and in the ASCII form that is looked up (``xn--caf-dma.fr``).

    A host that has no such form is returned as it is.
    """
    host = host.rstrip(".").lower()
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _kept_query(query: str) -> str:
    kept = sorted(
        (name, value)
        for name, value in parse_qsl(query[:2000], keep_blank_values=True, max_num_fields=None)
        if not _IGNORED_PARAMETER.match(name)
    )
    return "?" + urlencode(kept) if kept else ""


def is_hash_route(url: str) -> bool:
    """Tell whether *url* names a client-side route, which only a browser can show."""
    return bool(_HASH_ROUTE.match(url.partition("#")[2]))


def is_page(url: str) -> bool:
    """Tell whether *url* may be a page: not a file to download or to embed, not an act such as logging out.

    An address that acts (fills a cart, logs out, deletes, prints) is never fetched: we only look.
    """
    parts = urlsplit(url)
    return not _FILE.search(parts.path) and not _ACT.search(
        f"{parts.path}?{parts.query}" if parts.query else parts.path
    )


_EDITORIAL = re.compile(
    r"(?:contents?|cms|pages?|infos?|informations?|aide|help|faq|support|services?|legal|mentions|a-propos|about|entreprise|company|"
    r"societe|hilfe|ayuda|aiuto|ueber-uns)(?:\.(?:php\d?|html?|aspx?))?",
    re.I,
)
_LANGUAGE = re.compile(r"[a-z]{2}(?:[-_][a-z]{2})?", re.I)
_DIGITS = re.compile(r"\d+")
_OPAQUE = re.compile(
    r"(?=[^/]*\d)[0-9a-f]{6,}$|(?=[^/]*\d)(?=[^/]*[a-zA-Z])[A-Za-z0-9_-]{16,}$|[0-9a-f-]{32,36}$", re.I
)


_PERSONAL = re.compile(
    r"(?:^|[/?&=._-])(?:panier|cart|basket|warenkorb|carrito|carrello|winkelwagen|checkout|caisse|paiement|payment|"
    r"(?:mon-?)?compte|my-?account|account|login|log-?in|sign-?in|connexion|inscription|register|wish-?list|favoris|liste-?envies|"
    r"compare|comparateur|search|recherche|suche|buscar|cerca|zoeken|admin|wp-admin|wp-login|xmlrpc|cgi-bin|api|feed)(?:$|[/?&=._-])|"
    r"[?&](?:s|q|sort|order|orderby|filter|filtre|tri|dir|limit|view)(?:\[[^\]]*\])?=",
    re.I,
)


def is_personal(url: str) -> bool:
    """Tell whether *url* serves the visitor's own basket, account or search, or sorts a list: no place for a contact.

    Only asked of pages that robots.txt closes, which nearly every shop does for these: any other closed page might have held
    a contact.
    """
    parts = urlsplit(url)
    return bool(_PERSONAL.search(f"{parts.path}?{parts.query}" if parts.query else parts.path))


@lru_cache(maxsize=65536)
def template_of(key: str) -> str | None:
    """Return the URL template of the page *key*, or ``None`` where its address vouches for no sibling.

    A template is a shared directory or a shared numbering: ``shop.fr/produit/*``, ``shop.fr/*-#.html``,
    ``shop.fr/article.php?id``; below the first directory shelves make no difference (``shop.fr/boutique/*/*``). An address
    whose every part is opaque (a hash, a bare slug at the root) has none: nothing says that such pages are alike. Nor has
    one below a directory of editorial pages, which are written one by one.
    """
    path, _, query = key.partition("?")
    host, *segments = path.split("/")
    segments = [segment for segment in segments if segment]
    if any(_EDITORIAL.fullmatch(segment) for segment in (segments if query else segments[:-1])):
        return None
    if query:
        names = ",".join(sorted({pair.partition("=")[0] for pair in query.split("&")}))
        return f"{host}/{'/'.join(segments)}?{names}"
    if not segments:
        return None
    last, directory = segments[-1], _shelved([_general(segment) for segment in segments[:-1]])
    dated = directory.count("#") >= 2
    literal = dated or any(part not in ("#", "*") and not _LANGUAGE.fullmatch(part) for part in directory)
    extension = re.search(r"\.\w{2,5}$", last)
    suffix = extension.group() if extension else ""
    stem = last.removesuffix(suffix)
    if literal:
        numbered = "#" if _DIGITS.search(stem) and not _OPAQUE.match(stem) else ""
        return f"{host}/{'/'.join(directory)}/*{numbered}{suffix}"
    if re.fullmatch(r"(?:[a-z]{1,3}-?)?\d+(?:-[^/]*)?|[^/]*-(?:[a-z]{0,2})\d+", stem, re.I) and not _OPAQUE.match(stem):
        shape = re.sub(r"[^\W\d]{4,}(?:-[^\W\d]+)*", "w", _DIGITS.sub("#", stem))
        return f"{host}/{'/'.join([*directory, shape])}{suffix}"
    return None


def _shelved(directory: list[str]) -> list[str]:
    """Keep the first directory that says something; what lies below it are shelves of one shop."""
    for place, part in enumerate(directory):
        if part not in ("#", "*") and not _LANGUAGE.fullmatch(part):
            return [*directory[: place + 1], *("*" for _ in directory[place + 1 :])]
    return directory


def _general(segment: str) -> str:
    if _OPAQUE.match(segment):
        return "*"
    return _DIGITS.sub("#", segment)
