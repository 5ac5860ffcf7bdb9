"""What the marks of an edition rest on: its rankings and frozen inputs, and which of its attempts were open then."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from barometer import observing
from barometer.delays import DEMONSTRATION
from barometer.edition import frozen_inputs, rankings, scores_of
from barometer.in_batches import in_batches
from barometer.observations import Pending
from barometer.ranking import Ranking
from storage.evidence import EvidenceStore
from storage.records import Attempt, Campaign, Edition


class Basis(NamedTuple):
    """The rankings of an edition; by category its frozen inputs, and when the windows close that were open then."""

    ranked: Sequence[Ranking]
    inputs: Mapping[str, observing.Inputs]
    closing: Mapping[str, Sequence[datetime]]

    @property
    def reviews(self) -> frozenset[str]:
        """The keys of the reviews that are in the marks."""
        return frozenset(key for one in self.inputs.values() for key in one.reviews)


def basis(session: Session, store: EvidenceStore, edition: Edition) -> Basis:
    """Return what the marks of *edition* rest on; raises :class:`UserError` where nothing was scored, or it is damaged."""
    ranked = rankings(session, store, edition)
    inputs = dict(frozen_inputs(session, store, edition))
    open_still = {
        ranking.category: {score.merchant.id for score in scores_of(ranking) if any(mark.open for mark in score.marks)}
        for ranking in ranked
    }
    closing = {
        category: _closing(session, inputs[category], owners)
        for category, owners in open_still.items()
        if owners and category in inputs
    }
    return Basis(ranked, inputs, closing)


def _closing(session: Session, inputs: "observing.Inputs", owners: set[str]) -> list[datetime]:
    """Return when the windows close of the attempts with *owners* that *inputs* say were open, whatever came of them since.

    A demonstration's clock is not ours: its attempts are left out.
    """
    seen = observing.observe(session, inputs._replace(visits={}))
    tried = (one for each in seen if each.merchant.id in owners for one in each.attempts)
    waiting = {one.attempt for one in tried if isinstance(one.ending, Pending)}
    began = {one.id: one.t0 for one in inputs.attempts if one.id in waiting}
    found: list[datetime] = []
    for batch in in_batches(sorted(waiting)):
        query = (
            select(Attempt.id, Attempt.window_seconds, Campaign.parameters)
            .join(Campaign, Campaign.id == Attempt.campaign_id)
            .where(Attempt.id.in_(batch))
        )
        for key, window, parameters in session.execute(query):
            t0 = began[key]
            if t0 is not None and DEMONSTRATION not in parameters:
                found.append(t0 + timedelta(seconds=window))
    return sorted(found)
