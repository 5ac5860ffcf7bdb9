"""What an edition observes and what comes of it, made by hand: small to call, the same on every run.

``a_grid()`` has seven criteria: display, reactivity, and social that weighs nothing. ``an_observed("Lumen", quality=3)`` has
five nights, four calls, four e-mails; 4 is the best, 0 shows nothing. ``a_score("Lumen", "15.2")`` has marks that give just
that, and ``a_ranking("Sport", [("Lumen", "15.2"), ...])`` and ``a_public_result([a_ranking(...), ...])`` are made from such.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from barometer.grids.grid import Award, Band, Condition, Criterion, Family, Grid, LabelRule, Measure
from barometer.observations import (
    Answered,
    ChannelSeen,
    Ending,
    MerchantFact,
    Missing,
    Never,
    Night,
    Observed,
    Pending,
    Seen,
    Tried,
)
from barometer.podium import Label, Podium, PublicEdition, PublicResult
from barometer.ranking import Ranking, rank
from barometer.scoring import CriterionMark, Score
from storage.vocabulary import Channel, OutcomeKind, PriceClass, Profile, Searched

CATEGORY = "Décoration"
FIRST_NIGHT = date(2026, 9, 1)
HOUR, DAY = 3_600.0, 86_400.0

PHONE_DEPTH = Criterion(
    key="phone_depth",
    family="display",
    title={"en": "Phone", "fr": "Téléphone"},
    measure=Measure.DEPTH,
    channels=(Channel.PHONE,),
    maximum=Decimal(10),
    weight=Fraction(1, 5),
    nothing=Decimal(0),
    bands=(
        Band(Decimal(0), Decimal(10)),
        Band(Decimal(1), Decimal(7)),
        Band(Decimal(2), Decimal(4)),
        Band(None, Decimal(1)),
    ),
)
PHONE_PRICE = Criterion(
    key="phone_price",
    family="display",
    title={"en": "Price of a call", "fr": "Prix d’un appel"},
    measure=Measure.PRICE_CLASS,
    channels=(Channel.PHONE,),
    maximum=Decimal(4),
    weight=Fraction(1, 10),
    nothing=None,
    words={
        "free": Decimal(4),
        "banalised": Decimal(4),
        "ordinary": Decimal(3),
        "premium": Decimal(0),
        "unknown_short": None,
    },
)
EMAIL_SHOWN = Criterion(
    key="email_shown",
    family="display",
    title={"en": "E-mail or form", "fr": "E-mail ou formulaire"},
    measure=Measure.SHOWN,
    channels=(Channel.EMAIL, Channel.FORM),
    maximum=Decimal(2),
    weight=Fraction(1, 5),
    nothing=Decimal(0),
    words={"shown": Decimal(2)},
)
PHONE_WAITING = Criterion(
    key="phone_waiting",
    family="reactivity",
    title={"en": "Calls", "fr": "Appels"},
    measure=Measure.WAITING,
    channels=(Channel.PHONE,),
    maximum=Decimal(10),
    weight=Fraction(1, 5),
    nothing=Decimal(0),
    bands=(
        Band(Decimal(30), Decimal(10)),
        Band(Decimal(60), Decimal(7)),
        Band(Decimal(180), Decimal(3)),
        Band(None, Decimal(1)),
    ),
    unshown_is_nothing=True,
)
EMAIL_DELAY = Criterion(
    key="email_delay",
    family="reactivity",
    title={"en": "E-mail", "fr": "E-mail"},
    measure=Measure.DELAY,
    channels=(Channel.EMAIL, Channel.FORM),
    maximum=Decimal(10),
    weight=Fraction(1, 5),
    nothing=Decimal(0),
    bands=(Band(Decimal(3600), Decimal(10)), Band(Decimal(86400), Decimal(6)), Band(None, Decimal(2))),
    unshown_is_nothing=True,
)
EMAIL_PERSONALISATION = Criterion(
    key="email_personalisation",
    family="reactivity",
    title={"en": "Personalisation", "fr": "Personnalisation"},
    measure=Measure.RATING,
    channels=(Channel.EMAIL, Channel.FORM),
    maximum=Decimal(2),
    weight=Fraction(1, 10),
    nothing=Decimal(0),
    scale=Decimal(2),
    of="email.personalisation",
)
FACEBOOK_DELAY = Criterion(
    key="facebook_delay",
    family="social",
    title={"en": "Facebook", "fr": "Facebook"},
    measure=Measure.DELAY,
    channels=(Channel.FACEBOOK,),
    maximum=Decimal(10),
    weight=Fraction(0),
    nothing=Decimal(0),
    bands=(Band(Decimal(108000), Decimal(10)), Band(None, Decimal(2))),
)
CRITERIA = (
    PHONE_DEPTH,
    PHONE_PRICE,
    EMAIL_SHOWN,
    PHONE_WAITING,
    EMAIL_DELAY,
    EMAIL_PERSONALISATION,
    FACEBOOK_DELAY,
)
LABEL = LabelRule(
    {"en": "Open to dialogue", "fr": "Ouvert au dialogue"},
    (
        Condition("phone_depth", Decimal(1)),
        Condition("email_shown", Decimal(2)),
        Condition("phone_waiting", Decimal(7)),
        Condition("email_delay", Decimal(6)),
    ),
)


def a_grid(
    criteria: Sequence[Criterion] = CRITERIA,
    *,
    nights: int = 5,
    award: Award | None = None,
    label: LabelRule | None = LABEL,
    minimum_coverage: str = "0.7",
    channels_at_least: int = 1,
    stability: str = "0.8",
) -> Grid:
    """Return a grid of *criteria*, by default the seven above; their weights should sum to 1."""
    award = award if award is not None else Award(tie_break=("phone_depth", "email_delay"))
    known = {one.key for one in criteria}
    conditions = tuple(one for one in label.conditions if one.criterion in known) if label else ()
    families = {one.family: Fraction(0) for one in criteria}
    for one in criteria:
        families[one.family] += one.weight
    return Grid(
        name="handmade",
        version="1",
        title={"en": "Handmade grid", "fr": "Grille faite à la main"},
        source="made for the tests",
        sha256=hashlib.sha256(repr(tuple(criteria)).encode()).hexdigest(),
        profile=Profile.DESKTOP,
        nights=nights,
        minimum_coverage=Decimal(minimum_coverage),
        channels_at_least=channels_at_least,
        stability=Decimal(stability),
        families=tuple(Family(key, {"en": key, "fr": key}, weight) for key, weight in families.items()),
        criteria=tuple(criteria),
        award=award._replace(tie_break=tuple(key for key in award.tie_break if key in known)),
        label=label._replace(conditions=conditions) if label else None,
        plan={},
    )


def a_merchant(name: str = "Maison Lumen", category: str = CATEGORY, *, key: str | None = None) -> MerchantFact:
    """Return a merchant; key, id and address are made from its name, whatever that holds."""
    mixed = hashlib.sha256(f"{category}/{name}".encode("utf-8", "surrogatepass")).hexdigest()
    key = key if key is not None else f"m-{mixed[:10]}"
    return MerchantFact(mixed[-32:], key, name, f"https://{mixed[:10]}.example/", category)


def shown(clicks: int = 0, **more: Any) -> ChannelSeen:
    """Return a channel seen *clicks* from the home page, clearly visible, found for sure; *more* are other fields."""
    usual: dict[str, Any] = {"at_least": clicks, "clearly_visible": True, "confidence": 0.95}
    return ChannelSeen(OutcomeKind.EXACT, clicks)._replace(**{**usual, **more})


def hidden(searched: Searched = Searched.COMPLETE) -> ChannelSeen:
    """Return a channel that was looked for, as far as *searched* says, and is not shown."""
    return ChannelSeen(OutcomeKind.NOT_FOUND, searched=searched)


def unmeasured(reason: str = "timeout") -> ChannelSeen:
    """Return a channel that could not be looked for."""
    return ChannelSeen(OutcomeKind.NOT_MEASURED, reason=reason)


def nights(*each: Mapping[Channel, ChannelSeen]) -> tuple[Night, ...]:
    """Return one night after the other, each with what it saw; seen channels get references as evidence."""
    found = []
    for number, channels in enumerate(each):
        day = FIRST_NIGHT + timedelta(days=number)
        referred = {channel: _referred(one, day, channel) for channel, one in channels.items()}
        found.append(Night(day, referred))
    return tuple(found)


def answered(seconds: float) -> Answered:
    """Return an answer after *seconds*, a third of them in business time."""
    return Answered(seconds, seconds / 3)


def never(seconds: float = 14 * DAY) -> Never:
    """Return silence."""
    return Never(seconds, seconds / 3)


def pending(seconds: float) -> Pending:
    """Return an attempt that has been open for *seconds*."""
    return Pending(seconds, seconds / 3)


def attempts(
    channel: Channel,
    *endings: Ending,
    of: str | None = None,
    marks: Sequence[int | Fraction | None] = (),
    each: int = 2,
) -> tuple[Tried, ...]:
    """Return attempts on *channel*, *each* of a scenario; *marks* are what people gave for *of*, ``None`` for no mark."""
    given = [*marks, *[None] * len(endings)]
    return tuple(
        Tried(
            f"{channel}-{number:03}",
            channel,
            f"scenario-{number // each}",
            ending,
            {of: Fraction(mark)} if of is not None and mark is not None else {},
            None,
            (f"attempt:{channel}-{number:03}",),
        )
        for number, (ending, mark) in enumerate(zip(endings, given, strict=False))
    )


def an_observed(
    name: str = "Maison Lumen",
    category: str = CATEGORY,
    *,
    quality: int = 3,
    nights_seen: int = 5,
    tries: int = 4,
    key: str | None = None,
) -> Observed:
    """Return what was seen of a merchant: *quality* 4 is the best there is, 1 poor, and 0 shows nothing at all.

    On ``a_grid()`` the qualities 4 to 0 score 19.2, 17.1, 11.9, 6.2 and 0.0 out of 20, and the best two carry the label.
    """
    merchant = a_merchant(name, category, key=key)
    night: dict[Channel, ChannelSeen] = dict.fromkeys(Channel, hidden())
    if quality == 0:
        seen = nights(*[night] * nights_seen)
        nowhere = [Missing("blocked:no_address")] * tries
        return Observed(merchant, seen, (*attempts(Channel.EMAIL, *nowhere), *attempts(Channel.PHONE, *nowhere)))
    price = PriceClass.PREMIUM if quality == 1 else PriceClass.ORDINARY if quality < 4 else PriceClass.FREE
    night[Channel.PHONE] = shown(4 - quality, price_class=price)
    night[Channel.EMAIL] = shown(max(0, 3 - quality))
    night[Channel.CONTACT_PAGE] = night[Channel.FORM] = shown(1)
    if quality >= 3:
        night[Channel.FACEBOOK] = shown()
    wait = {4: 12.0, 3: 25.0, 2: 55.0, 1: 170.0}[quality]
    delay = {4: 0.5 * HOUR, 3: 0.9 * HOUR, 2: 20 * HOUR, 1: 50 * HOUR}[quality]
    calls = [never(200.0) if quality < 3 and number % 4 == 3 else answered(wait + number) for number in range(tries)]
    mails = [never() if quality < 2 and number % 3 == 2 else answered(delay * (1 + number)) for number in range(tries)]
    given: list[int | None] = [
        None if isinstance(one, Never) else min(2, quality - number % 2) for number, one in enumerate(mails)
    ]
    tried = (
        *attempts(Channel.EMAIL, *mails, of="email.personalisation", marks=given),
        *attempts(Channel.PHONE, *calls),
    )
    return Observed(merchant, nights(*[night] * nights_seen), tried)


def a_mark(criterion: Criterion = PHONE_DEPTH, part: Fraction | str | None = Fraction(7, 10)) -> CriterionMark:
    """Return a mark of *part* of the criterion's maximum, with what a real one would carry; ``None``: not measured."""
    title, maximum = criterion.title["en"], criterion.maximum
    if part is None:
        rule = f"{title}: not measured"
        return CriterionMark(
            criterion.key, None, maximum, criterion.weight, 0, {}, {"timeout": 5}, rule, (), reason="timeout"
        )
    points = Fraction(part) * Fraction(maximum)
    found = Seen(Decimal(1)) if criterion.bands else Seen(next(iter(criterion.words), "shown"))
    rule = f"{title}: {float(points):.4g} of {maximum} points"
    nightly = criterion.measure.nightly
    key = (
        f"up_to:{criterion.bands[0].up_to}"
        if criterion.bands
        else "mark:1.5"
        if criterion.scale
        else f"word:{found.value}"
    )
    return CriterionMark(
        criterion=criterion.key,
        points=points,
        maximum=maximum,
        weight=criterion.weight,
        units=5,
        tally={key: 5},
        left_out={},
        rule=rule,
        evidence=("visit:v1", "sighting:s1") if nightly else ("attempt:a1", "reply:r1"),
        found=found if nightly else None,
        spread=(found, found) if nightly else None,
    )


