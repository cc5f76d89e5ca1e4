"""Han characters with their pinyin: our own list of those common in names, as names read them, then all others."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from matcher.names.han_readings import READINGS

_SURNAMES = (
    "王WANG 李LI 张ZHANG 張ZHANG 刘LIU 劉LIU 陈CHEN 陳CHEN 杨YANG 楊YANG 黄HUANG 黃HUANG 赵ZHAO 趙ZHAO 吴WU 吳WU 周ZHOU "
    "徐XU 孙SUN 孫SUN 马MA 馬MA 朱ZHU 胡HU 郭GUO 何HE 高GAO 林LIN 罗LUO 羅LUO 郑ZHENG 鄭ZHENG 梁LIANG 谢XIE 謝XIE "
    "宋SONG 唐TANG 许XU 許XU 韩HAN 韓HAN 冯FENG 馮FENG 邓DENG 鄧DENG 曹CAO 彭PENG 曾ZENG 肖XIAO 蕭XIAO 田TIAN 董DONG "
    "袁YUAN 潘PAN 于YU 蒋JIANG 蔣JIANG 蔡CAI 余YU 杜DU 叶YE 葉YE 程CHENG 苏SU 蘇SU 魏WEI 吕LYU 呂LYU 丁DING 任REN 沈SHEN "
    "姚YAO 卢LU 盧LU 姜JIANG 崔CUI 钟ZHONG 鍾ZHONG 谭TAN 譚TAN 陆LU 陸LU 汪WANG 范FAN 金JIN 石SHI 廖LIAO 贾JIA 賈JIA "
    "夏XIA 韦WEI 韋WEI 付FU 傅FU 方FANG 白BAI 邹ZOU 鄒ZOU 孟MENG 熊XIONG 秦QIN 邱QIU 江JIANG 尹YIN 薛XUE 闫YAN 閻YAN "
    "单SHAN 單SHAN 仇QIU 解XIE 区OU 區OU 查ZHA 朴PIAO 缪MIAO 繆MIAO 翟ZHAI 冼XIAN 段DUAN 雷LEI 侯HOU 龙LONG 龍LONG 史SHI 陶TAO 黎LI 贺HE 賀HE 顾GU 顧GU 毛MAO 郝HAO 龚GONG 龔GONG 邵SHAO 万WAN 萬WAN "
    "钱QIAN 錢QIAN 严YAN 嚴YAN 覃QIN 武WU 戴DAI 莫MO 孔KONG 向XIANG 汤TANG 湯TANG 欧OU 歐OU 阳YANG 陽YANG 司SI 上SHANG "
    "官GUAN 诸ZHU 諸ZHU 葛GE 皇HUANG 甫FU 尉YU 迟CHI 常CHANG 温WEN 康KANG 施SHI 文WEN 牛NIU 樊FAN 葛GE 邢XING 安AN 齐QI"
)
_GIVEN = (
    "伟WEI 偉WEI 芳FANG 娜NA 秀XIU 英YING 敏MIN 静JING 靜JING 丽LI 麗LI 强QIANG 強QIANG 磊LEI 军JUN 軍JUN 洋YANG 勇YONG "
    "艳YAN 艷YAN 杰JIE 傑JIE 娟JUAN 涛TAO 濤TAO 明MING 超CHAO 兰LAN 蘭LAN 霞XIA 平PING 刚GANG 剛GANG 桂GUI 小XIAO 晓XIAO "
    "曉XIAO 红HONG 紅HONG 玉YU 梅MEI 华HUA 華HUA 建JIAN 国GUO 國GUO 志ZHI 海HAI 辉HUI 輝HUI 玲LING 飞FEI 飛FEI 鹏PENG "
    "鵬PENG 斌BIN 宇YU 浩HAO 凯KAI 凱KAI 健JIAN 俊JUN 帆FAN 帅SHUAI 旭XU 宁NING 寧NING 婷TING 雪XUE 琳LIN 晶JING 欣XIN "
    "佳JIA 颖YING 穎YING 倩QIAN 璐LU 洁JIE 潔JIE 慧HUI 莉LI 萍PING 燕YAN 春CHUN 云YUN 雲YUN 凤FENG 鳳FENG 美MEI 珍ZHEN "
    "淑SHU 清QING 东DONG 東DONG 生SHENG 福FU 德DE 成CHENG 永YONG 新XIN 光GUANG 正ZHENG 世SHI 天TIAN 大DA 子ZI 雨YU 梓ZI "
    "涵HAN 思SI 怡YI 嘉JIA 诗SHI 詩SHI 梦MENG 夢MENG 琪QI 轩XUAN 軒XUAN 泽ZE 澤ZE 睿RUI 博BO 晨CHEN 阳YANG 瑞RUI 峰FENG "
    "波BO 亮LIANG 兵BING 元YUAN 学XUE 學XUE 启QI 啟QI 培PEI 仁REN 义YI 義YI 礼LI 信XIN 忠ZHONG 孝XIAO 立LI 振ZHEN 宏HONG "
    "洪HONG 伯BO 仲ZHONG 叔SHU 君JUN 竹ZHU 菊JU 荣RONG 榮RONG 贵GUI 貴GUI 富FU 祥XIANG 吉JI 庆QING 慶QING 喜XI 乐LE 樂LE "
    "心XIN 月YUE 星XING 家JIA 青QING 绿LU 蓝LAN 紫ZI 金JIN 银YIN 宝BAO 寶BAO 珠ZHU 香XIANG 花HUA 莲LIAN 蓮LIAN 松SONG 柏BO "
    "然RAN 伊YI 雅YA 萱XUAN 熙XI 哲ZHE 航HANG 皓HAO 铭MING 銘MING 豪HAO 彬BIN 鑫XIN 昊HAO 昕XIN 彤TONG 璇XUAN 悦YUE 悅YUE "
    "瑶YAO 瑤YAO 莹YING 瑩YING 岚LAN 嵐LAN 蕾LEI 薇WEI 茜QIAN 菲FEI 蓉RONG 芬FEN 芸YUN 苗MIAO 茹RU 若RUO 语YU 語YU 诚CHENG "
    "誠CHENG 谦QIAN 謙QIAN 远YUAN 遠YUAN 达DA 達DA 进JIN 進JIN 连LIAN 通TONG 道DAO 邦BANG 良LIANG 胜SHENG 勝SHENG 钢GANG "
    "鋼GANG 铁TIE 鐵TIE 锋FENG 鋒FENG 镇ZHEN 鎮ZHEN 长CHANG 長CHANG 顺SHUN 順SHUN 風FENG 风FENG 力LI 功GONG 冬DONG 秋QIU "
    "冰BING 卫WEI 衛WEI 友YOU 发FA 發FA 古GU 可KE 和HE 善SHAN 坤KUN 城CHENG 士SHI 奇QI 如RU 妍YAN 妮NI 姗SHAN 姣JIAO 娇JIAO "
    "嬌JIAO 婉WAN 媛YUAN 宗ZONG 宜YI 容RONG 宾BIN 賓BIN 山SHAN 川CHUAN 广GUANG 廣GUANG 廷TING 弘HONG 彦YAN 彥YAN 恒HENG "
    "恆HENG 恩EN 惠HUI 才CAI 承CHENG 政ZHENG 敬JING 斯SI 昌CHANG 昭ZHAO 景JING 智ZHI 权QUAN 權QUAN 民MIN 沛PEI 沁QIN 泉QUAN "
    "津JIN 润RUN 潤RUN 淇QI 源YUAN 溪XI 滨BIN 濱BIN 炎YAN 烨YE 燁YE 焕HUAN 煥HUAN 煜YU 熠YI 玄XUAN 玥YUE 珊SHAN 珂KE 珏JUE "
    "理LI 琛CHEN 琦QI 琴QIN 琼QIONG 瓊QIONG 盛SHENG 真ZHEN 祖ZU 禹YU 维WEI 維WEI 绍SHAO 紹SHAO 继JI 繼JI 群QUN 翔XIANG 翠CUI "
    "翰HAN 耀YAO 胤YIN 舒SHU 艺YI 藝YI 芷ZHI 茂MAO 莎SHA 菁JING 萌MENG 蕊RUI 虎HU 蝶DIE 豫YU 贤XIAN 賢XIAN 起QI 跃YUE 躍YUE "
    "辰CHEN 逸YI 雄XIONG 雯WEN 霖LIN 露LU 韵YUN 韻YUN 颜YAN 飘PIAO 驰CHI 馨XIN 鸿HONG 鴻HONG 麟LIN 依YI"
)


def _read() -> Iterator[tuple[str, str]]:
    for line in READINGS.strip().splitlines():
        spelling, characters = line.split()
        yield from ((char, spelling) for char in characters)
    # Where a character is read in one way as a surname and in another elsewhere, the surname counts.
    yield from ((word[0], word[1:]) for word in f"{_GIVEN} {_SURNAMES}".split())


# The block CJK Unified Ideographs. By character the number of its spelling, 0 for none: as a dict they would take three
# megabytes of every process.
_FIRST, _LAST = 0x4E00, 0x9FFF
_NUMBER_OF = array("H", bytes(2 * (_LAST + 1 - _FIRST)))
_numbers = {"": 0}
for _char, _spelling in _read():
    _NUMBER_OF[ord(_char) - _FIRST] = _numbers.setdefault(_spelling, len(_numbers))
_SPELLINGS = tuple(_numbers)


def pinyin(char: str) -> str:
    """How a character is read, in capitals without tones; nothing where it is no Han character."""
    place = ord(char) - _FIRST
    return _SPELLINGS[_NUMBER_OF[place]] if 0 <= place <= _LAST - _FIRST else ""


SURNAMES_OF_TWO = frozenset({"欧阳", "歐陽", "司马", "司馬", "上官", "诸葛", "諸葛", "皇甫", "尉迟"})

_INITIALS = "B P M F D T N L G K H J Q X ZH CH SH R Z C S Y W"
_FINALS = "A O E AI EI AO OU AN EN ANG ENG ONG I IA IE IAO IU IAN IN IANG ING IONG U UA UO UAI UI UAN UN UANG UE"
# Initials followed by any final: a few that no Chinese word has are in it, which does no harm.
SYLLABLES = frozenset(
    initial + final
    for initial in _INITIALS.split()
    for final in _FINALS.split()
    if not (initial in ("J", "Q", "X") and final[0] not in "IU")
    and not (
        initial in ("G", "K", "H", "ZH", "CH", "SH", "R", "Z", "C", "S", "F", "B", "P", "M", "W")
        and final[0] == "I"
        and len(final) > 1
        and initial not in ("B", "P", "M")
    )
) | {"ER", "AN", "ANG", "AO", "OU", "LYU", "NYU"}
