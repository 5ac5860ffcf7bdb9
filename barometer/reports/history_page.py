"""A merchant's history as one HTML file: it loads nothing, runs nothing, and what merchants wrote stands in it as text."""

import base64
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from barometer.history.asked import Asked
from barometer.history.changes import Change
from barometer.history.found import Told
from barometer.history.night import ABSENT
from barometer.reports.history_chart import DARK, LIGHT, NARROW, WIDE, Theme, drawn_channels, history_svg
from barometer.reports.history_words import HistoryWords
from barometer.reports.merchant_text import bare_address, legible, web_link
from barometer.reports.page import render_page, style_sheet
from barometer.reports.wording import capital
from barometer.settings import tool_version
from storage.vocabulary import Channel

FILTERS: Mapping[str, Callable[..., Any]] = {"legible": legible, "bare": bare_address, "link": web_link}
_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


class Picture(NamedTuple):
    """A drawing as an address that holds it, and its size in CSS pixels."""

    link: str
    width: int
    height: int


class Row(NamedTuple):
    """A channel: what was measured last, what it showed, and on how many nights it was measured."""

    channel: str
    now: str
    found: bool
    shown: str
    nights: int


class Entry(NamedTuple):
    """A change in words: the sentence, its day, what is worth knowing, and whether it may come from us."""

    sentence: str
    when: str
    remark: str
    doubtful: bool


def history_page(told: Told, asked: Asked, words: HistoryWords) -> str:
    """Return the page."""
    days = [words.date(night.day) for night in (told.nights[:1] + told.nights[-1:])]
    return render_page(
        "history.html",
        style_sheet("history.css"),
        FILTERS,
        words=words,
        owner=told.owner,
        period="" if not days else words["history.period"].format(
            first=days[0], last=days[-1], nights=words.counted("nights", len(told.nights))
        ),
        pictures=_pictures(told, asked, words) if told.nights else None,
        rows=_rows(told, asked, words),
        never=_never(told, asked, words),
        changes=[_entry(change, told, words) for change in told.news.changes],
        unsettled=[words.unsettled(one, told.owner.name) for one in told.news.unsettled],
        outages=[words.outage(one) for one in told.outages],
        alone=words["history.alone"].format(zone=asked.zone.key, confirm=asked.confirm),
        footer=words["history.footer"].format(version=tool_version(), confidential=words["report.confidential"]),
        description="; ".join(words.sentence(change, told.owner.name) for change in told.news.changes[:20]),
    )  # fmt: skip


def _pictures(told: Told, asked: Asked, words: HistoryWords) -> dict[str, Picture]:
    """Return the drawing for wide and narrow windows, light and dark."""
    kinds: dict[str, tuple[Theme, float]] = {
        "wide": (LIGHT, WIDE), "wide_dark": (DARK, WIDE), "narrow": (LIGHT, NARROW), "narrow_dark": (DARK, NARROW),
    }  # fmt: skip
    return {name: _picture(history_svg(told, asked, words, *kind)) for name, kind in kinds.items()}


def _picture(svg: str) -> Picture:
    size = _VIEW.search(svg)
    width, height = (round(float(one) * 96 / 72) for one in size.groups()) if size else (0, 0)
    return Picture("data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii"), width, height)


def _rows(told: Told, asked: Asked, words: HistoryWords) -> list[Row]:
    rows = []
    for channel in drawn_channels(told, asked):
        measured = [night.channels[channel] for night in told.nights if channel in night.channels]
        last = measured[-1]
        values = words.values(last.values, channel) if last.values else ""
        name, found = capital(words[f"channel.{channel}"]), last.depth.most < ABSENT
        rows.append(Row(name, words.depth(last.depth), found, values, len(measured)))
    return rows


def _never(told: Told, asked: Asked, words: HistoryWords) -> str:
    """Return which channels no night showed, though some looked for them."""
    measured = {channel for night in told.nights for channel in night.channels} - set(drawn_channels(told, asked))
    names = words.listed(words[f"channel.{channel}"] for channel in Channel if channel in measured)
    return words["history.never"].format(channels=names) if names else ""


def _entry(change: Change, told: Told, words: HistoryWords) -> Entry:
    remarks = [words["when.confirmed"].format(day=words.date(change.confirmed.day))]
    remarks += [words.ours(change.conditions)] if change.conditions else []
    reason = words.reason(change)
    remark = f"{capital(', '.join(remarks))}.{f' {reason}' if reason else ''}"
    return Entry(words.sentence(change, told.owner.name), words.when(change), remark, bool(change.conditions))
