import pytest
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
from twisted.internet import error
from twisted.python.failure import Failure
from twisted.web._newclient import ParseError, RequestTransmissionFailed, ResponseFailed, ResponseNeverReceived

from spiders.failures import (
    BadAddress,
    BrokenHttp,
    NotHtml,
    PrivateAddress,
    RedirectLoop,
    RobotsRefusal,
    TooLarge,
    reason_of,
)
from storage.vocabulary import Reason


def caused(outer: Exception, cause: BaseException) -> Exception:
    outer.__cause__ = cause
    return outer


def received(*reasons: BaseException) -> Exception:
    return caused(DownloadFailedError(), ResponseNeverReceived([Failure(reason) for reason in reasons]))


@pytest.mark.parametrize(
    ("raised", "reason"),
    [
        (CannotResolveHostError(), Reason.DNS),
        (error.DNSLookupError(), Reason.DNS),
        (BadAddress(), Reason.DNS),
        (DownloadConnectionRefusedError(), Reason.CONNECT),
        (error.NoRouteError(), Reason.CONNECT),
        (error.ConnectionLost(), Reason.CONNECT),
        (ResponseDataLossError(), Reason.CONNECT),
        (received(error.ConnectionDone()), Reason.CONNECT),
        (caused(DownloadFailedError(), RequestTransmissionFailed([Failure(error.ConnectionLost())])), Reason.CONNECT),
        (SSL.Error([("ssl", "", "bad certificate")]), Reason.TLS),
        (received(SSL.Error([]), error.ConnectionLost()), Reason.TLS),
        (received(VerificationError(errors=[])), Reason.TLS),
        (DownloadTimeoutError(), Reason.TIMEOUT),
        (error.TCPTimedOutError(), Reason.TIMEOUT),
        (TimeoutError(), Reason.TIMEOUT),
        (DownloadCancelledError(), Reason.TOO_LARGE),
        (received(TooLarge()), Reason.TOO_LARGE),
        (received(ParseError("wrong", b"")), Reason.HTTP_ERROR),
        (received(ValueError("a length that is none")), Reason.HTTP_ERROR),
        (BrokenHttp(), Reason.HTTP_ERROR),
        (NotHtml(), Reason.NOT_HTML),
        (PrivateAddress(), Reason.PRIVATE_ADDRESS),
        (RedirectLoop(), Reason.REDIRECT_LOOP),
        (RobotsRefusal("closed"), Reason.ROBOTS),
        (RobotsRefusal("unknown", Reason.TLS), Reason.TLS),
        (IgnoreRequest(), Reason.CRAWLER_ERROR),
        (ZeroDivisionError(), Reason.CRAWLER_ERROR),
    ],
)
def test_every_way_to_fail_has_its_word(raised: Exception, reason: Reason) -> None:
    assert reason_of(raised) is reason
    assert reason_of(Failure(raised)) is reason


def test_causes_that_circle_end() -> None:
    first, second = ResponseFailed([]), ResponseFailed([])
    first.reasons, second.reasons = [Failure(second)], [Failure(first)]
    assert reason_of(first) is Reason.CRAWLER_ERROR


def response(body: bytes, status: int = 200, flags: tuple[str, ...] = (), content_type: str = "text/html") -> Response:
    return Response("http://shop.test/", status, {"Content-Type": content_type}, body, flags=list(flags))


@pytest.mark.parametrize(
    ("came", "reason"),
    [
        (response(b"<html></html>"), None),
        (response(b"<html></html>", 404), Reason.HTTP_ERROR),
        (response(b"<html></html>", 304), Reason.HTTP_ERROR),
        (response(b"", 204), Reason.NOT_HTML),
        (response(b"%PDF-1.4"), Reason.NOT_HTML),
        (response(b"<html></html>", content_type="application/pdf"), Reason.NOT_HTML),
        (response(b"<html><p>half", flags=("dataloss",)), Reason.CONNECT),
        (response(b"<html></HTML>\n", flags=("dataloss",)), None),
        (response(b"", flags=("dataloss",)), Reason.HTTP_ERROR),
    ],
)
def test_a_response_is_a_page_or_has_a_reason_not_to_be(came: Response, reason: Reason | None) -> None:
    assert reason_of(came) is reason


def test_a_download_stopped_early_is_judged_by_what_came() -> None:
    stopped = StopDownload()
    stopped.response = response(b"%PDF-1.4")
    assert reason_of(stopped) is Reason.NOT_HTML
