"""The slides of the restitution meeting: the merchant's report told to the merchant, every slide marked as confidential."""

from typing import NamedTuple

from barometer.reports.merchant_cards import CriterionView
from barometer.reports.merchant_drawings import BAR_WIDTH, SCALE_WIDTH, Bar
from barometer.reports.merchant_report import document_title
from barometer.reports.merchant_view import FamilyView, GainView, View
from barometer.reports.merchant_words import MerchantWords
from barometer.reports.slides import HEIGHT, WIDTH, Align, Anchor, Box, Deck, Slide, Style

PAPER, INK, SOFT, LINE = "FFFFFF", "1B1F23", "586069", "DDE1E4"
ACCENT, GLOW, TINT, BEST, ALARM, GOOD = "0E5A73", "B9DBE6", "F3F6F7", "A8521A", "A3261B", "1F7A3D"
MOST_FAMILIES = 7
"""Families on one slide (*ours*); the others stand on the next."""
MOST_STRENGTHS = 6
"""Strengths on their slide (*ours*), those that earn the most."""
GAINS_A_SLIDE = 3
"""Points to improve on one slide (*ours*), each with its steps."""
MOST_MISSING = 8
"""Criteria that were not measured on their slide (*ours*); all stand in the report."""
_LEFT, _INNER = 0.8, WIDTH - 1.6
_TOP = 1.95

_TITLE = Style(34, INK, smallest=18, anchor=Anchor.BOTTOM)
_BODY = Style(18, INK, smallest=11)
_STRONG = Style(20, INK, smallest=11, bold=True)
_FAMILY = Style(22, INK, smallest=11, bold=True)
_PLUS = Style(14, ACCENT, smallest=10, bold=True, align=Align.RIGHT)
_NOTE = Style(14, SOFT, smallest=10)


class _Sheets(NamedTuple):
    """A deck in the making, and the words it is in."""

    deck: Deck
    view: View
    words: MerchantWords

    def slide(self, title: str) -> Slide:
        """Add a slide with its title and what every slide bears: that it is confidential, and of which edition."""
        slide = self.deck.slide(PAPER)
        slide.block(Box(0, 0, WIDTH, 0.42), INK)
        confidential = self.words["page.confidential"].upper()
        slide.text(
            confidential, Box(_LEFT, 0, 3, 0.42),
            Style(12, PAPER, bold=True, anchor=Anchor.MIDDLE, spacing=1.5), "confidential",
        )  # fmt: skip
        slide.text(
            self.words["page.confidential_for"], Box(_LEFT + 3.2, 0, _INNER - 3.2, 0.42),
            Style(12, "C7CED3", align=Align.RIGHT, anchor=Anchor.MIDDLE), "confidential for",
        )  # fmt: skip
        slide.title(title, Box(_LEFT, 0.7, _INNER, 0.95), _TITLE)
        slide.block(Box(_LEFT, 1.74, 0.9, 0.045), ACCENT)
        foot = f"{self.view.edition} · {self.view.tests}"
        slide.text(foot, Box(_LEFT, HEIGHT - 0.5, _INNER - 1, 0.3), Style(11, SOFT, smallest=9), "edition")
        number = self.words["slides.page"].format(number=len(self.deck))
        slide.text(number, Box(WIDTH - 1.8, HEIGHT - 0.5, 1, 0.3), Style(11, SOFT, align=Align.RIGHT), "page")
        return slide

    def noted(self, slide: Slide, *lines: str) -> None:
        """Give *slide* its notes; that nothing may be said of others stands in all of them."""
        slide.notes("\n".join([*(line for line in lines if line), self.words["slides.notes_confidential"]]))


def merchant_slides(view: View, words: MerchantWords) -> bytes:
    """Return the deck (PowerPoint) on *view*; the same report gives the same bytes."""
    deck = Deck(document_title(view, words), str(words.language), subject=f"{view.edition}. {view.tests}")
    sheets = _Sheets(deck, view, words)
    _opening(sheets)
    _score(sheets)
    for start in range(0, len(view.families), MOST_FAMILIES):
        _families(sheets, view.families[start : start + MOST_FAMILIES])
    _strengths(sheets)
    for start in range(0, len(view.gains), GAINS_A_SLIDE):
        _gains(sheets, view.gains[start : start + GAINS_A_SLIDE])
    for one in (criterion for family in view.families for criterion in family.criteria if criterion.proof):
        _proof(sheets, one)
    if view.missing:
        _missing(sheets)
    _next(sheets)
    return deck.to_bytes()


