"""What sites show, as families of merchants: each site counts with the median of its last measured nights. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from barometer.figures.disclosure_tables import LEAST, Family, Question, Row
from barometer.observations import ChannelSeen, Observed
from storage.vocabulary import SOCIAL_CHANNELS, Channel, OutcomeKind, PriceClass

PHONE, WRITING, SOCIAL = "phone", "writing", "social"
SINGLE = (Channel.CONTACT_PAGE, Channel.CHAT, Channel.CALLBACK)
"""Channels of which it is only told whether and where they are shown."""
DEPTHS = ("0", "1", "2", "3", "none")
"""Clicks from the home page; ``3`` stands for three or more."""
PRICES = ("premium", "unknown", "ordinary", "banalised", "free", "none")
"""What a call costs, the dearest first; ``unknown``: a short number that the plan sets one by one, or no class at all."""
DOUBTFUL = 0.1
"""Of more than this part of the phones nobody could tell whether they are clearly visible: then it is not told (*ours*)."""
_FURTHEST = 3
_SHOWN = frozenset(DEPTHS) - {"none"}

Categories = Mapping[str, Sequence[Observed]]


def site_families(categories: Categories, nights: int) -> Iterator[Family]:
    """Yield what sites show: phone with its depth and price, e-mail and form, social networks, and other ways.

    A site on which a channel of the family was never measured is not among its merchants.
    """
    yield _phone(categories, nights)
    yield _writing(categories, nights)
    for channel in SINGLE:
        yield _single(categories, nights, channel)
    yield _social(categories, nights)


def median_night(observed: Observed, channel: Channel, nights: int) -> ChannelSeen | None:
    """Return how *channel* was seen on the median of the last *nights* nights on which it was measured.

    Nights are ordered by clicks, not found last; of two in the middle the better counts, as for marks. ``None`` where it was
    never measured.
    """
    seen = [night.channels.get(channel) for night in observed.nights]
    measured = [one for one in seen if one is not None and one.kind is not OutcomeKind.NOT_MEASURED][-nights:]
    if not measured:
        return None
    return sorted(measured, key=lambda one: (one.clicks is None, one.clicks or 0))[(len(measured) - 1) // 2]


def _phone(categories: Categories, nights: int) -> Family:
    seen = {
        category: [one for merchant in merchants if (one := median_night(merchant, Channel.PHONE, nights)) is not None]
        for category, merchants in categories.items()
    }
    blocks = {"depth": DEPTHS, "price": PRICES}
    shown = {"depth": _SHOWN, "price": frozenset(PRICES) - {"none"}}
    visible = []
    if _visibility_known(one for merchants in seen.values() for one in merchants):
        blocks["visibility"] = ("visible", "not_visible", "none")
        shown["visibility"] = frozenset(("visible", "not_visible"))
        visible = [Question("visible", {"visibility": frozenset(("visible",))}, of="shown")]
    questions = (
        Question("shown", shown),
        *visible,
        Question("premium", {"price": frozenset(("premium",))}, of="shown"),
        Question("home", {"depth": frozenset("0")}),
        Question("one_click", {"depth": frozenset("01")}),
        Question("two_clicks", {"depth": frozenset("012")}, by_category=False),
        Question("not_free", {"price": frozenset(PRICES) - {"free", "none"}}, by_category=False, of="shown"),
        Question("dearer_than_banalised", {"price": frozenset(PRICES[:3])}, by_category=False, of="shown"),
        Question("not_known_ordinary", {"price": frozenset(PRICES[:2])}, by_category=False, of="shown"),
    )
    rows = {
        category: [
            Row(
                {
                    "depth": _in(DEPTHS, _depth(one)),
                    "price": _in(PRICES, _price(one)),
                    **({"visibility": _in(blocks["visibility"], _visibility(one))} if visible else {}),
                }
            )
            for one in merchants
        ]
        for category, merchants in seen.items()
    }
    return Family(PHONE, blocks, questions, rows, within={"price": "shown", "visibility": "shown"})


def _writing(categories: Categories, nights: int) -> Family:
    """E-mail address and message form: either, and each; where they are, of the one that is nearer."""
    atoms = ("both", "email", "form", "none")
    rows = {}
    for category, merchants in categories.items():
        pairs = [
            (median_night(one, Channel.EMAIL, nights), median_night(one, Channel.FORM, nights)) for one in merchants
        ]
        rows[category] = [
            Row({"ways": _in(atoms, _either(email, form)), "depth": _in(DEPTHS, min(_depth(email), _depth(form)))})
            for email, form in pairs
            if email is not None and form is not None
        ]
    questions = (
        Question("shown", {"ways": frozenset(atoms[:3]), "depth": _SHOWN}),
        Question("email", {"ways": frozenset(("both", "email"))}),
        Question("form", {"ways": frozenset(("both", "form"))}),
        Question("home", {"depth": frozenset("0")}, by_category=False),
        Question("one_click", {"depth": frozenset("01")}, by_category=False),
        Question("two_clicks", {"depth": frozenset("012")}, by_category=False),
    )
    return Family(WRITING, {"ways": atoms, "depth": DEPTHS}, questions, rows)


def _single(categories: Categories, nights: int, channel: Channel) -> Family:
    rows = {
        category: [
            Row({"depth": _in(DEPTHS, _depth(one))})
            for merchant in merchants
            if (one := median_night(merchant, channel, nights)) is not None
        ]
        for category, merchants in categories.items()
    }
    questions = (
        Question("shown", {"depth": _SHOWN}),
        Question("home", {"depth": frozenset("0")}, by_category=False),
        Question("one_click", {"depth": frozenset("01")}, by_category=False),
        Question("two_clicks", {"depth": frozenset("012")}, by_category=False),
    )
    return Family(str(channel), {"depth": DEPTHS}, questions, rows)


def _social(categories: Categories, nights: int) -> Family:
    """Visible links to an own account: any network, Facebook, X."""
    atoms = ("facebook_x", "facebook", "x", "other", "none")
    rows = {}
    for category, merchants in categories.items():
        seen = [[median_night(one, channel, nights) for channel in SOCIAL_CHANNELS] for one in merchants]
        rows[category] = [
            Row({"networks": _in(atoms, _networks(each))}) for each in seen if all(one is not None for one in each)
        ]
    questions = (
        Question("shown", {"networks": frozenset(atoms[:4])}),
        Question("facebook", {"networks": frozenset(("facebook_x", "facebook"))}),
        Question("x", {"networks": frozenset(("facebook_x", "x"))}),
    )
    return Family(SOCIAL, {"networks": atoms}, questions, rows)


def _in(atoms: Sequence[str], atom: str) -> tuple[float, ...]:
    return tuple(float(one == atom) for one in atoms)


def _is_shown(one: ChannelSeen | None) -> bool:
    return one is not None and one.clicks is not None


def _depth(one: ChannelSeen) -> str:
    return "none" if one.clicks is None else str(min(one.clicks, _FURTHEST))


def _price(one: ChannelSeen) -> str:
    if one.clicks is None:
        return "none"
    return "unknown" if one.price_class in (None, PriceClass.UNKNOWN_SHORT) else str(one.price_class)


def _visibility(one: ChannelSeen) -> str:
    if one.clicks is None:
        return "none"
    return "visible" if one.clearly_visible else "not_visible"


def _visibility_known(seen: Iterable[ChannelSeen]) -> bool:
    shown = [one for one in seen if one.clicks is not None]
    # Of a few it is asked like of nobody, and not told: whether it was asked would tell of them.
    return len(shown) < LEAST or sum(one.clearly_visible is None for one in shown) <= DOUBTFUL * len(shown)


def _either(email: ChannelSeen, form: ChannelSeen) -> str:
    ways = {(True, True): "both", (True, False): "email", (False, True): "form"}
    return ways.get((_is_shown(email), _is_shown(form)), "none")


def _networks(each: Sequence[ChannelSeen | None]) -> str:
    shown = {channel for channel, one in zip(SOCIAL_CHANNELS, each, strict=True) if _is_shown(one)}
    named = [str(channel) for channel in (Channel.FACEBOOK, Channel.X) if channel in shown]
    return "_".join(named) or ("other" if shown else "none")
