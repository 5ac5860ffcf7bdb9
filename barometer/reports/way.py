"""The way to a channel, step by step, and the picture that proves what stands at its end."""

from typing import NamedTuple

from markupsafe import Markup, escape

from barometer.reports.audit_contract import Proof, Step
from barometer.reports.merchant_text import legible, web_link
from barometer.reports.pictures import Absent, Again, Gallery, Picture
from barometer.reports.wording import Words, own
from storage.vocabulary import Action, Channel, Profile

MAX_LABEL = 120
"""Characters of a link's or button's label that are shown (*ours*)."""


class PageLink(NamedTuple):
    """An address as a reader sees it, and the link to follow, ``None`` where it may not be one."""

    text: str
    href: str | None


class ShownStep(NamedTuple):
    """One step of the way, with its picture."""

    action: Markup
    target: PageLink
    selector: str
    costs_click: bool
    picture: Picture | None
    alt: str
    caption: str


class ShownProof(NamedTuple):
    """The picture that proves the sighting."""

    picture: Picture
    alt: str
    caption: str
    area: str


class Guide(NamedTuple):
    """What shows the way: to which channel, through which window, with which pictures and words."""

    channel: Channel
    profile: Profile
    gallery: Gallery
    words: Words

    def step(self, number: int, step: Step) -> ShownStep:
        """Return step *number* of the way."""
        action, spoken = _action(step, self.words)
        picture = self.gallery.picture(step.screenshot, step.box, self.profile) if step.screenshot else None
        return ShownStep(
            action,
            page_link(step.target),
            legible(step.selector or ""),
            step.action is not Action.REDIRECT,
            picture,
            self.words.plain("picture.step", n=number, channel=self._channel, action=spoken),
            picture_words(picture, self.words),
        )

    def proof(self, proof: Proof | None) -> ShownProof | None:
        """Return the picture of *proof*, ``None`` where the visit took none."""
        if proof is None or proof.screenshot is None:
            return None
        picture = self.gallery.picture(proof.screenshot, proof.box, self.profile)
        area = ""
        if proof.box is not None:
            edges = dict(zip("xywh", (self.words.number(round(edge)) for edge in proof.box), strict=True))
            area = self.words["picture.proof_area"].format(**edges)
        alt = self.words.plain("picture.proof", channel=self._channel)
        return ShownProof(picture, alt, picture_words(picture, self.words), area)

    @property
    def _channel(self) -> str:
        return self.words[f"channel.{self.channel}"]


def page_link(address: str) -> PageLink:
    """Return *address* for display, linked where following it is harmless."""
    return PageLink(legible(address), web_link(address))


def picture_words(picture: Picture | None, words: Words) -> str:
    """Return the line under a picture, or in its place: what it is of, or why it is not there."""
    if picture is None:
        return ""
    if isinstance(picture, Absent):
        return words.plain(f"picture.{picture.why}", file=picture.name)
    if isinstance(picture, Again):
        return words.plain("picture.again", file=picture.name)
    return words.plain("picture.part_of" if picture.is_part else "picture.whole", file=picture.name)


def step_label(step: Step) -> str:
    """Return the words on what the visitor follows or presses, empty where it has none."""
    return legible(step.label or "", MAX_LABEL)


def _action(step: Step, words: Words) -> tuple[Markup, str]:
    """Return what the visitor does, as HTML and as plain text."""
    if step.action is Action.REDIRECT:
        return own(words["path.redirect"]), words["path.redirect"]
    label = step_label(step)
    if not label:
        unnamed = words[f"path.{step.action}_unnamed"]
        return own(unnamed), unnamed
    quoted = escape(words["path.quoted"]).format(text=Markup("<bdi><b>{}</b></bdi>").format(label))
    spoken = words["path.quoted"].format(text=label)
    return words.say(f"path.{step.action}", label=quoted), words[f"path.{step.action}"].format(label=spoken)