def _opening(sheets: _Sheets) -> None:
    view, words = sheets.view, sheets.words
    slide = sheets.deck.slide(INK)
    slide.block(Box(0, 0, 0.28, HEIGHT), ACCENT)
    slide.text(
        words["slides.kicker"].upper(), Box(1.1, 1.2, 8, 0.4), Style(16, "7CCBE2", bold=True, spacing=2), "kicker"
    )
    fitted = slide.title(view.merchant, Box(1.1, 1.75, 11.1, 2.4), Style(60, PAPER, smallest=18))
    told = "\n".join(one for one in (view.host, view.category) if one)
    slide.text(told.replace("\n", " · "), Box(1.1, 4.45, 11.1, 0.45), Style(20, "C7CED3", smallest=12), "site")
    slide.text(view.edition, Box(1.1, 5.0, 11.1, 0.45), Style(20, PAPER, smallest=12), "edition")
    slide.text(view.tests, Box(1.1, 5.45, 11.1, 0.4), Style(16, "C7CED3", smallest=11), "tests")
    slide.block(Box(1.1, 6.45, 11.1, 0.02), "4A545B")
    seal = f"{words['page.confidential']}. {words['page.confidential_for']}"
    slide.text(seal, Box(1.1, 6.6, 11.1, 0.35), Style(14, PAPER, bold=True), "confidential")
    if view.draft:
        slide.text(f"{words['page.draft']}. {view.draft}", Box(1.1, 6.0, 11.1, 0.35), Style(13, "F2AC9B"), "draft")
    sheets.noted(slide, view.merchant if fitted.shortened else "", view.draft, view.correction)


def _score(sheets: _Sheets) -> None:
    view, words = sheets.view, sheets.words
    slide = sheets.slide(words["slides.agenda_score"])
    is_scored = view.scale.own is not None
    slide.text(
        view.score,
        Box(_LEFT, _TOP, 4.0, 1.7),
        Style(96 if is_scored else 40, INK, smallest=24, anchor=Anchor.MIDDLE),
        "score",
    )
    if is_scored:
        slide.text(words["score.of"], Box(_LEFT, _TOP + 1.7, 4.0, 0.4), Style(18, SOFT), "out of")
    slide.text(view.standing, Box(_LEFT, _TOP + 2.3, 3.9, 0.5), Style(20, INK, smallest=12, bold=True), "standing")
    slide.text(" ".join(view.standing_notes), Box(_LEFT, _TOP + 2.85, 3.7, 1.5), _NOTE, "standing notes")
    if view.label:
        slide.text(view.label, Box(_LEFT, _TOP + 4.3, 3.9, 0.4), Style(14, ACCENT, smallest=10, bold=True), "label")
    left, width = 5.4, WIDTH - 5.4 - 0.8
    _scale(slide, view, left, _TOP + 0.7, width)
    top = _TOP + 1.6
    for row, (kind, name, figure) in enumerate(view.score_legend):
        y = top + row * 0.44
        _sign(slide, kind, left + 0.14, y + 0.18)
        slide.text(name, Box(left + 0.48, y, 4.3, 0.36), Style(17, INK, smallest=11, anchor=Anchor.MIDDLE), kind)
        slide.text(
            figure, Box(left + 4.8, y, 2.0, 0.36), Style(17, INK, smallest=11, bold=True, anchor=Anchor.MIDDLE), kind
        )
    slide.text(" ".join(view.score_notes), Box(left, top + 1.95, width, 1.0), _NOTE._replace(size=13), "notes")
    figures = {kind: figure for kind, _, figure in view.score_legend}
    compared = ""
    if "mean" in figures:
        compared = words["slides.notes_compared"].format(mean=figures["mean"], best=figures["best"])
    said = words["slides.notes_score"].format(score=view.score) if is_scored else view.score
    sheets.noted(slide, said, compared, *view.score_notes, view.standing, *view.standing_notes)


