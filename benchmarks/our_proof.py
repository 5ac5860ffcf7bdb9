"""Contestant: our own spider with the rendered proof, run by ``proof_cost`` as a process of its own.

Consent banners are closed, controls pressed, and every state that counts is kept with its picture.
"""

import tempfile
from pathlib import Path

from barometer.result import audit_result
from benchmarks.proof_contest import Answer, tell, told
from spiders.orders import CrawlOptions, SiteOrder
from spiders.plan import Plan
from spiders.reading import SiteReading
from spiders.run import read_sites
from storage.vocabulary import Profile


def main() -> None:
    """Read the sites that standard input names; answer as each is closed."""
    task = told()
    plan = Plan("FR", render=True)

    def deliver(reading: SiteReading) -> None:
        result = audit_result(reading)
        channels = result["channels"].items()
        sure = {
            name: one["outcome"] == "exact" or one["searched"] in ("complete", "templates") for name, one in channels
        }
        clicks = {name: one["clicks"] if one["outcome"] == "exact" else None for name, one in channels}
        pictures = sum(state.picture is not None for state in reading.states)
        pages = result["pages"]
        tell(Answer(result["site"]["url"], clicks, sure, pages["read"], pages["rendered"], pictures))

    with tempfile.TemporaryDirectory() as folder:
        options = CrawlOptions(
            "barometer-benchmark", allow_private=True, evidence=Path(folder), renders_at_once=task.at_once
        )
        read_sites((SiteOrder(site, plan, Profile(task.profile)) for site in task.sites), options, deliver)


if __name__ == "__main__":
    main()
