"""The merchant's own accounts on social networks, among all the links to these networks on one page."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from selectolax.lexbor import LexborNode

from spiders.detect.brand import brand_names, compact, resembles
from spiders.detect.document import Document
from spiders.detect.lexicon import fold, pattern
from spiders.detect.link import Link
from spiders.detect.messengers import WHATSAPP, conversation_at
from spiders.detect.sighting import Findings, SetAside, Sighting
from storage.vocabulary import SOCIAL_CHANNELS, Channel, SetAsideReason

MAX_LINKS = 300
"""Most links to social networks judged on a page (ours)."""
MANY_STRANGERS = 3
"""From this many accounts of one network on, none of which bears the site's name, they are a list of others (ours)."""


class _Network(NamedTuple):
    channel: Channel
    hosts: frozenset[str]
    elsewhere: frozenset[str]
    account: re.Pattern[str]
    not_account: frozenset[str]


class _Account(NamedTuple):
    """A link to an account: ``key`` is the same for every way to write its address, ``value`` the address as linked."""

    channel: Channel
    key: str
    value: str
    name: str
    link: Link
    resembles: bool
    confidence: float


def find_social(document: Document) -> Findings:
    """Return links to the merchant's own accounts, each account once, and links to the networks that lead elsewhere.

    The channels are Facebook, X, Instagram, LinkedIn, YouTube and WhatsApp; a value is the account's absolute address
    as the page links it, what only tracks the visitor left out. Set aside as ``not_own_account`` are share windows,
    single posts and videos, bare networks, accounts of toolmakers and web agencies, others' accounts in running text.
    """
    accounts: list[_Account] = []
    set_aside: dict[SetAside, None] = {}
    sightings: dict[tuple[Channel, str], Sighting] = {}
    brands: frozenset[str] | None = None
    for link, network in _network_links(document):
        if network is None:
            _add_whatsapp(link, sightings, set_aside)
            continue
        brands = brand_names(document) if brands is None else brands
        account = _account(link, network, brands)
        if account is None:
            set_aside[_aside(network.channel, _cleaned(link.url) or link.url)] = None
        else:
            accounts.append(account)
    for channel, of_network in groupby(sorted(accounts, key=_channel), key=_channel):
        own = _own(list(of_network))
        for account in (account for account in accounts if account.channel is channel):
            if account.key not in own:
                set_aside[_aside(channel, account.value)] = None
            elif (channel, account.key) not in sightings:
                sightings[channel, account.key] = _sighting(account)
    return Findings(list(sightings.values()), list(set_aside)[:MAX_LINKS])


def _channel(account: _Account) -> Channel:
    return account.channel


def _aside(channel: Channel, value: str) -> SetAside:
    return SetAside(channel, value, SetAsideReason.NOT_OWN_ACCOUNT)


def _sighting(account: _Account) -> Sighting:
    return Sighting(account.channel, account.value, account.link.label or account.name, confidence=account.confidence)


def _add_whatsapp(link: Link, sightings: dict[tuple[Channel, str], Sighting], set_aside: dict[SetAside, None]) -> None:
    opened = conversation_at(link.url)
    if opened is None or opened.service != WHATSAPP:
        return
    if opened.why_not is not None:
        set_aside[SetAside(Channel.WHATSAPP, opened.address, opened.why_not)] = None
    elif (Channel.WHATSAPP, opened.address) not in sightings:
        found = Sighting(Channel.WHATSAPP, opened.address, link.label or opened.address)
        sightings[Channel.WHATSAPP, opened.address] = found


def _network_links(document: Document) -> Iterator[tuple[Link, _Network | None]]:
    """Yield links to social networks with their network, ``None`` for WhatsApp; all targets are searched in one go."""
    targets = document.targets
    line = line_start = 0
    seen = 0
    for found in _any_host().finditer(targets):
        line += targets.count("\n", line_start, found.start())
        line_start = targets.rfind("\n", 0, found.start()) + 1
        if targets[line_start : found.start()].lower() not in _SCHEMES or seen >= MAX_LINKS:
            continue
        seen += 1
        host = found.group(1).lower()
        if line < len(document.links):
            yield document.links[line], _network_of(host)


_SCHEMES = frozenset({"http:", "https:", "", "whatsapp:"})


@cache
def _network_of(host: str) -> _Network | None:
    """Return the network at *host*, sub-domains included; WhatsApp has none."""
    known = (
        network for network in _networks() for name in (*network.elsewhere, *network.hosts) if _is_under(host, name)
    )
    return next(known, None)


def _is_under(host: str, name: str) -> bool:
    return host == name or host.endswith("." + name)


@cache
def _any_host() -> re.Pattern[str]:
    names = {name for network in _networks() for name in (*network.hosts, *network.elsewhere)}
    hosts = "|".join(re.escape(name) for name in sorted(names, key=lambda name: (-len(name), name)))
    whatsapp = r"wa\.me|wa\.link|whatsapp\.com"
    return re.compile(rf"//((?:[\w-]{{1,20}}\.){{0,2}}(?:{hosts}|{whatsapp})(?=[/?#:\n]|$)|send\b)", re.I)


def _account(link: Link, network: _Network, brands: frozenset[str]) -> _Account | None:
    """Return the account that *link* leads to, ``None`` where it leads to none or clearly to somebody else's."""
    value = _cleaned(link.url)
    name = _account_name(value, network)
    if not name or compact(name) in _listed("toolmakers") or _is_credited(link):
        return None
    like = any(resembles(part, brands) for part in (name, *unquote(urlsplit(value).path).split("/")[2:3]))
    confidence = 1.0 if like else _trust(link, network, brands)
    if confidence == 0:
        return None
    return _Account(network.channel, name.casefold().strip("@."), value, name, link, like, confidence)


