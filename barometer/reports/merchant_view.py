"""The merchant's report in words: everything that its page and its slides say, ready to be set."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

from barometer.grids.grid import Criterion, Grid
from barometer.marks.sentence import title_of
from barometer.podium import PublicEdition
from barometer.reports.merchant_cards import CriterionView, card, compared_in_words, fact_of, points_of
from barometer.reports.merchant_comparison import FEWEST, Comparison
from barometer.reports.merchant_drawings import Bar, ScoreScale, bar, score_scale
from barometer.reports.merchant_figures import CriterionFigure, FamilyFigure, MerchantFigures
from barometer.reports.merchant_gains import Gain
from barometer.reports.merchant_proof import Proof
from barometer.reports.merchant_steps import LEAST, Told, told
from barometer.reports.merchant_text import host_of, legible
from barometer.reports.merchant_words import MerchantWords
from barometer.reports.wording import capital

LONGEST_NAME = 300
"""Characters of a merchant's name that are shown, as long as a panel lets it be."""
MOST_GAINS = 6
"""Points to improve that stand apart (*ours*): more is no order of work. All stand with their criteria."""


class About(NamedTuple):
    """What the report is of: the edition, the SHA-256 of its grid, and the version that computed the marks."""

    edition: PublicEdition
    grid_sha256: str
    tool_version: str

    @property
    def is_published(self) -> bool:
        """Whether the edition's podium is public."""
        return self.edition.published_on is not None


class FamilyView(NamedTuple):
    """A family: how much of it was earned, and its criteria that count."""

    title: str
    weight: str
    part: str
    bar: Bar
    compared: str
    criteria: tuple[CriterionView, ...]


class GainView(NamedTuple):
    """A point to improve: the criterion, what it holds in all, how it stands now, and the steps."""

    anchor: str
    title: str
    plus: str
    now: str
    steps: tuple[Told, ...]


class StrengthView(NamedTuple):
    """A strength: the criterion, its points, and what makes it one."""

    anchor: str
    title: str
    points: str
    why: str


class View(NamedTuple):
    """Everything that the report says."""

    merchant: str
    host: str
    category: str
    edition: str
    tests: str
    draft: str
    correction: str
    score: str
    score_notes: tuple[str, ...]
    score_legend: tuple[tuple[str, str, str], ...]
    scale: ScoreScale
    standing: str
    standing_notes: tuple[str, ...]
    label: str
    label_conditions: tuple[tuple[str, bool], ...]
    families: tuple[FamilyView, ...]
    gains: tuple[GainView, ...]
    more_gains: str
    strengths: tuple[StrengthView, ...]
    unweighted: tuple[CriterionView, ...]
    missing: tuple[tuple[str, str], ...]
    is_compared: bool
    provenance: tuple[tuple[str, str], ...]


def view_of(
    figures: MerchantFigures, grid: Grid, about: About, words: MerchantWords, proofs: Mapping[str, Proof]
) -> View:
    """Return what the report on *figures* says; *proofs* are pictures by the key of their criterion."""
    teller = _Teller(figures, grid, about, words, proofs)
    weighed = [one for one in figures.criteria if one.possible]
    return View(
        merchant=legible(figures.merchant.name, LONGEST_NAME),
        host=legible(host_of(figures.merchant.url), 120),
        category=words.plain("page.category", category=figures.category) if figures.category else "",
        edition=words.plain("page.edition", title=about.edition.title, year=about.edition.year),
        tests=words["page.tests"].format(period=words.period(about.edition.tests_from, about.edition.tests_until)),
        draft="" if about.is_published else words["page.draft_note"],
        correction=teller.correction(),
        score=words["score.none"] if figures.score.score is None else words.mark(figures.score.score),
        score_notes=tuple(teller.score_notes()),
        score_legend=tuple(teller.legend()),
        scale=score_scale(figures.score.score, figures.score.interval, figures.compared, grid.award.above),
        standing=teller.standing(),
        standing_notes=tuple(teller.standing_notes()),
        label=teller.label(),
        label_conditions=tuple(teller.conditions()),
        families=tuple(teller.family(one) for one in figures.families),
        gains=tuple(teller.gain(gain) for gain in teller.worth_telling()[:MOST_GAINS]),
        more_gains=teller.more_gains(),
        strengths=tuple(teller.strength(one) for one in figures.strengths),
        unweighted=tuple(
            teller.criterion(one) for one in figures.criteria if one.mark.points is not None and one not in weighed
        ),
        missing=tuple(
            (teller.title(one.criterion), fact_of(one, words)) for one in figures.criteria if one.mark.points is None
        ),
        is_compared=figures.is_compared,
        provenance=tuple(teller.provenance()),
    )


