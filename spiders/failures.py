"""Why a page could not be read: one word of the closed list for every way in which a request can end."""

from collections.abc import Iterator
from typing import overload

from OpenSSL import SSL
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    StopDownload,
)
from scrapy.http import Response
from service_identity import VerificationError
from service_identity.exceptions import CertificateError
from twisted.internet import error as network
from twisted.python.failure import Failure
from twisted.web._newclient import ParseError, RequestGenerationFailed

from spiders.sniffing import is_html
from storage.vocabulary import Reason


class Refusal(IgnoreRequest):
    """The request ends here, on purpose, for :attr:`reason`; Scrapy hands it to the errback and logs nothing."""

    reason: Reason = Reason.CRAWLER_ERROR


class PrivateAddress(Refusal):
    """The host is, or resolves to, an address that is not on the public internet."""

    reason = Reason.PRIVATE_ADDRESS


class TooLarge(Refusal):
    """Headers or body exceed their cap, on the wire or once decompressed."""

    reason = Reason.TOO_LARGE


class NotHtml(Refusal):
    """The server announced something that is no page; its body was not fetched."""

    reason = Reason.NOT_HTML


class BrokenHttp(Refusal):
    """The server answered, but not in a way that can be read as HTTP, or led to something that is not the web."""

    reason = Reason.HTTP_ERROR


class RedirectLoop(Refusal):
    """More redirects in a row than a browser would follow patiently."""

    reason = Reason.REDIRECT_LOOP


class BadAddress(Refusal):
    """The URL has no host that could be looked up."""

    reason = Reason.DNS


class RobotsRefusal(Refusal):
    """The site's robots.txt closes this address to us, or could not be had, for :attr:`reason`."""

    def __init__(self, message: str, reason: Reason = Reason.ROBOTS) -> None:
        super().__init__(message)
        self.reason = reason


_TLS = (SSL.Error, VerificationError, CertificateError)
_DNS = (CannotResolveHostError, network.DNSLookupError, UnicodeError)
_TIMEOUT = (DownloadTimeoutError, network.TimeoutError, network.TCPTimedOutError, TimeoutError)
_PROTOCOL = (ParseError, RequestGenerationFailed)
_CONNECT = (
    DownloadConnectionRefusedError,
    ResponseDataLossError,
    network.ConnectError,
    network.ConnectionClosed,
    ConnectionError,
)
_IN_ORDER: tuple[tuple[tuple[type[BaseException], ...], Reason], ...] = (
    (_TLS, Reason.TLS),
    (_DNS, Reason.DNS),
    (_TIMEOUT, Reason.TIMEOUT),
    # Scrapy cancels a download for one cause only: its size passed DOWNLOAD_MAXSIZE.
    ((DownloadCancelledError,), Reason.TOO_LARGE),
    (_PROTOCOL, Reason.HTTP_ERROR),
    (_CONNECT, Reason.CONNECT),
    # What else the client library gives up on is a server that breaks the protocol (bad lengths, bad chunks).
    ((DownloadFailedError,), Reason.HTTP_ERROR),
)


@overload
def reason_of(ended: Failure | BaseException) -> Reason: ...
@overload
def reason_of(ended: Response) -> Reason | None: ...
def reason_of(ended: Failure | BaseException | Response) -> Reason | None:
    """Return why a request that *ended* so gave no page; ``None`` for a response that is a page.

    A failure always has a reason: what is not known here is a defect of ours, ``crawler_error``.
    """
    if isinstance(ended, Response):
        return _reason_of_response(ended)
    error = ended.value if isinstance(ended, Failure) else ended
    chain = list(_causes(error)) if error is not None else []
    for cause in chain:
        if isinstance(cause, Refusal):
            return cause.reason
        if isinstance(cause, StopDownload) and cause.response is not None:
            return _reason_of_response(cause.response) or Reason.CRAWLER_ERROR
    for kinds, reason in _IN_ORDER:
        if any(isinstance(cause, kinds) for cause in chain):
            return reason
    return Reason.CRAWLER_ERROR


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and what lies behind it: its causes, and the reasons that Twisted keeps on a failed response."""
    waiting, seen = [error], set[int]()
    while waiting and len(seen) < 50:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        if cause.__cause__ is not None:
            waiting.append(cause.__cause__)
        reasons = getattr(cause, "reasons", None)
        if isinstance(reasons, (list, tuple)):
            behind = (found.value if isinstance(found, Failure) else found for found in reasons)
            waiting += [found for found in behind if isinstance(found, BaseException)]


_LAST_WORDS = 4096


def _reason_of_response(response: Response) -> Reason | None:
    """Return why *response* is no page: a status other than 2xx, nothing in it, not HTML, or cut before its end.

    Servers that announce a wrong length are common and browsers show their pages, so a page that lost bytes counts
    when its closing tag is there.
    """
    if not 200 <= response.status < 300:
        return Reason.HTTP_ERROR
    lossy = "dataloss" in response.flags
    if not response.body:
        return Reason.HTTP_ERROR if lossy else Reason.NOT_HTML
    if not is_html(response.body, (response.headers.get("Content-Type") or b"").decode("latin-1")):
        return Reason.NOT_HTML
    if lossy and b"</html" not in response.body[-_LAST_WORDS:].lower():
        return Reason.CONNECT
    return None