def a_score(
    name: str = "Maison Lumen",
    score: str | Decimal | None = "15.0",
    category: str = CATEGORY,
    *,
    grid: Grid | None = None,
    labelled: bool | None = False,
    key: str | None = None,
) -> Score:
    """Return a merchant's score whose marks, all of the same part of their maximum, give just that.

    *score* ``None`` makes a merchant of whom nothing was measured.
    """
    grid = grid if grid is not None else a_grid()
    part = None if score is None else Fraction(Decimal(score)) / 20
    return Score(
        merchant=a_merchant(name, category, key=key),
        score=None if score is None else Decimal(score).quantize(Decimal("0.1")),
        coverage=Fraction(0) if score is None else Fraction(1),
        marks=tuple(a_mark(one, part) for one in grid.criteria),
        ineligible=("nothing_measured",) if score is None else (),
        labelled=labelled if grid.label is not None else None,
        unmet=() if labelled or grid.label is None else (grid.label.conditions[0].criterion,),
        interval=None,
    )


def a_ranking(
    category: str = CATEGORY,
    scores: Iterable[tuple[str, str | None] | Score] = (
        ("Lumen", "16.4"),
        ("Argile", "14.0"),
        ("Osier", "12.9"),
        ("Rotin", "9.3"),
    ),
    grid: Grid | None = None,
    labelled: Iterable[str] = (),
) -> Ranking:
    """Return a category ranked; *scores* are scores or pairs of name and mark, *labelled* the names that carry the label."""
    grid = grid if grid is not None else a_grid()
    names = set(labelled)
    made = [
        one if isinstance(one, Score) else a_score(one[0], one[1], category, grid=grid, labelled=one[0] in names)
        for one in scores
    ]
    return rank(category, made, grid)