class _Teller:
    """One report in the making."""

    def __init__(
        self, figures: MerchantFigures, grid: Grid, about: About, words: MerchantWords, proofs: Mapping[str, Proof]
    ) -> None:
        self.figures, self.grid, self.about, self.words, self.proofs = figures, grid, about, words, proofs
        self.score = figures.score
        self._anchors = {one.criterion.key: f"criterion-{at}" for at, one in enumerate(figures.criteria, 1)}
        self._gains = {gain.criterion.key: gain for gain in figures.gains}

    def correction(self) -> str:
        edition = self.about.edition
        if edition.correction is None:
            return ""
        return self.words.plain("page.correction", revision=edition.revision, correction=edition.correction)

    def score_notes(self) -> Iterable[str]:
        words, score = self.words, self.score
        if score.score is None:
            yield words["score.none_note"]
            return
        if score.interval is not None:
            low, high = score.interval
            yield words["score.interval"].format(low=words.mark(low), high=words.mark(high))
        if score.coverage < 1:
            yield words["score.coverage"].format(part=words.part(score.coverage))
        if isinstance(self.figures.compared, Comparison):
            yield words["score.rounded"]
        else:
            yield words["score.not_compared"].format(fewest=FEWEST)

    def legend(self) -> Iterable[tuple[str, str, str]]:
        """Yield the marks of the scale: which, its name, its figure."""
        words, category = self.words, self.figures.compared
        if self.score.score is not None:
            yield "own", words["score.own"], words.mark(self.score.score)
        if isinstance(category, Comparison):
            yield "mean", words["score.mean"], self._about(category.mean)
            yield "best", words["score.best"], self._about(category.best)
        yield "threshold", words["score.threshold"], words.points(self.grid.award.above)

    def standing(self) -> str:
        if self.score.ineligible:
            return self.words["standing.not_eligible"]
        if self.figures.place is not None:
            return self.words[f"standing.place_{self.figures.place}"]
        return self.words["standing.eligible"]

    def standing_notes(self) -> Iterable[str]:
        words, award = self.words, self.grid.award
        if self.score.ineligible:
            for reason in self.score.ineligible:
                yield words[f"standing.{reason}"].format(
                    part=words.part(self.score.coverage),
                    least=words.part(Fraction(self.grid.minimum_coverage)),
                    needed=words.number(self.grid.channels_at_least),
                )
            return
        if self.score.score is not None:
            reached = self.score.score > award.above if award.strict else self.score.score >= award.above
            key = (
                ("above" if award.strict else "reaches")
                if reached
                else ("not_above" if award.strict else "not_reaches")
            )
            yield capital(words[f"standing.{key}"].format(threshold=words.points(award.above))) + "."
        if not self.figures.is_ranked:
            yield words["standing.not_ranked"]
            return
        yield words["standing.place_note" if self.figures.place is not None else "standing.eligible_note"]

    def label(self) -> str:
        rule = self.grid.label
        if rule is None or self.score.labelled is None:
            return ""
        title = rule.title.get(self.words.language) or next(iter(rule.title.values()), "")
        return self.words.plain("label.has" if self.score.labelled else "label.has_not", label=title)

    def conditions(self) -> Iterable[tuple[str, bool]]:
        for one in self.figures.label:
            told_of = self.words.plain(
                "label.needs",
                title=title_of(one.criterion, self.words.language),
                points=self.words.points(one.at_least),
                maximum=self.words.points(one.criterion.maximum),
            )
            yield told_of, one.is_met

    def family(self, one: FamilyFigure) -> FamilyView:
        words, family = self.words, one.family
        own = [
            each
            for each in self.figures.criteria
            if each.criterion.family == family.key and each.possible and each.part is not None
        ]
        part = words["family.not_measured"] if one.part is None else words.part(one.part)
        return FamilyView(
            title=legible(family.title.get(words.language) or next(iter(family.title.values()), family.key)),
            weight=words["family.weight"].format(part=words.part(family.weight)),
            part=part,
            bar=bar(one.part, one.compared),
            compared=compared_in_words(one.compared, None, self.words),
            criteria=tuple(self.criterion(each) for each in own),
        )

    def criterion(self, one: CriterionFigure) -> CriterionView:
        key = one.criterion.key
        return card(one, self._gains.get(key), self.proofs.get(key), self._anchors[key], self.words)

    def title(self, criterion: Criterion) -> str:
        """Return the criterion's title where it stands by itself: with its family, where another one has the same title."""
        language = self.words.language
        title = title_of(criterion, language)
        if [title_of(one, language) for one in self.grid.criteria].count(title) > 1:
            family = next((one.title for one in self.grid.families if one.key == criterion.family), {})
            title = f"{title} ({family.get(language) or next(iter(family.values()), criterion.family)})"
        return legible(title)

    def gain(self, gain: Gain) -> GainView:
        words = self.words
        points = words.points(gain.mark.points or Fraction(0))
        return GainView(
            anchor=self._anchors[gain.criterion.key],
            title=self.title(gain.criterion),
            plus=words.gain(gain.whole),
            now=words["gain.now"].format(points=points, maximum=words.points(gain.mark.maximum)),
            steps=tuple(told(gain, words)),
        )

    def worth_telling(self) -> list[Gain]:
        return [gain for gain in self.figures.gains if gain.whole >= LEAST]

    def more_gains(self) -> str:
        rest = self.figures.gains[len(self.worth_telling()[:MOST_GAINS]) :]
        if not rest:
            return ""
        plus = self.words.gain(sum((gain.whole for gain in rest), Fraction(0)))
        key = "gain.more_one" if len(rest) == 1 else "gain.more"
        return self.words[key].format(count=self.words.number(len(rest)), plus=plus)

    def strength(self, one: CriterionFigure) -> StrengthView:
        words, why = self.words, ""
        if one.part == 1:
            why = words["strength.at_maximum"]
        elif isinstance(one.compared, Comparison) and one.part is not None and one.part > one.compared.mean:
            maximum = Fraction(one.criterion.maximum)
            mean = words["score.about"].format(score=words.points(one.compared.mean * maximum))
            why = words["strength.above_mean"].format(mean=mean, maximum=words.points(maximum))
        return StrengthView(
            self._anchors[one.criterion.key],
            self.title(one.criterion),
            points_of(one, self.words),
            why,
        )

    def provenance(self) -> Iterable[tuple[str, str]]:
        words, edition = self.words, self.about.edition
        name = f"{edition.name}, {words['provenance.revision'].format(revision=edition.revision)}"
        state = words["provenance.not_published"]
        if edition.published_on is not None:
            state = words["provenance.published"].format(day=words.dated(edition.published_on))
        yield words["provenance.merchant"], legible(self.figures.merchant.url)
        yield words["provenance.edition"], legible(name)
        yield words["provenance.state"], state
        yield (
            words["provenance.grid"],
            words.plain("provenance.grid_version", grid=edition.grid, version=edition.grid_version),
        )
        yield words["provenance.grid_sha256"], self.about.grid_sha256
        yield words["provenance.tool"], f"barometer {legible(self.about.tool_version, 60)}"

    def _about(self, part: Fraction) -> str:
        return self.words["score.about"].format(score=self.words.points(part * 20))
