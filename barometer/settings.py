"""What the operator decides: where records go, who is answerable for the visits, and how much of a site is read.

Settings come from ``barometer.toml`` in the working directory (or the file named by ``--settings`` or
``BAROMETER_SETTINGS``) and from variables such as ``BAROMETER_DELAY`` or ``BAROMETER_OPERATOR__NAME``, which win.
"""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    ValidationError,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from barometer.contact_values import email_address
from barometer.country_codes import country_code
from barometer.errors import UserError
from barometer.log_settings import Logs
from barometer.night_settings import Night
from barometer.probe_settings import FacebookAccount, Limits, Mail, Particulars, XAccount
from barometer.schedule_settings import Schedule
from barometer.setting_names import FILE_VARIABLE, PREFIX, first_problem, names_of, refuse_near_misses
from barometer.site_address import site_url
from storage.evidence_location import Location, evidence_location

FILE_NAME = "barometer.toml"
MAX_FILE_BYTES = 1_000_000
"""Largest settings file read (*ours*)."""

_HEADER_UNSAFE = re.compile(r"[^\x20-\x7e]")
_RESERVED = frozenset({"test", "example", "invalid", "localhost", "local", "internal"})
"""Top-level names that never lead to a public host (RFC 2606, RFC 6762, ICANN 2024)."""
_EXAMPLE_DOMAIN = re.compile(r"(?:.*\.)?example\.(?:com|net|org)")


def tool_version() -> str:
    """Return the version of the installed package, ``0+unknown`` when it runs without being installed."""
    try:
        return version("barometer")
    except PackageNotFoundError:
        return "0+unknown"


def _mended(check: Any) -> AfterValidator:
    """Return a validator that runs *check* and tells pydantic of its :class:`UserError`."""

    def checked(text: str | None) -> str | None:
        if text is None or not text.strip():
            return None
        try:
            return str(check(text))
        except UserError as error:
            raise ValueError(str(error)) from None

    return AfterValidator(checked)


def _country(text: str) -> str:
    try:
        return country_code(text)
    except UserError as error:
        raise ValueError(str(error)) from None


def _database(text: str) -> str:
    if not re.match(r"(?:sqlite|postgres(?:ql)?(?:\+psycopg)?)://", text):
        raise ValueError("is no database address; write sqlite:///FILE or postgresql://USER@HOST/NAME")
    return text


def _evidence(given: object) -> Location:
    if not isinstance(given, str | Path):
        raise ValueError("is no text; write the path of a folder, or s3://BUCKET/PREFIX")
    return evidence_location(given)


def _number(given: object) -> object:
    """Refuse true and false, which Python would take for 1 and 0."""
    if isinstance(given, bool):
        raise ValueError("is not a number; write digits, without quotation marks")
    return given


def _contact(text: str) -> str:
    return site_url(text) if "://" in text else email_address(text)


Evidence = Annotated[Location, PlainValidator(_evidence), PlainSerializer(str, when_used="json")]
Count = Annotated[int, BeforeValidator(_number)]
Seconds = Annotated[float, BeforeValidator(_number), Field(allow_inf_nan=False)]


class Operator(BaseModel):
    """Who runs the barometer and answers for its visits; needed before a public host is read from a panel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str | None, _mended(str.strip)] = None
    contact: Annotated[str | None, _mended(_contact)] = None
    information_url: Annotated[str | None, _mended(site_url)] = None

    def missing(self) -> list[str]:
        """Return the names of the fields that are empty or still hold a reserved example, in order."""
        hosts = {
            "contact": (self.contact or "").rpartition("@")[2],
            "information_url": self.information_url or "",
        }
        return [
            field
            for field in type(self).model_fields
            if getattr(self, field) is None or (field in hosts and not _public(hosts[field]))
        ]


class Budgets(BaseModel):
    """How much of one site a visit may read before it ends (*ours*)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pages: Annotated[Count, Field(ge=1, le=100_000)] = 300
    depth: Annotated[Count, Field(ge=0, le=20)] = 5
    bytes: Annotated[Count, Field(ge=100_000, le=10_000_000_000)] = 60_000_000
    seconds: Annotated[Seconds, Field(gt=0, le=86_400)] = 900.0


