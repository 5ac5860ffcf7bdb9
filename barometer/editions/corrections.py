"""Why a published edition is corrected: words that are printed in public, and so name nobody whom nothing public names."""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from barometer.edition import public_result, rankings, scores_of
from barometer.errors import UserError
from barometer.observations import MerchantFact
from storage.evidence import EvidenceStore
from storage.records import Edition

_WORD = re.compile(r"[^\W_]+")


def require_public(session: Session, store: EvidenceStore, edition: Edition, why: str) -> None:
    """Refuse *why* where it names a merchant that neither a podium nor the label of the published *edition* names.

    Names, keys and hosts are looked for, whole words of them, whatever their case and accents.
    """
    result = public_result(session, store, edition)
    public = {one.merchant.id: one.merchant for podium in result.podiums for one in podium.laureates}
    public |= {one.id: one for one in (result.label.merchants if result.label else ())}
    told = _folded(why)
    for term in sorted(_terms(public.values()), key=len, reverse=True):
        told = told.replace(f" {term} ", " | ")
    others = (
        score.merchant
        for ranking in rankings(session, store, edition)
        for score in scores_of(ranking)
        if score.merchant.id not in public
    )
    named = sorted(one.key for one in others if any(f" {term} " in told for term in _terms([one])))
    if named:
        what = f"--why names {named[0][:80]}, which nothing public names, and it is printed with the new podium"
        raise UserError(what, "say what was wrong without saying whose it was, such as 'a call was counted twice'")


def _terms(merchants: Iterable[MerchantFact]) -> set[str]:
    found: set[str] = set()
    for one in merchants:
        host = _host(one.url)
        found |= {_folded(name).strip() for name in (one.name, one.key, host, host.removeprefix("www."))}
    return found - {""}


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _folded(text: str) -> str:
    """Return the words of *text* between spaces, without accents, in lower case; of text without words its signs."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(sign))
    words = _WORD.findall(plain) or plain.split()
    return f" {' '.join(words)} "
