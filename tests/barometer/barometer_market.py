"""A market for the barometer report: the same on every run, with answers, unmeasured nights and open attempts."""

import random
from collections.abc import Sequence
from datetime import date

from barometer.figures import Figures, figures
from barometer.observations import ChannelSeen, Ending, Observed, Tried
from barometer.podium import PublicEdition
from storage.vocabulary import SOCIAL_CHANNELS, Channel, PriceClass
from tests.barometer.editions import DAY, a_merchant, answered, hidden, never, nights, pending, shown, unmeasured

SENTINEL = "Zyzzyva"
"""What every merchant's name, key and address hold, and nothing else does."""
EDITION = PublicEdition(
    "autumn", "Baromètre 2027", 2027, 1, date(2026, 9, 1), date(2026, 11, 9), "open-to-dialog", "1", date(2026, 11, 20)
)
_PRICES = [PriceClass.ORDINARY] * 5 + [PriceClass.PREMIUM] * 3 + [PriceClass.BANALISED] * 2 + [PriceClass.FREE]
_ATTEMPTS = ((4, Channel.PHONE), (3, Channel.EMAIL), (2, Channel.FORM), (1, Channel.X), (1, Channel.FACEBOOK))


def market(sizes: Sequence[int], seed: int = 1, names: Sequence[str] = ()) -> list[tuple[str, list[Observed]]]:
    """Return categories of *sizes* merchants."""
    draw = random.Random(seed)
    return [
        (
            names[number] if number < len(names) else f"Rayon {number + 1}",
            [_merchant(draw, f"{SENTINEL} {number}-{place}") for place in range(size)],
        )
        for number, size in enumerate(sizes)
    ]


def some_figures(sizes: Sequence[int] = (20, 24, 18, 3, 31), seed: int = 1, **edition: object) -> Figures:
    """Return the figures of a market."""
    return figures(EDITION._replace(**edition), market(sizes, seed), 7)  # type: ignore[arg-type]


def _merchant(draw: random.Random, name: str) -> Observed:
    def channel(likely: float, **more: object) -> ChannelSeen:
        if draw.random() < 0.03:
            return unmeasured()
        return shown(draw.choice((0, 0, 0, 1, 1, 2, 3)), **more) if draw.random() < likely else hidden()

    phone = channel(0.75, clearly_visible=draw.random() < 0.7, price_class=draw.choice(_PRICES))
    seen = {Channel.PHONE: phone, Channel.EMAIL: channel(0.5), Channel.FORM: channel(0.7), Channel.CHAT: channel(0.3)}
    seen |= {Channel.CONTACT_PAGE: channel(0.8), Channel.CALLBACK: channel(0.15)}
    seen |= {network: channel(0.5) for network in SOCIAL_CHANNELS}
    tried = [
        Tried(
            f"{name}-{kind}-{number}", kind, "s", _ending(draw, kind), acknowledged=5.0 if draw.random() < 0.3 else None
        )
        for many, kind in _ATTEMPTS
        for number in range(many)
    ]
    return Observed(a_merchant(name), nights(seen), tuple(tried))


def _ending(draw: random.Random, kind: Channel) -> Ending:
    mean, window = (25.0, 180.0) if kind is Channel.PHONE else (50_000.0, 14 * DAY)
    delay = draw.expovariate(1 / mean)
    if kind is not Channel.PHONE and draw.random() < 0.05:
        return pending(draw.uniform(2_000, 500_000))
    return answered(delay) if draw.random() < 0.7 and delay <= window else never(window)
