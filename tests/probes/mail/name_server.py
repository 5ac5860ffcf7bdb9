"""A name server on loopback with a zone of its own, by dnspython."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dns.asyncresolver import Resolver
from dns.flags import AA, RA
from dns.message import from_wire, make_response
from dns.name import from_text as name
from dns.rcode import NXDOMAIN, SERVFAIL
from dns.rdatatype import to_text
from dns.rrset import from_text as records

ZONE = {
    "lampes.test.": ["MX 10 mail.lampes.test."],
    "mail.lampes.test.": ["A 192.0.2.1"],
    "six.test.": ["MX 10 mail6.test."],
    "mail6.test.": ["AAAA 2001:db8::1"],
    "spare.test.": ["MX 10 nowhere.test.", "MX 20 mail.lampes.test."],
    "bare.test.": ["A 192.0.2.2"],
    "silent.test.": ["MX 0 ."],
    "dangling.test.": ["MX 10 nowhere.test."],
    "empty.test.": ["TXT hello"],
    "xn--t-bga.test.": ["MX 10 mail.lampes.test."],
    ".": ["NS root.test."],
}


class _Server(asyncio.DatagramProtocol):
    def __init__(self, failing: frozenset[str]) -> None:
        self.failing = failing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, wire: bytes, client: tuple[str, int]) -> None:
        query = from_wire(wire)
        question = query.question[0]
        asked = question.name.to_text().lower()
        answer = make_response(query)
        answer.flags |= AA | RA
        known = ZONE.get(asked)
        found = [line.partition(" ")[2] for line in known or () if line.startswith(f"{to_text(question.rdtype)} ")]
        if asked in self.failing or "*" in self.failing:
            answer.set_rcode(SERVFAIL)
        elif known is None:
            answer.set_rcode(NXDOMAIN)
        elif found:
            answer.answer.append(records(name(asked), 60, "IN", question.rdtype, *found))
        self.transport.sendto(answer.to_wire(), client)  # type: ignore[attr-defined]


@asynccontextmanager
async def name_server(failing: frozenset[str] = frozenset()) -> AsyncIterator[Resolver]:
    """Give a resolver that asks the server; it cannot answer for names in *failing*, nor for any with ``*``."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(failing), local_addr=("127.0.0.1", 0))
    resolver = Resolver(configure=False)
    resolver.nameservers = ["127.0.0.1"]
    resolver.port = transport.get_extra_info("sockname")[1]
    try:
        yield resolver
    finally:
        transport.close()