def _scale(slide: Slide, view: View, left: float, middle: float, width: float) -> None:
    """Draw the scale from 0 to 20, *width* inches wide, its axis at *middle*."""

    def at(x: float) -> float:
        return left + x / SCALE_WIDTH * width

    scale = view.scale
    first, last = scale.ticks[0][0], scale.ticks[-1][0]
    slide.block(Box(at(first), middle - 0.012, at(last) - at(first), 0.024), "B9C0C6")
    for x, label in scale.ticks:
        slide.block(Box(at(x) - 0.01, middle - 0.07, 0.02, 0.14), "B9C0C6")
        slide.text(label, Box(at(x) - 0.4, middle + 0.3, 0.8, 0.3), Style(13, SOFT, align=Align.CENTRE), "tick")
    for dash in range(6):
        slide.block(Box(at(scale.threshold) - 0.012, middle - 0.42 + dash * 0.12, 0.024, 0.07), SOFT)
    if scale.interval is not None:
        low, high = map(at, scale.interval)
        slide.block(Box(low, middle - 0.13, max(high - low, 0.05), 0.26), GLOW, 0.5)
    for kind, stands in (("mean", scale.mean), ("best", scale.best), ("own", scale.own)):
        if stands is not None:
            _sign(slide, kind, at(stands), middle)


def _sign(slide: Slide, kind: str, x: float, y: float) -> None:
    """Paint the sign of a figure around *x* and *y*: own a disc, the mean a stroke, the best a tile, the threshold dashes."""
    match kind:
        case "own":
            slide.block(Box(x - 0.12, y - 0.12, 0.24, 0.24), ACCENT, 0.5)
        case "mean":
            slide.block(Box(x - 0.045, y - 0.24, 0.09, 0.48), PAPER)
            slide.block(Box(x - 0.02, y - 0.24, 0.04, 0.48), INK)
        case "best":
            slide.block(Box(x - 0.1, y - 0.1, 0.2, 0.2), BEST, 0.2)
            slide.block(Box(x - 0.055, y - 0.055, 0.11, 0.11), PAPER, 0.2)
        case _:
            for dash in range(3):
                slide.block(Box(x - 0.012, y - 0.17 + dash * 0.12, 0.024, 0.07), SOFT)


def _bar(slide: Slide, one: Bar, box: Box) -> None:
    slide.block(box, LINE)
    if one.own:
        slide.block(Box(box.left, box.top, box.width * one.own / BAR_WIDTH, box.height), ACCENT)
    middle = box.top + box.height / 2
    for kind, x in (("mean", one.mean), ("best", one.best)):
        if x is not None:
            _sign(slide, kind, box.left + box.width * x / BAR_WIDTH, middle)


def _families(sheets: _Sheets, families: tuple[FamilyView, ...]) -> None:
    words = sheets.words
    slide = sheets.slide(words["slides.agenda_families"])
    room = min(4.5 / len(families), 1.5)
    for at, family in enumerate(families):
        top = _TOP + 0.2 + at * room
        slide.text(family.title, Box(_LEFT, top - 0.04, 3.4, 0.4), _FAMILY, "family")
        slide.text(family.weight, Box(_LEFT, top + 0.34, 3.4, 0.28), Style(13, SOFT, smallest=9), "weight")
        _bar(slide, family.bar, Box(4.4, top + 0.06, 6.7, 0.24))
        slide.text(family.part, Box(11.2, top - 0.04, 1.35, 0.45), _FAMILY._replace(align=Align.RIGHT), "part")
        if family.compared:
            slide.text(family.compared, Box(4.4, top + 0.42, 8.1, 0.22), Style(13, SOFT, smallest=9), "category")
    sheets.noted(slide, *(f"{one.title} ({one.weight}): {one.part}. {one.compared}" for one in families))


def _strengths(sheets: _Sheets) -> None:
    view, words = sheets.view, sheets.words
    slide = sheets.slide(words["slides.agenda_strengths"])
    if not view.strengths:
        slide.text(words["strength.none"], Box(_LEFT, _TOP + 0.2, _INNER, 1.2), _BODY, "none")
    for at, one in enumerate(view.strengths[:MOST_STRENGTHS]):
        top = _TOP + 0.2 + at * 0.76
        slide.block(Box(_LEFT, top + 0.06, 0.08, 0.48), GOOD)
        slide.text(one.title, Box(_LEFT + 0.3, top, 8.4, 0.36), _STRONG, "strength")
        slide.text(one.why, Box(_LEFT + 0.3, top + 0.36, 8.4, 0.28), _NOTE, "why")
        slide.text(one.points, Box(9.7, top, WIDTH - 9.7 - 0.8, 0.4), _STRONG._replace(align=Align.RIGHT), "points")
    sheets.noted(slide, *(f"{one.title}: {one.points}. {one.why}".strip() for one in view.strengths))


