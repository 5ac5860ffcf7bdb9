"""The fence around every request: where it may connect to, how much may come back, and for how long.

:class:`FencedHandler` is Scrapy's HTTP handler with four things changed. The address is checked at the moment of
connecting, on the IP address that is connected to, so a name that resolves to something else a second later gains
nothing. Headers, body and decompressed body are capped. What announces itself as no page is not fetched. A mirror
(``BAROMETER_MAP_HOSTS``) takes the place of a host below the URL, which no other part of the crawl notices.

Settings: ``BAROMETER_ALLOW_PRIVATE``, ``BAROMETER_MAP_HOSTS``, ``DOWNLOAD_TIMEOUT`` (seconds for one request, from the
look-up of the name to the last byte), ``DOWNLOAD_MAXSIZE`` (bytes), ``DOWNLOAD_VERIFY_CERTIFICATES``.
"""

from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _BindAddressAgent,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
    _ScrapyAgent,
)
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils._download_handlers import make_response, wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred, fail
from twisted.internet.endpoints import HostnameEndpoint, TCP4ClientEndpoint, TCP6ClientEndpoint, wrapClientTLS
from twisted.internet.interfaces import IConnector, IProtocol, IProtocolFactory, IReactorPluggableNameResolver
from twisted.web.client import URI, HTTPConnectionPool
from zope.interface import implementer  # type: ignore[import-untyped]

from spiders.addresses import is_host_name, is_public, literal_address
from spiders.decompression import decompressed
from spiders.failures import BadAddress, NotHtml, PrivateAddress, TooLarge
from spiders.mirrors import Mirrors
from spiders.sniffing import may_be_html
from spiders.tls import VisitorTrust

MAX_HEADER_BYTES = 262_144
"""All header lines of a response together, interim responses included; the limit of Chromium."""

ANY_TYPE = "any_type"
"""Key of ``request.meta``: fetch the body whatever its type (robots.txt)."""

_IDLE_SECONDS = 20
_IDLE_CONNECTIONS = 8
_CONNECT_SECONDS = 10


class FencedHandler(HTTP11DownloadHandler):
    """Downloads ``http`` and ``https`` within the fence.

    A response's body is already decompressed. Ends with a ``Refusal`` of :mod:`spiders.failures`, or with the
    exceptions of Scrapy that :func:`spiders.failures.reason_of` knows.
    """

    lazy = True

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        from twisted.internet import reactor

        settings = crawler.settings
        if settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"):
            self._contextFactory = VisitorTrust()  # type: ignore[assignment]
        self._pool._factory = _CappedFactory
        self._pool.retryAutomatically = False
        self._pool.cachedConnectionTimeout = _IDLE_SECONDS
        self._pool.maxPersistentPerHost = _IDLE_CONNECTIONS
        self._timeout = settings.getfloat("DOWNLOAD_TIMEOUT")
        self._twisted_agent = _FencedAgent(
            reactor,
            self._contextFactory,
            min(self._timeout, _CONNECT_SECONDS),
            self._pool,
            allow_private=settings.getbool("BAROMETER_ALLOW_PRIVATE"),
            mirrors=Mirrors.parse(settings.getlist("BAROMETER_MAP_HOSTS")),
        )

    async def download_request(self, request: Request) -> Response:
        """Return the response to *request*, whatever its status."""
        download = _Download(self._twisted_agent, self._timeout, self._default_maxsize, self.crawler)
        with wrap_twisted_exceptions():
            return await maybe_deferred_to_future(download.download_request(request))


class _Download(_ScrapyAgent):
    """One request on its way; its deadline runs until the last byte, as :class:`_ScrapyAgent` sees to."""

    def __init__(self, agent: "_FencedAgent", timeout: float, maxsize: int, crawler: Crawler) -> None:
        super().__init__(
            contextFactory=agent.policy,
            connectTimeout=timeout,
            maxsize=maxsize,
            fail_on_dataloss=False,
            crawler=crawler,
        )
        self._agent = agent
        self._limit = maxsize

    def _get_agent(self, request: Request, timeout: float) -> "_FencedAgent":
        self._limit = request.meta.get("download_maxsize", self._maxsize)
        return self._agent

    def _cb_bodyready(self, txresponse: Any, request: Request) -> Any:
        """Leave the body where it is when its header already says that it is of no use."""
        headers = txresponse.headers
        if 200 <= txresponse.code < 300 and not request.meta.get(ANY_TYPE):
            kind = (headers.getRawHeaders(b"content-type") or [b""])[0].decode("latin-1")
            if not may_be_html(kind):
                txresponse._transport._producer.abortConnection()
                raise NotHtml(f"{request.url} is {kind}")
        if isinstance(txresponse.length, int) and self._limit and txresponse.length > self._limit:
            txresponse._transport._producer.abortConnection()
            raise TooLarge(f"{request.url} announces {txresponse.length} bytes")
        return super()._cb_bodyready(txresponse, request)

    def _cb_bodydone(self, result: Any, url: str) -> Response:
        txresponse = result["txresponse"]
        headers = self._headers_from_twisted_response(txresponse)
        body, flags = result.get("body", b""), list(result.get("flags") or [])
        encodings = headers.getlist("Content-Encoding")
        if encodings:
            body, complete = decompressed(body, encodings, self._limit)
            del headers["Content-Encoding"]
            if not complete and "dataloss" not in flags:
                flags.append("dataloss")
        return make_response(
            url=url,
            status=int(txresponse.code),
            headers=headers,
            body=body,
            flags=flags,
            certificate=result.get("certificate"),
            ip_address=result.get("ip_address"),
            stop_download=result.get("stop_download"),
        )


