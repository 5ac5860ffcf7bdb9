"""The gate, spoken to as Chromium speaks to it, over real sockets; names are answered by the test."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import pytest

from spiders.browser.fence import Fence, Gate, Patience, Refused
from spiders.browser.socks import Destination
from spiders.mirrors import Mirrors
from storage.vocabulary import Reason

NAMES = {
    "shop.test": ["127.0.0.1"],
    "inside.test": ["10.0.0.7", "192.168.1.1"],
    "metadata.test": ["169.254.169.254"],
    "mixed.test": ["10.0.0.7", "203.0.113.9"],
    "six.test": ["::1"],
}


async def look_up(host: str) -> Sequence[str]:
    if host == "hanging.test":
        await asyncio.sleep(3600)
    if host not in NAMES:
        raise OSError(f"no such name: {host}")
    return NAMES[host]


def reason(fence: Fence, host: str, port: int = 80) -> Reason:
    async def attempt() -> Reason:
        with pytest.raises(Refused) as refused:
            await fence.connect(Destination(host, port), 0.2)
        fence.close()
        return refused.value.reason

    return asyncio.run(attempt())


@pytest.mark.parametrize(
    "host", ["inside.test", "metadata.test", "six.test", "shop.test", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "::1",
             "169.254.169.254", "localhost.", "INSIDE.test."],
)  # fmt: skip
def test_what_is_or_resolves_to_a_private_address_is_not_connected_to(host: str) -> None:
    NAMES["localhost"] = ["127.0.0.1", "::1"]
    assert reason(Fence(look_up=look_up), host) is Reason.PRIVATE_ADDRESS


@pytest.mark.parametrize(
    ("host", "why"),
    [("gone.test", Reason.DNS), ("a b.test", Reason.DNS), ("", Reason.DNS), ("hanging.test", Reason.TIMEOUT)],
)
def test_a_name_that_leads_nowhere_says_why(host: str, why: Reason) -> None:
    assert reason(Fence(look_up=look_up), host) is why


def test_private_addresses_are_open_where_the_operator_said_so() -> None:
    assert reason(Fence(allow_private=True, look_up=look_up), "127.0.0.1", 9) is Reason.CONNECT


def test_a_name_is_looked_up_once_a_minute_whatever_comes_of_it() -> None:
    asked: list[str] = []

    async def counted(host: str) -> Sequence[str]:
        asked.append(host)
        return await look_up(host)

    async def attempts() -> None:
        fence = Fence(look_up=counted)
        for host in ("inside.test", "gone.test") * 5:
            with pytest.raises(Refused):
                await fence.connect(Destination(host, 80), 0.2)
        fence.close()

    asyncio.run(attempts())
    assert asked == ["inside.test", "gone.test"]


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def through(
    serve: Talk,
    say: Callable[[Gate, int], Coroutine[Any, Any, Any]],
    *,
    page_bytes: int = 0,
    patience: Patience | None = None,
    mapped: bool = False,
) -> Any:
    """Run a server that talks as *serve* and return what *say* tells of a gate in front of it."""

    async def run() -> Any:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = int(server.sockets[0].getsockname()[1])
        mirrors = Mirrors.parse([f"mapped.test=127.0.0.1:{port}"]) if mapped else None
        fence = Fence(allow_private=not mapped, mirrors=mirrors, look_up=look_up)
        gate = await fence.open_gate(page_bytes, patience)
        gate.begin("http://shop.test/")
        try:
            async with asyncio.timeout(20):
                return await say(gate, port)
        finally:
            await gate.close()
            fence.close()
            server.close()

    return asyncio.run(run())


async def asked_for(gate: Gate, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
    name = host.encode()
    writer.write(b"\x05\x01\x00" + b"\x05\x01\x00\x03" + bytes([len(name)]) + name + port.to_bytes(2))
    assert await reader.readexactly(2) == b"\x05\x00"
    return reader, writer, (await reader.readexactly(10))[1]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line.upper())
    writer.close()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            writer.write(b"x" * 10_000)
            await writer.drain()
    except OSError:
        pass


def test_bytes_pass_both_ways_and_are_counted() -> None:
    async def say(gate: Gate, port: int) -> tuple[bytes, int, dict[str, str]]:
        reader, writer, how = await asked_for(gate, "shop.test", port)
        assert how == 0
        writer.write(b"bonjour\n")
        heard = await reader.readline()
        writer.close()
        return heard, gate.received, gate.addresses

    assert through(echo, say) == (b"BONJOUR\n", 8, {"shop.test": "127.0.0.1"})


def test_a_refused_host_is_told_with_its_reason() -> None:
    async def say(gate: Gate, port: int) -> tuple[int, dict[str, Reason]]:
        *_, how = await asked_for(gate, "gone.test", port)
        return how, gate.refused

    assert through(echo, say) == (4, {"gone.test": Reason.DNS})


def test_a_mirror_takes_the_place_of_its_host_and_of_no_other() -> None:
    async def say(gate: Gate, port: int) -> tuple[bytes, int]:
        reader, writer, _ = await asked_for(gate, "mapped.test", 80)
        writer.write(b"bonjour\n")
        heard = await reader.readline()
        writer.close()
        *_, how = await asked_for(gate, "127.0.0.1", port)
        return heard, how

    assert through(echo, say, mapped=True) == (b"BONJOUR\n", 2)


def test_a_page_gets_no_more_bytes_than_its_share_until_the_next_page_begins() -> None:
    async def say(gate: Gate, port: int) -> tuple[int, bool, int, int]:
        reader, writer, _ = await asked_for(gate, "shop.test", port)
        got = len(await reader.read(-1))
        full = gate.exhausted
        writer.close()
        *_, refused = await asked_for(gate, "shop.test", port)
        gate.begin("http://shop.test/next")
        *_, open_again = await asked_for(gate, "shop.test", port)
        return got, full, refused, open_again

    got, full, refused, open_again = through(flood, say, page_bytes=50_000)
    assert got <= 50_000
    assert (full, refused, open_again) == (True, 2, 0)


def test_a_stranger_that_says_nothing_is_cut_off_and_not_asked_again() -> None:
    async def say(gate: Gate, port: int) -> tuple[bytes, int, dict[str, Reason]]:
        reader, writer, _ = await asked_for(gate, "127.0.0.1", port)
        heard = await reader.read(-1)
        writer.close()
        *_, again = await asked_for(gate, "127.0.0.1", port)
        return heard, again, gate.refused

    patience = Patience(stranger_byte=0.1)
    assert through(silence, say, patience=patience) == (b"", 4, {"127.0.0.1": Reason.TIMEOUT})


def test_the_own_host_is_given_its_time() -> None:
    async def say(gate: Gate, port: int) -> bool:
        reader, writer, _ = await asked_for(gate, "shop.test", port)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await reader.read(-1)
        writer.close()
        return gate.refused == {}

    assert through(silence, say, patience=Patience(stranger_byte=0.05))


@pytest.mark.parametrize(
    "noise", [b"GET / HTTP/1.1\r\n\r\n", b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00", b"\x05\x01\x02", b"\x05\x01\x00\x05\x03\x00\x01",
              b"\x05\x01\x00\x05\x01\x00\x09", b"\x05", b""],
)  # fmt: skip
def test_what_is_no_request_of_a_browser_is_dropped(noise: bytes) -> None:
    async def say(gate: Gate, _: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", gate.port)
        writer.write(noise)
        writer.write_eof()
        return await reader.read(-1)

    assert through(echo, say).removeprefix(b"\x05\x00") == b""
