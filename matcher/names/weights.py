"""How much it tells that two people share a part of a name, in bits: 3 for the commonest names, 10 for a rare one.

A weight of n means that about one person in 2 to the power of n has the part, among people from the countries that
protected people come from. The list is our own estimate, from what is generally known of these naming cultures and
not from any register; a name that is not in it is taken to be rare, the more so the longer it is. The least weight is
3, so that any part reaches what a whole birth date asks for (`blocking.NEEDED`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from matcher.names.script import name_parts
from matcher.names.sound import skeleton, sound
from matcher.names.variants import canonical

LEAST, MOST = 3, 15
_BITS = {
    3: "Mohammad Ahmad Ali Hussein Abdullah Mohamud",
    4: "Hasan Mahmud Ibrahim Omar Yusuf Khalid Mustafa Abdi Fatima Maryam Hassan Said Ismail Osman Abdirahman Haile",
    5: (
        "Khalil Saleh Hamid Karim Rahim Jamal Jamil Samir Adil Amir Hadi Mehdi Reza Hosseini Ahmadi Mohammadi Rahimi "
        "Karimi Haidari Rezai Jafari Zahra Zainab Aisha Amina Khadija Layla Nur Noori Salem Nasser Nasir Abdulrahman "
        "Aziz Azizi Hamza Bilal Musa Isa Daud Sulayman Jama Farah Nuur Warsame Adan Hersi Abdulqadir Gebre Tesfay "
        "Yohannes Mikael Kidane Berhane Solomon Tekle Abraham Dawit Samuel Daniel Wang Li Zhang Liu Chen Aleksandr "
        "Sergey Vladimir Elena Olga Tatyana Natalya Ivan Ivanov Khan Haddad Abdulaziz Yasin Yassin Jawad Jan Shah Gul "
        "Mosammat"
    ),
    6: (
        "Hussaini Alizada Sharifi Amiri Mousavi Nazari Akbari Sadat Yousofi Qasemi Safi Popal Stanekzai Wardak Rasuli "
        "Majid Najib Jawid Farid Farhad Navid Omid Habib Latif Hakim Wali Gholam Sayed Mansour Mansur Hamdan Darwish "
        "Khatib Masri Najjar Qasim Jasim Kamal Anas Ziad Tariq Tarek Rami Fadi Mazen Walid Ayman Imad Bashar Basil "
        "Mahdi Murad Azad Karwan Rebin Dilshad Salim Salman Sabri Fawzi Rania Rana Hala Huda Salma Nadia Samira Rima "
        "Dina Lina Maha Sahar Yasmin Hanan Iman Sara Sarah Hana Abeer Sana Shirin Leyla Fadumo Halima Asha Sahra "
        "Hodan Ayan Ifrah Idil Sagal Nasra Hawa Maryan Bashir Dahir Guled Hashi Isse Elmi Roble Samatar Shire Aden "
        "Robel Filmon Yonas Henok Biniam Merhawi Mehari Isaias Habte Woldu Ghirmay Mebrahtu Tsegay Hagos Kahsay "
        "Weldegebriel Selam Rahel Senait Helen Saba Winta Feven Luwam Almaz Genet Hiwot Lemlem Abeba Eden Meron "
        "Andrey Dmitry Alexey Mikhail Nikolay Andriy Yuri Igor Oleg Ekaterina Anastasia Irina Svetlana Anna Maria "
        "Petrov Kuznetsov Smirnov Popov Melnyk Shevchenko Kovalenko Bondarenko Tkachenko Boyko Yilmaz Kaya Demir "
        "Sahin Celik Yildiz Ozturk Aydin Arslan Dogan Kilic Mehmet Huseyin Ayse Emine Hatice Zeynep Elif Yang Huang "
        "Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Karimov Rahimov Abdullaev Yusupov Aliyev Ismoilov Rustam "
        "Jalal Jafar Yaqub Yahya Ishaq Idris Harun Ilyas Ayub Yunus Nuh Dawud Qadir Abdulkarim Abdulkadir Abdullahi "
        "Taha Bakr Abu Hamad Jaber Zaher Sabah Kassem Tahir Zaki Rashid Sharif Sadiq Shaikh Wahid Faruq Asad Abbas "
        "Baqir Sajjad Hashim Hashimi Haji Nawid Ramin Ramadan Mohsen Masoud Nematullah Aminullah Shams Din Allah"
    ),
    7: (
        "Shaheen Barakat Karam Sabbagh Awad Jassem Sayed Zein Khoury Issa Daoud Hariri Halabi Shami Baghdadi Iraqi "
        "Tamimi Jabouri Dulaimi Zubaidi Obeid Rasheed Salameh Suleiman Tawfiq Rafiq Shafiq Raouf Munir Nabil Fuad "
        "Firas Ghassan Haitham Hisham Issam Louay Maher Marwan Nidal Osama Qusay Raed Riad Saad Safwan Sami Sufyan "
        "Wael Wissam Yazan Zaid Amal Asma Dalal Faten Ghada Hayat Inas Kawthar Lubna Manal Mona Nawal Noor Rasha "
        "Rawan Reem Sabah Shadia Suad Wafa Zakia Zeina Parwin Nasrin Parisa Farzana Sima Roya Mina Laleh Masoma "
        "Shukria Freshta Zarghuna Nilofar Soraya Golnaz Habiba Fariba Marzia Nargis Nasima Rahima Razia Shakila "
        "Tahira Wajiha Zohra Zuhal Tehrani Shirazi Ghafari Sultani Hakimi Kazemi Naseri Nabizada Sarwari Faizi "
        "Amini Moradi Hamidi Ebrahimi Rostami Mirzai Sadeqi Salehi Asadi Zamani Azimi Bahrami Esmaili Ghorbani "
        "Heidari Jamshidi Kiani Najafi Norouzi Rahmani Soltani Yazdani Zarei Barzani Talabani Rojhat Dilan Rojda "
        "Berivan Zozan Hawre Aram Soran Shwan Kawa Hiwa Farhan Nuradin Liban Mahad Deqa Ladan Ubah Hibo Faiza Raage "
        "Temesgen Awet Natnael Yemane Zeray Asmerom Desta Kiflom Okbay Semere Berhe Gebremedhin Gebremariam Tewolde "
        "Azeb Tsega Semhar Mebrat Yordanos Letebrhan Bereket Ermias Fitsum Girma Tadesse Bekele Alemu Abebe Kebede "
        # Names of one kind, with Abd-, -ullah and -uddin, of which all are common.
        "Abdulrahim Abdulwahid Abdulhamid Abdulmajid Abdulsalam Abdulghani Abdulbasit Abdulhakim Abdullatif Abdulwali "
        "Abdulhadi Abdulsattar Abdulnasir Abdulwahab Abduljalil Abdulmalik Abdulghafur Abdulrashid Abdulali Abdulbaqi "
        "Rahmatullah Hikmatullah Hamidullah Ihsanullah Habibullah Amanullah Inayatullah Asadullah Najibullah Safiullah "
        "Saifullah Esmatullah Zabihullah Samiullah Nasrullah Shafiullah Hayatullah Rohullah Khairullah Sanaullah "
        "Salahuddin Shamsuddin Nuruddin Saifuddin Jamaluddin Jalaluddin Alauddin Najmuddin Sirajuddin Ziauddin "
        # Elements of Ethiopian and Eritrean names, and common ones of both.
        "Sillase Giorgis Medhin Mariam Kristos Tesfa Welde Habtu Berhan Hailemariam Getachew Teshome Tefera Mulugeta "
        "Assefa Mekonnen Alemayehu Lemma Mesfin Worku Dereje Negash Ayele Demissie Mengistu Tsehay Tigist Hirut Aster "
        # Elements of Pashto names, and common Kurdish, Persian and Turkish ones.
        "Malalai Spozhmai Shinkai Torpekai Palwasha Zarmina Nangialai "
        "Spin Tor Zmaray Sher Baz Rahman Rahmat Yusufzai Zadran Mangal Noorzai Barakzai Popalzai Serhat Baran Diyar "
        "Tahir Yasir Nadir Wasim Zahid Basim Bassam Arif Asif Rashad Salima Hakima Kamila Karima Naima Amira Zohre "
        "Vitaliy Valeriy Valeria Viktoria Viktor Daria Sofia Lilia Nadia Lyudmila Nikita Kirill Yaroslav Denis Vadim "
        "Farida Nabila Najiba Nasiba Aziza Alia Samia Noura Sadia Farshad Farzad Nasim Nasrin Parwana Ivanna Inna "
        "Yuliana Emin Aysel Lana Alina Bohdan Bohdana Tursun Qurban Imin Aygul "
        "Rojin Zana Heval Kamran Shahram Mojtaba Behrouz Hassani Murat Emre Fatih Osman Kaan Esra Ozdemir Erdogan Koc"
    ),
}
# By length of the code, for what is not in the list: short codes are shared by more names.
_UNKNOWN = {1: 5, 2: 7, 3: 9, 4: 10, 5: 11}
_UNKNOWN_LONGER = 11
# What else a letter may be heard as.
_HEARD_AS = (("C", "X"), ("G", "J"), ("c", "J"), ("%", "J"))


@lru_cache(maxsize=1 << 16)
def code_of(sounds: str, abjad: bool) -> str:
    """What spellings of one name share: the skeleton of its commonest form.

    Of a name that is in no list, it is that of a listed name as which the letters may be heard too.
    """
    code = _code(sounds, abjad)
    if is_known(sounds):
        return code
    heard = tuple(_heard_otherwise(sounds))
    for other in heard:
        if is_known(other):
            return _code(other, abjad)
    if code not in _WEIGHTS:
        for other in heard:
            if skeleton(other) in _WEIGHTS:
                return skeleton(other)
    return code


# Endings of Slavic names. German, Swedish and other offices write some of their sounds in their own way: j for y, ch
# for kh, tj for ty as well as for ch, g for h.
_SLAVIC_SOUNDS = (("J", "Y"), ("J", "%"), ("C", "X"), ("C", "T"), ("G", "H"))
_SLAVIC = re.compile("(?:(?:[oe]V|iN|SKi)a?|[eu]NKo|uK|iC|Ya|...CaN)$")


@lru_cache(maxsize=1 << 14)
def other_codes(sounds: str, abjad: bool) -> tuple[str, ...]:
    """Codes by which a name that is in no list may be known elsewhere; its own is not among them.

    Slavic ones: Jusuchin is Yusukhin, Hnatjuk is Hnatyuk, and Joukov is Zhukov. A c before a, o or u may have lost its
    cedilla: Ucar is Uchar. In an abjad, a last i may be -ay (Malalai). Of other names the own code has to do: with all
    that each letter may stand for, half as much again would be looked up for every traveller, and hardly anybody found.
    """
    if is_known(sounds):
        return ()
    code = code_of(sounds, abjad)
    if abjad:
        others = [code_of(sounds[:-1] + "a", abjad)] if len(sounds) > 2 and sounds[-1] == "i" else []
    else:
        heard = [sounds.replace("c", "C")] if "c" in sounds else []
        if code not in _WEIGHTS and _SLAVIC.search(sounds) is not None:
            heard += [sounds.replace(letter, other) for letter, other in _SLAVIC_SOUNDS if letter in sounds]
        others = [skeleton(other) for other in heard]
    return tuple(dict.fromkeys(other for other in others if other != code and len(other) > 1))


def _code(sounds: str, abjad: bool) -> str:
    head = canonical(sounds, abjad)
    if head is None:
        return skeleton(sounds)
    return _HEADS.get(head) or skeleton(sound(head))


def _heard_otherwise(sounds: str) -> Iterator[str]:
    """German ch is kh (Chatib), Egyptian g and Turkish c are dj (Gaber), zh Kurdish j (Rozhda), a last e i (Tameme)."""
    for letter, other in _HEARD_AS:
        if letter in sounds:
            yield sounds.replace(letter, other)
    if len(sounds) > 2 and sounds[-1] == "e":
        yield sounds[:-1] + "i"


# The two commonest names of men differ in their vowels only.
_HEADS = {"HUSSEIN": "HSYN", "HOSSEINI": "HSYNI"}


def weight(code: str) -> int:
    """Bits that sharing this code tells."""
    known = _WEIGHTS.get(code)
    return known if known is not None else _UNKNOWN.get(len(code), _UNKNOWN_LONGER)


def _read() -> dict[str, int]:
    table: dict[str, int] = {}
    for bits, names in _BITS.items():
        for name in names.split():
            (part,) = name_parts(name)
            code = _code(sound(part), False)
            table[code] = min(bits, table.get(code, MOST))
    return table


_KNOWN = frozenset(sound(part) for names in _BITS.values() for name in names.split() for part in name_parts(name))


def is_known(sounds: str) -> bool:
    """Whether these are the sounds of a name of the list, or of a variant of one, of three sounds at least."""
    return len(sounds) > 2 and (sounds in _KNOWN or canonical(sounds, False) is not None)


_WEIGHTS = _read()
# What the native core weighs by.
TABLES: dict[str, object] = {
    "known": _KNOWN,
    "weights": _WEIGHTS,
    "unknown": _UNKNOWN,
    "unknown_longer": _UNKNOWN_LONGER,
    "least_weight": LEAST,
    "heads": _HEADS,
    "heard_as": _HEARD_AS,
    "slavic_sounds": _SLAVIC_SOUNDS,
}
