"""The pictures of a merchant's report: where its phone, address and form were seen on the night that counts."""

import base64
import io
from collections.abc import Iterable
from typing import NamedTuple

from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer.grids.grid import Grid
from barometer.proof import drawn
from barometer.scoring import Score
from storage.evidence import EvidenceStore
from storage.records import PageState, Sighting, Visit
from storage.vocabulary import Channel

PICTURED = (Channel.PHONE, Channel.EMAIL, Channel.FORM)
"""Channels that a picture is shown of; one each, so at most three in a report."""
WIDEST = 1120
"""Pixels that a picture is wide at most (*ours*)."""
LARGEST = 600_000
"""Bytes of a picture at most (*ours*): three of them and the report can still be mailed."""
_QUALITY = 80


class Proof(NamedTuple):
    """A picture of a part of a page, the sighting outlined: the channel, PNG for slides, its size in pixels."""

    channel: Channel
    png: bytes
    width: int
    height: int

    @property
    def source(self) -> str:
        """The picture as a data URI for a page."""
        with Image.open(io.BytesIO(self.png)) as image:
            stream = io.BytesIO()
            image.convert("RGB").save(stream, "WEBP", quality=_QUALITY, method=4)
        return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def proofs_of(session: Session, evidence: EvidenceStore, score: Score, grid: Grid) -> dict[str, Proof]:
    """Return the pictures of *score*'s evidence by the key of the first criterion that they prove, one a channel.

    Pictures are proof beside the marks, not part of them: one that was retired, is too large or shows nothing is left out.
    Only sightings of visits to this merchant are looked at.
    """
    found: dict[str, Proof] = {}
    shown: set[Channel] = set()
    for mark in score.marks:
        channels = set(grid.criterion(mark.criterion).channels) - shown
        if not grid.criterion(mark.criterion).measure.nightly:
            continue
        for sighting in _sightings(session, score.merchant.id, mark.evidence):
            if sighting.channel not in channels or sighting.channel not in PICTURED:
                continue
            proof = _proof(session, evidence, sighting)
            if proof is not None:
                found[mark.criterion] = proof
                shown.add(sighting.channel)
                break
    return found


def _sightings(session: Session, merchant_id: str, references: Iterable[str]) -> Iterable[Sighting]:
    keys = [reference.partition(":")[2] for reference in references if reference.startswith("sighting:")]
    if not keys:
        return []
    query = (
        select(Sighting)
        .join(Visit, Visit.id == Sighting.visit_id)
        .where(Sighting.id.in_(keys), Visit.merchant_id == merchant_id)
    )
    return sorted(session.scalars(query), key=lambda one: keys.index(one.id))


def _proof(session: Session, evidence: EvidenceStore, sighting: Sighting) -> Proof | None:
    state = session.get(PageState, sighting.state_id) if sighting.state_id else None
    pictures = drawn(evidence, sighting, state)
    if pictures is None:
        return None
    with Image.open(io.BytesIO(pictures[1])) as image:
        picture = image.convert("RGB")
        if picture.width > WIDEST:
            height = max(1, round(picture.height * WIDEST / picture.width))
            picture = picture.resize((WIDEST, height), Image.Resampling.LANCZOS)
        stream = io.BytesIO()
        picture.quantize(128).save(stream, "PNG", optimize=True)
    if stream.tell() > LARGEST:
        return None
    return Proof(sighting.channel, stream.getvalue(), picture.width, picture.height)
