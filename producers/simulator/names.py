"""Invented people's names: pools for each origin, with the spellings that one name has, and the name of a traveller.

Everybody is made up by drawing from common names. A pool entry may have several spellings parted by `/`: the same name
as different offices wrote it. Spellings of one name share a bit, so that `Name.mask` tells whether two people have any
name in common in any spelling; the simulator keeps bulk travellers apart from protected people by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from producers.mrz import transliterate

_ARABIC_MALE = (
    "Mohammad/Muhammed/Mohamed Ahmad/Ahmed Ali Omar/Umar Khaled/Khalid Mahmoud/Mahmud Yousef/Yusuf Ibrahim "
    "Hasan/Hassan Mustafa/Moustafa Abdullah/Abdallah Bilal Samir/Sameer Tarek/Tariq Fadi Nour Rami Ziad Hamza "
    "Anas"
)
_ARABIC_FEMALE = (
    "Fatima/Fatma Amina Mariam/Maryam Aisha/Aysha Zainab/Zeinab Rana Hala Noor Layla/Leila Salma Huda/Hoda Rima "
    "Dima Samira Khadija/Khadeja Yasmin/Jasmin Lina Maha Nadia Sahar"
)
_ARABIC_SURNAMES = (
    "Al-Hasan/Alhasan Al-Ahmad/Alahmad Al-Khatib/Alkhatib Haddad Al-Masri/Almasri Darwish Hamdan Al-Ali/Alali "
    "Kassem/Qasim Othman/Osman Al-Jasem/Aljasem Barakat Al-Najjar/Alnajjar Shaheen Saleh/Salih Al- "
    "Abdullah/Alabdullah Nasser/Naser Al-Sayed/Alsayed Mansour/Mansur Awad Zaher Al-Mohammad/Almohammad Karam "
    "Sabbagh Jaber"
)
_PERSIAN_MALE = (
    "Mohammad/Muhammed Ali Reza Hossein/Hussein Ahmad/Ahmed Mehdi Amir Hamid Saeed/Said Majid Farhad Navid Omid "
    "Esmail Najib Rahim Karim Sharif Jawad Nasir"
)
_PERSIAN_FEMALE = (
    "Zahra Fatemeh/Fatima Maryam/Mariam Leila/Layla Shirin Nasrin Parisa Farzaneh Sima Roya Mina Laleh Masoma "
    "Shukria Freshta Zarghuna Nilofar Soraya Golnaz Habiba"
)
_HORN_MALE = (
    "Abdi Mohamed/Maxamed Ahmed/Axmed Hassan/Xasan Yusuf/Yuusuf Ali/Cali Omar/Cumar Ismail Abdullahi Farah Nur "
    "Warsame Jama Hersi Dahir Guled Mahad Osman/Cismaan Bashir Aden/Adan"
)
_HORN_FEMALE = (
    "Amina Fadumo/Faduma Hodan Khadija/Khadra Sahra Halima Asha Ifrah Maryan Nasra Hibo Ayan Deqa Ubah Zahra "
    "Faiza Ladan Sagal Idil Hawa"
)
_TIGRINYA_MALE = (
    "Tesfay/Tesfai Haile Yonas/Jonas Berhane Kidane Mehari Samuel Filmon Robel Abraham Tekle Ghebre/Gebre Solomon "
    "Dawit Yohannes Isaias Merhawi Henok Biniam Temesgen"
)
_TIGRINYA_FEMALE = (
    "Saba Selam Rahel Senait Mebrat Azeb Helen Winta Feven Tsega Luwam Eden Yordanos Lemlem Abeba Letebrhan "
    "Semhar Almaz Genet Hiwet"
)
_RUSSIAN_MALE = "Андрей Алексей Дмитрий Сергей Юрий Михаил Руслан Николай Фёдор Яков"
_RUSSIAN_FEMALE = "Наталья Ольга Екатерина Светлана Марина Юлия Людмила Зарема Ирина Жанна"
_RUSSIAN_SURNAMES = "Щербаков Жуков Юсупов Цветков Хасанов Чернов Яковлев Ершов Мухин Быков"
_TURKISH_MALE = (
    "Mehmet Mustafa Öztürk/Ozturk Emre Şahin/Sahin Yılmaz/Yilmaz Hüseyin/Huseyin Çetin/Cetin Ömer/Omer Uğur/Ugur"
)
_TURKISH_FEMALE = "Ayşe/Ayse Gülay/Gulay Zeynep Özlem/Ozlem Büşra/Busra Elif Hatice Şirin/Sirin Derya Çiğdem/Cigdem"
_TURKISH_SURNAMES = (
    "Yıldız/Yildiz Öztürk/Ozturk Çelik/Celik Şimşek/Simsek Güneş/Gunes Aydın/Aydin Doğan/Dogan Kılıç/Kilic"
)
_NORTHERN_MALE = (
    "Lars Erik Anders Nils Björn Åke Jörgen Mikko Juhani Piotr Tomasz Jürgen Stefan William Oliver Pablo Jens "
    "Kåre Håkan Sören Matti Wei Hiroshi Pierre"
)
_NORTHERN_FEMALE = (
    "Anna Karin Birgitta Åsa Märta Linnéa Ingrid Sofie Päivi Agnieszka Katarzyna Ulrike Emily Charlotte Carmen "
    "Lucía Élise Giulia Wiebke Solveig Mei Yuki Gunnel Kerstin"
)
_NORTHERN_SURNAMES = (
    "Andersson Lindström Åkerlund Öberg Sjögren Bäckman Nyström Hägglund Korhonen Mäkinen Kowalski Wiśniewski "
    "Schäfer Müller Groß Smith Taylor García Fernández Lefèvre Rossi Hansen Sørensen Nørgaard Jóhannsson "
    "Þórarinsson Wang Tanaka Ekdahl Rask"
)


class _Bits:
    """Gives every name word, in all spellings, a bit."""

    def __init__(self) -> None:
        self._group: dict[str, int] = {}
        self._next = 0

    def of(self, spellings: list[str]) -> int:
        # A whole spelling and each of its words count: "Al-Hasan" shares AL and HASAN with others.
        whole = [transliterate(spelling) for spelling in spellings]
        words = {word for text in whole for word in text.split()} | {text.replace(" ", "") for text in whole}
        simple = {text for text in whole if " " not in text}
        known = [self._group[word] for word in sorted(simple) if word in self._group]
        if len(simple) == len(whole) and known:
            bit = known[0]
        else:
            bit = self._next
            self._next += 1
        mask = 0
        for word in sorted(words):
            if word in self._group:
                mask |= 1 << self._group[word]
            elif word in simple:
                self._group[word] = bit
                mask |= 1 << bit
            else:
                self._group[word] = self._next
                mask |= 1 << self._next
                self._next += 1
        return mask


@dataclass(frozen=True, slots=True)
class NameWord:
    """One entry of a pool.

    Attributes:
        printed: spellings, the usual one first.
        mrz: each transliterated.
        original: the original script where the pool has one.
        mask: bits of all its words in all spellings.
    """

    printed: tuple[str, ...]
    mrz: tuple[str, ...]
    original: str | None
    mask: int


@dataclass(frozen=True, slots=True)
class NamePool:
    """Names of one origin. `patronymic`: the surname is the father's and the second name his father's."""

    surnames: tuple[NameWord, ...]
    male: tuple[NameWord, ...]
    female: tuple[NameWord, ...]
    fathers: tuple[NameWord, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name: words of surname and given names, and the bits of them all."""

    surname: NameWord
    given: tuple[NameWord, ...]
    mask: int

    def printed(self, spelling: int = 0) -> dict[str, str]:
        """As an Avro PersonName, in the usual spelling or (1, 2, ...) another where there is one."""
        given = " ".join(word.printed[spelling % len(word.printed)] for word in self.given)
        surname = self.surname.printed[spelling % len(self.surname.printed)]
        return {"surname": surname, "given_names": given, "form": "PRINTED"}

    def mrz(self) -> dict[str, str]:
        """As it stands in the machine readable zone of a document."""
        given = " ".join([word.mrz[0] for word in self.given])
        return {"surname": self.surname.mrz[0], "given_names": given, "form": "MRZ"}

    def original(self) -> dict[str, str] | None:
        """In its own script, where the pool has it."""
        words = [word.original for word in self.given]
        if self.surname.original is None or None in words:
            return None
        return {
            "surname": self.surname.original,
            "given_names": " ".join(filter(None, words)),
            "form": "ORIGINAL_SCRIPT",
        }


