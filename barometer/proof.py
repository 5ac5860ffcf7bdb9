"""The pictures of an audit, drawn into its folder: one a state that a path leads through, two a channel.

They are made from what is stored, so the same visit gives the same pictures.
"""

import os
from pathlib import Path
from typing import Any

from barometer.errors import UserError
from barometer.result import best_sightings, state_of
from spiders.browser.layout import Box
from spiders.browser.picture import StatePicture, cropped, outlined
from spiders.reading import SiteReading
from storage.evidence import EvidenceStore
from storage.problems import EvidenceProblem
from storage.records import PageState, Sighting
from storage.vocabulary import Channel

Json = dict[str, Any]


def draw(reading: SiteReading, evidence: EvidenceStore, result: Json, folder: Path, prefix: str = "") -> Json:
    """Write the pictures of *reading* into *folder*, each name beginning with *prefix*, and return *result* naming them.

    For each channel ``NAME.png`` is the whole page with the sighting outlined and ``NAME-crop.png`` a close-up;
    ``step-N.png`` is a state that paths lead through, as it was before the click. What no picture shows stays unnamed.
    Raises :class:`UserError` where *folder* cannot be written.
    """
    states = {state.url: state for state in reversed(reading.states) if state.picture is not None and not state.hovered}
    steps: dict[str, str] = {}
    best = best_sightings(reading)
    try:
        for name, channel in result["channels"].items():
            for step in channel["path"]:
                state = states.get(step["from"])
                if state is not None:
                    step["screenshot"] = _step(evidence, state, folder, prefix, steps)
            if channel["proof"] is not None:
                channel["proof"]["screenshot"] = _proof(
                    reading, best[Channel(name)], evidence, folder, f"{prefix}{name}"
                )
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror or error}", "give --out a folder that can be written") from None
    return result


def drawn(evidence: EvidenceStore, sighting: Sighting, state: PageState | None) -> tuple[bytes, bytes] | None:
    """Return the page of *state* as PNG with *sighting* outlined, whole and close up; ``None`` where it does not show."""
    if state is None or state.picture is None or sighting.box is None:
        return None
    try:
        picture = StatePicture.read(evidence.get(state.picture))
        box = Box(*(round(edge) for edge in sighting.box))
        words = str(sighting.channel)
        return outlined(picture, box, words), cropped(picture, box, words)
    except (ValueError, EvidenceProblem):
        return None


def _step(evidence: EvidenceStore, state: PageState, folder: Path, prefix: str, steps: dict[str, str]) -> str | None:
    if state.url not in steps:
        name = f"{prefix}step-{len(steps) + 1}.png"
        try:
            _write(folder / name, evidence.get(state.picture or ""))
        except (ValueError, EvidenceProblem):
            return None
        steps[state.url] = name
    return steps[state.url]


def _proof(reading: SiteReading, sighting: Sighting, evidence: EvidenceStore, folder: Path, name: str) -> str | None:
    pictures = drawn(evidence, sighting, state_of(reading, sighting))
    if pictures is None:
        return None
    _write(folder / f"{name}.png", pictures[0])
    _write(folder / f"{name}-crop.png", pictures[1])
    return f"{name}.png"


def _write(file: Path, picture: bytes) -> None:
    """Write *picture* to *file* as a whole or not at all."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        draft.write_bytes(picture)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
