"""Is the language right, and called certain only when it is?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.language import Language, detect
from tests.unit.text import pages

SPANISH = "El transbordador del puerto volvió al servicio el lunes después de once semanas en dique seco."
GERMAN = "Die Hafenfähre fährt seit Montag wieder, nachdem sie elf Wochen lang auf der Werft gelegen hatte."
SWEDISH = "Hamnfärjan är tillbaka i trafik sedan i måndags efter elva veckor på varvet, meddelade hamnen."
RUSSIAN = "Портовый паром вернулся на линию в понедельник после одиннадцати недель ремонта, сообщили власти."
UKRAINIAN = "Портовий пором повернувся на лінію в понеділок після одинадцяти тижнів ремонту."
PERSIAN = "کشتی بندر پس از یازده هفته تعمیر روز دوشنبه به کار خود بازگشت و مردم جزیره خوشحال شدند."
URDU = "بندرگاہ کی کشتی گیارہ ہفتوں کی مرمت کے بعد پیر کے روز دوبارہ چل پڑی اور لوگ بہت خوش ہوئے۔"
CHINESE = "港口渡轮经过十一周的维修后于星期一恢复航行，港务局表示将增加班次。"
JAPANESE = "港のフェリーは十一週間の修理を終えて月曜日に運航を再開したと港湾局が発表した。"
KOREAN = "항구 여객선이 십일 주간의 수리를 마치고 월요일에 운항을 재개했다고 항만청이 밝혔다."
HINDI = "बंदरगाह की नौका ग्यारह सप्ताह की मरम्मत के बाद सोमवार को फिर से चलने लगी और लोग खुश हुए।"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (pages.ENGLISH_STORY, "en"),
        (pages.ARABIC_STORY, "ar"),
        (pages.FRENCH_STORY, "fr"),
        (SPANISH, "es"),
        (GERMAN, "de"),
        (SWEDISH, "sv"),
        (RUSSIAN, "ru"),
        (UKRAINIAN, "uk"),
        (PERSIAN, "fa"),
        (URDU, "ur"),
        (CHINESE, "zh"),
        (JAPANESE, "ja"),
        (KOREAN, "ko"),
        (HINDI, "hi"),
        ("Το πλοίο του λιμανιού επέστρεψε τη Δευτέρα.", "el"),
        ("המעבורת של הנמל חזרה לפעול ביום שני.", "he"),
        ("เรือข้ามฟากกลับมาให้บริการในวันจันทร์", "th"),
    ],
)
def test_detects(text: str, code: str) -> None:
    assert detect(text) == Language(code, True)


def test_a_given_language_is_believed_where_the_script_allows() -> None:
    assert detect("Rue Royale", "fr-BE") == Language("fr", True)
    assert detect(pages.ARABIC_STORY, "AR") == Language("ar", True)
    assert detect(pages.ARABIC_STORY, "en_US") == Language("ar", True)
    assert detect(pages.ENGLISH_STORY, "klingon") == Language("en", True)


@pytest.mark.parametrize("text", ["", " ", "123 456", "— …", "😀😀"])
def test_no_letters_no_language(text: str) -> None:
    assert detect(text) == Language("und", False)
    assert detect(text, "fr") == Language("fr", False)


@pytest.mark.parametrize("text", ["Ferry", "abc def", "خبر", "x" * 40])
def test_too_little_is_not_certain(text: str) -> None:
    assert not detect(text).certain


def test_a_mixture_of_scripts_is_not_certain() -> None:
    assert not detect("The ferry is back " * 3 + "عبارة الميناء عادت " * 3).certain


@given(st.text(max_size=80), st.text(max_size=10))
def test_any_text_has_an_answer(text: str, given_code: str) -> None:
    code, _ = detect(text, given_code)
    assert code.isalpha()
    assert code.islower()
