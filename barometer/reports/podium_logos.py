"""Logos for the deck: read from a folder, one file a laureate, and made again from their pixels so that nothing else leaves."""

import io
import warnings
from collections.abc import Collection
from pathlib import Path

from barometer.errors import UserError
from barometer.podium import PublicResult

ENDINGS = (".png", ".jpg", ".jpeg")
"""Endings of logo files, in the order they are tried; a file is named by the panel key of its merchant."""
MAX_BYTES = 8_000_000
"""Largest file read (*ours*)."""
MAX_PIXELS = 40_000_000
"""Largest picture opened (*ours*)."""
LARGEST = (1200, 600)
"""Width and height, in pixels, that a logo is brought down to (*ours*): sharp on a slide, and no more."""
_FORMATS = ("PNG", "JPEG")


def logos_of(result: PublicResult, folder: Path) -> dict[str, bytes]:
    """Return the logos of the laureates of *result* as PNG, by panel key; who has no file there is not in it.

    Other files in *folder* are not opened. Raises :class:`UserError` where the folder or a laureate's file cannot be read.
    """
    if not folder.is_dir():
        raise UserError(
            f"--logos {folder}: no such folder", "give a folder of files named by merchant key, such as lumen.png"
        )
    keys = {laureate.merchant.key for podium in result.podiums for laureate in podium.laureates}
    return {key: _picture(file) for key, file in sorted(_files(folder, keys).items())}


def _files(folder: Path, keys: Collection[str]) -> dict[str, Path]:
    """Return the files by key. Names are compared, never joined: a key may hold what would lead out of the folder."""
    found: dict[str, Path] = {}
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise UserError(f"--logos {folder}: {error.strerror or error}", "give a folder that can be read") from None
    for ending in ENDINGS:
        for file in files:
            if file.suffix.lower() == ending and file.stem in keys and file.is_file():
                found.setdefault(file.stem, file)
    return found


def _picture(file: Path) -> bytes:
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        if file.stat().st_size > MAX_BYTES:
            raise UserError(f"{file}: larger than {MAX_BYTES // 1_000_000} MB", "give a smaller picture")
        content = file.read_bytes()
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=_FORMATS) as image:
            warnings.simplefilter("ignore")
            if image.width * image.height > MAX_PIXELS:
                raise UserError(f"{file}: more than {MAX_PIXELS // 1_000_000} million pixels", "give a smaller picture")
            plain = ImageOps.exif_transpose(image).convert("RGBA")
    except UserError:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise UserError(f"{file} is no picture that can be read", "give the logo as PNG or JPEG") from None
    plain.thumbnail(LARGEST)
    # Pasted on a new picture: what the file said of its author, program or place is not among its pixels.
    bare = Image.new("RGBA", plain.size)
    bare.paste(plain)
    stream = io.BytesIO()
    bare.save(stream, "PNG")
    return stream.getvalue()
