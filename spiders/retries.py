"""A second try for what may have been bad luck."""

from scrapy import Request

from spiders.failures import reason_of
from storage.vocabulary import Reason

_MAY_BE_LUCK = frozenset({Reason.CONNECT, Reason.DNS, Reason.TIMEOUT})
_TRIED = "tried"


class SecondTry:
    """Downloader middleware that asks once more after a connection, a look-up or a deadline failed.

    An answer is never asked for again, not even a 503: it is what a visitor would have got.
    """

    def process_exception(self, request: Request, exception: Exception) -> Request | None:
        """Return *request* again on its first failure of that kind, else ``None``."""
        if request.meta.get(_TRIED) or request.meta.get("dont_retry") or reason_of(exception) not in _MAY_BE_LUCK:
            return None
        again = request.replace(dont_filter=True)
        again.meta[_TRIED] = True
        return again