class _FencedAgent(_BindAddressAgent):
    """Twisted's agent, connecting through :class:`_FencedEndpoint`."""

    def __init__(
        self,
        reactor: Any,
        policy: Any,
        connect_seconds: float,
        pool: HTTPConnectionPool,
        *,
        allow_private: bool,
        mirrors: Mirrors,
    ) -> None:
        super().__init__(reactor, policy, connect_seconds, None, pool)
        self.reactor = reactor
        self.policy = policy
        self.connect_seconds = connect_seconds
        self.allow_private = allow_private
        self.mirrors = mirrors

    def _getEndpoint(self, uri: URI) -> "_FencedEndpoint":  # noqa: N802 - Twisted's name
        return _FencedEndpoint(self, uri)


class _FencedEndpoint:
    """Where a URL's bytes come from; the work is put off to :meth:`connect`, since most requests reuse a connection."""

    def __init__(self, agent: _FencedAgent, uri: URI) -> None:
        self._agent = agent
        self._uri = uri

    def connect(self, factory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect to the mirror of the host, or else to the host if it is on the public internet."""
        agent, uri = self._agent, self._uri
        host = uri.host.decode("ascii", "replace").strip("[]").rstrip(".")
        mirror = agent.mirrors.of(host)
        if mirror is not None:
            return _connected(_endpoint(agent.reactor, mirror.address, mirror.port, agent.connect_seconds), factory)
        literal = literal_address(host)
        if not 0 < uri.port < 65536 or (literal is None and not is_host_name(host)):
            return fail(BadAddress(f"{host[:300]!r}, port {uri.port}, is nowhere to connect to"))
        reactor = agent.reactor if agent.allow_private else _FencedReactor(agent.reactor)
        endpoint = _endpoint(reactor, literal or host, uri.port, agent.connect_seconds)
        if uri.scheme == b"https":
            endpoint = wrapClientTLS(agent.policy.creatorForNetloc(uri.host, uri.port), endpoint)
        return _connected(endpoint, factory)


def _connected(endpoint: Any, factory: IProtocolFactory) -> Deferred[IProtocol]:
    connected: Deferred[IProtocol] = endpoint.connect(factory)
    return connected


def _endpoint(reactor: Any, host: str, port: int, seconds: float) -> Any:
    """Return where *host*, an IP address or a name, is reached; an address needs no look-up."""
    literal = literal_address(host)
    if literal is None:
        return HostnameEndpoint(reactor, host, port, seconds)
    return (TCP6ClientEndpoint if ":" in literal else TCP4ClientEndpoint)(reactor, literal, port, seconds)


@implementer(IReactorPluggableNameResolver)
class _FencedReactor:
    """The reactor, refusing to connect to addresses that are not public: the one place all connections pass."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)

    def connectTCP(self, host: str, port: int, *rest: Any, **named: Any) -> IConnector:  # noqa: N802 - Twisted's name
        """Connect to *host*, which is an IP address by now; raise ``PrivateAddress`` unless it is public."""
        if not is_public(host):
            raise PrivateAddress(f"{host} is not public")
        connector: IConnector = self._reactor.connectTCP(host, port, *rest, **named)
        return connector


class _CappedParser(_LenientHTTPClientParser):
    """Response parser that ends at :data:`MAX_HEADER_BYTES`."""

    MAX_LENGTH = 65_536
    _header_bytes = 0

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        self._header_bytes += len(line) + 1
        if self._header_bytes > MAX_HEADER_BYTES:
            raise TooLarge(f"more than {MAX_HEADER_BYTES} bytes of headers")
        super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        raise TooLarge(f"a header line of more than {self.MAX_LENGTH} bytes")


class _CappedProtocol(_LenientHTTP11ClientProtocol):
    def request(self, request: Any) -> Any:
        response = super().request(request)
        if self._parser is not None:
            self._parser.__class__ = _CappedParser
        return response


class _CappedFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _LenientHTTP11ClientProtocol:  # noqa: N802 - Twisted's name
        return _CappedProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]
