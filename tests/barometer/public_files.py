"""Reads whatever a public export wrote as an attacker would: unzipped, decompressed, decoded, drawn and read by OCR."""

import base64
import html
import io
import re
import shutil
import subprocess
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest
from PIL import Image
from pypdf import PdfReader

from barometer.reports.podium_files import Artefact, plain_letters


class Layer(NamedTuple):
    """Bytes found in an artefact, and where: its own, those of a member, a stream, a chunk."""

    where: str
    content: bytes


def layers(artefacts: Iterable[Artefact]) -> Iterator[Layer]:
    """Yield every file name and all bytes of *artefacts*: raw, unzipped, and decompressed."""
    for artefact in artefacts:
        yield Layer(f"name of {artefact.name}", artefact.name.encode())
        yield from _inside(artefact.name, artefact.content)


def words_of(artefacts: Iterable[Artefact]) -> str:
    """Return all that people can read in *artefacts*, but what is drawn as an outline."""
    found: list[str] = []
    for name, content in ((one.name, one.content) for one in artefacts):
        if name.endswith(".pptx"):
            found += slide_texts(content) + notes_of(content)
        elif name.endswith(".pdf"):
            found.append(pdf_text(content))
        elif name.endswith(".svg"):
            found += re.findall(r"<(?:title|text)[^>]*>([^<]*)<", content.decode())
        elif name.endswith(".html"):
            found.append(re.sub(r"<style>.*?</style>|<svg.*?</svg>|<[^>]+>", " ", content.decode(), flags=re.DOTALL))
        elif name.endswith((".csv", ".json")):
            found.append(content.decode("utf-8-sig"))
    return html.unescape("\n".join(found))


def holders(secret: str, artefacts: Iterable[Artefact]) -> list[str]:
    """Return where *secret* is found, in whatever letters or encoding."""
    return found_in([secret], list(layers(artefacts)))


def found_in(secrets: Iterable[str], everything: Sequence[Layer]) -> list[str]:
    """Return the layers of *everything* that hold one of *secrets*."""
    forms = {form for secret in secrets for form in _forms(secret)}
    whole = b"\n".join(layer.content for layer in everything)
    present = [form for form in forms if form in whole]
    return [layer.where for layer in everything if any(form in layer.content for form in present)]


def slide_texts(deck: bytes) -> list[str]:
    """Return the text of each slide."""
    from pptx import Presentation

    return [
        "\n".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        for slide in Presentation(io.BytesIO(deck)).slides
    ]


def notes_of(deck: bytes) -> list[str]:
    """Return what the speaker reads beside each slide."""
    from pptx import Presentation

    return [slide.notes_slide.notes_text_frame.text for slide in Presentation(io.BytesIO(deck)).slides]


def pdf_text(content: bytes) -> str:
    """Return the text of a PDF and what it says of itself."""
    reader = PdfReader(io.BytesIO(content))
    return "\n".join([*(page.extract_text() for page in reader.pages), *map(str, (reader.metadata or {}).values())])


def drawn(artefact: Artefact, folder: Path) -> list[Path]:
    """Return pictures of *artefact*, one a page or slide; skips where LibreOffice or Poppler is missing."""
    file = folder / Path(artefact.name).name
    file.write_bytes(artefact.content)
    if file.suffix == ".png":
        with Image.open(file) as picture:
            page = Image.new("RGB", picture.size, "white")
            page.paste(picture, mask=picture.getchannel("A"))
        page.save(file)
        return [file]
    if file.suffix == ".pptx":
        file = as_pdf(file)
    _run("pdftoppm", "-r", "150", "-png", str(file), str(file.with_suffix("")))
    return sorted(folder.glob(f"{file.stem}-*.png"))


def as_pdf(deck: Path) -> Path:
    """Return *deck* as LibreOffice shows it; its profile is a folder of its own, so that no other instance is met."""
    profile = f"-env:UserInstallation={(deck.parent / 'office').as_uri()}"
    _run("soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(deck.parent), str(deck))
    return deck.with_suffix(".pdf")


def read_by_eye(picture: Path) -> str:
    """Return what OCR reads in *picture*, at two sizes, for it misses large letters, and with its colours turned over."""
    read = []
    with Image.open(picture) as image:
        for scale in (0.5, 1):
            grey = image.convert("L").resize((round(image.width * scale), round(image.height * scale)))
            for number, seen in enumerate((grey, grey.point(lambda level: 255 - level))):
                file = picture.with_suffix(f".{number}.tif")
                seen.save(file)
                read.append(_run("tesseract", str(file), "-", "-l", "fra", "--psm", "11"))
    return "\n".join(read)


def _run(tool: str, *words: str) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool} on this machine")
    done = subprocess.run([tool, *words], capture_output=True, check=True, timeout=240)
    return done.stdout.decode("utf-8", "replace")


def _inside(where: str, content: bytes) -> Iterator[Layer]:
    yield Layer(where, content)
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield Layer(f"{where}: comment", archive.comment)
            for member in archive.infolist():
                yield Layer(f"{where}: name of a member", member.filename.encode() + member.extra + member.comment)
                yield from _inside(f"{where}/{member.filename}", archive.read(member))
    elif content.startswith(b"%PDF"):
        reader = PdfReader(io.BytesIO(content))
        yield Layer(f"{where}: text", pdf_text(content).encode())
        for number in range(1, len(reader.xref.get(0, {})) + 1):
            part = reader.get_object(number)
            if hasattr(part, "get_data"):
                yield Layer(f"{where}: stream {number}", part.get_data())
            yield Layer(f"{where}: object {number}", str(part).encode("utf-8", "replace"))
    elif content.startswith(b"\x89PNG"):
        chunks = set(_chunks(content))
        assert chunks <= {b"IHDR", b"IDAT", b"IEND"}, f"{where} holds more than pixels: {chunks}"
        with Image.open(io.BytesIO(content)) as picture:
            yield Layer(f"{where}: pixels", picture.tobytes())
    for number, found in enumerate(
        re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}", content) if len(content) < 2_000_000 else ()
    ):
        yield Layer(f"{where}: base64 {number}", base64.b64decode(found[: len(found) // 4 * 4]))


def _chunks(png: bytes) -> Iterator[bytes]:
    place = 8
    while place < len(png):
        length = int.from_bytes(png[place : place + 4], "big")
        yield png[place + 4 : place + 8]
        place += length + 12


def _forms(secret: str) -> Iterator[bytes]:
    """Yield *secret* in every spelling and encoding that a careless exporter might write."""
    spellings = {
        secret,
        secret.lower(),
        secret.upper(),
        html.escape(secret),
        html.escape(html.escape(secret)),
        quote(secret),
    }
    spellings |= {quote(secret, safe=""), unicodedata.normalize("NFD", secret), unicodedata.normalize("NFC", secret)}
    spellings |= {"".join(f"&#{ord(one)};" for one in secret), "".join(f"&#x{ord(one):x};" for one in secret)}
    spellings |= {secret.encode("unicode_escape").decode(), secret[::-1]}
    if len(plain := plain_letters(secret)) > 5:
        spellings |= {plain, plain.replace("-", ""), plain.replace("-", "_")}
    for spelling in spellings:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            plain_bytes = spelling.encode(encoding, "surrogatepass")
            yield plain_bytes
            for offset in range(3):
                # In Base64 the same bytes look three ways, by where they begin; the ends depend on the neighbours.
                coded = base64.b64encode(bytes(offset) + plain_bytes)
                yield coded[4 if offset else 0 : len(coded) - 4]
