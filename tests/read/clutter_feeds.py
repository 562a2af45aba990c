# ruff: noqa: RUF001 - letters of five languages
"""Ten invented feeds in five languages whose articles stand among pleas, boxes and lists."""

from __future__ import annotations

import html
from dataclasses import dataclass
from itertools import cycle, islice

from aggregator.model import Entry

ENTRIES = 8
PAGES = 5

# language: (places, subjects, verbs, things, sentence pattern, full stop)
GRAMMARS = {
    "en": (
        ("Harlow", "Brindley", "Oakhaven", "Tarn", "Selby", "Norwick", "Ashby", "Calder"),
        ("the council", "a farmer", "the museum", "an engineer", "the choir", "a baker"),
        ("opened", "repaired", "sold", "painted", "measured", "returned"),
        ("the old bridge", "a steam engine", "the town clock", "seven maps", "a lighthouse"),
        "In {place}, {subject} {verb} {thing} after {number} years",
        ". ",
    ),
    "de": (
        ("Altdorf", "Birkenau", "Celle", "Dornbach", "Elmau", "Fischen", "Grabow", "Husum"),
        ("der Stadtrat", "eine Lehrerin", "das Museum", "ein Schreiner", "der Chor", "die Wehr"),
        ("eröffnete", "reparierte", "verkaufte", "bemalte", "vermaß", "fand"),
        ("die alte Brücke", "eine Dampflok", "die Turmuhr", "sieben Karten", "ein Boot"),
        "In {place} {verb} {subject} nach {number} Jahren {thing}",
        ". ",
    ),
    "es": (
        ("Albares", "Berlanga", "Cuéllar", "Daroca", "Écija", "Frías", "Graus", "Haro"),
        ("el concejo", "una maestra", "el museo", "un carpintero", "el coro", "la banda"),
        ("abrió", "reparó", "vendió", "pintó", "midió", "encontró"),
        ("el puente viejo", "una locomotora", "el reloj", "siete mapas", "un barco"),
        "En {place}, {subject} {verb} {thing} tras {number} años",
        ". ",
    ),
    "ru": (
        ("Боровске", "Вязьме", "Галиче", "Дмитрове", "Ельце", "Зарайске", "Ишиме", "Кинешме"),
        ("городской совет", "учительница", "музей", "плотник", "хор", "оркестр"),
        ("открыл", "починил", "продал", "покрасил", "измерил", "нашёл"),
        ("старый мост", "паровоз", "башенные часы", "семь карт", "лодку"),
        "В {place} {subject} спустя {number} лет {verb} {thing}",
        ". ",
    ),
    "zh": (
        ("安宁", "北原", "长乐", "东阳", "丰城", "广河", "和田", "吉安"),
        ("市议会", "一位教师", "博物馆", "木匠", "合唱团", "消防队"),
        ("开放了", "修好了", "卖掉了", "粉刷了", "测量了", "找到了"),
        ("旧桥", "蒸汽机车", "钟楼", "七张地图", "一条船"),
        "{place}的{subject}在{number}年之后{verb}{thing}",
        "。",
    ),
}
PLEAS = {
    "en": "Independent reporting costs money, so please support us with a small gift today.",
    "de": "Guter Journalismus kostet Geld, darum bitten wir um eine kleine Spende.",
    "es": "El periodismo libre cuesta dinero, por eso te pedimos una pequeña ayuda.",
    "ru": "Независимая журналистика стоит денег, поэтому поддержите нас сегодня.",
    "zh": "独立报道需要经费，请您今天支持我们的工作。",
}
MISSPELT = {
    "en": "Pleese supprt our jurnalism, evry litle helps us too kepe going.",
    "de": "Bite unterstüzen sie unsre arbeit mit einem kleinnen Betrag im Monat.",
    "es": "Porfabor apolla nuestro travajo con una pequenya donasion mensual.",
    "ru": "Пожалуста подержите нашу роботу небольшим пожертвованеем каждый месец.",
    "zh": "请支特我们的工做，每月小额捐款帮住我们走得更远。",
}
FROM = {
    "en": "The post {title} appeared first on {outlet}.",
    "de": "Der Beitrag {title} erschien zuerst auf {outlet}.",
    "es": "La entrada {title} se publicó primero en {outlet}.",
    "ru": "Сообщение {title} появились сначала на {outlet}.",
    "zh": "文章{title}最先出现在{outlet}上。",
}
BOXES = {
    "en": ("Our letter", "Get the five best stories each morning in your inbox."),
    "de": ("Unser Brief", "Die fünf besten Geschichten jeden Morgen in Ihrem Postfach."),
    "es": ("Nuestra carta", "Las cinco mejores historias cada mañana en tu correo."),
    "ru": ("Наше письмо", "Пять лучших историй каждое утро в вашем почтовом ящике."),
    "zh": ("我们的来信", "每天早晨把五篇最好的故事送到您的邮箱。"),
}
RELATED = {"en": "Read next", "de": "Lesen Sie auch", "es": "Lea también", "ru": "Читайте также"}
RELATED["zh"] = "相关阅读文章"
COOKIES = {
    "en": "We use cookies to remember what you like, see our policy for more.",
    "de": "Wir verwenden Cookies, mehr dazu steht in unserer Erklärung.",
    "es": "Usamos cookies para recordar tus gustos, consulta nuestra política.",
    "ru": "Мы используем файлы cookie, подробнее в нашей политике.",
    "zh": "我们使用小型文字档案来记住您的偏好，详情请见政策。",
}
# Said by somebody on whom every outlet reports: it stands in one entry of each feed.
QUOTATION = "“We shall rebuild every single house before the first snow of this winter falls.”"


