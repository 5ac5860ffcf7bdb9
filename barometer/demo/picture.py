"""Pictures of invented products: abstract still lifes, drawn from the product's name and the merchant's colours."""

from collections.abc import Mapping
from zlib import crc32


def picture(slug: str, look: Mapping[str, str]) -> bytes:
    """Return an SVG of 480 x 360 for *slug*, always the same for the same slug and colours."""
    seed = crc32(slug.encode())
    tall, wide = 120 + seed % 90, 60 + (seed >> 8) % 70
    left, turn = 190 + (seed >> 16) % 90, (seed >> 20) % 30 - 15
    radius, sun = 12 + (seed >> 12) % 50, 60 + (seed >> 4) % 360
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 360">'
        f'<rect width="480" height="360" fill="{look["soft"]}"/>'
        f'<circle cx="{sun}" cy="110" r="{50 + radius}" fill="{look["paper"]}"/>'
        f'<rect y="270" width="480" height="90" fill="{look["accent"]}" opacity=".25"/>'
        f'<rect x="{left}" y="{290 - tall}" width="{wide}" height="{tall}" rx="{radius}" fill="{look["accent"]}"/>'
        f'<ellipse cx="{left - 60}" cy="262" rx="{wide // 2 + 14}" ry="28" fill="{look["ink"]}" opacity=".75"/>'
        f'<rect x="{left + wide - 10}" y="200" width="26" height="90" rx="10" fill="{look["ink"]}" opacity=".55"'
        f' transform="rotate({turn} {left + wide} 245)"/></svg>'
    ).encode()
