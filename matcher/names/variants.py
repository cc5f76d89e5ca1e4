"""Names that languages spell further apart than systems of transliteration do: one line for each, the commonest first.

Our own list, of what name books and encyclopedias tell of these names; in Latin capitals and original scripts.
"""

from __future__ import annotations

from functools import lru_cache

from matcher.names.script import name_parts
from matcher.names.sound import sound

_LINES = """
Mohammad Muhammad Mohammed Mohamed Muhammed Mohamad Mehmet Mehmed Mahamed Maxamed Mamadou Mohd Mhd Muhamed Muhammet Magomed Magomet Mukhammad Muhammadu Mochammad Maimaiti Memet Mamat Muhemaiti Md Hama Heme حەمە محمد
Mosammat Mosammad Mossammat Musammat Mst Most
Ahmad Ahmed Ahmet Axmed Akhmed Akhmad Achmed Ehmed Ehmet Aihemaiti Ahemaiti أحمد احمد
Mahmud Mahmoud Mahmood Mahmut Mohamud Maxamuud Makhmud Maihemuti محمود
Hamid Hameed Hamit Hamed Hamided Xamiid حامد حمید
Hussein Hossein Husain Hussain Husayn Hosein Husein Hossain Huseyin Hueseyin Houssein Xuseen Huseyn Guseyn Khusein Hocine Husayin Huseen Hoseen Husen حسین حسين
Hasan Hassan Hasen Xasan Hassane Khasan Hesen Aishan حسن
Hosseini Hussaini Husseini Husayni Huseini Hosaini Hossaini Hoseini Hoseyni Huseyni Hoseeni Huseeni حسینی حسيني
Yusuf Yousef Youssef Yousif Yusif Joseph Josef Yusef Yosef Jusuf Youssouf Yousuf Yuusuf Jusup Yosief Yosif Yusup Iosif Osip Jozef Giuseppe Jose Yusufu يوسف یوسف
Ibrahim Ebrahim Abraham Brahim Ibraahiim Ibragim Abram Avraham Abrham Ibrahem Yibulayin إبراهيم ابراهیم
Ismail Esmail Ismael Ismaeel Ishmael Ismaaciil Smail Esmaeil Izmail Simayi اسماعیل إسماعيل
Ishaq Isaac Ishak Isak Yitzhak Yishak Isxaaq Iskhak إسحاق
Yaqub Yakub Jacob Jakob Jakov Jakow Yaqoub Yacoub Yakup Jacoub Yacub Jacques Iakov Yakov Yaaqub یعقوب يعقوب
Musa Moussa Moses Moosa Mousa Muse Muuse Moshe Moisei Mose Musha موسى موسی
Isa Issa Eisa Essa Ciise Iise Aissa Iisa عيسى عیسی
Yahya Yahia Yahye Yehia Iahia يحيى
Yohannes Johannes John Yohanes Johanes Yuhanna Ivan Johan Jean Juan Giovanni Hannes Ioann Hovhannes Yohana
Mikael Michael Mikhail Mikail Michel Mihail Mykhailo Mykhaylo Mikiel Michail Miguel Mekail Mika'il ميخائيل
Gabriel Gabriele Jibril Jibreel Cebrail Gebriel Gavriil Jebrail جبريل
Dawud Daoud David Dawit Davud Dawood Davut Daud Dauud Daaud Dovud Dawid Dawuti داود ديفيد دايفيد
Sulayman Suleiman Suleyman Saleiban Saleban Soleyman Solomon Sulaiman Sueleyman Soliman Saleebaan Salomon Slimane Sleiman سليمان سلیمان
Harun Haroun Aaron Haaruun Haroon هارون
Ilyas Elias Ilias Eliyas Ilya Elijah Illia Elyas الياس الیاس
Ayyub Ayoub Job Eyup Ayub Eyyub ايوب
Zakariya Zakaria Zacharias Zekeriya Zakaryia Zekarias Zakarya Sakariye زكريا
Yunus Younes Younis Jonas Yonas Yoonis Yunis Yuunis Iunus Jonah يونس یونس
Nuh Nooh Noah Nuuh نوح
Idris Edris Idriss Idiris Enoch ادريس
Ali Aly Cali Alii Aili علی علي
Umar Omar Omer Cumar Oemer Omr Ömer Oumar Umer Omare عمر
Uthman Othman Osman Usman Cismaan Cusmaan Ousmane Osmaan Ossman Ottman Otman Usmon Wusiman عثمان
Abdallah Abdullah Abdulla Abdalla Cabdalla Cabdulle Abdoulaye Abdollah Abdilah Abdullahi Abdulahi Cabdullahi Cabdullaahi Cabdulaahi Abdilahi عبدالله
Khadija Khadijeh Hatice Khadiga Kadija Khadijah Xadiija Hadija Khadidja Hadiza Hadizha خديجة خدیجه
Aisha Aysha Ayse Aicha Ayesha Caasha Aishe Asha Aysheh Aishat Ayishe عائشة عایشه
Fatima Fatemeh Fatma Fatimah Fadumo Faduma Faadumo Fatoumata Fatemah Fatuma Fatime Fatimat فاطمة فاطمه
Maryam Mariam Maria Mary Miriam Meryem Marie Mariama Maryan Mariya Maryama Merjem Miryam Myriam مريم مریم
Zainab Zeinab Zeynep Zaynab Zeyneb Seynab Zineb زينب زینب
Zahra Zehra Sahra Zahraa زهرا زهراء
Layla Leila Laila Leyla Lejla Leila لیلا ليلى
Jamal Gamal Djamal Cemal Jamaal Djamel Dzhamal Camal جمال
Jamil Gamil Djamil Cemil Jameel Djamel Camil جميل
Jamila Gamila Cemile Djamila Jameela Camila جميلة
Jalal Galal Celal Djalal Jalaal Dzhalal جلال
Jafar Jaafar Gafar Cafer Djafar Jafer Dzhafar جعفر
Jawad Javad Cevat Gawad Djawad Cevad جواد
Javid Jawid Cavid Cavit Jawed
Jasim Jassim Jasem Qasim_ Gasim_ Cesim جاسم
Tajuddin Tacettin Tajeddin Tajudin
Najib Najeeb Necip Nagib Necib Nadjib نجيب
Rajab Recep Ragab Radjab Redzhep رجب
Majid Mecit Majeed Magid Majiid Madjid مجيد مجید ماجد
Hajji Haji Hacı Haci Hadji Xaaji
Jan Can_ جان
Haydar Haidar Heydar Haider Hyder Hayder Heidar حيدر حیدر
Ramadan Ramazan Ramzan Ramadhan Ramadaan Ramdane رمضان
Rida Reza Riza Ridha Redha Riaz_ Rizo Ridho رضا
Rezai Rezaei Rezaie Rezayi Rizayi Rezayee Rezaee Razai Rizai رضایی رضائی
Ramazani Ramadani Ramadhani
Fadil Fazel Fadel Fazil Fadhil فاضل
Murtada Morteza Murtaza Mortaza Murtadha Mortada مرتضى مرتضی
Taha Tahaa طه
Mustafa Mostafa Mustapha Moustafa Moustapha Mustafo مصطفى مصطفی
Mujtaba Mojtaba Moujtaba
Kazim Kazem Kadhim Kadim Kadhem Kadhum کاظم كاظم
Nazim Nazem Nadhim Nadim_
Zahir Zaher Dhaher Daher Thaher Dahir Thahir ظاهر
Hafiz Hafez Hafidh Xaafid حافظ
Abu Abou Aboo Ebu
Qasim Kassem Qassem Ghasem Kasim Kassim Gasem Qaasim Qosim Hasimu قاسم
Qadir Kader Kadir Qader Ghader Qaadir Gadir Kadeer Kadier قادر
Ghulam Gholam Gulam Golam Ghulaam غلام
Wali Vali Veli Ouali ولی
Wahid Vahid Vahit Waheed Ouahid وحید
Dawran Davron Dauran
Said Saeed Saied Siciid Saiid Sait Saeid Sayeed Sayyid Seyed Sayed Sayyed Seyit Syed Seyyed Sejid سعيد سعید سید سيد
Sadiq Sadeq Sadik Sadigh Saadiq Sodiq Sidike Sidik Siddiq Seddiq Siddik Sidiq Seddigh صدیق صديق صادق
Rashid Rachid Rasheed Resit Raashid Rashit رشيد رشید
Sharif Cherif Shareef Serif Sherif Chérif Shariif شريف شریف
Shaikh Sheikh Cheikh Sheik Sheekh Shekh Seyh شيخ
Ashraf Achraf Esref Eshraf اشرف
Hisham Hicham Hesham Heshaam هشام
Aziz Azeez Casiis Asis Aziiz عزيز عزیز
Karim Kareem Kerim Kariim Carim كريم کریم
Khalid Khaled Halid Halit Xalid Khaalid Haled Chalid خالد
Khalil Halil Xalil Khaleel Khaliil خليل خلیل
Tariq Tarek Tarik Tareq Taariq طارق
Faruq Farouk Farooq Faruk Faaruuq Farouq Farukh_ فاروق
Rahim Raheem Rahiim Rakhim رحیم رحيم
Rahman Rehman Rahmaan Rakhman Rahmon Reheman رحمان رحمن
Bashir Basheer Besir Bachir Bashiir بشير بشیر
Salih Saleh Salah_ Salex Salihu صالح
Saladin Salahaddin Salahuddin Selahattin Salaheddine Saladdin
Nuruddin Nureddin Nurettin Nooruddin Nouredine Noureddine Nuradiin
Jamaluddin Cemalettin Jamaladdin Djamaleddine
Jalaluddin Celalettin Jalaladdin Djalaleddine
Shamsuddin Semsettin Shamsaddin Chamseddine
Diyar Diar
Azad Azat
Shirin Sirin Shireen Chirine
Roza Rosa Rose Roja
Parwin Parvin Perwin Pervin Parveen Perwîn
Gul Gol Guel Gull Guli
Anahit Anahid
Tesfay Tesfai Tesfaye Tesfa
Gebre Ghebre Gabre Ghebra Gebra
Haile Hayle Hailay Hailu_
Woldu Weldu Welde Wolde Oldu
Giorgis Georgis Giyorgis Ghiorghis George Georgi Georgiy Girgis Jirjis Yuriy_ Yorgos Giorgi Gheorghe Georg جورج جرجس
Selassie Silassie Sellassie Sillase Slasie Selasie
Mihret Mehret Meheret Mehiret
Tsegay Tsegaye Segay Tzegay Tsegai Zegai
Yemane Iemane Jemane
Eyob Iyob
Yordanos Jordanos Iordanos
Aleksandr Alexander Alexandr Oleksandr Aliaksandr Aleksander Iskander Iskandar Eskandar Alexandre Skander
Aleksandra Alexandra Oleksandra
Alexey Aleksei Alexei Oleksiy Oleksii Aleksey Alexej Alexis Aliaksei
Sergey Sergei Sergiy Sergij Sergii Serhij Serhiy Serhii Sergej Serguei Siarhei
Dmitry Dmitri Dmitriy Dmytro Dimitri Dimitry Dzmitry Dmitrii
Andrey Andrei Andriy Andrii Andrej Andrew Andreas Andre Endrias Indrias Andry
Nikolay Nikolai Mykola Nicholas Nikolaj Nicolas Mikola Nikola Nicolai
Vladimir Volodymyr Wladimir Uladzimir Vladymyr
Yevgeny Evgeny Yevhen Evgeniy Evgen Yevgen Ievhen Jewhen Evgenii Eugene Yevgeniy Jewgeni Evgeni Yevhenii
Yekaterina Ekaterina Kateryna Katerina Catherine Katherine Jekaterina
Yelena Elena Olena Helena Helen Jelena Alena Eleni
Anastasia Anastasiya Nastassja Anastasiia Anastasija
Tatyana Tatiana Tetiana Tetyana Tatjana
Natalya Natalia Nataliya Nataliia Natalja
Yuri Yuriy Iurii Yury Jurij Iouri Yurii Yurij
Oleg Oleh
Igor Ihor
Grigory Hryhoriy Grigori Gregory Grigorij Hryhorii Grigoriy Krikor
Bogdan Bohdan
Galina Halyna Halina
Olga Olha
Pavel Pavlo Paul Boulos Pawlos Paulos Pawel
Pyotr Petr Petro Peter Petros Boutros Piotr Butrus Pedro
Vasily Vasyl Vasiliy Vasilii Wassili Basil Vassily
Ilham Elham Yilihamu Iliham الهام
Fyodor Fedor Theodore Fedir Tewodros Theodros Tedros Teodoros Fjodor
Stepan Stefan Stephen Estifanos Stephan Istifanos Steven Stepanos Estefanos
Maksim Maxim Maksym Maxime
Anna Hanna_ Ana Anne
Artyom Artem Artiom
Yulia Julia Yuliya Iuliia Julija Yuliia
Yana Jana Iana
Ksenia Xenia Kseniya Oksana Oxana
Khachatur Hacatur
Oyatullo Ayatullah
Otabek Atabek
Ulugbek Ulughbek Ulug'bek
Bahodir Bakhodir Bahadir Bahadur Bahador
Jasur Zhasur Dzhasur
Gulnara Gulnora Goelnara
Zhang Chang_ Cheung Teo Jang_
Chen Chan Chin Tan_
Wang Wong Ong
Li Lee Lei_
Huang Wong_ Hwang
Zhao Chao Chiu
Zhou Chou Chow
Xu Hsu Hsue
Xie Hsieh Tse
Cai Tsai Choi_
Liu Lau Liou Lao_
Lin Lam Lim
Guo Kuo Kwok
Wu Ng Woo
Zheng Cheng_ Tseng_ Cheang
Xiao Hsiao
Yang Yeung
Najla Naglaa Necla Nagla نجلاء
Najwa Nagwa Necva نجوى
Amjad Amgad Emced أمجد امجد
Majd Magd
Siraj Sirac Seraj Sirag سراج
Faraj Farag Ferec فرج
Najmuddin Necmettin Najmaddin
Hajar Hacer Hajer Hagar هاجر
Jawdat Cevdet Jaudat Gawdat جودت
Jihad Cihat Cihad Gihad Jehad Djihad جهاد
Jihan Cihan Gihan Jehan Djihan جيهان
Jabbar Cabbar Gabbar Djabbar جبار
Abduljalil Abdulcelil Abdelgalil Abdeljalil Abduldjalil عبدالجليل
Abduljabbar Abdulcabbar Abdelgabbar Abdeljabbar Abdijabar عبدالجبار
Zulfiqar Thulfiqar Dhulfuqar Zulfikar Zolfaghar ذوالفقار
Munther Monzer Munzir Monther Mundhir Munzer منذر
Thabit Sabit Thabet Sabet ثابت
Hudhaifa Huzaifa Houzaifa Huzayfa Hudaifa حذيفة
Muadh Moaz Muaz Mouaz Muath Moath معاذ
Rozhin Rojin Rozheen
Zhiyan Jiyan Zhian Jian_ ژیان
Jina Zhina Zhine ژینا
Jino Zhino ژینۆ ژینو
Jila Zhila ژیلا
Jiwan Zhiwan ژیوان
Jiyana Zhiyana
Rojina Rozhina روژینا رۆژینا
Bizhan Bijan Bezhan بیژن
Pezhman Pejman Pazhman پژمان
Mozhgan Mojgan مژگان
Spozhmai Spoghmay Spozhmay Spogmai Spogmay سپوږمۍ
Kidane Chidane Kidan Chidan
Kifle Chifle
Kiros Chiros
Kelati Chelati
Guljan Goljan
Hennadiy Gennady Gennadiy Hennadii Gennadii Gennadi
Abulqasim Abolghasem Abolqasem Abulghasem Abulkasim
Tursun Tuerxun Toursoun Turson
Qurban Kurban Kuerban Ghorban Qurbon قربان
Yasin Yassin Yasen Yaseen Yacine Yasiin ياسين یاسین
Imin Emin_ Yiming
Aygul Aigul Ayiguli Aigoul
Abdulkarim Abdukerim Abudukelimu Abdulkareem Abdelkarim Abdikarim Abdikariim عبدالكريم عبدالکریم
Abdurahman Abdulrahman Abudureheman Abdurehman Abdurrahman Abdirahman Abdelrahman Evdirehman عبدالرحمن
Abdurahim Abdulrahim Abudureyimu Abdurehim Abdurrahim Abdirahim Abdelrahim عبدالرحيم عبدالرحیم
Abdulqadir Abdukadir Abudukadier Abdulkadir Abdiqadir Abdelkader Abdulqader Abdulkader عبدالقادر
Abdulaziz Abdelaziz Abdiaziz Abulizi عبدالعزيز عبدالعزیز
Tahir Taher Taheer طاهر
Yasir Yaser Yassir Yasser Yaaser ياسر یاسر
Nadir Nader نادر
Wasim Waseem Wassim وسيم وسیم
Zahid Zahed زاهد
Basim Bassem Basem Bassim باسم
Bassam Basam بسام
Arif Aref Areef عارف
Asif Asef آصف
Rashad Rachad Resad رشاد
Salima Saleema Selima سليمة سلیمه
Hakima Hakeema حكيمة حکیمه
Halima Haleema Halime Halimo Xaliimo Haliimo حليمة حلیمه
Kamila Kamilla Kameela
Karima Kareema Kerime كريمة کریمه
Naima Naeema Nacimo Neima نعيمة نعیمه
Amira Ameera Emire أميرة
Zohre Zohreh Zohra Zuhra
Umulbanin Omolbanin Ommolbanin Ummulbanin
Farhad Ferhat Farhaad فرهاد
Farshad Farschad فرشاد
Farzad Ferzad فرزاد
Parwana Parvaneh Parwaneh Parvana پروانه
Marina Maryna
Arina Aryna
Lidia Lydia Lidiya Lidiia Lidija
Alona Aliona Alyona Aljona
Myroslav Miroslav Miroslaw Myroslaw
Myroslava Miroslava Miroslawa
Vladyslav Vladislav Wladyslaw Wladislaw
Vladyslava Vladislava Wladyslawa
Yaroslava Iaroslava Jaroslawa Jaroslava
Vitaliy Vitaly Vitali Vitalii Vitalij
Vitalia Vitaliya Vitaliia Vitalija
Valeriy Valery Valeri Valerii Valerij
Valeria Valeriya Valeriia Valerija
Viktoria Victoria Viktoriya Viktoriia Viktorija
Daria Darya Dariya Dariia Darja Dariya
Sofia Sofiya Sofiia Sophia Sofija
Lilia Liliya Liliia Lilija
Nadia Nadiia Nadezhda Nadiya Nadja Nadejda Nadeschda
Lyudmila Liudmyla Ludmila Liudmila Lyudmyla Ljudmila
Yevgenia Evgenia Yevheniia Evgeniya Yevgeniya Evgeniia Jewgenija Yevheniya
Nikita Mykyta
Kirill Kyrylo Kiril Cyril
Yaroslav Iaroslav Jaroslaw Jaroslav
Svetlana Svitlana Swetlana
Iryna Irina Irena
Denis Denys
Vadim Vadym
Yusupov Yusufov Iusupov Yusufi_
Tamim Tamiim
Warda Ouarda
"""


def lines() -> list[list[str]]:
    """Spellings of each name, the commonest first; those too that are rather another name's."""
    return [line.replace("_", "").split() for line in _LINES.strip().splitlines()]


def _read() -> dict[tuple[str, bool], str]:
    table: dict[tuple[str, bool], str] = {}
    for line in _LINES.strip().splitlines():
        words = [word for word in line.split() if not word.endswith("_")]
        head = words[0].upper()
        for word in words:
            for part in name_parts(word):
                key = (sound(part), not word.isascii() and not word[0] < "\u0250")
                table.setdefault(key, head)
    return table


_CANONICAL = _read()
# What the native core knows them by.
TABLES: dict[str, object] = {"canonical": _CANONICAL}


@lru_cache(maxsize=1 << 16)
def canonical(sounds: str, abjad: bool) -> str | None:
    """The commonest name that these sounds are a form of; None where the list has none."""
    return _CANONICAL.get((sounds, abjad))