@dataclass(frozen=True)
class InventedFeed:
    """Entries as they come, what of them is clutter and what is an article's own."""

    name: str
    language: str
    entries: tuple[Entry, ...]
    clutter: tuple[str, ...]  # texts that must be gone, as plain text
    own: tuple[tuple[str, ...], ...]  # the sentences of each entry


def feeds() -> list[InventedFeed]:
    """Return two feeds for each language: one with pleas around, one with boxes within."""
    return [
        made(language, place * 100, boxed=boxed)
        for place, language in enumerate(GRAMMARS)
        for boxed in (False, True)
    ]


def sentences(language: str, seed: int, count: int) -> list[str]:
    """Return sentences that no other seed has, without their full stops."""
    places, subjects, verbs, things, pattern, _ = GRAMMARS[language]
    return [
        pattern.format(
            place=places[(seed + number) % len(places)],
            subject=subjects[(seed * 5 + number * 7) % len(subjects)],
            verb=verbs[(seed * 3 + number) % len(verbs)],
            thing=things[(seed + number * 2) % len(things)],
            number=1000 + seed * 20 + number,
        )
        for number in range(count)
    ]


def made(language: str, seed: int, *, boxed: bool) -> InventedFeed:
    """Return one feed; the same seed gives the same feed."""
    outlet = f"Outlet {seed + boxed}"
    entries, own, clutter = [], [], set[str]()
    for number in range(ENTRIES):
        told = sentences(language, seed + number * 2 + boxed, 6)
        title = told[0]
        stop = GRAMMARS[language][-1].strip()
        texts = [f"{text}{stop}" for text in told[1:]]
        if number == 0:
            texts[2] = QUOTATION
        around = _boxed if boxed else _pleading
        content, repeated = around(language, title, texts, outlet, number)
        entries.append(
            Entry(key=str(number), title=title, content=content, summary="", language=language)
        )
        own.append(tuple(texts))
        clutter |= repeated
    name = f"{language} {'boxes' if boxed else 'pleas'}"
    return InventedFeed(name, language, tuple(entries), tuple(sorted(clutter)), tuple(own))


@dataclass(frozen=True)
class InventedPages:
    """Pages of a feed's entries, with their titles, what of them is clutter and what is not."""

    name: str
    language: str
    titles: tuple[str, ...]
    pages: tuple[str, ...]  # HTML
    clutter: tuple[str, ...]
    own: tuple[tuple[str, ...], ...]


def pages() -> list[InventedPages]:
    """Return two feeds' pages for each language: with what a site puts into its articles."""
    return [
        pages_of(language, place * 100 + half, at_end=bool(half))
        for place, language in enumerate(GRAMMARS)
        for half in (0, 50)
    ]


