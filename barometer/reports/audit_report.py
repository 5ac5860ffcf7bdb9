"""The audit report: one HTML file for people, made from an audit folder and nothing else.

It loads nothing, runs nothing and links to nothing but web pages: styles and pictures are inside, scripts are forbidden
by its own content security policy, and whatever a merchant's page wrote stands in it as text.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from barometer.reports.audit_contract import AuditResult, SetAside
from barometer.reports.audit_folder import AuditFile, read_folder
from barometer.reports.channel_card import card
from barometer.reports.contrast import differences_between
from barometer.reports.gaps import not_found, unmeasured
from barometer.reports.merchant_text import bare_address, host_of, legible, web_link
from barometer.reports.page import render_page, style_sheet
from barometer.reports.page_names import PageLink, page_link, page_on_site
from barometer.reports.pictures import Gallery
from barometer.reports.provenance import provenance, visited
from barometer.reports.stairs import HEIGHT, WIDTH
from barometer.reports.verdict import verdict
from barometer.reports.wording import Language, Words, capital, words_of
from storage.vocabulary import Channel, OutcomeKind, SetAsideReason

MOST_ASIDE = 80
"""Values set aside that a report lists (*ours*); the others stand in ``result.json``."""
MOST_WARNINGS = 40
"""Remarks that a report lists (*ours*)."""


class Aside(NamedTuple):
    """A value that was set aside, and why."""

    value: str
    channel: str
    why: str
    note: str
    page: PageLink


def audit_report(folder: Path, language: Language) -> str:
    """Return the report on the audit in *folder* as one HTML document.

    Raises :class:`UserError` where the folder holds no audit result. A picture that is missing or may not be opened is
    said in its place.
    """
    return render(read_folder(folder), words_of(language))


def render(audit: AuditFile, words: Words) -> str:
    """Return the report on *audit* in the language of *words*."""
    results, gallery = audit.results, Gallery(audit.folder)
    cards = [card(channel, results, gallery, words) for channel in Channel]
    visits, style = [visited(result, words) for result in results], style_sheet("audit.css")
    return render_page(
        "audit.html",
        style,
        words=words,
        stairs_size=(WIDTH, HEIGHT),
        site=legible(host_of(results[0].site.final_url or results[0].site.url), 120),
        home=page_link(results[0].site.final_url or results[0].site.url),
        day=words.day(results[0].started_at),
        windows=words.listed(words[f"profile.{result.profile}_window"] for result in results),
        both=len(results) > 1,
        verdicts=[verdict(result, words) for result in results],
        visits=visits,
        modes=list(dict.fromkeys((visit.mode, visit.mode_note) for visit in visits if visit.mode)),
        differences=differences_between(results[0], results[1], words) if len(results) > 1 else [],
        cards=cards,
        efforts=any(side.effort for one in cards for side in one.sides),
        measured=any(side.outcome is not OutcomeKind.NOT_MEASURED for one in cards for side in one.sides),
        not_found=not_found(cards, words),
        unmeasured=unmeasured(results, words),
        aside=_aside(results, words),
        warnings=_warnings(results)[:MOST_WARNINGS],
        provenance=provenance(audit, words),
        version=legible(results[0].tool.version, 60),
    )


def _aside(results: Sequence[AuditResult], words: Words) -> tuple[list[Aside], str]:
    """Return what was set aside, each value once a channel and reason, and how many more there are."""
    seen: dict[tuple[Channel, str, SetAsideReason], SetAside] = {}
    for result in results:
        for entry in result.set_aside:
            seen.setdefault((entry.channel, entry.value, entry.why), entry)
    order, home = list(Channel), results[0].site.final_url or results[0].site.url
    entries = sorted(seen.values(), key=lambda entry: (order.index(entry.channel), entry.why))
    shown = [
        Aside(
            legible(bare_address(entry.value) if web_link(entry.value) else entry.value),
            words[f"channel.{entry.channel}"],
            capital(words[f"set_aside.{entry.why}"]),
            words[f"set_aside.{entry.why}_note"],
            page_on_site(entry.page, home, words),
        )
        for entry in entries[:MOST_ASIDE]
    ]
    return shown, words.count("more", len(entries) - MOST_ASIDE) if len(entries) > MOST_ASIDE else ""


def _warnings(results: Sequence[AuditResult]) -> list[str]:
    return list(dict.fromkeys(legible(warning) for result in results for warning in result.warnings))
