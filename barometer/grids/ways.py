"""How many different ways of contact some criteria are about. Pure."""

from collections.abc import Iterable

from barometer.grids.grid import Criterion


def ways(criteria: Iterable[Criterion]) -> int:
    """Return how many different channels *criteria* are about; channels that one criterion takes together are one way.

    An address and a form, either of which may answer, thus do not make two. Of criteria that overlap the one with fewer
    channels counts.
    """
    taken: set[str] = set()
    count = 0
    for channels in sorted({tuple(sorted(set(one.channels))) for one in criteria}, key=lambda own: (len(own), own)):
        if taken.isdisjoint(channels):
            taken.update(channels)
            count += 1
    return count
