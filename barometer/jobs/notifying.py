"""Tells the operator by apprise when a job failed, when it works again, and in the morning how the night went.

The addresses are secrets: neither they nor what apprise says of them is shown or logged; they are spoken of by their place in
the list. A notification that does not arrive is a warning and never the failure of a job.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from barometer.cli.console import printable
from barometer.errors import UserError
from barometer.schedule_settings import Notify

if TYPE_CHECKING:
    from apprise import Apprise

MOST_ADDRESSES = 50
"""Addresses that are told (*ours*)."""
LONGEST = 2000
"""Characters of a message (*ours*: most services cut at more)."""
_CHATTY = ("apprise", "requests", "requests_oauthlib", "urllib3")
_KEY = "schedule.notify.urls_file"
_one_at_a_time = threading.Lock()


class Message(NamedTuple):
    """What is told: one line, more of it, and whether it is bad news."""

    title: str
    body: str
    bad: bool = False


class Notifier:
    """Tells every address of the settings; made by :func:`notifier`."""

    def __init__(self, services: "Sequence[Apprise]") -> None:
        self._services = services

    def __len__(self) -> int:
        return len(self._services)

    def tell(self, message: Message, warn: Callable[[str], None]) -> bool:
        """Send *message* to every address, and return whether all took it; *warn* hears of each that did not."""
        from apprise import NotifyFormat, NotifyType

        kind = NotifyType.FAILURE if message.bad else NotifyType.INFO
        refused = 0
        for place, service in enumerate(self._services, 1):
            with _unheard():
                try:
                    taken = bool(service.notify(
                        body=printable(message.body)[:LONGEST], title=printable(" ".join(message.title.split()))[:200],
                        notify_type=kind, body_format=NotifyFormat.TEXT,
                    ))  # fmt: skip
                except Exception as failure:
                    # A plug-in of a service may raise anything; what it says may hold the address.
                    taken = False
                    warn(f"notification to address {place} of {len(self._services)} failed: {type(failure).__name__}")
                else:
                    if not taken:
                        warn(f"notification to address {place} of {len(self._services)} was not taken")
            refused += not taken
        return not refused


def notifier(terms: Notify) -> Notifier:
    """Return what tells the addresses of *terms*; it tells nobody where there are none.

    Raises :class:`UserError`, which names the line and never the address, for a file that cannot be read and for an address
    that apprise does not know.
    """
    addresses = list(_addresses(terms))
    if not addresses:
        return Notifier([])
    try:
        from apprise import Apprise
    except ModuleNotFoundError:
        raise UserError("notifications need apprise, which is not installed", "pip install apprise") from None
    if len(addresses) > MOST_ADDRESSES:
        raise UserError(f"{_KEY}: more than {MOST_ADDRESSES} addresses", "name one that passes messages on")
    services: list[Any] = []
    for where, address in addresses:
        service = Apprise()
        with _unheard():
            if not service.add(address):
                raise UserError(
                    f"{where}: is no address that apprise knows", "write one like mailtos://USER:PASSWORD@HOST"
                )
        services.append(service)
    return Notifier(services)


def _addresses(terms: Notify) -> Iterator[tuple[str, str]]:
    """Yield each address with where it stands."""
    if terms.urls is not None:
        for place, address in enumerate(terms.urls.get_secret_value().split(), 1):
            yield f"BAROMETER_SCHEDULE__NOTIFY__URLS: address {place}", address
    if terms.urls_file is not None:
        for number, line in enumerate(_lines(terms.urls_file), 1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield f"{terms.urls_file}:{number}", line.strip()


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or "is no text"
        raise UserError(f"{_KEY}: {file}: {said}", "give a text file with one address a line") from None


@contextmanager
def _unheard() -> Iterator[None]:
    """Silence the loggers that would write addresses down, and those below them; one message at a time."""
    with _one_at_a_time:
        loggers = [logging.getLogger(name) for name in _CHATTY]
        before = [one.level for one in loggers]
        for one in loggers:
            one.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for one, level in zip(loggers, before, strict=True):
                one.setLevel(level)