def pages_of(language: str, seed: int, *, at_end: bool, count: int = PAGES) -> InventedPages:
    """Return some pages of one feed; the box stands at the end of the article or within."""
    stop = GRAMMARS[language][-1].strip()
    titles, told, own, clutter = [], [], [], set[str]()
    for number in range(count):
        title, *lines = sentences(language, seed + number * 2, 9)
        texts = [
            f"{one}{stop} {other}{stop}" for one, other in zip(lines[::2], lines[1::2], strict=True)
        ]
        body, repeated = _page_body(language, title, texts, number, at_end=at_end)
        titles.append(title)
        told.append(
            f"<!doctype html><html lang={language}><head><title>{html.escape(title)} - O</title>"
            f"</head><body><nav><ul><li><a href=/a>A</a></li></ul></nav><main><article>{body}"
            "</article></main><footer><p>The Outlet</p></footer></body></html>"
        )
        own.append(tuple(f"{one}{stop}" for one in lines))
        clutter |= repeated
    name = f"{language} {'at the end' if at_end else 'within'}"
    return InventedPages(
        name, language, tuple(titles), tuple(told), tuple(sorted(clutter)), tuple(own)
    )


def _page_body(
    language: str, title: str, texts: list[str], number: int, *, at_end: bool
) -> tuple[str, set[str]]:
    """Return an article under a note on cookies, with a letter, a plea and a list of links."""
    head, line = BOXES[language]
    links = [f"{title} {letter}" for letter in "abc"[: number % 2 + 2]]
    items = "".join(
        f'<li><a href="/read/{number}/{place}">{html.escape(text)}</a></li>'
        for place, text in enumerate(links)
    )
    told = [f"<p>{html.escape(text, quote=False)}</p>" for text in texts]
    told.insert(len(told) if at_end else 2, f"<div><h4>{head}</h4><p>{line}</p></div>")
    body = (
        f"<h1>{html.escape(title)}</h1><p>{COOKIES[language]}</p>{''.join(told)}"
        f"<h3>{RELATED[language]}</h3><ul>{items}</ul><p>{PLEAS[language]}</p>"
    )
    return body, {COOKIES[language], line, PLEAS[language], *links}


def _pleading(
    language: str, title: str, texts: list[str], outlet: str, number: int
) -> tuple[str, set[str]]:
    """Return an article with pleas at its head, in the middle of a paragraph and at its tail."""
    escaped = [html.escape(text, quote=False) for text in texts]
    origin = FROM[language].format(title=title, outlet=outlet)
    joint = " " if language != "zh" else ""
    content = (
        f"<p><em>{PLEAS[language]}</em></p><p>{escaped[0]}{joint}{escaped[1]}</p>"
        f"<p>{escaped[2]}{joint}{MISSPELT[language]}{joint}{escaped[3]}</p><p>{escaped[4]}</p>"
        f"<p>{origin.replace(outlet, f'<a href=https://o.example/{number}>{outlet}</a>')}</p>"
    )
    return content, {PLEAS[language], MISSPELT[language], origin}


def _boxed(
    language: str, title: str, texts: list[str], outlet: str, number: int
) -> tuple[str, set[str]]:
    """Return an article with a newsletter box, a list of links and a note on cookies."""
    escaped = [html.escape(text, quote=False) for text in texts]
    head, line = BOXES[language]
    links = [f"{title} {outlet} {text}" for text in islice(cycle("abc"), number % 3 + 2)]
    items = "".join(
        f'<li><a href="https://o.example/{number}/{place}">{html.escape(text)}</a></li>'
        for place, text in enumerate(links)
    )
    content = (
        f"<p>{escaped[0]}</p><p>{escaped[1]}</p><div><h4>{head}</h4><p>{line}</p></div>"
        f"<p>{escaped[2]}</p><h3>{RELATED[language]}</h3><ul>{items}</ul><p>{escaped[3]}</p>"
        f"<p>{escaped[4]}</p><p><small>{COOKIES[language]}</small></p>"
    )
    return content, {head, line, RELATED[language], COOKIES[language], *links}