def a_public_edition(name: str = "barometer-2027", **more: Any) -> PublicEdition:
    """Return an edition of 2027 whose tests were made in autumn 2026."""
    return PublicEdition(
        name=name,
        title="Baromètre de la relation client",
        year=2027,
        revision=1,
        tests_from=date(2026, 9, 1),
        tests_until=date(2026, 11, 1),
        grid="handmade",
        grid_version="1",
        published_on=date(2026, 11, 22),
    )._replace(**more)


def a_public_result(rankings: Iterable[Ranking] | None = None, **edition: Any) -> PublicResult:
    """Return what a public exporter is given: by default a category with laureates and a label, and one without."""
    if rankings is None:
        rankings = (
            a_ranking(labelled=["Lumen", "Osier"]),
            a_ranking("Sport", [("Foulée", "11.0"), ("Crampon", "10.5"), ("Rameur", "9.0")]),
        )
    kept = tuple(rankings)
    everybody = [one for ranking in kept for one in (*(placed.score for placed in ranking.placed), *ranking.unplaced)]
    return PublicResult(a_public_edition(**edition), tuple(Podium(one) for one in kept), Label(everybody))


def _referred(one: ChannelSeen, day: date, channel: Channel) -> ChannelSeen:
    if one.evidence:
        return one
    visit = f"visit:{day:%Y%m%d}"
    seen = (f"sighting:{day:%Y%m%d}-{channel}",) if one.clicks is not None else ()
    return one._replace(evidence=(visit, *seen))