@lru_cache(maxsize=4096)
def _cleaned(url: str) -> str:
    """Return *url* by https, without what only tracks the visitor, or an empty string where it is none."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    path, query = re.sub(r"/{2,}", "/", parts.path), parts.query
    if query:
        kept = [(key, value) for key, value in parse_qsl(query, max_num_fields=100) if not _tracks(key)]
        query = urlencode(kept, safe="/:@,") if kept else ""
    fragment = f"#{parts.fragment}" if parts.fragment.startswith("!/") else ""
    return f"https://{host}{path}{'?' if query else ''}{query}{fragment}"


def _tracks(key: str) -> bool:
    return key.lower().startswith("utm_") or key.lower() in _listed("tracking")


@lru_cache(maxsize=4096)
def _account_name(value: str, network: _Network) -> str:
    """Return the name or number of the account at the address *value*, or an empty string where that is no account."""
    parts = urlsplit(value)
    host = (parts.hostname or "").lower()
    if any(_is_under(host, name) for name in network.elsewhere):
        return ""
    path = parts.path.strip("/")
    if not path and parts.fragment:
        path = "#" + parts.fragment
    match = network.account.fullmatch(f"{path}?{parts.query}" if _NEEDS_QUERY.match(path) else path)
    if match is None:
        return ""
    name = unquote(next(filter(None, match.groups()), ""))
    is_page = path.partition("/")[0].lower() in network.not_account and path.lower().startswith(name.lower())
    return "" if is_page or not compact(name) else name


_NEEDS_QUERY = re.compile(r"profile\.php|intent/", re.I)


def _trust(link: Link, network: _Network, brands: frozenset[str]) -> float:
    """Return how sure it is that an account under another name than the site's is the merchant's, 0 where it is not.

    Links that show an icon, the network's name or "follow us" speak for the site itself. Links that show another name
    do so in header, menu and footer, or where nothing but them stands in their block; in running text they name
    somebody else.
    """
    if "me" in link.rel.split():
        return 0.95
    label = fold(link.label)
    quoted = _is_quoted(link.node)
    if not label or _network_words().search(label) or resembles(label, brands):
        return 0.0 if quoted else 0.9
    if pattern("social", "follow").search(label):
        return 0.9
    if link.region in ("header", "nav", "footer"):
        return 0.8
    return 0.0 if quoted or _is_in_prose(link) else 0.6


@cache
def _network_words() -> re.Pattern[str]:
    return re.compile(r"(?<![a-z])(?:facebook|fb|twitter|x|instagram|insta|linkedin|youtube|tweets?)(?![a-z])")


_INLINE = frozenset({"strong", "em", "b", "i", "u", "span", "small", "font"})
_WORDS_OF_PROSE = 4


def _is_in_prose(link: Link) -> bool:
    """Tell whether other words stand around *link* in its block, enough for a sentence."""
    around = _block_of(link.node)
    if around is None:
        return False
    words = around.text(deep=True, separator=" ")[:2000].split()
    return len(words) - len(link.text.split()) >= _WORDS_OF_PROSE


def _block_of(node: LexborNode) -> LexborNode | None:
    above = node.parent
    while above is not None and above.tag in _INLINE:
        above = above.parent
    return above


def _is_quoted(node: LexborNode) -> bool:
    """Tell whether *node* stands in a quotation: an embedded post names its own author."""
    above = node.parent
    for _ in range(8):
        if above is None:
            return False
        if above.tag == "blockquote":
            return True
        above = above.parent
    return False


def _is_credited(link: Link) -> bool:
    """Tell whether the words right before *link* credit the makers of the site ("Site réalisé par ...")."""
    around = _block_of(link.node)
    if around is None:
        return False
    text = fold(" ".join(around.text(deep=True, separator=" ")[:400].split()))
    shown = fold(link.text)
    before = text.partition(shown)[0] if shown else text
    return len(text) < 400 and pattern("social", "credit").search(before[-80:]) is not None


def _own(accounts: list[_Account]) -> set[str]:
    """Return the keys of the merchant's accounts among those of one network that a page links.

    Accounts under the site's name come first; then those of header, menu and footer; a company page comes before
    personal profiles. Of three or more strangers' accounts none is the merchant's: they are partners or a team.
    """
    keys = {account.key for account in accounts}
    if len(keys) == 1:
        return keys
    named = {account.key for account in accounts if account.resembles}
    if named:
        return named
    around = {account.key for account in accounts if account.link.region in ("header", "nav", "footer")}
    if around:
        keys = around
    companies = {account.key for account in accounts if account.key in keys and not _is_personal(account.value)}
    keys = companies or keys
    return keys if len(keys) < MANY_STRANGERS else set()


def _is_personal(value: str) -> bool:
    return re.search(r"linkedin\.com/(?:in|pub)/", value, re.I) is not None


@cache
def _networks() -> tuple[_Network, ...]:
    table = _table()
    return tuple(_network(channel, table[channel.value]) for channel in SOCIAL_CHANNELS)


def _network(channel: Channel, entry: dict[str, list[str]]) -> _Network:
    missing = {"hosts", "elsewhere", "account", "not_account"} - entry.keys()
    if missing:
        raise ValueError(f"social.toml: {channel.value}: missing {', '.join(sorted(missing))}")
    forms = "|".join(form.replace("?P<name>", "") + "/?" for form in entry["account"])
    account = re.compile(forms, re.I)
    return _Network(
        channel, frozenset(entry["hosts"]), frozenset(entry["elsewhere"]), account, frozenset(entry["not_account"])
    )


@cache
def _listed(key: str) -> frozenset[str]:
    return frozenset(_table()["links"][key])


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((files("spiders.detect") / "social.toml").read_text("utf-8"))
