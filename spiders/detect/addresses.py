"""What an e-mail address looks like in running text, and which ones are nobody's."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import tldextract

from spiders.detect.lexicon import fold, words

MAX_LOCAL = 64
"""Longest part before the "@", in characters (RFC 5321, 4.5.3.1.1)."""
MAX_DOMAIN = 255
"""Longest part after the "@", in characters (RFC 5321, 4.5.3.1.2)."""

_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_TOP = r"(?:xn--[a-z0-9-]{1,59}|[^\W\d_]{2,24})"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.){{1,10}}{_TOP}(?![^\W_]|-[^\W_]|@|\.[^\W_]+@)", re.I)
_GLUED = re.compile(r"(?<=[a-zß-öø-ÿ])[A-ZÀ-ÖØ-Þ]")
_QUOTABLE = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f\ud800-\udfff\ufffd]{1,64}")


class Written(NamedTuple):
    """An address and where it stands: ``text[start:end]``."""

    start: int
    end: int
    address: str


def addresses_in(text: str) -> Iterator[Written]:
    """Yield the addresses written with a plain "@" in *text*, in order; linear in its length."""
    at = text.find("@")
    while at >= 0:
        found = address_at(text, at)
        if found is not None:
            yield found
        at = text.find("@", at + 1)


def address_at(text: str, at: int, width: int = 1) -> Written | None:
    """Return the address whose sign is ``text[at:at + width]``, or ``None`` where none is written there.

    Handles ("@name", "@name@server"), credentials in URLs, file names ("logo@2x.png"), versions ("kit@1.2.3") and
    remote repositories ("git@host:path") are no addresses.
    """
    start = local_start(text, at)
    if start == at or _is_no_local(text, start):
        return None
    domain = _DOMAIN.match(text, at + width, at + width + MAX_DOMAIN)
    if domain is None:
        return None
    name, end = domain.group(), domain.end()
    glued = _GLUED.search(name, name.rfind(".") + 1)
    if glued is not None:
        name, end = name[: glued.start()], domain.start() + glued.start()
    if text[end : end + 1] == ":" and text[end + 1 : end + 2].isalnum():
        return None
    address = valid_address(f"{text[start:at]}@{name}")
    return Written(start, end, address) if address else None


def local_start(text: str, end: int) -> int:
    """Return where the local part that ends before ``text[end]`` starts; *end* itself where there is none."""
    start, lowest = end, max(0, end - MAX_LOCAL - 1)
    while start > lowest and (text[start - 1].isalnum() or text[start - 1] in "._+-"):
        start -= 1
    if end - start > MAX_LOCAL:
        return end
    while start < end and text[start] in ".+-":
        start += 1
    return start


def _is_no_local(text: str, start: int) -> bool:
    before = text[start - 1 : start]
    if before == "@":
        return True
    return before in (":", "/") and "://" in text[max(0, start - 200) : start].rsplit(None, 1)[-1]


def valid_address(raw: str) -> str | None:
    """Return *raw* as an address, its domain in lower case and in its own script, or ``None`` where it is none."""
    local, sign, domain = raw.strip().rpartition("@")
    domain = _own_script(domain.rstrip(".").lower())
    if not sign or not _QUOTABLE.fullmatch(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        return None
    if len(domain) > MAX_DOMAIN or _DOMAIN.fullmatch(domain) is None:
        return None
    if domain.rpartition(".")[2] in _listed("file_endings"):
        return None
    return f"{local}@{domain}"


def _own_script(domain: str) -> str:
    if "xn--" not in domain:
        return domain
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


def has_public_suffix(domain: str) -> bool:
    """Tell whether *domain* ends as names on the Internet do (public suffix list, the copy packed with tldextract)."""
    return bool(_suffixes()(domain).suffix)


def is_at(domain: str, host: str) -> bool:
    """Tell whether mail for *domain* is mail for the site at *host*: the same name, or one inside the other."""
    host = host.removeprefix("www.")
    if not host or not domain:
        return False
    return domain == host or host.endswith("." + domain) or domain.endswith("." + host)


def is_placeholder(address: str) -> bool:
    """Tell whether *address* is one that themes and form hints write as an example ("nom@domaine.fr")."""
    local, _, domain = fold(address).rpartition("@")
    labels = domain.split(".")
    named = labels[-3] if len(labels) > 2 and labels[-2] in ("co", "com") else labels[-2] if len(labels) > 1 else ""
    if named in _listed("placeholder_domains") or local in _local_words("placeholder_locals"):
        return True
    return named in _listed("generic_domains") and local in _local_words("generic_locals")


def is_machine(address: str) -> bool:
    """Tell whether *address* is a key that programs use and not a mailbox (a Sentry DSN)."""
    domain = address.rpartition("@")[2]
    return any(domain == name or domain.endswith("." + name) for name in _listed("machine_domains"))


def is_at_provider(address: str) -> bool:
    """Tell whether *address* is at a provider where anybody has a mailbox, so that its domain names nobody."""
    return address.rpartition("@")[2].partition(".")[0] in _listed("mail_providers")


@cache
def _suffixes() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())


@cache
def _local_words(key: str) -> frozenset[str]:
    return frozenset(words("emails", key))


@cache
def _listed(key: str) -> frozenset[str]:
    listed = tomllib.loads((files("spiders.detect") / "emails.toml").read_text("utf-8"))[key]
    if not isinstance(listed, list) or not all(isinstance(entry, str) for entry in listed):
        raise ValueError(f"emails.toml: {key}: must be a list of words")
    return frozenset(listed)
