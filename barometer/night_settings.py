"""How a night is worked through: how many sites a process reads, how long, with how much memory; table ``[night]``."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from barometer.clusters.address import scheduler_address
from barometer.errors import UserError


def _number(given: object) -> object:
    """Refuse true and false, which Python would take for 1 and 0."""
    if isinstance(given, bool):
        raise ValueError("is not a number; write digits, without quotation marks")
    return given


def _scheduler(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return scheduler_address(text)
    except UserError as error:
        raise ValueError(str(error)) from None


_Count = Annotated[int, BeforeValidator(_number)]
_Amount = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]


class Night(BaseModel):
    """How a night is cut up and bounded; every value is *ours*.

    A batch is what one process reads: ``batch_size`` sites, in ``batch_minutes`` (0: as long as the budgets of its sites may
    take), its browser included in ``memory_mb`` (resident, millions of bytes). ``at_once`` of them run side by side and share
    what ``sites_at_once`` and ``renders_at_once`` allow. ``deadline_hours`` after it was begun, or taken up, a night ends.
    With ``scheduler`` the workers of that Dask cluster read the batches; one that can is waited for ``wait_workers`` seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    batch_size: Annotated[_Count, Field(ge=1, le=1000)] = 40
    second_batch_size: Annotated[_Count, Field(ge=1, le=1000)] = 10
    at_once: Annotated[_Count, Field(ge=1, le=64)] = 2
    batch_minutes: Annotated[_Amount, Field(ge=0, le=1440)] = 0.0
    memory_mb: Annotated[_Count, Field(ge=100, le=1_000_000)] = 2000
    deadline_hours: Annotated[_Amount, Field(gt=0, le=48)] = 8.0
    logs: Path = Path("var/logs")
    scheduler: Annotated[str, AfterValidator(_scheduler)] = ""
    wait_workers: Annotated[_Amount, Field(ge=0, le=3600)] = 30.0
