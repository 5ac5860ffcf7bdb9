"""The way to a channel, step by step, and the picture that proves what stands at its end."""

from typing import NamedTuple

from markupsafe import Markup, escape

from barometer.reports.audit_contract import Proof, Step
from barometer.reports.merchant_text import legible
from barometer.reports.page_names import PageLink, is_same_page, page_on_site, words_on
from barometer.reports.pictures import Absent, Again, Gallery, Picture, Shown, View
from barometer.reports.wording import Words, own
from storage.vocabulary import SOCIAL_CHANNELS, Action, Channel, Profile


class ShownStep(NamedTuple):
    """One step of the way, with its picture; no target where the visitor stays on the page."""

    action: Markup
    target: PageLink | None
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


class Guide(NamedTuple):
    """What shows the way: to which channel of which home page, through which window, with which pictures and words."""

    channel: Channel
    home: str
    profile: Profile
    gallery: Gallery
    words: Words

    def step(self, number: int, step: Step) -> ShownStep:
        """Return step *number* of the way."""
        action, spoken = _action(step, self.words)
        picture = None
        if step.screenshot:
            picture = self.gallery.picture(self._view(step.screenshot)._replace(box=step.box, is_outlined=False))
        return ShownStep(
            action,
            None if is_same_page(step.source, step.target) else page_on_site(step.target, self.home, self.words),
            legible(step.selector or ""),
            step.action is not Action.REDIRECT,
            picture,
            self.words.plain("picture.step", n=number, channel=self._channel, action=spoken),
            picture_words(picture, self.words),
        )

    def proof(self, proof: Proof | None, page: str) -> ShownProof | None:
        """Return the picture of *proof* on the state *page*, ``None`` where the visit took none."""
        if proof is None or proof.screenshot is None:
            return None
        picture = self.gallery.picture(self._view(proof.screenshot)._replace(box=proof.box, page=page))
        caption = picture_words(picture, self.words)
        if proof.box is not None and isinstance(picture, Shown):
            edges = dict(zip("xywh", (self.words.number(round(edge)) for edge in proof.box), strict=True))
            caption = f"{caption}, {self.words['picture.proof_area'].format(**edges)}"
        return ShownProof(picture, self.words.plain("picture.proof", channel=self._channel), caption)

    def _view(self, name: str) -> View:
        return View(name, self.profile, self._channel, is_close=self.channel in SOCIAL_CHANNELS)

    @property
    def _channel(self) -> str:
        return self.words[f"channel.{self.channel}"]


def picture_words(picture: Picture | None, words: Words) -> str:
    """Return the line under a picture, or in its place: what it is of, or why it is not there."""
    if picture is None:
        return ""
    if isinstance(picture, Absent):
        return words.plain(f"picture.{picture.why}", file=picture.name)
    if isinstance(picture, Again):
        return words.plain("picture.again", channel=picture.subject)
    return words.plain("picture.part_of" if picture.is_part else "picture.whole", file=picture.name)


def _action(step: Step, words: Words) -> tuple[Markup, str]:
    """Return what the visitor does, as HTML and as plain text."""
    if step.action is Action.REDIRECT:
        return own(words["path.redirect"]), words["path.redirect"]
    label = words_on(step.label)
    if not label:
        unnamed = words[f"path.{step.action}_unnamed"]
        return own(unnamed), unnamed
    quoted = escape(words["path.quoted"]).format(text=Markup("<bdi><b>{}</b></bdi>").format(label))
    spoken = words["path.quoted"].format(text=label)
    return words.say(f"path.{step.action}", label=quoted), words[f"path.{step.action}"].format(label=spoken)
