"""The few bytes in which Chromium tells a proxy where it wants to go: SOCKS 5 (RFC 1928), without authentication."""

from asyncio import StreamReader, StreamWriter
from enum import IntEnum
from ipaddress import ip_address
from typing import NamedTuple

_VERSION = 5
_NO_AUTHENTICATION = 0
_CONNECT = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_LENGTHS = {_IPV4: 4, _IPV6: 16}


class Destination(NamedTuple):
    """Where the browser wants to go: a name or an IP address as text, and a port."""

    host: str
    port: int


class Answer(IntEnum):
    """How a request to connect ended (RFC 1928, section 6)."""

    CONNECTED = 0
    FAILED = 1
    NOT_ALLOWED = 2
    UNREACHABLE = 4
    REFUSED = 5


class SocksError(ValueError):
    """What arrived is no request of a SOCKS 5 client."""


async def asked_for(reader: StreamReader, writer: StreamWriter) -> Destination:
    """Greet the client and return where it wants to go.

    Raises :class:`SocksError` for anything that is not a CONNECT, ``EOFError`` where the client leaves.
    """
    version, methods = await reader.readexactly(2)
    if version != _VERSION or _NO_AUTHENTICATION not in await reader.readexactly(methods):
        raise SocksError("no SOCKS 5 greeting")
    writer.write(bytes((_VERSION, _NO_AUTHENTICATION)))
    version, command, _, kind = await reader.readexactly(4)
    if version != _VERSION or command != _CONNECT:
        raise SocksError(f"command {command} is not CONNECT")
    if kind == _NAME:
        (length,) = await reader.readexactly(1)
        host = (await reader.readexactly(length)).decode("ascii", "replace")
    elif kind in _LENGTHS:
        host = str(ip_address(await reader.readexactly(_LENGTHS[kind])))
    else:
        raise SocksError(f"address type {kind}")
    return Destination(host, int.from_bytes(await reader.readexactly(2)))


def answer(writer: StreamWriter, how: Answer) -> None:
    """Tell the client how its request ended."""
    writer.write(bytes((_VERSION, how, 0, _IPV4)) + bytes(6))
