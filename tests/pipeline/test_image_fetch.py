"""Pictures over real HTTP on loopback: through the guard, within bounds, into small ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aggregator.demo.pictures import landscape
from aggregator.model import FeedSpec
from aggregator.pipeline import image_fetch
from aggregator.pipeline.batch import Manners
from aggregator.pipeline.image_fetch import (
    ImageAnswer,
    ImageReader,
    ImageRequest,
    fetch_images,
)
from aggregator.read.picture import kind_of
from tests.pipeline.makers import POLLING
from tests.read.test_picture import bomb, drawn

if TYPE_CHECKING:
    import pytest
    from pytest_httpserver import HTTPServer

FEED = FeedSpec(url="https://feeds.example/feed", headers=(("X-Key", "secret"),))
MANNERS = Manners(polling=POLLING, user_agent="Newsfold/test")


async def fetch(*urls: str, manners: Manners = MANNERS) -> dict[str, ImageAnswer]:
    found: list[ImageAnswer] = []
    requests = [ImageRequest(url=url, spec=FEED) for url in urls]
    await fetch_images(requests, manners, on_answer=found.append)
    return {one.url.rpartition("/")[2]: one for one in found}


async def test_a_picture_comes_back_small(httpserver: HTTPServer) -> None:
    body = drawn("JPEG", (2400, 1350))
    httpserver.expect_request("/a.jpg").respond_with_data(body, content_type="image/jpeg")

    answer = (await fetch(httpserver.url_for("/a.jpg")))["a.jpg"]

    assert answer.shrunk
    assert (answer.shrunk.width, answer.shrunk.height) == (800, 450)
    assert kind_of(answer.shrunk.body) == "WEBP"
    (request, _), *_ = httpserver.log
    assert request.headers["Accept"].startswith("image/avif")
    assert "X-Key" not in request.headers


async def test_what_is_no_picture_is_told_for_good(httpserver: HTTPServer) -> None:
    """What the server says that it is does not count."""
    svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    httpserver.expect_request("/a.png").respond_with_data(svg, content_type="image/png")
    httpserver.expect_request("/b.png").respond_with_data(bomb(6_000, 6_000))
    httpserver.expect_request("/c.png").respond_with_data(landscape("a"), content_type="text/html")

    answers = await fetch(*(httpserver.url_for(f"/{name}.png") for name in "abc"))

    assert answers["a.png"].is_final
    assert answers["b.png"].is_final
    assert answers["c.png"].shrunk


async def test_a_picture_that_is_too_large_is_not_read_to_its_end(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_fetch, "MAX_IMAGE_BYTES", 10_000)
    httpserver.expect_request("/a.jpg").respond_with_data(landscape("a") + b"x" * 20_000)

    answer = (await fetch(httpserver.url_for("/a.jpg")))["a.jpg"]

    assert answer.shrunk is None
    assert "max_body" in answer.error or "larger" in answer.error


async def test_private_addresses_are_guarded(httpserver: HTTPServer) -> None:
    """A feed that names a picture of this machine does not make it asked for."""
    httpserver.expect_request("/a.jpg").respond_with_data(landscape("a"))
    strict = replace(MANNERS, polling=replace(POLLING, allow_private_addresses=False))

    answer = (await fetch(httpserver.url_for("/a.jpg"), manners=strict))["a.jpg"]

    assert answer.shrunk is None
    assert "private" in answer.error or "refused" in answer.error
    assert httpserver.log == []


async def test_a_host_that_fails_is_left_alone(httpserver: HTTPServer) -> None:
    urls = [httpserver.url_for(f"/missing/{number}.jpg") for number in range(6)]

    answers = await fetch(*urls)

    assert len(answers) == len(httpserver.log) == image_fetch.MOST_FAILURES
    assert not any(one.is_final for one in answers.values())


async def test_a_picture_that_takes_too_long_ends_its_process_alone() -> None:
    reader = ImageReader(time_limit_s=0.0, memory_limit_bytes=768_000_000)
    patient = ImageReader(time_limit_s=20.0, memory_limit_bytes=768_000_000)
    try:
        hasty = await reader.shrink(landscape("a"))
        told = await patient.shrink(landscape("a"))
    finally:
        await reader.stop()
        await patient.stop()

    assert "took over" in getattr(hasty, "message", "")
    assert hasattr(told, "body")


async def test_a_picture_of_the_most_pixels_is_shrunk_within_the_limit_of_memory() -> None:
    reader = ImageReader(time_limit_s=60.0, memory_limit_bytes=image_fetch.SHRINK_MEMORY_BYTES)
    try:
        told = await reader.shrink(drawn("PNG", (5_000, 5_000), "RGBA"))
    finally:
        await reader.stop()

    assert hasattr(told, "width"), told
