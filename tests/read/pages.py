# ruff: noqa: RUF001 - letters of other alphabets are meant
"""HTML pages written for tests: an article among what sites put around it."""

from __future__ import annotations

from dataclasses import dataclass

MENU = "<li><a href='/world'>World</a></li><li><a href='/sport'>Sport</a></li>" * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What a page tells."""

    language: str
    title: str
    paragraphs: tuple[str, ...]


def story(language: str, text: str) -> Story:
    """Return the story whose title is the first paragraph of the text."""
    title, *paragraphs = (" ".join(one.split()) for one in text.strip().split("\n\n"))
    return Story(language=language, title=title, paragraphs=tuple(paragraphs))


ENGLISH = story(
    "en",
    """
Harbour bridge opens after eleven years

The new bridge over the harbour opened at noon on Tuesday, after eleven years of building.
Hundreds of people walked across it within the first hour.

It cost 40 million, twice what was planned. The council says that the money was well spent
and that the ferry will stop running in the spring of next year.

Two lanes are for buses alone. A path for cyclists runs on the western side, and there are
benches on the eastern one from which the lighthouse can be seen.
""",
)
GERMAN = story(
    "de",
    """
Stadtrat beschließt neue Straßenbahn zum Hauptbahnhof

Der Stadtrat hat am Dienstag mit großer Mehrheit den Bau einer neuen Straßenbahn zum
Hauptbahnhof beschlossen. Die Arbeiten sollen im nächsten Frühjahr beginnen.

Die Strecke ist sechs Kilometer lang und hat elf Haltestellen. Die Kosten trägt zur Hälfte
das Land, den Rest übernehmen die Stadtwerke und der Bund.
""",
)
RUSSIAN = story(
    "ru",
    """
В городе открыли новую библиотеку

Новая городская библиотека открылась во вторник после трёх лет строительства. В первый
день её посетили более двух тысяч человек, многие пришли с детьми.

В здании есть читальный зал, мастерская и небольшой театр. Книги можно брать бесплатно,
достаточно предъявить паспорт или студенческий билет.
""",
)
JAPANESE = story(
    "ja",
    """
港の新しい橋が開通

港に架かる新しい橋が火曜日の正午に開通した。工事には十一年かかり、初日には数百人の市民が歩いて渡った。

総工費は当初の計画の二倍にあたる四千万円で、市議会は妥当な支出だったと説明している。来年の春には渡し船が廃止される予定だ。

橋の西側には自転車専用の道が、東側には灯台を望むベンチが設けられている。
""",
)
ARABIC = story(
    "ar",
    """
افتتاح الجسر الجديد فوق الميناء

افتتح الجسر الجديد فوق الميناء ظهر يوم الثلاثاء بعد أحد عشر عاما من البناء، وعبره مئات
الأشخاص سيرا على الأقدام خلال الساعة الأولى.

وبلغت تكلفة المشروع أربعين مليونا، أي ضعف ما كان مخططا له، ويقول المجلس البلدي إن المال
أنفق في مكانه وإن العبارة ستتوقف في الربيع المقبل.
""",
)
STORIES = (ENGLISH, GERMAN, RUSSIAN, JAPANESE, ARABIC)


def page_of(
    story: Story, *, head: str = "", body: str = "", before: str = "", charset: str = "utf-8"
) -> str:
    """Return a page that tells the story, with more in its head, its text and above the text."""
    told = "".join(f"<p>{one}</p>" for one in story.paragraphs)
    return (
        f'<!doctype html><html lang="{story.language}"><head><meta charset="{charset}">'
        f"<title>{story.title} - The Outlet</title>{head}</head><body><header><nav><ul>{MENU}</ul>"
        f"</nav></header>{before}<main><article><h1>{story.title}</h1>{told}{body}</article></main>"
        "<aside><h2>Most read</h2><ol><li><a href='/1'>Something else</a></li></ol></aside>"
        "<footer><p>© The Outlet. All rights reserved.</p></footer></body></html>"
    )
