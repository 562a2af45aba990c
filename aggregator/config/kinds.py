"""The types of the configuration's values, as pydantic checks them.

They only wrap the parsing of `values` and `addresses`; which key is of which type says `schema`.
"""

from __future__ import annotations

import math
from collections.abc import Callable  # noqa: TC003 - pydantic reads the annotations
from datetime import time, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator

from aggregator.config.addresses import (
    parse_contact,
    parse_hub,
    parse_listen,
    parse_private,
    parse_proxy,
    parse_public_url,
    parse_web_url,
)
from aggregator.config.faults import Unfit, kind_of
from aggregator.config.filters import parse_entry_filter, parse_filter
from aggregator.config.values import (
    MAX_SIZE,
    format_size,
    format_span,
    parse_choice,
    parse_clock,
    parse_digest_name,
    parse_positive_span,
    parse_size,
    parse_span,
    parse_tag,
    parse_timezone,
    parse_weekday,
)
from aggregator.model import DigestKind, Filter, Format, Images, Order

MAX_BACKFILL = 10_000  # more entries than any feed holds
MAX_REDIRECTS = 20  # browsers stop there
MAX_HEAD_BYTES = 1_000_000
MAX_READ_SPAN = timedelta(minutes=5)  # a reading process is held by one document for so long
LEAST_READ_MEMORY_BYTES = 128_000_000  # what was loaded before the first document takes 60 MB
MAX_CONNECTIONS_PER_HOST = 32
MAX_ARCHIVES = 100
MAX_HUBS = 5  # each change is told to each; readers look at one or two
MAX_STORIES = 10_000  # in one document; a reader chokes long before
MAX_WEIGHT = 1000.0  # weights are compared, so only their ratio matters


def _text(parse: Callable[[str], object]) -> PlainValidator:
    """Return a validator that takes a text and nothing else, and parses it."""

    def validate(value: object) -> object:
        if value is None:  # TOML has no null: it is the default of a key left out
            return None
        if not isinstance(value, str):
            raise Unfit(what=f"expected a text in quotes, got {kind_of(value)}")
        return parse(value)

    return PlainValidator(validate)


def _between(lowest: int, highest: int) -> AfterValidator:
    def validate(value: int) -> int:
        if not lowest <= value <= highest:
            raise Unfit(what=f"{value} is not between {lowest} and {highest}")
        return value

    return AfterValidator(validate)


def _size_between(lowest: int, highest: int) -> AfterValidator:
    def validate(value: int) -> int:
        if not lowest <= value <= highest:
            bounds = f"{format_size(lowest)} and {format_size(highest)}"
            raise Unfit(what=f"{format_size(value)} is not between {bounds}")
        return value

    return AfterValidator(validate)


def _read_span(value: timedelta) -> timedelta:
    if value > MAX_READ_SPAN:
        raise Unfit(what=f"{format_span(value)} is longer than {format_span(MAX_READ_SPAN)}")
    return value


def _weight(value: float) -> float:
    if not (math.isfinite(value) and 0 < value <= MAX_WEIGHT):
        raise Unfit(what=f"{value:g} is not above 0 and up to {MAX_WEIGHT:g}")
    return value


def _path(text: str) -> str:
    if not text or not text.isprintable():
        raise Unfit(what="is no path")
    if text.startswith("~"):
        raise Unfit(what='"~" is not filled in here', mend="Write the whole path.")
    return text


def _few_hubs(values: list[str]) -> list[str]:
    if len(values) > MAX_HUBS:
        raise Unfit(what=f"{len(values)} hubs are more than {MAX_HUBS}", mend="Name fewer.")
    return values


def _filled(values: list[Any]) -> list[Any]:
    if not values:
        raise Unfit(what="is an empty list", mend="Name at least one, or remove the key.")
    return values


Span = Annotated[timedelta, _text(parse_span)]
PositiveSpan = Annotated[timedelta, _text(parse_positive_span)]
OwnSpan = Annotated[timedelta | None, _text(parse_positive_span)]
Size = Annotated[int, _text(parse_size)]
HeadSize = Annotated[int, _text(parse_size), _size_between(1_000, MAX_HEAD_BYTES)]
ReadMemory = Annotated[int, _text(parse_size), _size_between(LEAST_READ_MEMORY_BYTES, MAX_SIZE)]
ReadSpan = Annotated[timedelta, _text(parse_positive_span), AfterValidator(_read_span)]
Redirects = Annotated[int, _between(0, MAX_REDIRECTS)]
Connections = Annotated[int, _between(1, MAX_CONNECTIONS_PER_HOST)]
Archives = Annotated[int, _between(0, MAX_ARCHIVES)]
Hubs = Annotated[list[Annotated[str, _text(parse_hub)]], AfterValidator(_few_hubs)]
Backfill = Annotated[int, _between(0, MAX_BACKFILL)]
Limit = Annotated[int, _between(1, MAX_STORIES)]
Cap = Annotated[int, _between(1, 10)]
Weight = Annotated[float, AfterValidator(_weight)]

FilePath = Annotated[str, _text(_path)]
WebUrl = Annotated[str, _text(parse_web_url)]
PublicUrl = Annotated[str, _text(parse_public_url)]
Listen = Annotated[str, _text(parse_listen)]
Contact = Annotated[str, _text(parse_contact)]
Proxy = Annotated[str, _text(parse_proxy)]
PrivateAddresses = Annotated[bool | tuple[str, ...], PlainValidator(parse_private)]

Tag = Annotated[str, _text(parse_tag)]
Rule = Annotated[Filter, _text(parse_filter)]
EntryRule = Annotated[Filter, _text(parse_entry_filter)]
DigestName = Annotated[str, _text(parse_digest_name)]
ZoneName = Annotated[str, _text(parse_timezone)]
Clock = Annotated[time, _text(parse_clock)]
Weekdays = Annotated[list[Annotated[int, _text(parse_weekday)]], AfterValidator(_filled)]
Kind = Annotated[str, _text(lambda text: parse_choice(text, tuple(DigestKind)))]
ImageSource = Annotated[str, _text(lambda text: parse_choice(text, tuple(Images)))]
Ordering = Annotated[str, _text(lambda text: parse_choice(text, tuple(Order)))]
Formats = Annotated[
    list[Annotated[str, _text(lambda text: parse_choice(text, tuple(Format)))]],
    AfterValidator(_filled),
]

SPAN = "span of time"
TEXT = "text"
TEXTS = "list of texts"
SWITCH = "true or false"


def key(  # noqa: PLR0913 - what the reference page says of a key, all by name but the default
    default: object, *, kind: str, says: str, example: str, unit: str = "", required: bool = False
) -> Any:  # noqa: ANN401 - as pydantic's own Field
    """Return a field whose default is written as in the file and checked like a person's value."""
    return Field(
        ... if required else default,
        validate_default=True,
        description=says,
        examples=[example],
        json_schema_extra={"kind": kind, "unit": unit},
    )
