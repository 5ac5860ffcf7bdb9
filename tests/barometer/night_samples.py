"""Reports of nights that never were, for what shows them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from barometer.nights.report import BadBatch, Cost, NightReport, NotClosed, SecondLook, Site, Slow

HOSTILE = "\x1b[2J\u202e</title><script>alert(1)</script>[red]&\"'"
"""What a merchant might call itself."""

GOOD = NightReport(
    run="0" * 32, night="2026-11-22T02:30", state="closed", started_at=datetime(2026, 11, 22, 1, 30, tzinfo=UTC),
    finished_at=datetime(2026, 11, 22, 1, 52, tzinfo=UTC), seconds=1320.0, late=False, tool_version="1.0", sites=400,
    closed=400, visits={"complete": 371, "partial": 9, "refused": 3, "unreachable": 15, "blocked": 2},
    reasons={"partial": {"budget": 7, "timeout": 2}, "refused": {"robots": 3}, "blocked": {"bot_wall": 2},
             "unreachable": {"timeout": 8, "http_error": 4, "dns": 3}},
    not_closed=[], left_alone=[], gone=[],
    cost=Cost(16_240, 1_180, 912_000_000, 2_410.2, 502.9, 1_104_000_000, 2_040_000_000),
    second_look=SecondLook(19, 4, 0, 0), batches=24, begun_again=0, bad_batches=[],
    slowest=[Slow("Boutique", "https://www.boutique-tres-longue-et-lente.example/", 412.4, "partial", 300, 12)] * 3,
    logs="night-2026-11-22T02-30",
)  # fmt: skip


def bad(name: str = "Boutique", url: str = "https://shop.example/", **changed: Any) -> NightReport:
    """Return a night on which things went wrong, at a site of this name and address."""
    told = replace(
        GOOD, closed=397, begun_again=1,
        not_closed=[
            NotClosed(name, url, "killed (signal 9)", 22, "night-2026-11-22T02-30/batch-0022.log"),
            NotClosed(name, url, "memory", 23, "night-2026-11-22T02-30/batch-0023.log"),
            NotClosed(name, url, "deadline of the night", None, None),
        ],
        left_alone=[Site(name, url)], gone=[url], second_look=SecondLook(19, 4, 20, 18),
        bad_batches=[BadBatch(4, False, 20, "memory", -9, 1, "night-2026-11-22T02-30/batch-0004.log"),
                     BadBatch(22, True, 1, "killed (signal 9)", -9, 2, None)],
        slowest=[Slow(name, url, 412.4, "partial", 300, 12)],
    )  # fmt: skip
    return replace(told, **changed)
