"""Names in one scholarly form for each naming culture, the commonest first: made by hand for this benchmark.

Arabic and the Iranian languages stand in a DIN 31635-like romanisation with all vowels, from which both the original
script and Latin systems follow; Tigrinya and Amharic by syllable; the others in their own orthography.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Culture:
    """A naming culture.

    Attributes:
        key: short name, as in the report's rows.
        family: which family of writing systems (`systems.FAMILIES`).
        share: of the people in the registry.
        patronymic: whether the surname is the grandfather's or father's name.
    """

    key: str
    family: str
    share: float
    patronymic: bool
    male: tuple[str, ...]
    female: tuple[str, ...]
    surnames: tuple[str, ...]


def _culture(
    key: str, family: str, share: float, male: str, female: str, surnames: str = "", *, patronymic: bool = False
) -> Culture:
    men = tuple(male.split())
    return Culture(key, family, share, patronymic, men, tuple(female.split()), tuple(surnames.split()) or men)


CULTURES = (
    _culture(
        "Arabic",
        "arabic",
        0.38,
        "muḥammad aḥmad ʿalī ḥasan ḥusain maḥmūd ḫālid ʿumar ibrāhīm yūsuf ʿabd_al-lāh muṣṭafā ḫalīl ʿabd_ar-raḥmān "
        "ʿabd_al-karīm ḥamza samīr ǧamāl bilāl ṭāriq ʿadnān ziyād fādī rāmī ġassān ʿuṯmān saʿd_ad-dīn ṣalāḥ_ad-dīn "
        "nūr_ad-dīn haiṯam luʾai marwān niḍāl usāma qāsim rāʾid ṣāliḥ ṭāhir wāʾil yāsir zakarīyā anas bašār farīd "
        "hišām ismāʿīl ǧaʿfar kamāl laiṯ māhir munīr nabīl qusai riyāḍ sāmī šādī tawfīq walīd yaḥyā ẓāhir faiṣal",
        "fāṭima maryam ʿāʾiša zainab hadīl rīm nūr lailā salmā ḫadīǧa amal hanān sahar rašā duʿāʾ ġāda wafāʾ šaimāʾ "
        "asmāʾ īmān hudā nādiya samīra yāsmīn rānyā ṯurayyā bušrā ibtisām dalāl fātin inʿām kauṯar lubnā manāl nisrīn",
        "al-ḥasan al-aḥmad al-ʿalī ḥaddād al-ḫaṭīb al-maṣrī darwīš ḥamdān al-ǧāsim al-muḥammad barakāt an-naǧǧār "
        "šāhīn aš-šāmī ʿawad al-ḥalabī al-ʿabd_al-lāh aṣ-ṣabbāġ ǧābir zaʿrūr at-tamīmī ad-dulaimī al-ǧubūrī "
        "as-sāmarrāʾī al-baġdādī qabbānī al-qāsim ar-rifāʿī sulaimān al-ḥarīrī dāʾūd ʿīsā mūsā ḥammūd al-ʿumar "
        "az-zubaidī ġanim ʿabbās al-ʿubaidī maʿrūf qaddūra saʿīd ṭaha ʿuṯmān wahba yūnus bakrī al-ġazālī",
    ),
    _culture(
        "Persian",
        "persian",
        0.08,
        "muḥammad ʿalī riżā ḥusain mahdī amīr ḥamīd saʿīd maǧīd farhād ʿalī_riżā omīd ġulām_riżā ḥasan masʿūd "
        "bihrūz kāmrān dāryūš ārāš pūyā muǧtabā murtażā muḥsin bahrām siyāmak ḫusrau īraǧ nādir pīmān rūzbih ẓafar",
        "zahrā fāṭima maryam lailā šīrīn nasrīn parīsā farzāna sīmā ruyā mīnā lāla gulnāz ṯurayyā mahsā nīlūfar "
        "ziba purwāna tarāna yāsaman",
        "ḥusainī muḥammadī aḥmadī karīmī raḥīmī riżāyī mūsawī ǧaʿfarī ṣādiqī ḥaidarī akbarī qāsimī yūsufī "
        "ʿalī_zāda tihrānī šīrāzī ibrāhīmī murādī rustamī kāẓimī nūrī amīnī bāqirī ǧamšīdī ẕākirī ḫānī",
    ),
    _culture(
        "Dari",
        "persian",
        0.12,
        "muḥammad aḥmad ʿabd_al-lāh naǧīb ʿabd_ar-raḥīm ḥabīb_al-lāh šarīf ǧawād naṣīr ḥamīd_al-lāh raḥīm karīm "
        "ġulām_ʿalī muḥammad_ʿalī ṣafī_al-lāh nūr_muḥammad sayyid_ḥasan farīd walī aḥmad_ǧāwīd zalmay ramīn "
        "fawād mīr_waʿis šams_ad-dīn ʿazīz ġulām_ḥusain ʿināyat_al-lāh nāṣir yaʿqūb",
        "fāṭima maryam zahrā maʿṣūma šukrīya firišta zarġūna nīlūfar turpikay ḥabība farība marżīya nargis nasīma "
        "rāżiya šakīla ṭāhira waǧīha zuhra ẕakīya",
        "aḥmadī ḥusainī riżāyī karīmī raḥīmī ḥaidarī nūrī šarīfī amīrī naẓarī akbarī sādāt yūsufī qāsimī raḥmānī "
        "wardak pūpal ibrāhīmī ġulāmī sulṭānī ṣāfī ʿazīzī ḥakīmī muḥammadī rasūlī ʿalī_zāda nabī_zāda faiżī qurbānī",
    ),
    _culture(
        "Pashto",
        "persian",
        0.06,
        "gul_muḥammad ǧān_muḥammad ḫān_walī ʿabd_al-wālī spīn_gul tūr_ḫān zmarai ihsān_al-lāh raḥmat_al-lāh "
        "ḥikmat_al-lāh šēr_ʿalī amān_al-lāh wazīr bāz_muḥammad zmaryālay nangiyālay tōryālay aimal pāsūn hilāl",
        "malālay zarmīna spōžmay palwaša ġuncha tūrpēkay šīnkay gulālay zarlaxta lailumā",
        "stānikzay aḥmadzay pūpalzay ṣāfī yūsufzay nūrzay bārakzay hōtak wardak zadrān ǧabār_ḫēl mangal šinwārī "
        "achakzay sulaimān_ḫēl kākaṛ ḫōgyānī mōmand afrīdī zāzay",
    ),
    _culture(
        "Kurdish",
        "kurdish",
        0.06,
        "Azad Rojhat Baran Diyar Ciwan Şivan Serhat Hêvar Rêber Xelîl Ehmed Mihemed Hesen Huseyn Îbrahîm Yûsiv "
        "Mistefa Cemal Dilşad Kawa Aram Soran Rêbîn Hawkar Karwan Şêrko Goran Hejar Newroz Bêkes Zana Xalid Cemîl",
        "Rojda Berîvan Zozan Dîlan Şîrîn Evîn Jiyan Hêvî Rûken Newal Gulistan Nesrîn Perwîn Xecê Meyrem Eyşe Zeyneb",
        "Barzanî Talabanî Cizîrî Botî Dêrsimî Xanî Reşo Hesso Îsa Mûsa Şêxo Bavê Kobanî Efrînî Qamişlo Zaxoyî "
        "Hewramî Şarezorî Caf Berzincî Mendî Osman Mihemed Ehmed Hesen Xelîl Ferho Elî Omer Silêman",
    ),
    _culture(
        "Tigrinya",
        "ethiopic",
        0.09,
        "täsfay haylä yonas bärhänä kidanä mähari samu'el filmon robel 'abrham täklä gäbrä solomon dawit yohannäs "
        "'isayas märhawi henok binyam tämäsgän gäbrä_mädhn gäbrä_maryam haylä_mikael wäldä_gäbr'el täsfa_mikael 'awät "
        "natna'el yämanä zär'ay 'asmärom dästa kiflom 'okbay sämärä bärhä täwäldä 'ermyas fitsum girmay habtä "
        "mäbrahtu tsägay hagos kahsay mängs mulugeta sälomon tsähayä",
        "saba sälam rahel sänayt mäbrat 'azeb 'elen winta feven tsäga luwam 'eden yordanos lämläm 'abäba lätä_brhan "
        "sämhar 'almaz gänät hiwät",
        patronymic=True,
    ),
    _culture(
        "Amharic",
        "ethiopic",
        0.03,
        "'abäbä käbbädä girma taddäsä bäqqälä 'alämu gäbrä_sillase wäldä_giyorgis haylä_sillase mängstu täfära dässalän "
        "yared mulugeta getachäw zälläqä 'ashnafi dagmawi surafel bruk täshomä lämma negash säyfu",
        "tsähay 'almaz zänäbäch hirut bethlehem mäsärät tigist 'aster gännät sara säblä wäynishät yäshi mulu",
        patronymic=True,
    ),
    _culture(
        "Somali",
        "somali",
        0.09,
        "Maxamed Axmed Cabdi Xasan Cali Cumar Cabdullaahi Yuusuf Faarax Nuur Jaamac Warsame Ibraahim Cabdiraxmaan "
        "Xuseen Ismaaciil Aadan Cismaan Maxamuud Cabdulqaadir Guuleed Xirsi Daahir Bashiir Saleebaan Khaliif Ciise "
        "Cabdirashiid Muuse Liibaan Maxad Axmednuur Cawil Diiriye Samatar Shire Cabdinaasir Saciid Cabdicasiis",
        "Faadumo Aamina Hodan Khadiija Sahra Xaliimo Caasha Ifrax Maryan Nasra Hibo Ayaan Deeqa Ubax Zahra Faa'iza "
        "Ladan Sagal Idil Xaawo Saynab Sacdiyo",
        patronymic=True,
    ),
    _culture(
        "Russian",
        "russian",
        0.02,
        "Александр Сергей Андрей Дмитрий Алексей Михаил Юрий Николай Евгений Владимир Руслан Фёдор Яков Илья Павел "
        "Пётр Василий Григорий Аслан Шамиль Магомед Рамзан Зелимхан Тимур Артём Максим Вячеслав Эдуард",
        "Елена Ольга Наталья Екатерина Светлана Анастасия Ирина Юлия Людмила Марина Татьяна Жанна Ксения Зарема Мадина",
        "Иванов Щербаков Жуков Юсупов Цветков Хасанов Чернов Яковлев Ершов Мухин Быков Кадыров Исаев Дудаев Ткачёв "
        "Воробьёв Гусейнов Магомедов Абдуллаев Алиев Сидоренко Шевцов Ульянов Фёдоров Зайцев",
    ),
    _culture(
        "Ukrainian",
        "ukrainian",
        0.02,
        "Олександр Сергій Андрій Дмитро Олексій Михайло Юрій Микола Євген Володимир Тарас Богдан Ігор Олег Василь "
        "Петро Григорій Ярослав Остап Любомир Назар Святослав",
        "Олена Ольга Наталія Катерина Світлана Анастасія Ірина Юлія Людмила Оксана Тетяна Галина Христина Леся Соломія",
        "Шевченко Коваленко Бондаренко Ткаченко Бойко Мельник Кравчук Ковальчук Григоренко Харченко Щербак Яценюк "
        "Гнатюк Поліщук Лисенко Савченко Руденко Петренко Марченко Гончар Зінченко Єфремов",
    ),
    _culture(
        "Turkish",
        "turkish",
        0.02,
        "Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim Yusuf Ömer Murat Emre Uğur Çetin Cemal Cafer Recep Şükrü "
        "Halit Oğuz Yiğit Tuğrul Cihan Güneş Işık Kadir Celal Çağatay Doğukan Süleyman",
        "Fatma Ayşe Emine Hatice Zeynep Elif Gülay Özlem Büşra Derya Çiğdem Şule Gülşen Nurcan Müjgan Aslı Tuğba",
        "Yılmaz Kaya Demir Şahin Çelik Yıldız Öztürk Aydın Arslan Doğan Kılıç Çetin Koç Şimşek Özdemir Güneş Erdoğan "
        "Aksoy Taş Bulut Güler Yalçın Uçar Coşkun Kahraman Ağaoğlu",
    ),
    _culture(
        "Uzbek",
        "uzbek",
        0.015,
        "Алишер Баҳодир Жасур Отабек Улуғбек Рустам Шавкат Фарҳод Хуршид Дилшод Азиз Ўктам Ғайрат Қодир Абдулла Санжар "
        "Шерзод Нодир Ислом Зафар Равшан Жаҳонгир",
        "Гулнора Дилноза Нилуфар Шаҳноза Зулфия Малика Нодира Ойбек Феруза Мавлуда Сайёра Ҳилола",
        "Каримов Раҳимов Юсупов Абдуллаев Исмоилов Тошматов Қосимов Ҳасанов Ғуломов Жўраев Мирзаев Назаров Умаров "
        "Холматов Эргашев Турсунов Собиров Ортиқов",
    ),
    _culture(
        "Chinese",
        "chinese",
        0.015,
        "伟:wei 强:qiang 磊:lei 军:jun 杰:jie 涛:tao 明:ming 超:chao 勇:yong 建国:jian_guo 志强:zhi_qiang 晓东:xiao_dong "
        "国华:guo_hua 小明:xiao_ming 文华:wen_hua 海涛:hai_tao 俊杰:jun_jie 子轩:zi_xuan 浩然:hao_ran 永福:yong_fu",
        "芳:fang 娜:na 秀英:xiu_ying 敏:min 静:jing 丽:li 艳:yan 娟:juan 霞:xia 桂兰:gui_lan 玉梅:yu_mei 晓燕:xiao_yan "
        "淑珍:shu_zhen 雪梅:xue_mei 佳怡:jia_yi 春华:chun_hua",
        "王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 黄:huang 赵:zhao 吴:wu 周:zhou 徐:xu 孙:sun 马:ma 朱:zhu 胡:hu "
        "郭:guo 何:he 林:lin 郑:zheng 谢:xie 许:xu 曹:cao 蔡:cai 蒋:jiang 邓:deng",
    ),
)
