"""robots.txt: asked for once a host, obeyed to the letter, known before a page is asked for.

RFC 9309 decides: no file (any 4xx but 429) closes nothing, a server that fails (5xx, 429) or cannot be reached closes
everything, and so does a file that cannot be read. A refusal carries its own reason: ``robots`` where the site refuses,
the failure's (``dns``, ``tls``, ``timeout`` ...) where it was the network.
"""

import asyncio
import logging
import re
from urllib.parse import urlsplit

from protego import Protego
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.http.request import NO_CALLBACK

from spiders.failures import RobotsRefusal, reason_of
from spiders.fence import ANY_TYPE
from spiders.visitor import SITE
from storage.vocabulary import Reason

MAX_BYTES = 512_000
"""Read of a robots.txt, the least that RFC 9309 (section 2.5) lets a crawler read."""
MAX_RULES = 10_000
"""A longer file of rules for us is taken as closed: to check every link against it would cost minutes."""
MAX_DELAY = 10.0
"""Longest ``Crawl-delay`` honoured, in seconds (ours); one that asks for more gets this much."""

_log = logging.getLogger(__name__)
_PRIORITY = 1000
_AGENT = re.compile(r"\s*user[ -]?agent\s*[:\s]\s*([^#]*)", re.I)
_SITE_WIDE = re.compile(r"\s*(?:site-?maps?|host)\s*:", re.I)


class Rules:
    """What one host lets us read.

    ``text`` is the file as it was read. ``reason`` says why everything is closed, ``None`` where the host answered;
    ``crawl_delay`` is in seconds, at most :data:`MAX_DELAY`, 0 where the host asks for none.
    """

    __slots__ = ("_parsed", "crawl_delay", "reason", "text", "token")

    def __init__(self, text: str | None, token: str, reason: Reason | None = None) -> None:
        self.token = token
        self.reason = reason
        self.text = text
        self._parsed: Protego | None = None
        self.crawl_delay = 0.0
        if text is not None and reason is None:
            ours, rules = for_agent(text, token)
            if rules > MAX_RULES:
                self.reason = Reason.ROBOTS
                return
            self._parsed = Protego.parse(ours)
            asked = self._parsed.crawl_delay(token)
            self.crawl_delay = min(asked, MAX_DELAY) if asked and asked > 0 else 0.0

    def allowed(self, url: str) -> bool:
        """Tell whether *url*, an absolute address on this host, may be read."""
        if self.reason is not None:
            return False
        return self._parsed is None or self._parsed.can_fetch(url, self.token)


def for_agent(text: str, token: str) -> tuple[str, int]:
    """Return the lines of a robots.txt that may concern *token*, and how many there are besides agent lines.

    Groups for other robots are left out before the parser sees them, so that a file with thousands of robots costs no
    more than it is long.
    """
    kept: list[str] = []
    rules = 0
    in_agents = concerned = False
    for line in text.splitlines():
        agent = _AGENT.match(line)
        if agent is None:
            if line.strip() and not line.lstrip().startswith("#"):
                in_agents = in_agents and _SITE_WIDE.match(line) is not None
                if concerned:
                    kept.append(line)
                    rules += 1
            continue
        if not in_agents:
            in_agents, concerned = True, False
        name = re.match(r"[a-z_-]*", agent.group(1).strip().lower())
        name_is_ours = name is not None and name.group() == token
        if name_is_ours or agent.group(1).strip() == "*":
            concerned = True
            named = f"User-agent: {token if name_is_ours else '*'}"
            if kept[-1:] != [named]:
                kept.append(named)
    return "\n".join(kept), rules


class Robots:
    """Downloader middleware that lets no request pass that robots.txt closes, and tells the frontier beforehand.

    ``await rules(url, site)`` gives the :class:`Rules` of a URL's host, asking the host on the first call;
    ``known(url)`` gives them without asking. A request that slips through raises ``RobotsRefusal``. Switched off by
    ``ROBOTSTXT_OBEY``.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._obeyed = crawler.settings.getbool("ROBOTSTXT_OBEY")
        self._token = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self._rules: dict[tuple[str, str], asyncio.Future[Rules]] = {}
        self._open = Rules(None, self._token)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Robots":
        """Return the middleware for *crawler*."""
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        """Let *request* pass, or raise ``RobotsRefusal``."""
        if not self._obeyed or request.meta.get("dont_obey_robotstxt"):
            return
        rules = await self.rules(request.url, request.meta.get(SITE))
        if not rules.allowed(request.url):
            raise RobotsRefusal(f"{request.url} is closed by robots.txt", rules.reason or Reason.ROBOTS)

    async def rules(self, url: str, site: object = None) -> Rules:
        """Return the rules of the host of *url* towards us; its robots.txt is fetched once, as a request of *site*."""
        if not self._obeyed:
            return self._open
        key = (str(site), _origin(url))
        asked = self._rules.get(key)
        if asked is None:
            asked = self._rules[key] = asyncio.get_running_loop().create_future()
            try:
                asked.set_result(await self._fetched(f"{key[1]}/robots.txt", site))
            except BaseException:
                del self._rules[key]
                asked.cancel()
                raise
        return asked.result() if asked.done() else await asked

    def known(self, url: str, site: object = None) -> Rules | None:
        """Return the rules of the host of *url* where they are known already, else ``None``."""
        asked = self._rules.get((str(site), _origin(url)))
        return asked.result() if asked is not None and asked.done() and not asked.cancelled() else None

    def forget(self, site: object) -> None:
        """Drop what is known of the hosts of *site*, once it is done with."""
        for key in [key for key in self._rules if key[0] == str(site)]:
            del self._rules[key]

    async def _fetched(self, url: str, site: object) -> Rules:
        meta = {"dont_obey_robotstxt": True, ANY_TYPE: True}
        if site is not None:
            meta[SITE] = site  # type: ignore[assignment]
        request = Request(url, meta=meta, priority=_PRIORITY, callback=NO_CALLBACK, dont_filter=True)
        assert self._crawler.engine is not None
        try:
            response = await self._crawler.engine.download_async(request)
        except Exception as error:
            return self._unread(error)
        return self._read(response)

    def _unread(self, error: Exception) -> Rules:
        reason = reason_of(error)
        if reason is Reason.CRAWLER_ERROR:
            _log.error("robots.txt could not be asked for", exc_info=error)
        # After five hops or more a robots.txt may be taken for missing (RFC 9309, section 2.3.1.2); a file beyond our
        # cap is there and cannot be read, so it closes the site.
        if reason is Reason.REDIRECT_LOOP:
            return Rules(None, self._token)
        return Rules(None, self._token, Reason.ROBOTS if reason is Reason.TOO_LARGE else reason)

    def _read(self, response: Response) -> Rules:
        if response.status == 429 or response.status >= 500:
            return Rules(None, self._token, Reason.ROBOTS)
        if not 200 <= response.status < 300:
            return Rules(None, self._token)
        return Rules(response.body[:MAX_BYTES].decode("utf-8-sig", "replace"), self._token)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
