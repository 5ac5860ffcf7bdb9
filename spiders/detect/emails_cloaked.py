"""Addresses that a page hides from machines and its own scripts show to people once it has loaded.

The ways read here are those of Cloudflare, TYPO3, Joomla 4, the WordPress plugin Email Encoder, and text set from right
to left; what other inline scripts write is read by :mod:`spiders.detect.script_strings`.
"""

import base64
import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from selectolax.lexbor import LexborNode

from spiders.detect.addresses import addresses_in, valid_address
from spiders.detect.document import Document
from spiders.detect.link import Link
from spiders.detect.script_strings import MAX_SCRIPT, outputs_of


class Uncloaked(NamedTuple):
    """An address that was cloaked, its place in ``Document.text`` (-1 where that is not known), and how it shows.

    ``stands_for`` is the length of the text that people see replaced; ``display`` is the label of a link, empty where
    the address itself is shown; ``visible`` is false where only a press brings it out.
    """

    address: str
    position: int
    stands_for: int = 0
    display: str = ""
    visible: bool = True


def cloaked_addresses(document: Document) -> Iterator[Uncloaked]:
    """Yield the addresses that *document* hides from machines, in no order; work is linear in the size of the page."""
    place = _Places(document)
    targets = document.targets
    yield from _in_attributes(document, targets, place)
    if "email-protection#" in targets or "javascript:" in targets or "Javascript:" in targets:
        yield from _in_targets(document, place)
    if "@" in document.text:
        yield from _right_to_left(document, place)
    yield from _in_scripts(document, place)


def recipients(target: str) -> list[str]:
    """Return the addresses a ``mailto:`` target writes to: none for a share link that leaves the recipient open.

    Percent-encoding, several recipients, names around addresses, needless slashes and spaces are understood; copies
    (``cc``, ``bcc``) are left out, since no visitor sees them before pressing.
    """
    path, _, query = target.strip()[:2000].partition(":")[2].partition("?")
    if not path.strip(" /"):
        path = next((part[3:] for part in query.split("&") if part[:3].lower() == "to="), "")
    parts = re.split("[,;]", unquote(path).strip(" /"))
    found = (
        valid_address(part.rpartition("<")[2].rstrip("> ").strip(" /'\"").removeprefix("mailto:"))
        for part in parts[:20]
    )
    return [address for address in found if address is not None]


class _Places:
    """Finds where in ``Document.text`` an element stands, by its own words or those before it, searching forward."""

    def __init__(self, document: Document) -> None:
        self._text = document.text
        self._from = 0

    def of(self, node: LexborNode) -> tuple[int, int]:
        """Return where the words of *node* stand and their length; (-1, 0) where they are not found."""
        shown = " ".join(node.text(deep=True)[:400].split())
        position = self._find(shown) if shown else -1
        return (position, len(shown)) if position >= 0 else (self.after(node), 0)

    def after(self, node: LexborNode) -> int:
        """Return where the words that stand last before *node* end, or -1."""
        above: LexborNode | None = node
        for _ in range(24):
            if above is None:
                break
            before = above.prev
            if before is None:
                above = above.parent
                continue
            above = before
            words = "" if before.tag in ("script", "style", "-comment") else before.text(deep=True)[-400:]
            last = " ".join(words.rsplit("\n", 1)[-1].split())[-60:]
            if last:
                position = self._find(last)
                return position + len(last) if position >= 0 else -1
        return -1

    def _find(self, words: str) -> int:
        position = self._text.find(words, self._from)
        if position < 0:
            return self._text.find(words)
        self._from = position
        return position


_MOST = 200


def _in_attributes(document: Document, targets: str, place: _Places) -> Iterator[Uncloaked]:
    for node in _cloaked_nodes(document, targets):
        own = node.attributes
        address = _of_attributes(own)
        if address is not None:
            position, length = place.of(node)
            is_word_link = node.tag == "a" and "data-cfemail" not in own
            label = " ".join(node.text(deep=True)[:200].split()) if is_word_link else ""
            yield Uncloaked(address, position, 0 if label else length, label)


def _cloaked_nodes(document: Document, targets: str) -> Iterator[LexborNode]:
    """Yield the elements whose attributes hold an address, looked for only where the page shows their outward signs."""
    if "email-protection" in targets or "protected]" in document.text:
        yield from document.tree.css("[data-cfemail]")[:_MOST]
    if any("hidden-mail" in source for source, _ in document.scripts):
        yield from document.tree.css("joomla-hidden-mail")[:_MOST]
    nowhere = [link.node for link in document.links if link.href in ("#", "javascript:;")]
    yield from (node for node in nowhere[:_MOST] if not _TOKENS.isdisjoint(node.attributes))


_TOKENS = frozenset({"data-enc-email", "data-mailto-token"})


def _of_attributes(own: dict[str, str | None]) -> str | None:
    if own.get("data-cfemail"):
        return cloudflare_address(own["data-cfemail"] or "")
    if own.get("data-enc-email"):
        return valid_address(_rotated_by_13((own["data-enc-email"] or "").replace("[at]", "@")))
    if own.get("data-mailto-token"):
        vector = own.get("data-mailto-vector") or ""
        return _typo3_address(
            own["data-mailto-token"] or "", [-int(vector)] if re.fullmatch(r"-?\d{1,2}", vector) else None
        )
    first, last = (_base64_text(own.get(key) or "") for key in ("first", "last"))
    return valid_address(f"{first}@{last}")


