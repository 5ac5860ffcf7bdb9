"""The demo market: sixteen invented merchants, their sites on loopback, and the panel that lists them."""

import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from barometer.demo.loopback import serving
from barometer.demo.merchant import DemoMerchant, merchants
from barometer.demo.site import DemoSite, Took

__all__ = ["DemoMerchant", "merchants", "panel_csv", "serve"]


@contextmanager
def serve(host: str = "127.9.0.1", port: int = 0, took: Took | None = None) -> Iterator[dict[str, str]]:
    """Serve every merchant while the context is open; yield each merchant's home address by its slug.

    The first merchant listens on *host*, the next on the address after it, all on *port* (0: one that is free).
    What is written by their contact forms is given to *took*. Raises :class:`barometer.errors.UserError` when that cannot be had.
    """
    market = merchants()
    with serving([DemoSite(merchant, took) for merchant in market], host, port) as addresses:
        yield {merchant.slug: f"{address}/" for merchant, address in zip(market, addresses, strict=True)}


def panel_csv(addresses: Mapping[str, str]) -> str:
    """Return the market as a file for ``barometer panel import``; *addresses* is what :func:`serve` yields."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["name", "url", "category", "country", "language", "entered", "sample_order"])
    for number, merchant in enumerate(merchants(), start=1):
        rows.writerow([merchant.name, addresses[merchant.slug], merchant.category, "FR", "fr", "yes", number])
    return text.getvalue()
