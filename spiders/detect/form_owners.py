"""Which form owns a control that stands outside its element.

A browser gives a control to the form that was open when its tag was read, even where broken nesting (a form between
the cells of a table, a block closed too early) leaves it elsewhere in the tree; and to the form its ``form`` attribute
names. The tree no longer tells the first, so the source is read once more, tag by tag; only pages with such controls
need it.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from selectolax.lexbor import LexborNode

_TAG = re.compile(r"<(?:(!--)|(script|style|template)\b|(/?)(form|input|select|textarea)\b)", re.I)
_END_OF_RAW = {name: re.compile(f"</{name}", re.I) for name in ("script", "style", "template")}
_ATTRIBUTE = re.compile(r"""[\s"'](id|name|class|action|method)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
_LONGEST_TAG = 2000


class _Signature(NamedTuple):
    """What tells one element from another in the source and in the tree alike."""

    tag: str
    id: str
    name: str
    extra: str


def adopted(nodes: list[LexborNode], html: str) -> tuple[dict[int, list[LexborNode]], list[LexborNode]]:
    """Return the controls that belong to a form from outside it, by its ``mem_id``, and those that belong to none.

    *nodes* are the forms and controls of the tree in document order, *html* is the source. Time is linear in both.
    """
    forms = [node for node in nodes if node.tag == "form"]
    outside = {node.mem_id for node in nodes if node.tag != "form" and not _in_form(node)}
    if not outside:
        return {}, []
    by_id = {node.attributes.get("id"): node for node in reversed(forms) if node.attributes.get("id")}
    alike_forms: dict[_Signature, list[LexborNode]] = {}
    for node in forms:
        alike_forms.setdefault(_signature(node), []).append(node)
    written = _owners_in_source(html, alike_forms)
    same: dict[_Signature, list[LexborNode]] = {}
    for node in nodes:
        if node.tag != "form":
            same.setdefault(_signature(node), []).append(node)
    found: dict[int, list[LexborNode]] = {}
    free: list[LexborNode] = []
    for signature, alike in same.items():
        owners = written.get(signature, [])
        if len(owners) != len(alike):
            # Parts of the source that are no part of the tree were counted; only an answer they agree on is one.
            agreed = {owner.mem_id if owner is not None else 0 for owner in owners}
            owners = [owners[0] if len(agreed) == 1 else None] * len(alike)
        for node, owner in zip(alike, owners, strict=True):
            if node.mem_id in outside:
                form = by_id.get(node.attributes.get("form") or "", owner)
                if form is None:
                    free.append(node)
                else:
                    found.setdefault(form.mem_id, []).append(node)
    return found, free


def _in_form(node: LexborNode) -> bool:
    above = node.parent
    while above is not None:
        if above.tag == "form":
            return True
        above = above.parent
    return False


def _owners_in_source(
    html: str, forms: dict[_Signature, list[LexborNode]]
) -> dict[_Signature, list[LexborNode | None]]:
    """Map the controls of the source, each time one is met, to the form of the tree that is open there."""
    owners: dict[_Signature, list[LexborNode | None]] = {}
    opened: LexborNode | None = None
    met: Counter[_Signature] = Counter()
    position = 0
    while tag := _TAG.search(html, position):
        comment, raw, closes, name = tag.groups()
        position = tag.end()
        if comment or raw:
            position = _end_of_unread(html, position, raw)
            if position < 0:
                break
        elif closes:
            opened = None if name.lower() == "form" else opened
        else:
            end = html.find(">", position, position + _LONGEST_TAG)
            signature = _written_signature(name.lower(), html[position : end if end >= 0 else position + _LONGEST_TAG])
            if name.lower() != "form":
                owners.setdefault(signature, []).append(opened)
            elif met[signature] < len(forms.get(signature, ())):
                # One that the tree does not hold was opened inside another, where a browser passes over it.
                opened = forms[signature][met[signature]]
                met[signature] += 1
    return owners


def _end_of_unread(html: str, start: int, raw: str | None) -> int:
    """Return where a comment, script or style that begins at *start* ends, or -1 where it does not."""
    if raw is None:
        return html.find("-->", start)
    closing = _END_OF_RAW[raw.lower()].search(html, start)
    return closing.end() if closing else -1


def _written_signature(tag: str, attributes: str) -> _Signature:
    own: dict[str, str] = {}
    for key, *values in _ATTRIBUTE.findall(attributes):
        own.setdefault(key.lower(), next(filter(None, values), ""))
    return _Signature(tag, own.get("id", ""), own.get("name", ""), _extra(tag, own))


def _signature(node: LexborNode) -> _Signature:
    own = node.attributes
    tag = node.tag or ""
    return _Signature(tag, own.get("id") or "", own.get("name") or "", _extra(tag, own))


def _extra(tag: str, own: Mapping[str, str | None]) -> str:
    """Return what else tells a form or a field, up to a character reference, which the source spells otherwise."""
    keys = ("action", "method", "class") if tag == "form" else ("class",)
    return "|".join(" ".join((own.get(key) or "").split("&")[0].split()) for key in keys)
