"""What moved, as an Atom feed (RFC 4287): an entry a change, named for good, so that a reader shows each once."""

import re
from datetime import UTC, datetime, time

from lxml import etree

from barometer.history.asked import Asked
from barometer.history.found import Found, Moved
from barometer.reports.history_json import change_id, feed_id, moment
from barometer.reports.history_words import HistoryWords
from barometer.reports.merchant_text import legible, web_link
from barometer.settings import tool_version

ATOM = "http://www.w3.org/2005/Atom"
LONGEST = 2_000
"""Characters of one text (*ours*)."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def changes_atom(found: Found, asked: Asked, words: HistoryWords, author: str | None, selection: str | None) -> str:
    """Return the feed of *found*; *selection* names the merchants that were asked for, ``None`` where all were.

    Its id stays the same for the same selection, whatever the days, so that a reader takes the next one for the same feed.
    """
    feed = etree.Element(_name("feed"), {_XML_LANG: words["language.code"]}, nsmap={None: ATOM})
    of = words["report.feed_of"].format(name=selection) if selection else ""
    channels = ",".join(sorted(asked.channels))
    _add(feed, "id", feed_id(selection, channels, asked.profile, words["language.code"]).urn)
    _add(feed, "title", words["report.feed"].format(of=of))
    _add(feed, "updated", _updated(found, asked))
    _add(etree.SubElement(feed, _name("author")), "name", author or "barometer")
    _add(feed, "rights", words["report.confidential"])
    _add(feed, "generator", "barometer", version=tool_version())
    for one in found.moved:
        _entry(feed, one, words)
    written: bytes = etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return written.decode("utf-8")


def _entry(feed: etree._Element, one: Moved, words: HistoryWords) -> None:
    change, entry = one.change, etree.SubElement(feed, _name("entry"))
    _add(entry, "id", change_id(change).urn)
    _add(entry, "title", words.sentence(change, one.owner.name))
    _add(entry, "published", moment(change.confirmed.began))
    _add(entry, "updated", moment(change.confirmed.began))
    _add(entry, "category", None, term=str(change.kind))
    if change.channel is not None:
        _add(entry, "category", None, term=str(change.channel))
    link = web_link(one.owner.url)
    if link is not None:
        _add(entry, "link", None, rel="related", href=link)
    _add(entry, "content", words.whole(change, one.owner.name), type="text")


def _updated(found: Found, asked: Asked) -> str:
    """Return when the last change was confirmed; without any, the beginning of the last day asked for."""
    moments = [one.change.confirmed.began for one in found.moved]
    return moment(max(moments, default=datetime.combine(asked.until, time(), asked.zone).astimezone(UTC)))


def _add(parent: etree._Element, name: str, text: str | None, **attributes: str) -> None:
    element = etree.SubElement(parent, _name(name), {key: _clean(value) for key, value in attributes.items()})
    element.text = None if text is None else _clean(text)


def _clean(text: str) -> str:
    """Return *text* with what XML cannot hold left out, and what steers a terminal made visible."""
    return legible(_NOT_XML.sub("", text), LONGEST)


def _name(name: str) -> str:
    return f"{{{ATOM}}}{name}"


_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
