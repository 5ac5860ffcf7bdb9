"""The audit result as its readers take it: the contract ``barometer-audit/1``, checked and typed.

What a report or a comparison shows comes from a file that may have been edited, cut short or made by somebody hostile.
Here it is checked once, so that what stands above reads plain typed values.
"""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from barometer.result import SCHEMA
from storage.vocabulary import (
    Action,
    Basis,
    Channel,
    FormKind,
    OutcomeKind,
    PriceClass,
    Profile,
    Reason,
    Searched,
    SetAsideReason,
    VisitStatus,
)

Count = Annotated[int, Field(ge=0, le=10**15)]
Clicks = Annotated[int, Field(ge=0, le=1000)]
Seconds = Annotated[float, Field(ge=0, le=1e9)]
Euros = Annotated[float, Field(ge=0, le=1e6)]
Pixels = Annotated[float, Field(ge=-1e7, le=1e7)]
Box = tuple[Pixels, Pixels, Annotated[Pixels, Field(ge=0)], Annotated[Pixels, Field(ge=0)]]
"""x, y, width and height in CSS pixels of the page."""


class NotAnAuditError(Exception):
    """The text is no result under the contract; the message says where and why, in one line."""


class _Part(BaseModel):
    """A part of the result: typed strictly, never changed, open to keys of a later version."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", allow_inf_nan=False)


class Tariff(_Part):
    """What a call costs: its class and its caps, in euros."""

    price_class: PriceClass = Field(alias="class")
    max_eur_per_min: Euros | None
    max_eur_per_call: Euros | None


class FoundValue(_Part):
    """One distinct value of a channel, where it was seen."""

    value: str
    display: str | None
    readable: bool | None
    tariff: Tariff | None
    page: str
    depth: Clicks
    context: str | None
    kind: FormKind | None = None
    automatic: bool | None = None


class Step(_Part):
    """One step of a path."""

    source: str = Field(alias="from")
    target: str = Field(alias="to")
    action: Action
    label: str | None
    selector: str | None
    screenshot: str | None
    box: Box | None = None


class Proof(_Part):
    """Where the sighting is drawn, and its box."""

    screenshot: str | None
    box: Box | None


class EffortPart(_Part):
    """One part of the effort, in seconds."""

    what: str
    seconds: Seconds


class Effort(_Part):
    """The parts that make up ``effort_seconds``."""

    parts: tuple[EffortPart, ...]


class ChannelResult(_Part):
    """What is known of one channel."""

    outcome: OutcomeKind
    clicks: Clicks | None
    at_least: Clicks | None
    basis: Basis | None
    reason: Reason | None
    effort_seconds: Seconds | None
    values: tuple[FoundValue, ...]
    searched: Searched | None
    template_sample: Count | None
    path: tuple[Step, ...] | None
    proof: Proof | None
    effort: Effort | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        needed = {
            OutcomeKind.EXACT: ("clicks",),
            OutcomeKind.AT_MOST: ("clicks", "at_least"),
            OutcomeKind.NOT_FOUND: ("searched",),
            OutcomeKind.NOT_MEASURED: ("reason",),
        }[self.outcome]
        missing = [key for key in needed if getattr(self, key) is None]
        if missing:
            raise ValueError(f"{self.outcome} without {missing[0]}")
        return self

    @property
    def found(self) -> bool:
        """Whether a path to the channel is known."""
        return self.outcome in (OutcomeKind.EXACT, OutcomeKind.AT_MOST)

    @property
    def interval(self) -> tuple[int, int] | None:
        """The fewest and the most clicks the channel may need, or ``None`` where no path is known."""
        if self.clicks is None or not self.found:
            return None
        return (self.clicks if self.outcome is OutcomeKind.EXACT else self.at_least or 0, self.clicks)


class SetAside(_Part):
    """A value that is not the merchant's."""

    channel: Channel
    value: str
    page: str
    why: SetAsideReason


class Tool(_Part):
    """What made the result."""

    version: str
    grid: str | None
    browser: str | None
    user_agent: str | None = None


class Site(_Part):
    """The site that was looked at."""

    url: str
    final_url: str | None
    country: str
    language: str | None


class Pages(_Part):
    """What it took."""

    read: Count
    rendered: Count | None
    bytes: Count
    cpu_seconds: Seconds | None


class AuditResult(_Part):
    """One visit to one site through one window."""

    schema_name: Literal["barometer-audit/1"] = Field(alias="schema")
    tool: Tool
    site: Site
    profile: Profile
    started_at: AwareDatetime
    finished_at: AwareDatetime
    status: VisitStatus
    status_reason: Reason | None
    pages: Pages
    channels: dict[Channel, ChannelResult]
    set_aside: tuple[SetAside, ...]
    warnings: tuple[str, ...]

    @model_validator(mode="after")
    def _has_all_channels(self) -> Self:
        missing = [channel for channel in Channel if channel not in self.channels]
        if missing:
            raise ValueError(f"channels without {missing[0]}")
        return self


_One = TypeAdapter(AuditResult)
_Several = TypeAdapter(Annotated[tuple[AuditResult, ...], Field(min_length=1, max_length=len(Profile))])


def parse_results(text: bytes) -> tuple[AuditResult, ...]:
    """Return the results in *text*, a JSON object or an array with one result a profile, in the order of the profiles.

    Raises :class:`NotAnAuditError` where it is neither.
    """
    try:
        found = _Several.validate_json(text) if text.lstrip()[:1] == b"[" else (_One.validate_json(text),)
    except ValidationError as error:
        raise NotAnAuditError(_complaint(error)) from None
    if len({result.profile for result in found}) < len(found):
        raise NotAnAuditError("two results of one profile")
    return tuple(sorted(found, key=lambda result: list(Profile).index(result.profile)))


def _complaint(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = "/".join(str(part) for part in first["loc"])
    if where.endswith("schema"):
        return f"its schema is not {SCHEMA}"
    if not where and first["type"] in ("too_short", "too_long"):
        return "a list must hold one result a profile"
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
