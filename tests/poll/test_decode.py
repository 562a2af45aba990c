from __future__ import annotations

import gzip
import time
import zlib
from typing import TYPE_CHECKING

import brotli  # type: ignore[import-untyped]  # it publishes no types
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from aggregator.model import Failed, FailureKind
from aggregator.poll.decode import decode, layers_of, looks_plain

if TYPE_CHECKING:
    from collections.abc import Callable

FEED = b"<?xml version='1.0'?><rss>" + b"<item>story</item>" * 300 + b"</rss>"
LIMIT = 100_000
BOMB_BYTES = 64 << 20


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP": gzip.compress,
    "deflate": zlib.compress,
    "deflate bare": raw_deflate,
    "br": lambda body: brotli.compress(body, quality=5),
    "zstd": zstandard.compress,
    "": bytes,
    "identity": bytes,
}


@pytest.mark.parametrize("coding", PACKERS)
def test_an_honest_coding_is_taken_off(coding: str) -> None:
    assert decode(PACKERS[coding](FEED), coding.partition(" ")[0], limit_bytes=LIMIT) == FEED


@pytest.mark.parametrize("coding", ["gzip", "deflate", "deflate bare", "br", "zstd"])
@pytest.mark.parametrize("missing_bytes", [1, 5, 20])
def test_a_truncated_body_is_no_body(coding: str, missing_bytes: int) -> None:
    wire = PACKERS[coding](FEED)[:-missing_bytes]

    failed = decode(wire, coding.partition(" ")[0], limit_bytes=LIMIT)

    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.PROTOCOL
    assert "cut short" in failed.message


@pytest.mark.parametrize("coding", ["gzip", "deflate", "deflate bare", "br", "zstd"])
def test_a_bomb_costs_little(coding: str) -> None:
    """The time bound is a hundred times what it takes; a whole bomb takes ten times more still."""
    wire = PACKERS[coding](bytes(BOMB_BYTES))
    started = time.process_time()

    failed = decode(wire, coding.partition(" ")[0], limit_bytes=LIMIT)

    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.TOO_LARGE
    assert "polling.max_body" in failed.message
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("coding", ["gzip", "deflate", "deflate bare", "br", "zstd", ""])
def test_the_limit_itself_is_allowed(coding: str) -> None:
    wire = PACKERS[coding](FEED)
    name = coding.partition(" ")[0]

    assert decode(wire, name, limit_bytes=len(FEED)) == FEED
    failed = decode(wire, name, limit_bytes=len(FEED) - 1)
    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.TOO_LARGE


def test_a_bomb_of_zstd_blocks_that_repeat_is_bounded() -> None:
    """Blocks of 4 bytes that each stand for 128 kB: the worst that the format can say."""
    head = zstandard.FRAME_HEADER + bytes([0, 13 << 3])
    block = ((131_072 << 3) | 1 << 1).to_bytes(3, "little") + b" "

    failed = decode(head + block * 20_000, "zstd", limit_bytes=LIMIT)

    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.TOO_LARGE


def test_a_zstd_window_beyond_the_rfc_is_refused() -> None:
    head = zstandard.FRAME_HEADER + bytes([0, 20 << 3])
    failed = decode(head + b"\x01\x00\x00", "zstd", limit_bytes=LIMIT)

    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.PROTOCOL


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_are_joined(coding: str) -> None:
    wire = PACKERS[coding](FEED[:500]) + PACKERS[coding](FEED[500:])

    assert decode(wire, coding, limit_bytes=LIMIT) == FEED


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_members_without_end_are_refused(coding: str) -> None:
    failed = decode(PACKERS[coding](b"") * 2_000, coding, limit_bytes=LIMIT)

    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.PROTOCOL


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_large_body_comes_out_whole(coding: str) -> None:
    body = b"".join(b"<item>%d</item>" % number for number in range(100_000))

    assert decode(PACKERS[coding](body), coding, limit_bytes=2_000_000) == body


@pytest.mark.parametrize("said", ["gzip", "br"])
def test_plain_text_over_the_limit_is_refused_whatever_it_says(said: str) -> None:
    failed = decode(FEED, said, limit_bytes=len(FEED) - 1)

    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.TOO_LARGE


def test_padding_after_gzip_means_nothing() -> None:
    assert decode(gzip.compress(FEED) + bytes(512), "gzip", limit_bytes=LIMIT) == FEED


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "x-foo"])
@pytest.mark.parametrize(
    "body",
    [FEED, b"\xef\xbb\xbf\r\n  " + FEED, FEED.decode().encode("utf-16"), b' {"version": 1}'],
    ids=["XML", "after a mark and blanks", "UTF-16", "JSON"],
)
def test_plain_text_in_spite_of_its_coding_is_taken(coding: str, body: bytes) -> None:
    assert decode(body, coding, limit_bytes=LIMIT) == body


@pytest.mark.parametrize("said", ["", "deflate", "br", "zstd"])
def test_gzip_in_spite_of_its_header_is_unpacked(said: str) -> None:
    assert decode(gzip.compress(FEED), said, limit_bytes=LIMIT) == FEED


@pytest.mark.parametrize("said", ["gzip", "deflate", "br", "zstd", "x-foo"])
def test_what_is_neither_packed_nor_text_is_refused(said: str) -> None:
    failed = decode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), said, limit_bytes=LIMIT)

    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.PROTOCOL


@pytest.mark.parametrize("coding", ["gzip", "br", ""])
def test_an_empty_body_stays_empty(coding: str) -> None:
    assert decode(b"", coding, limit_bytes=LIMIT) == b""


def test_a_wire_over_the_limit_is_refused_unread() -> None:
    failed = decode(b"\x00" * (LIMIT + 1), "x-foo", limit_bytes=LIMIT)

    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.TOO_LARGE


@pytest.mark.parametrize("said", ["gzip, gzip", "br,gzip", ", ".join(["gzip"] * 500)])
def test_more_than_one_layer_is_refused(said: str) -> None:
    failed = decode(gzip.compress(gzip.compress(FEED)), said, limit_bytes=LIMIT)

    assert isinstance(failed, Failed)
    assert failed.kind is FailureKind.PROTOCOL
    assert "times over" in failed.message


def test_codings_that_do_nothing_are_no_layer() -> None:
    assert layers_of("identity, X-GZip,, ") == ["gzip"]


@pytest.mark.parametrize("body", [b"", b"plain words", b"\x89PNG", b"\x1f\x8b"])
def test_other_bytes_do_not_look_plain(body: bytes) -> None:
    assert not looks_plain(body)


@given(st.binary(max_size=300), st.sampled_from(["", "gzip", "deflate", "br", "zstd", "x-foo"]))
def test_no_bytes_make_it_raise(wire: bytes, said: str) -> None:
    body = decode(wire, said, limit_bytes=200)

    assert isinstance(body, Failed) or len(body) <= 200