def cloudflare_address(hexadecimal: str) -> str | None:
    """Return the address in a ``data-cfemail`` attribute: two digits of key, then every byte combined with it.

    Cloudflare also takes words such as "soci@s" for addresses; what it cut out of them is returned as it is, "soci@".
    """
    try:
        key, *encoded = bytes.fromhex(hexadecimal.strip()[:2000])
    except ValueError:
        return None
    shown = bytes(byte ^ key for byte in encoded).decode("utf-8", "replace")
    shown = shown.partition("?")[0].strip()
    return valid_address(shown) or (shown if re.fullmatch(r"[^\W_]{1,64}@", shown) else None)


def _rotated_by_13(text: str) -> str:
    return text.translate(_ROT13)


_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_ROTATED = _ALPHABET[13:] + _ALPHABET[:13]
_ROT13 = str.maketrans(_ALPHABET + _ALPHABET.upper(), _ROTATED + _ROTATED.upper())


def _base64_text(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode("utf-8")
    except ValueError:
        return ""


_TYPO3_RANGES = ((0x2B, 0x3A), (0x40, 0x5A), (0x61, 0x7A))


def _typo3_address(token: str, offsets: list[int] | None = None) -> str | None:
    """Return the address in a TYPO3 token: characters moved along in three ranges, by an offset the site chooses."""
    for offset in offsets or range(-25, 26):
        shown = "".join(_moved(character, offset) for character in token[:300])
        if shown.lower().startswith("mailto:"):
            found = recipients(shown)
            return found[0] if found else None
    return None


def _moved(character: str, offset: int) -> str:
    for first, last in _TYPO3_RANGES:
        if first <= ord(character) <= last:
            return chr(first + (ord(character) - first + offset) % (last - first + 1))
    return character


_TYPO3_CALL = re.compile(r"linkTo_UnCryptMailto\(\s*['\"]([^'\"]{8,300})['\"]")


def _in_targets(document: Document, place: _Places) -> Iterator[Uncloaked]:
    """Read link targets: Cloudflare's own page, and ``javascript:`` that opens a ``mailto:``."""
    for link in document.links:
        if "email-protection#" not in link.href and link.href[:11].lower() != "javascript:":
            continue
        address = _of_target(link)
        if address is not None:
            position, _ = place.of(link.node)
            label = link.label
            yield Uncloaked(address, position, 0, "" if "email" in label and "protected]" in label else label)


def _of_target(link: Link) -> str | None:
    href = link.href
    if "/cdn-cgi/l/email-protection#" in href:
        return cloudflare_address(href.partition("#")[2])
    if len(href) < _SHORTEST_CALL or len(href) > MAX_SCRIPT:
        return None
    code = unquote(href[11:])
    call = _TYPO3_CALL.search(code)
    if call is not None:
        return _typo3_address(call.group(1))
    if _holds_sign(code):
        opened = (found for output in outputs_of(code) for found in addresses_written(output.text))
        return next(opened, None)
    return None


_SHORTEST_CALL = 30


_RIGHT_TO_LEFT = "[style*='bidi-override' i],bdo[dir=rtl]"


def _right_to_left(document: Document, place: _Places) -> Iterator[Uncloaked]:
    """Read words that stand backwards in the source and are set from right to left."""
    for node in document.tree.css(_RIGHT_TO_LEFT)[:_MOST]:
        own = node.attributes
        if node.tag != "bdo" and not re.search(r"direction\s*:\s*rtl", own.get("style") or ""):
            continue
        shown = " ".join(node.text(deep=True)[:400].split())[::-1]
        for found in addresses_in(shown):
            position, length = place.of(node)
            yield Uncloaked(found.address, position, length)


_AT = re.compile(r"@(?<=[\w'\"]@)[\w'\"]")
_SIGNS = ("#64;", "#x40;", "\\x40", "\\u0040", "%40", "atob(", "fromCharCode")
_MOST_CODE = 200_000
_SINKS = ("document.write", "innerHTML", "mailto")


def _in_scripts(document: Document, place: _Places) -> Iterator[Uncloaked]:
    """Read what inline scripts write; addresses that a press brings out are yielded as not visible."""
    if not any(sink in document.code for sink in _SINKS) or not _holds_sign(document.code):
        return
    nodes: list[LexborNode] | None = None
    left = _MOST_CODE
    for index, (source, code) in enumerate(document.scripts):
        if source or not code or len(code) > MAX_SCRIPT or not _may_cloak(code):
            continue
        left -= len(code)
        if left < 0:
            break
        for output in outputs_of(code):
            for address in dict.fromkeys(addresses_written(output.text)):
                nodes = document.tree.css("script") if nodes is None else nodes
                position = place.after(nodes[index]) if index < len(nodes) else -1
                shown = any(found.address == address for found in addresses_in(_without_tags(output.text)))
                yield Uncloaked(address, position, 0, "" if shown else "mailto", output.at_load)


def _may_cloak(code: str) -> bool:
    if code.lstrip()[:1] in ("{", "["):
        return False
    return any(sink in code for sink in _SINKS) and _holds_sign(code)


def _holds_sign(code: str) -> bool:
    """Tell whether *code* holds an "@" as addresses do, or one of the ways to write it so that machines miss it."""
    return _AT.search(code) is not None or any(sign in code for sign in _SIGNS)


def addresses_written(markup: str) -> Iterator[str]:
    """Yield the addresses in markup that a script writes, targets before words, each as often as it stands there."""
    markup = unescape(markup)
    for target in _MAILTO.finditer(markup):
        yield from recipients(target.group())
    yield from (found.address for found in addresses_in(_without_tags(markup)))


_MAILTO = re.compile(r"mailto:[^\"'<>\s]{3,400}", re.I)


def _without_tags(markup: str) -> str:
    return re.sub(r"<[^<>]*>", " ", unescape(markup))
