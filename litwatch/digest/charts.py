"""Counts as a picture: papers per year, which a table of eighty years cannot show at a glance.

A mail shows a picture only where it brings it along (`cid:`), and it must look right on a white and
on a black page: so it is drawn on a ground of its own, in few colours, small. Equal counts make
equal bytes.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 592, 150
"""In the pixels of a page; it is drawn with twice as many each way, for sharp screens."""
SCALE = 2
GROUND, INK, BAR, LAST_BAR = "#ffffff", "#59636e", "#3b6ea8", "#9db8d6"
TEXT_SIZE = 17
"""A phone shows the picture at little more than half its width, and it is to be read there too."""
MARGIN_TOP, MARGIN_BOTTOM = 27, 25
FEWEST_YEARS = 3
"""With fewer there is nothing to see."""

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture as PNG, and what it shows in words; `width` and `height` in pixels of the page."""

    png: bytes
    alt: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def cid(self) -> str:
        """Its name in a message (RFC 2392), the same for the same picture."""
        return f"{sha256(self.png).hexdigest()[:24]}@litwatch"

    @property
    def url(self) -> str:
        """Where a mail's HTML finds it."""
        return f"cid:{self.cid}"

    @property
    def data_url(self) -> str:
        """The picture itself, for HTML that stands alone; mail clients do not show it (Gmail)."""
        return f"data:image/png;base64,{b64encode(self.png).decode()}"


def papers_per_year(counts: Mapping[int, int], this_year: int) -> Chart | None:
    """A bar for every year since the first; None for fewer than three years.

    The bar of `this_year` is paler: it is not over.
    """
    return _chart(tuple(sorted(counts.items())), this_year)


@lru_cache(maxsize=64)
def _chart(items: tuple[tuple[int, int], ...], this_year: int) -> Chart | None:
    """The same, drawn once for all readers of the same topics."""
    counts = dict(items)
    if not counts or this_year - min(counts) + 1 < FEWEST_YEARS:
        return None
    years = range(min(counts), max(this_year, *counts) + 1)
    busiest = max(counts, key=lambda year: (counts[year], year))
    alt = (
        f"Papers per year since {years[0]}: {sum(counts.values()):,} in all, most in {busiest} "
        f"({counts[busiest]:,}), {counts.get(this_year, 0):,} in {this_year} so far."
    )
    return Chart(_png(counts, years, busiest, this_year), alt)


def _png(counts: Mapping[int, int], years: range, busiest: int, this_year: int) -> bytes:
    image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), GROUND)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(TEXT_SIZE * SCALE)
    floor = (HEIGHT - MARGIN_BOTTOM) * SCALE
    unit = (floor - MARGIN_TOP * SCALE) / counts[busiest]
    step = WIDTH * SCALE / len(years)
    for number, year in enumerate(years):
        left, right = round(number * step), round((number + 1) * step) - max(1, round(step / 6))
        top = floor - round(counts.get(year, 0) * unit)
        if top < floor:
            colour = LAST_BAR if year == this_year else BAR
            draw.rectangle((left, top, max(left, right), floor), fill=colour)
    draw.line((0, floor, WIDTH * SCALE, floor), fill=INK, width=SCALE)
    for year in dict.fromkeys((years[0], *_decades(years), years[-1])):
        _write(draw, font, str(year), (year - years[0] + 0.5) * step, floor + 3 * SCALE)
    peak = (busiest - years[0] + 0.5) * step
    _write(draw, font, f"{counts[busiest]:,} in {busiest}", peak, 2 * SCALE)
    buffer = BytesIO()
    image.quantize(16).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _decades(years: range) -> list[int]:
    """The round years that have room for their number beside the first and the last."""
    every = 10 if len(years) <= 80 else 20
    room = max(1, round(len(years) / 9))
    return [
        year
        for year in years
        if year % every == 0 and year - years[0] > room and years[-1] - year > room
    ]


def _write(draw: ImageDraw.ImageDraw, font: _Font, text: str, middle: float, top: float) -> None:
    """Text about that middle, as far as the edges of the picture let it."""
    width = draw.textlength(text, font=font)
    left = min(max(0, middle - width / 2), WIDTH * SCALE - width)
    draw.text((left, top), text, fill=INK, font=font)
