"""Whether a domain takes mail at all, by its name servers, before the first message to it."""

from collections.abc import Collection

from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.rdatatype import AAAA, MX, NS, A, RdataType
from dns.resolver import NXDOMAIN, Answer, NoAnswer

from probes.probe import Checked, Unreachable

LOOKUP_SECONDS = 5.0
"""How long one question may take, all name servers and tries together (*ours*)."""
MAX_HOSTS = 5
"""Mail hosts whose addresses are asked for, the preferred ones first (*ours*)."""


class Domains:
    """Asks name servers. *unchecked* are domains taken for good without a question: those of a test or a demonstration."""

    def __init__(self, resolver: Resolver | None = None, unchecked: Collection[str] = ()) -> None:
        self._resolver = resolver
        self._unchecked = frozenset(unchecked)

    async def check(self, domain: str) -> Checked:
        """Return whether *domain* (A-labels) takes mail: a mail host that has an address, or an address of its own.

        A domain says with a null MX (RFC 7505) that it takes none; without any MX its own address counts (RFC 5321,
        5.1). When its name servers do not answer and the root's do, the domain is at fault; else raises :class:`Unreachable`.
        """
        if domain in self._unchecked:
            return Checked(True)
        try:
            hosts = await self._mail_hosts(domain)
            if hosts == [""]:
                return Checked(False, f"{domain} says that it takes no mail (null MX)")
            for host in (hosts or [domain])[:MAX_HOSTS]:
                if await self._has_address(host):
                    return Checked(True)
        except NXDOMAIN:
            return Checked(False, f"there is no domain {domain}")
        except DNSException as error:
            await self._ask_the_root(error)
            return Checked(False, f"the name servers of {domain} do not answer")
        return Checked(
            False, f"{domain} has no mail server" if not hosts else f"no mail server of {domain} has an address"
        )

    async def _mail_hosts(self, domain: str) -> list[str]:
        """Return the mail hosts of *domain*, the preferred ones first; the empty name alone is the null MX."""
        try:
            answer = await self._ask(domain, MX)
        except NoAnswer:
            return []
        records = sorted(answer, key=lambda record: record.preference)
        hosts = [record.exchange.to_text().removesuffix(".") for record in records]
        return [host for host in hosts if host] or [""]

    async def _has_address(self, host: str) -> bool:
        for kind in (A, AAAA):
            try:
                await self._ask(host, kind)
            except (NoAnswer, NXDOMAIN):
                continue
            return True
        return False

    async def _ask_the_root(self, error: DNSException) -> None:
        try:
            await self._ask(".", NS)
        except DNSException:
            raise Unreachable(f"no name server answers: {error}") from error

    async def _ask(self, name: str, kind: RdataType) -> Answer:
        self._resolver = self._resolver or Resolver()
        return await self._resolver.resolve(f"{name.removesuffix('.')}.", kind, lifetime=LOOKUP_SECONDS)
