"""The papers of the years as a picture."""

from io import BytesIO

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from litwatch.digest.charts import (
    BAR,
    HEIGHT,
    LAST_BAR,
    MARGIN_BOTTOM,
    SCALE,
    WIDTH,
    papers_per_year,
)

COUNTS = {1998: 2, 2010: 8, 2025: 4, 2026: 3}


def pixels(counts: dict[int, int], this_year: int = 2026) -> Image.Image:
    chart = papers_per_year(counts, this_year)
    assert chart
    return Image.open(BytesIO(chart.png)).convert("RGB")


def bar_height(image: Image.Image, counts: dict[int, int], year: int, colour: str) -> int:
    """How many pixels of the bar's colour stand in the middle of that year."""
    first, years = min(counts), 2026 - min(counts) + 1
    column = int((year - first + 0.4) * WIDTH * SCALE / years)
    wanted = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    near = (image.getpixel((column, row)) for row in range((HEIGHT - MARGIN_BOTTOM) * SCALE))
    return sum(isinstance(pixel, tuple) and is_like(pixel, wanted) for pixel in near)


def is_like(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


def test_a_bar_is_as_high_as_its_count() -> None:
    image = pixels(COUNTS)

    heights = {year: bar_height(image, COUNTS, year, BAR) for year in (1998, 2010, 2025)}
    assert abs(heights[2010] - 2 * heights[2025]) <= 2
    assert abs(heights[2025] - 2 * heights[1998]) <= 2
    assert bar_height(image, COUNTS, 2015, BAR) == 0


def test_the_year_that_is_not_over_is_paler() -> None:
    image = pixels(COUNTS)

    assert bar_height(image, COUNTS, 2026, LAST_BAR) > 0
    assert bar_height(image, COUNTS, 2026, BAR) == 0


def test_the_picture_is_small_sharp_and_said_in_words() -> None:
    chart = papers_per_year(COUNTS, 2026)

    assert chart
    assert len(chart.png) < 8_000
    assert pixels(COUNTS).size == (2 * chart.width, 2 * chart.height)
    assert chart.alt == (
        "Papers per year since 1998: 17 in all, most in 2010 (8), 3 in 2026 so far."
    )


def test_two_years_are_no_chart() -> None:
    assert papers_per_year({}, 2026) is None
    assert papers_per_year({2025: 4, 2026: 3}, 2026) is None


@settings(deadline=None)
@given(st.dictionaries(st.integers(1900, 2027), st.integers(1, 5000), min_size=1))
def test_any_counts_make_a_picture_the_same_each_time(counts: dict[int, int]) -> None:
    assert papers_per_year(counts, 2026) == papers_per_year(counts, 2026)
