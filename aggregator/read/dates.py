"""Dates of every kind come in; aware UTC moments, or None, go out.

RFC 822 and ISO 8601 are read here, with the time zones and month names that feedparser drops;
`now` is used for one thing alone, to refuse a future that nobody can have published in.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)  # before the web: a default, not a date
AHEAD: Final = timedelta(minutes=10)  # clocks differ; more than this is a wrong or a planned date
MAX_DATE_CHARS = 100  # the longest real one seen has 45
_MAX_ZONE_HOURS = 15  # UTC+14 is the furthest in use

_ISO: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:t|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([a-z]{1,5}|[+-]\d{2}:?\d{0,2})?)?"
)
_RFC822: Final = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?(?:den\s+)?(\d{1,2})\.?(?:\s+de)?[\s-]+([^\W\d]+)\.?,?(?:\s+de)?[\s-]+(\d{4}|\d{2})"
    r"(?:,?\s+(?:at\s+|um\s+|a\s+)?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*"
    r"([a-z]{1,5}|(?:gmt|utc)?[+-]\d{1,2}:?\d{0,2})?(?:\s*\([^)]*\))?)?"
)
_AMERICAN: Final = re.compile(
    r"(?:[^\W\d]+\.?,?\s+)?()([^\W\d]+)\.?\s+(\d{1,2}),?\s+(\d{4})"
    r"(?:,?\s+(?:at\s+)?(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([ap]m)?\s*([a-z]{1,5}|[+-]\d{2}:?\d{2})?)?"
)
_EAST: Final = re.compile(
    r"(\d{4})[年/.](\d{1,2})[月/.](\d{1,2})日?(?:\s*(\d{1,2}):(\d{2})(?::(\d{2}))?)?"
)

# The first letters that tell the month apart, without accents. English first: it is what the
# standards ask for; the rest is what feeds of these languages write instead.
_MONTHS: Final = (
    ("jan", "ene", "gen", "янв", "sty", "oca", "led"),  # en de fr, es, it, ru, pl, tr, cs
    ("feb", "fev", "fev", "фев", "lut", "sub", "uno"),
    ("mar", "mrz", "maer", "maa", "мар", "brez"),
    ("apr", "avr", "abr", "апр", "kwi", "nis", "dub"),
    ("may", "mai", "mag", "mei", "maj", "мая", "май", "kve"),
    ("jun", "juin", "giu", "июн", "cze", "haz"),
    ("jul", "juil", "lug", "июл", "lip", "tem"),
    ("aug", "aou", "ago", "авг", "sie", "agu", "srp"),
    ("sep", "set", "сен", "wrz", "eyl", "zari"),
    ("oct", "okt", "out", "ott", "окт", "paz", "eki", "rij"),
    ("nov", "ноя", "lis", "kas"),
    ("dec", "dez", "dic", "дек", "gru", "ara", "pro"),
)
_MONTH_OF: Final = {start: at + 1 for at, starts in enumerate(_MONTHS) for start in starts}

# Hours from UTC. Doubtful ones: IST is India's (the most people), BST is London's, CST America's.
_ZONES: Final = {
    "": 0.0, "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1,
    "cest": 2, "mesz": 2, "met": 1, "mest": 2, "eet": 2, "eest": 3, "msk": 3, "trt": 3, "sast": 2,
    "cat": 2, "eat": 3, "wat": 1, "ast": -4, "adt": -3, "est": -5, "edt": -4, "et": -5, "cst": -6,
    "cdt": -5, "ct": -6, "mst": -7, "mdt": -6, "mt": -7, "pst": -8, "pdt": -7, "pt": -8, "akst": -9,
    "akdt": -8, "hst": -10, "nst": -3.5, "ndt": -2.5, "brt": -3, "art": -3, "clt": -4, "pkt": 5,
    "ist": 5.5, "npt": 5.75, "wib": 7, "ict": 7, "sgt": 8, "hkt": 8, "myt": 8, "pht": 8, "awst": 8,
    "jst": 9, "kst": 9, "acst": 9.5, "acdt": 10.5, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
}  # fmt: skip


def plausible(texts: tuple[str, ...], *, now: datetime) -> datetime | None:
    """Return the first date of `texts` that can be true: from 1990 to ten minutes from now."""
    for text in texts:
        moment = parse_date(text)
        if moment is not None and EARLIEST <= moment <= now + AHEAD:
            return moment
    return None


def parse_date(text: str) -> datetime | None:
    """Return the moment in UTC, or None if `text` is no date.

    Two-digit years follow RFC 2822 section 4.3; an unknown time zone counts as UTC.
    """
    text = " ".join(text[: MAX_DATE_CHARS + 1].split()).lower()
    if not text or len(text) > MAX_DATE_CHARS:
        return None
    try:
        return _from_iso(text) or _from_rfc822(text) or _from_american(text) or _from_number(text)
    except (ValueError, OverflowError):  # a 31st of February, a year of 0
        return None


def _from_iso(text: str) -> datetime | None:
    match = _ISO.fullmatch(text) or _EAST.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second, *zone = match.groups()
    clock = (hour, minute, second)
    return _moment((int(year), int(month), int(day)), clock, zone[0] if zone else "")


def _from_rfc822(text: str) -> datetime | None:
    match = _RFC822.fullmatch(text)
    month = _month(match[2]) if match else 0
    if not match or not month:
        return None
    date = (_year(match[3]), month, int(match[1]))
    return _moment(date, (match[4], match[5], match[6]), match[7])


def _from_american(text: str) -> datetime | None:
    match = _AMERICAN.fullmatch(text)
    month = _month(match[2]) if match else 0
    if not match or not month:
        return None
    hour = match[5]
    if match[8]:
        hour = str(int(hour) % 12 + (12 if match[8] == "pm" else 0))
    date = (int(match[4]), month, int(match[3]))
    return _moment(date, (hour, match[6], match[7]), match[9])


def _from_number(text: str) -> datetime | None:
    """Return the moment of seconds or milliseconds since 1970."""
    if not (text.isascii() and text.isdigit()) or len(text) not in {9, 10, 12, 13}:
        return None
    seconds = int(text) / (1000 if len(text) > 10 else 1)  # noqa: PLR2004 ten digits are seconds
    return datetime.fromtimestamp(seconds, UTC)


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:  # noqa: PLR2004 a year in full
        return year
    return year + (2000 if year < 50 else 1900)  # noqa: PLR2004 RFC 2822 section 4.3


def _month(word: str) -> int:
    """Return the month that a word begins like, 0 for none."""
    plain = unicodedata.normalize("NFKD", word)
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign) or sign == "\u0306")
    plain = unicodedata.normalize("NFC", plain)
    return _MONTH_OF.get(plain[:4]) or _MONTH_OF.get(plain[:3]) or 0


def _moment(
    date: tuple[int, int, int], clock: tuple[str | None, ...], zone: str | None
) -> datetime:
    hour, minute, second = (int(part or 0) for part in clock)
    is_midnight = (hour, minute, second) == (24, 0, 0)  # ISO 8601: the end of the day
    clock_time = (0 if is_midnight else hour, minute, min(second, 59))  # 60 is a leap second
    local = datetime(*date, *clock_time, tzinfo=_zone(zone)) + timedelta(days=is_midnight)
    return local.astimezone(UTC)


def _zone(name: str | None) -> timezone:
    name = (name or "").removeprefix("gmt").removeprefix("utc")
    if name[:1] not in {"+", "-"}:
        return timezone(timedelta(hours=_ZONES.get(name, 0)))
    digits = name[1:].replace(":", "")
    hours, minutes = (int(digits[:2] or 0), int(digits[2:] or 0))
    if hours >= _MAX_ZONE_HOURS:
        return UTC
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if name[0] == "-" else offset)
