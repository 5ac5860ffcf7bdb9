"""Scrapy's settings for every crawl of this project; ``scrapy.cfg`` points here.

What is switched off is not needed and costs time on every page, or would let someone else in. The largest part of it is
``CONCURRENT_ITEMS``: Scrapy starts that many tasks for each response, a hundred unless told otherwise. Numbers in
``docs/performance.md``.
"""

from typing import Any

_DOWNLOADER = "scrapy.downloadermiddlewares"
_SPIDER = "scrapy.spidermiddlewares"
_EXTENSION = "scrapy.extensions"

BOT_NAME = "barometer"
SPIDER_MODULES = ["spiders.contact"]
NEWSPIDER_MODULE = "spiders"
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

# Who we are, and what we obey.
USER_AGENT = "barometer/0.1.0 (+https://barometer.example/about)"
ROBOTSTXT_USER_AGENT = "barometer"
ROBOTSTXT_OBEY = True
BAROMETER_LANGUAGE = "fr"

# Where we may go.
BAROMETER_ALLOW_PRIVATE = False
BAROMETER_MAP_HOSTS: list[str] = []
DOWNLOAD_VERIFY_CERTIFICATES = True

# How much may come back, in bytes, and for how long, in seconds.
DOWNLOAD_MAXSIZE = 8_000_000
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_TIMEOUT = 20
DOWNLOAD_FAIL_ON_DATALOSS = False
REDIRECT_MAX_TIMES = 10
REDIRECT_PRIORITY_ADJUST = 0
DNS_TIMEOUT = 10

# Politeness is the frontier's: one request at a time a site, and its delay. One at a time a slot is the second lock.
CONCURRENT_REQUESTS = 64
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 0
REACTOR_THREADPOOL_MAXSIZE = 20
"""Threads for name look-ups, the only blocking work."""

# Nobody else steers or watches the crawl.
REMOTE_CONTROL_ENABLED = False
TELNETCONSOLE_ENABLED = False

# What costs time on every page and is not needed.
CONCURRENT_ITEMS = 1
DUPEFILTER_CLASS = "scrapy.dupefilters.BaseDupeFilter"
SCHEDULER_PRIORITY_QUEUE = "scrapy.pqueues.ScrapyPriorityQueue"
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
STATS_DUMP = False
DOWNLOADER_STATS = False
WARN_ON_GENERATOR_RETURN_VALUE = False
LOG_LEVEL = "ERROR"
LOG_FORMATTER = "spiders.silence.Silence"

DOWNLOAD_HANDLERS: dict[str, str | None] = {
    "http": "spiders.browser.handler.RenderingHandler",
    "https": "spiders.browser.handler.RenderingHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}

# Ours do what is needed of Scrapy's. None for a proxy: behind one nobody here would see which address is connected to.
DOWNLOADER_MIDDLEWARES: dict[str, Any] = {
    "spiders.robots.Robots": 100,
    "spiders.visitor.Visitor": 500,
    "spiders.retries.SecondTry": 550,
    "spiders.redirects.Redirects": 400,
    f"{_DOWNLOADER}.offsite.OffsiteMiddleware": None,
    f"{_DOWNLOADER}.robotstxt.RobotsTxtMiddleware": None,
    f"{_DOWNLOADER}.httpauth.HttpAuthMiddleware": None,
    f"{_DOWNLOADER}.downloadtimeout.DownloadTimeoutMiddleware": None,
    f"{_DOWNLOADER}.defaultheaders.DefaultHeadersMiddleware": None,
    f"{_DOWNLOADER}.useragent.UserAgentMiddleware": None,
    f"{_DOWNLOADER}.retry.RetryMiddleware": None,
    f"{_DOWNLOADER}.redirect.MetaRefreshMiddleware": None,
    f"{_DOWNLOADER}.redirect.RedirectMiddleware": None,
    f"{_DOWNLOADER}.httpcompression.HttpCompressionMiddleware": None,
    f"{_DOWNLOADER}.cookies.CookiesMiddleware": None,
    f"{_DOWNLOADER}.httpproxy.HttpProxyMiddleware": None,
    f"{_DOWNLOADER}.stats.DownloaderStats": None,
    f"{_DOWNLOADER}.httpcache.HttpCacheMiddleware": None,
}

SPIDER_MIDDLEWARES: dict[str, Any] = {
    f"{_SPIDER}.start.StartSpiderMiddleware": None,
    f"{_SPIDER}.httperror.HttpErrorMiddleware": None,
    f"{_SPIDER}.referer.RefererMiddleware": None,
    f"{_SPIDER}.urllength.UrlLengthMiddleware": None,
    f"{_SPIDER}.depth.DepthMiddleware": None,
    f"{_SPIDER}.metacopy.MetaCopyDetectionMiddleware": None,
}

EXTENSIONS: dict[str, Any] = {
    f"{_EXTENSION}.corestats.CoreStats": None,
    f"{_EXTENSION}.logcount.LogCount": None,
    f"{_EXTENSION}.telnet.TelnetConsole": None,
    f"{_EXTENSION}.memusage.MemoryUsage": None,
    f"{_EXTENSION}.memdebug.MemoryDebugger": None,
    f"{_EXTENSION}.closespider.CloseSpider": None,
    f"{_EXTENSION}.logstats.LogStats": None,
    f"{_EXTENSION}.spiderstate.SpiderState": None,
    f"{_EXTENSION}.throttle.AutoThrottle": None,
    f"{_EXTENSION}.remote_control.RemoteControl": None,
}
