"""The reports of an edition's merchants: read from its frozen files, made one by one, written under safe names."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.orm import Session

from barometer import observing
from barometer.cli.console import printable
from barometer.edition import ZONE, days_of_tests, frozen_inputs, grid_of, rankings, scores_of
from barometer.editions.basis import basis
from barometer.editions.notices import file_name
from barometer.editions.obstacles import opted_out
from barometer.editions.queue import awaited_on
from barometer.errors import UserError
from barometer.grids.grid import Grid
from barometer.observations import Observed
from barometer.podium import PublicEdition
from barometer.ranking import Ranking
from barometer.reports.merchant_choice import chosen
from barometer.reports.merchant_figures import CategoryFigures, figures_of
from barometer.reports.merchant_proof import proofs_of
from barometer.reports.merchant_report import document_title, merchant_report
from barometer.reports.merchant_slides import merchant_slides
from barometer.reports.merchant_view import About, View, view_of
from barometer.reports.merchant_words import MerchantWords, merchant_words
from barometer.reports.wording import Language
from barometer.scoring import Score
from barometer.settings import tool_version
from storage.evidence import EvidenceStore
from storage.records import Edition, EditionState, utc_now


class Format(StrEnum):
    """A form of the report."""

    HTML = "html"
    PDF = "pdf"
    SLIDES = "pptx"


class Asked(NamedTuple):
    """The merchants that reports are asked for; ``left_alone`` are those who asked not to be dealt with."""

    scores: tuple[Score, ...]
    left_alone: int


class Document(NamedTuple):
    """One file: its name, which letters of a merchant's name cannot steer, and its bytes."""

    name: str
    content: bytes


class Reports:
    """The reports of one edition's merchants.

    Raises :class:`UserError` where it has no marks yet, or a frozen file is damaged; and, as long as it is not published,
    where answers to its tests may still come: who reads which messages were tests answers them differently.
    """

    def __init__(self, session: Session, store: EvidenceStore, edition: Edition) -> None:
        self._session, self._store, self._edition = session, store, edition
        self._rankings = rankings(session, store, edition)
        self._grid = grid_of(session, store, edition)
        self._is_public = edition.state is EditionState.PUBLISHED
        if not self._is_public:
            for item in awaited_on(basis(session, store, edition).closing, utc_now()):
                raise UserError(item.why, "write the reports after that: who knows the tests answers them differently")

    def named(self, name: str) -> Asked:
        """Return the merchant that *name* means; raises :class:`UserError` where it is none, several, or opted out."""
        known = {score.merchant.id: score for ranking in self._rankings for score in scores_of(ranking)}
        merchant = chosen([score.merchant for score in known.values()], name)
        if opted_out(self._session, [merchant.id]):
            what = f"'{printable(merchant.name)[:80]}' asked to be left alone, so nothing is written of it"
            raise UserError(what, "see: barometer optout list")
        return Asked((known[merchant.id],), 0)

    def everybody(self) -> Asked:
        """Return every merchant of the edition but those who opted out, category by category, by key and never by place."""
        known = [
            score
            for ranking in self._rankings
            for score in sorted(scores_of(ranking), key=lambda score: score.merchant.key)
        ]
        alone = opted_out(self._session, [score.merchant.id for score in known])
        return Asked(tuple(score for score in known if score.merchant.id not in alone), len(alone))

    def documents(
        self, asked: Asked, formats: Sequence[Format], language: Language
    ) -> Iterator[tuple[Score, list[Document]]]:
        """Yield each merchant asked for with its files, one at a time, so that one at a time is in memory."""
        wanted = {score.merchant.id: score for score in asked.scores}
        words = merchant_words(language)
        edition = _about(self._edition, self._grid, self._is_public)
        about = About(edition, self._edition.grid_hash, self._edition.tool_version or "")
        for ranking, seen in self._categories(wanted):
            category = CategoryFigures(ranking, self._grid)
            for score in scores_of(ranking):
                if score.merchant.id not in wanted:
                    continue
                own = seen.get(score.merchant.id)
                figures = figures_of(score, ranking, own, self._grid, category, is_public=self._is_public)
                proofs = proofs_of(self._session, self._store, score, self._grid)
                view = view_of(figures, self._grid, about, words, proofs)
                made = [_document(one, view, words, self._grid, score.merchant.key) for one in formats]
                yield score, made

    def _categories(self, wanted: Collection[str]) -> Iterator[tuple[Ranking, dict[str, Observed]]]:
        """Yield the categories that hold any of *wanted*, with what was observed of these, and of nobody else."""
        by_name = {ranking.category: ranking for ranking in self._rankings}
        for category, inputs in frozen_inputs(self._session, self._store, self._edition):
            ranking = by_name.get(category)
            if ranking is None or not any(score.merchant.id in wanted for score in scores_of(ranking)):
                continue
            seen = observing.observe(self._session, inputs)
            yield ranking, {one.merchant.id: one for one in seen if one.merchant.id in wanted}


def written(documents: Sequence[Document], folder: Path) -> list[Path]:
    """Write *documents* into *folder*, each whole or not at all; raises :class:`UserError` where that cannot be done."""
    files = []
    for document in documents:
        file = folder / document.name
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        try:
            draft.write_bytes(document.content)
            draft.replace(file)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise UserError(f"--out {file}: {error.strerror or error}", "give a folder that can be written") from None
        files.append(file)
    return files


def _about(edition: Edition, grid: Grid, is_public: bool) -> PublicEdition:
    first, last = days_of_tests(edition)
    published = edition.published_at if is_public else None
    return PublicEdition(
        name=edition.name,
        title=edition.title,
        year=edition.year,
        revision=edition.revision,
        tests_from=first,
        tests_until=last,
        grid=grid.name,
        grid_version=grid.version,
        published_on=None if published is None else published.astimezone(ZONE).date(),
        correction=edition.correction,
    )


def _document(kind: Format, view: View, words: MerchantWords, grid: Grid, key: str) -> Document:
    name = f"{file_name(key)}.{words.language}.{kind}"
    if kind is Format.SLIDES:
        return Document(name, merchant_slides(view, words))
    html = merchant_report(view, words, grid.nights, tool_version())
    if kind is Format.HTML:
        return Document(name, html.encode())
    from barometer.reports.pdf import pdf_of

    subject = f"{view.edition}. {view.tests}"
    return Document(name, pdf_of(html, document_title(view, words), str(words.language), subject=subject))
