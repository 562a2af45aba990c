"""Small tables of words: which stemmer a language has, words of grammar, words of dates.

They only sharpen what the weights by rarity do anyway; a language that is missing here still folds.
"""

from __future__ import annotations

STEMMERS = {
    "ar": "arabic", "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "eu": "basque", "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi",
    "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish",
}  # fmt: skip

UNSPACED_LANGUAGES = frozenset(("zh", "ja", "ko", "th", "lo", "km", "my"))

# The commonest words of grammar, folded (no capitals, no accents): enough to tell two languages of
# one script apart, and never evidence.
_WORDS = {
    "en": """
        the a an of to in on at for and or but is are was were be been has have had with by from
        that this it its as he she his her they their we our you your who what when will would
        could after over not no new more than about into out up says said amid how why do does did
        here there all also can may just where then them some any most other so if only him me my
        us which while
    """,
    "de": """
        der die das den dem des ein eine einen einem einer und oder aber ist sind war waren wird
        werden hat haben mit von fur auf aus bei nach im in am an zu zum zur nicht als auch sich
        es sie er wir uber unter vor durch dass wie noch nur mehr gegen
    """,
    "fr": """
        le la les un une des du de et ou est sont ete a au aux en dans par pour sur avec que qui
        ne pas plus ce cette ces son sa ses leur il elle ils elles nous vous se comme apres mais
        sans
    """,
    "es": """
        el la los las un una unos de del y o es son fue ha han en por para con que no se su sus al
        lo como mas pero sin sobre tras entre este esta ya muy
    """,
    "it": """
        il lo la i gli le un uno una di del della dei delle e o sono ha hanno in nel nella per con
        che non si su sul da dal dalla al alla come piu ma anche dopo
    """,
    "pt": """
        o a os as um uma de do da dos das e ou foi sao tem em no na nos nas por para com que nao
        se ao mais como mas seu sua apos sobre entre pelo pela
    """,
    "nl": """
        de het een en of is zijn was waren wordt worden heeft hebben met van voor op uit bij na in
        aan te niet als ook zich dat die deze er maar om over door naar tegen
    """,
    "sv": """
        den det en ett och eller ar var som har hade med av for pa till fran vid efter i om att
        inte men ocksa sig de han hon vi nar under over mot ska
    """,
    "da": """
        den det en et og eller er var som har havde med af for pa til fra ved efter i om at ikke
        men ogsa sig de han hun vi nar under over mod skal bliver
    """,
    "no": """
        den det en et og eller er var som har hadde med av for pa til fra ved etter i om at ikke
        men ogsa seg de han hun vi nar under over mot skal blir
    """,
    "pl": """
        i w na z do nie sie jest to ze o po za od jak ale przez dla oraz czy co juz tym jego
    """,
    "cs": """
        a v na z do ne se je to ze o po za od jak ale pro nebo co uz jeho byl ktery
    """,
    "tr": """
        ve bir bu da de ile icin olarak olan daha cok ama gibi sonra kadar ne en var
    """,
    "id": """
        yang dan di ke dari untuk dengan pada ini itu tidak akan dalam oleh sebagai adalah juga
    """,
    "ro": """
        si in de la cu pe din un o este sunt a au fost nu ca pentru mai dupa care prin
    """,
    "hu": """
        a az es egy nem is hogy van volt meg de ha mint csak el ki be mar
    """,
    "fi": """
        ja on ei se oli etta kun mutta myos ovat han joka kuin niin tai
    """,
    "vi": """
        va cua la co cho trong khong mot duoc voi cac nhung da nay khi ve tai den
    """,
}
FUNCTION_WORDS = {language: frozenset(words.split()) for language, words in _WORDS.items()}

# The other way round: one look-up a word tells every language it speaks for.
LANGUAGES_OF_WORD = {
    word: tuple(language for language, words in FUNCTION_WORDS.items() if word in words)
    for word in frozenset().union(*FUNCTION_WORDS.values())
}

# Russian, Greek, Arabic, Ukrainian, Hebrew, Hindi.
_OTHER_GRAMMAR = """
и в во не что он на я с со как а то все она так его но да ты к у же вы за бы по от о из
ему до или при для это этот после также был была были είναι και το η ο του της την στο για
με από من في على إلى عن أن هذا هذه التي الذي مع بعد قبل كان و ما لا كما هو هي і та що на з
від за про це як для עם של את על לא כי הוא היא है के का की में से को और पर ने यह
"""  # noqa: RUF001  other alphabets are the point
STOP_WORDS = frozenset(_OTHER_GRAMMAR.split()).union(*FUNCTION_WORDS.values())

_DATE_WORDS = """
january february march april may june july august september october november december jan feb
mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday
sunday mon tue thu fri today yesterday tomorrow tonight weekend morning afternoon evening
januar februar marz mai juni juli oktober dezember montag dienstag mittwoch donnerstag freitag
samstag sonnabend sonntag heute gestern morgen janvier fevrier mars avril juin juillet aout
septembre octobre novembre decembre lundi mardi mercredi jeudi vendredi samedi dimanche hier
demain enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
diciembre lunes martes miercoles jueves viernes sabado domingo hoy ayer manana gennaio
febbraio aprile maggio giugno luglio settembre ottobre dicembre lunedi martedi mercoledi
giovedi venerdi sabato domenica oggi ieri domani janeiro fevereiro marco maio junho julho
setembro outubro dezembro segunda terca quarta quinta sexta hoje ontem amanha januari februari
maart mei augustus maandag dinsdag woensdag donderdag vrijdag zaterdag zondag vandaag gisteren
morgen января февраля марта апреля мая июня июля августа сентября октября ноября декабря
январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь декабрь понедельник
вторник среда среду четверг пятница пятницу суббота субботу воскресенье сегодня вчера завтра
يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر الأحد الاثنين
الثلاثاء الأربعاء الخميس الجمعة السبت اليوم أمس غدا
月曜 火曜 水曜 木曜 金曜 土曜 日曜 曜日
今日 昨日 明日
今天 昨天 明天 星期
styczen stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika
listopada grudnia ocak subat nisan mayis haziran temmuz agustos eylul ekim kasim aralik
"""
DATE_WORDS = frozenset(_DATE_WORDS.split())