_bits = _Bits()


def _words(text: str, *, cyrillic: bool = False) -> tuple[NameWord, ...]:
    entries = []
    for entry in text.split():
        original = entry if cyrillic else None
        printed = [transliterate(entry).capitalize()] if cyrillic else entry.split("/")
        entries.append(
            NameWord(tuple(printed), tuple(transliterate(word) for word in printed), original, _bits.of(printed))
        )
    return tuple(entries)


def _pool(surnames: str, male: str, female: str, *, cyrillic: bool = False) -> NamePool:
    men = _words(male, cyrillic=cyrillic)
    return NamePool(_words(surnames, cyrillic=cyrillic), men, _words(female, cyrillic=cyrillic), men)


ARABIC = _pool(_ARABIC_SURNAMES, _ARABIC_MALE, _ARABIC_FEMALE)
PERSIAN = _pool(
    "Ahmadi Rezai/Rezaei Hosseini/Hussaini Mohammadi/Muhammadi Karimi Rahimi Haidari/Heydari Noori/Nuri Sharifi "
    "Amiri Jafari Mousavi Nazari Akbari Sadat Yousofi/Yousefi Alizada/Alizadeh Qasemi/Ghasemi Stanekzai Wardak "
    "Popal Tehrani Shirazi Azizi",
    _PERSIAN_MALE,
    _PERSIAN_FEMALE,
)
HORN = _pool(_HORN_MALE, _HORN_MALE, _HORN_FEMALE)
TIGRINYA = _pool(_TIGRINYA_MALE, _TIGRINYA_MALE, _TIGRINYA_FEMALE)
RUSSIAN = _pool(_RUSSIAN_SURNAMES, _RUSSIAN_MALE, _RUSSIAN_FEMALE, cyrillic=True)
TURKISH = _pool(_TURKISH_SURNAMES, _TURKISH_MALE, _TURKISH_FEMALE)
NORTHERN = _pool(_NORTHERN_SURNAMES, _NORTHERN_MALE, _NORTHERN_FEMALE)


def draw_name(rng: Random, pool: NamePool, sex: str) -> Name:
    """A name from the pool: a given name, mostly the father's, and a surname."""
    random = rng.random
    own = pool.male if sex == "M" else pool.female
    first = own[int(random() * len(own))]
    surname = pool.surnames[int(random() * len(pool.surnames))]
    chance = random()
    if chance < 0.3:
        return Name(surname, (first,), first.mask | surname.mask)
    father = pool.fathers[int(random() * len(pool.fathers))]
    if chance < 0.9:
        return Name(surname, (first, father), first.mask | father.mask | surname.mask)
    grandfather = pool.fathers[int(random() * len(pool.fathers))]
    return Name(surname, (first, father, grandfather), first.mask | father.mask | grandfather.mask | surname.mask)