class Settings(BaseSettings):
    """The effective settings. ``delay`` and ``budgets.seconds`` are in seconds, ``budgets.bytes`` in bytes a site."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        validate_default=False,
    )

    database: Annotated[str, AfterValidator(_database)] = "sqlite:///var/barometer.sqlite3"
    evidence: Evidence = Path("var/evidence")
    country: Annotated[str, AfterValidator(_country)] = "FR"
    delay: Annotated[Seconds, Field(ge=0, le=3600)] = 1.0
    sites_at_once: Annotated[Count, Field(ge=1, le=1000)] = 24
    render: bool = True
    renders_at_once: Annotated[Count, Field(ge=1, le=64)] = 6
    operator: Operator = Operator()
    budgets: Budgets = Budgets()
    mail: Mail = Mail()
    particulars: Particulars = Particulars()
    probes: Limits = Limits()
    x: XAccount = XAccount()
    facebook: FacebookAccount = FacebookAccount()
    night: Night = Night()
    schedule: Schedule = Schedule()
    logs: Logs = Logs()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources, first wins: the environment, then what the file gave (passed as arguments)."""
        return env_settings, init_settings

    @property
    def user_agent(self) -> str:
        """What every request says of itself: name and version, and where a site's owner learns more."""
        where = [self.operator.information_url and f"+{self.operator.information_url}", self.operator.contact]
        told = "; ".join(filter(None, where)) or "local use, operator not configured"
        return _HEADER_UNSAFE.sub("", f"barometer/{tool_version()} ({told})")

    def require_operator(self, urls: Iterable[str]) -> None:
        """Raise :class:`UserError` when one of *urls* is on a public host and the operator is not filled in.

        Loopback, private and reserved addresses and names are exempt; names are not looked up.
        """
        missing = self.operator.missing()
        if not missing:
            return
        public = next((url for url in urls if _public(url)), None)
        if public is not None:
            keys = ", ".join(f'{field} = "..."' for field in missing)
            raise UserError(
                f"{public} is a public site, and the settings do not say who visits it",
                f"fill in, with a page and an address of your own, {keys} under [operator] in {FILE_NAME}",
            )


def load_settings(file: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Return the effective settings.

    *file* (``--settings``) wins over ``BAROMETER_SETTINGS``, which wins over ``barometer.toml`` in the working
    directory; only the last may be missing. *environment* is looked at for names that are nearly a setting's. Raises
    :class:`UserError`, which names the file or the variable and the key, for anything that is not a setting.
    """
    environment = os.environ if environment is None else environment
    named = file or (Path(environment[FILE_VARIABLE]) if environment.get(FILE_VARIABLE) else None)
    path = named or Path(FILE_NAME)
    table = _table(path) if named or path.exists() else {}
    names = tuple(names_of(Settings))
    refuse_near_misses(names, environment)
    try:
        return Settings(**table)
    except ValidationError as error:
        raise first_problem(names, error, path, environment) from None
    except ValueError as error:
        raise UserError(f"environment: {' '.join(str(error).split())}", "mend or unset the variable") from None


def example_file() -> str:
    """Return the text of a settings file with every setting, its default and what it means."""
    return (files("barometer") / "settings_example.toml").read_text("utf-8")


def shown_settings(settings: Settings) -> dict[str, Any]:
    """Return *settings* as plain values for people to read: the user agent added, the database's password hidden."""
    shown = settings.model_dump(mode="json")
    hidden = re.sub(r"(://[^/:@]*):.*@", r"\1:***@", settings.database)
    shown["database"] = re.sub(r"(?i)([?&]\w*password=)[^&]*", r"\1***", hidden)
    return {"user_agent": settings.user_agent, **shown}


def _table(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise UserError(f"{path}: is larger than a settings file can be", "is it the right file?")
        return tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        remedy = "give the path of a file that can be read, or make one with: barometer settings --example"
        raise UserError(f"settings file {path}: {error.strerror or error}", remedy) from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: is not UTF-8 text", "save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path}: is not TOML: {error}", "compare with: barometer settings --example") from None


def _public(url_or_host: str) -> bool:
    """Tell whether an address may lead to somebody else's machine; names are judged by their ending alone."""
    try:
        host = (urlsplit(url_or_host).hostname if "//" in url_or_host else url_or_host) or ""
    except ValueError:
        return True
    host = host.removesuffix(".").lower()
    try:
        return ip_address(host.strip("[]")).is_global
    except ValueError:
        pass
    return not (host.rpartition(".")[2] in _RESERVED or _EXAMPLE_DOMAIN.fullmatch(host) or host.endswith(".home.arpa"))
