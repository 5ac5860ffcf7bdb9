"""A merchant's confidential notice as one HTML file: it loads nothing, runs nothing, and holds no other merchant."""

import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from barometer.reports.merchant_text import bare_address, legible, web_link
from barometer.reports.page import render_page, style_sheet
from barometer.reports.wording import Language, Words, typeset, words_of
from barometer.settings import tool_version
from storage.vocabulary import Channel

MOST_NIGHTS = 10
"""Nights that a page has room for beside each other (*ours*), the last; all of them stand in the JSON file."""
MINUTE, HOUR, DAY = 60, 3_600, 86_400
PARIS = ZoneInfo("Europe/Paris")
_STYLES = ("audit.css", "notice.css")

Json = Mapping[str, Any]


class Cell(NamedTuple):
    """What one night saw of a channel: the words, their tone (``found``, ``not_found``, ``not_measured``), a remark."""

    words: str
    tone: str
    remark: str


class Found(NamedTuple):
    """A number or an address: its channel, what is shown, its price, the page with its address, on how many nights."""

    channel: str
    shown: str
    price: str
    page: str
    link: str | None
    nights: int


class Tried(NamedTuple):
    """An attempt in words."""

    channel: str
    at: str
    ended: str
    tone: str
    receipt: str
    key: str


def notice_page(notice: Json, language: Language) -> str:
    """Return the page of *notice*, as :mod:`barometer.editions.notices` writes it to its JSON file."""
    words, own, style = words_of(language), notice_words(language), style_sheet(*_STYLES)
    nights = list(notice["nights"])
    shown = nights[-MOST_NIGHTS:]
    return render_page(
        "notice.html",
        style,
        words=words,
        own=own,
        edition=notice["edition"],
        merchant=legible(notice["merchant"]["name"], 120),
        site=legible(bare_address(notice["merchant"]["url"])),
        link=web_link(notice["merchant"]["url"]),
        first=_day(notice["edition"]["tests_from"], words),
        last=_day(notice["edition"]["tests_until"], words),
        until=notice["object_until"] and _day(notice["object_until"], words),
        operator=notice["object_to"],
        days=[_short(night["day"]) for night in shown],
        visits=[(_short(night["day"]), night["visit"]) for night in shown if night["visit"]],
        rows=_rows(shown, words, own),
        earlier=len(nights) - len(shown),
        values=[_found(value, words) for value in notice["values"]],
        attempts=[_tried(attempt, words, own) for attempt in notice["attempts"]],
        version=tool_version(),
    )


@cache
def notice_words(language: Language) -> Words:
    """Return the words of the notices in *language*; raises ``ValueError`` when one language has words that another lacks."""
    own = _flat(language)
    for other in Language:
        missing = sorted(_flat(other).keys() - own.keys())
        if missing:
            raise ValueError(f"words/notice.{language}.toml lacks {', '.join(missing)}")
    return Words(language, {key: typeset(text, language) for key, text in own.items()})


def _flat(language: Language) -> dict[str, str]:
    source = files("barometer.reports").joinpath("words", f"notice.{language}.toml").read_text("utf-8")
    return {f"{section}.{name}": text for section, told in tomllib.loads(source).items() for name, text in told.items()}


def _rows(nights: list[Json], words: Words, own: Words) -> list[tuple[str, list[Cell]]]:
    """Return a row a channel that was looked for on any night, with a cell a night."""
    rows = []
    for channel in Channel:
        seen = [night["channels"].get(channel) for night in nights]
        if any(seen):
            rows.append((words[f"channel.{channel}"], [_cell(one, words, own) for one in seen]))
    return rows


def _cell(seen: Json | None, words: Words, own: Words) -> Cell:
    if seen is None:
        return Cell("–", "not_measured", "")
    clicks = words.clicks(seen["clicks"]) if seen["clicks"] is not None else ""
    remarks = [own["notice.not_visible"]] if seen["clearly_visible"] is False else []
    remarks += [own["notice.overruled"]] if seen["overruled"] else []
    tone = seen["outcome"] if seen["outcome"] in ("not_found", "not_measured") else "found"
    return Cell(words[f"depth.{seen['outcome']}"].format(clicks=clicks), tone, ", ".join(remarks))


def _found(value: Json, words: Words) -> Found:
    price = words[f"tariff.{value['price_class']}"] if value["price_class"] else ""
    page = legible(bare_address(value["page"]), 80)
    channel = words[f"channel.{value['channel']}"]
    return Found(channel, legible(value["display"], 120), price, page, web_link(value["page"]), len(value["nights"]))


def _tried(attempt: Json, words: Words, own: Words) -> Tried:
    at = ""
    if attempt["at"]:
        moment = datetime.fromisoformat(attempt["at"]).astimezone(PARIS)
        at = f"{moment:%d/%m/%Y %H:%M}"
    ended = own[f"notice.{attempt['ended']}"]
    if attempt["seconds"] is not None:
        ended = ended.format(time=duration(attempt["seconds"], own))
    elif attempt["reason"]:
        word = attempt["reason"].rpartition(":")[2]
        ended += f" ({own.get(f'missing.{word}', legible(word, 40))})"
    receipt = attempt["acknowledged_seconds"]
    return Tried(
        words[f"channel.{attempt['channel']}"],
        at,
        ended,
        attempt["ended"],
        "" if receipt is None else duration(receipt, own),
        attempt["attempt"][:12],
    )


def duration(seconds: float, own: Words) -> str:
    """Return *seconds* in the two largest units that matter, in the language of *own*."""
    if round(seconds) < MINUTE:
        return own["time.seconds"].format(n=round(seconds))
    minutes = round(seconds / MINUTE)
    if minutes < HOUR // MINUTE:
        return own["time.minutes"].format(n=minutes)
    if seconds < 2 * DAY:
        return own["time.hours"].format(hours=minutes // 60, minutes=f"{minutes % 60:02}")
    hours = round(seconds / HOUR)
    return own["time.days" if hours % 24 else "time.whole_days"].format(days=hours // 24, hours=hours % 24)


def _day(iso: str, words: Words) -> str:
    day = date.fromisoformat(iso)
    return words.day(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _short(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day:02}/{day.month:02}"
