"""Contestant: our own spider, run by ``search_cost`` as a process of its own (see ``contestant``)."""

import json

from barometer.result import audit_result
from benchmarks.contestant import PROGRESS_EVERY, Answer, tell, told
from spiders.orders import CrawlOptions, SiteOrder, Step
from spiders.plan import Plan
from spiders.reading import SiteReading
from spiders.run import read_sites
from storage.vocabulary import Basis, Channel


def main() -> None:
    """Read the sites that standard input names; answer as each is closed."""
    task = told()
    channels = frozenset(map(Channel, task.channels)) or frozenset(Channel)
    plan = Plan("FR", channels, basis=Basis(task.basis) if task.basis else None, exhaustive=task.exhaustive)
    read = 0

    def count(step: Step) -> None:
        nonlocal read
        read += 1
        if read % PROGRESS_EVERY == 0:
            print(json.dumps({"pages": read}), flush=True)

    def deliver(reading: SiteReading) -> None:
        result = audit_result(reading)
        phone = result["channels"]["phone"]
        sure = phone["outcome"] == "exact" or (phone["outcome"] == "not_found" and phone["searched"] != "budget")
        basis = phone["basis"] or phone["searched"]
        tell(Answer(result["site"]["url"], phone["clicks"], sure, len(reading.pages), basis))

    options = CrawlOptions("barometer-benchmark", allow_private=True)
    read_sites((SiteOrder(site, plan) for site in task.sites), options, deliver, count)


if __name__ == "__main__":
    main()
