"""Samples of the pages cut from one URL template: when may the pages read vouch for those that are not? Pure."""

from collections import Counter
from dataclasses import dataclass, field

from storage.vocabulary import Channel

Found = tuple[Channel, str]
"""A channel and the value it was seen with."""

SAMPLE = 6
"""Pages read of a URL template before it vouches for its siblings (ours; stated as ``template_sample``)."""
SAMPLE_DEEPER = 2
"""Pages read of a template on each further level."""
FEW = 20
"""Known pages of a template below which all are read: vouching for so few saves next to nothing (ours)."""
FEW_IN_BROWSER = 10
"""The same where each page has to be shown by a browser (ours)."""
LIKENESS = 0.6
"""Share of common marks (Jaccard) from which on two pages count as cut from one template (ours)."""


class Samples:
    """The templates of one site: how many pages each has, and what its samples showed."""

    def __init__(self) -> None:
        self._templates: dict[str, _Template] = {}
        self._members: Counter[str] = Counter()

    def count(self, template: str) -> None:
        """Count one more page of *template*."""
        self._members[template] += 1

    def vouch(self, template: str, level: int, few: int = FEW) -> bool:
        """Tell whether enough pages of *template* were read for the others on *level* to be left unread.

        Where fewer than *few* are known, none vouches.
        """
        known = self._templates.get(template)
        return self._members[template] >= few and known is not None and not known.needs(level)

    def add(
        self, template: str, level: int, marks: frozenset[str], found: frozenset[Found], looked_for: frozenset[Channel]
    ) -> bool:
        """Count a page as a sample; return whether it is unlike the others, so that none vouches any longer."""
        known = self._templates.setdefault(template, _Template())
        known.read[level] = known.read.get(level, 0) + 1
        if known.marks is None:
            known.marks, known.found, known.looked_for = marks, found, looked_for
            return False
        if known.alike and not (_alike(marks, known.marks) and known.shows(found, looked_for)):
            known.alike = False
            return True
        return False

    def size(self, template: str) -> int:
        """Return how many pages of *template* were read."""
        known = self._templates.get(template)
        return sum(known.read.values()) if known is not None else 0


@dataclass(slots=True)
class _Template:
    """What is known of the pages cut from one URL template."""

    read: dict[int, int] = field(default_factory=dict)
    marks: frozenset[str] | None = None
    found: frozenset[Found] = frozenset()
    looked_for: frozenset[Channel] = frozenset()
    alike: bool = True

    def shows(self, found: frozenset[Found], looked_for: frozenset[Channel]) -> bool:
        """Tell whether the first sample shows what *found* says, as far as both were looked at for the same."""
        common = self.looked_for & looked_for
        return {one for one in self.found if one[0] in common} == {one for one in found if one[0] in common}

    def needs(self, level: int) -> bool:
        """Tell whether one more page must be read on *level* before siblings are vouched for."""
        return not self.alike or sum(self.read.values()) < SAMPLE or self.read.get(level, 0) < SAMPLE_DEEPER


def _alike(marks: frozenset[str], others: frozenset[str]) -> bool:
    union = len(marks | others)
    return union == 0 or len(marks & others) / union >= LIKENESS