def _gains(sheets: _Sheets, gains: tuple[GainView, ...]) -> None:
    words = sheets.words
    slide = sheets.slide(words["slides.agenda_gains"])
    for at, gain in enumerate(gains):
        top = _TOP + 0.15 + at * 1.62
        if at:
            slide.block(Box(_LEFT, top - 0.12, _INNER, 0.012), LINE)
        slide.text(gain.plus, Box(_LEFT, top, 2.3, 0.75), Style(34, ACCENT, smallest=16), "plus")
        slide.text(gain.title, Box(3.2, top + 0.04, 7.0, 0.36), _STRONG, "criterion")
        slide.text(gain.now, Box(10.2, top + 0.08, WIDTH - 10.2 - 0.8, 0.3), _NOTE._replace(align=Align.RIGHT), "now")
        for row, step in enumerate(gain.steps[:3]):
            y = top + 0.46 + row * 0.34
            slide.text(step.what, Box(3.2, y, 7.4, 0.32), Style(14, INK, smallest=10), "step")
            slide.text(step.plus, Box(10.7, y, WIDTH - 10.7 - 0.8, 0.32), _PLUS, "step plus")
    sheets.noted(slide, words["gain.intro"], *map(_said, gains))


def _said(gain: GainView) -> str:
    steps = "; ".join(f"{step.what} ({step.plus})" for step in gain.steps)
    return f"{gain.title}: {gain.plus}, {gain.now}. {steps}"


def _proof(sheets: _Sheets, one: CriterionView) -> None:
    if one.proof is None:
        return
    words = sheets.words
    slide = sheets.slide(words["slides.agenda_detail"].format(title=one.title))
    alt = words["evidence.picture_alt"].format(channel=words[f"channel.{one.proof.channel}"])
    slide.picture(one.proof.png, Box(_LEFT, _TOP + 0.1, _INNER, 3.7), alt, Align.LEFT)
    slide.text(one.fact, Box(_LEFT, _TOP + 3.95, _INNER, 0.45), _BODY, "fact")
    slide.text(words["evidence.picture"], Box(_LEFT, _TOP + 4.4, _INNER, 0.3), _NOTE, "caption")
    references = "; ".join(f"{one.name} {one.command}".strip() for one in one.references)
    sheets.noted(slide, one.fact, *(f"{step.what}: {step.plus}" for step in one.steps), references)


def _missing(sheets: _Sheets) -> None:
    view, words = sheets.view, sheets.words
    slide = sheets.slide(words["slides.agenda_missing"])
    slide.text(words["missing.intro"], Box(_LEFT, _TOP + 0.1, _INNER, 0.7), Style(16, SOFT, smallest=11), "intro")
    for at, (title, why) in enumerate(view.missing[:MOST_MISSING]):
        top = _TOP + 0.95 + at * 0.48
        slide.text(title, Box(_LEFT, top, 5.2, 0.36), Style(16, INK, smallest=10, bold=True), "criterion")
        slide.text(why, Box(6.2, top, WIDTH - 7.0, 0.36), Style(16, INK, smallest=10), "why")
    sheets.noted(slide, *(f"{title}: {why}" for title, why in view.missing))


def _next(sheets: _Sheets) -> None:
    words = sheets.words
    slide = sheets.slide(words["slides.agenda_next"])
    for at in (1, 2, 3):
        top = _TOP + 0.3 + (at - 1) * 1.2
        slide.text(str(at), Box(_LEFT, top - 0.08, 0.7, 0.8), Style(40, ACCENT), "number")
        slide.text(
            words[f"slides.next_{at}"], Box(_LEFT + 1.0, top, _INNER - 1.0, 0.9), Style(22, INK, smallest=14), "next"
        )
    sheets.noted(slide, words["reading.objection_text"])
