#!/usr/bin/env python3
"""Makes the pictures of this folder, which the OCR is tested on: one page for each language, set in Noto fonts, then turned,
blurred and made noisy like a scan. Beside each picture stands what it says. All of it is invented.

    pip install pillow==11.3.0 numpy    (with libraqm, for Tibetan and Arabic)
    apt-get install fonts-noto-core fonts-noto-cjk
    python3 make_pages.py
"""

import pathlib

import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = pathlib.Path(__file__).parent
NOTO = "/usr/share/fonts/truetype/noto/"
CJK = "/usr/share/fonts/opentype/noto/"
# Language, font, place in its collection, size, whether it runs from the right.
FONTS = {
    "zh-hans": (CJK + "NotoSerifCJK-Regular.ttc", 2, 30, False),
    "zh-hant": (CJK + "NotoSerifCJK-Regular.ttc", 3, 30, False),
    "bo": (NOTO + "NotoSerifTibetan-Regular.ttf", 0, 34, False),
    "ug": (NOTO + "NotoNaskhArabic-Regular.ttf", 0, 34, True),
    "ar": (NOTO + "NotoNaskhArabic-Regular.ttf", 0, 34, True),
    "en": (NOTO + "NotoSerif-Regular.ttf", 0, 28, False),
}
PAGES = {
    "zh-hans": """安克维鲁县警察局通报
二〇二一年七月二日
根据全员登记行动的部署，本局自三月起
在全县二十三个乡镇开展血样采集工作。
截至六月三十日，共采集血样41286份，
完成指标的百分之六十九。
各村委会应于七月十五日前上报名单，
未到场的居民由所在单位负责通知。
本通报为演示虚构，地名与机构均不存在。""",
    "zh-hant": """澤隅評論：官方通報裡的數字
二〇二一年九月十七日
報告估計，德爾沃魯省可能有18萬至30萬
人被警方採集血樣，相當於全省人口的
百分之四十三至百分之七十一。
研究人員說，帖文裡寫的是指標，
而不是嫌疑人；幾乎從不寫明居民
能否拒絕。原文見觀察站網站。
此頁為演示虛構，沒有這個地方。""",
    "bo": """ཨན་ཁེ་ཝི་རུ་རྫོང་གི་བརྡ་ཐོ།
༢༠༢༡ལོའི་ཟླ་བ་༧པའི་ཚེས་༢ཉིན།
རྫོང་འདིའི་ཉེན་རྟོག་ལས་ཁུངས་ཀྱིས་ཟླ་བ་༣པ་ནས་བཟུང་
གྲོང་ཚོ་རེ་རེ་བཞིན་ཁྲག་གི་དཔེ་ཚད་བསྡུས་པ་ཡིན།
ཟླ་བ་༦པའི་ཚེས་༣༠བར་དཔེ་ཚད་༤༡༢༨༦བསྡུས་ཡོད།
གྲངས་འདིས་དམིགས་ཚད་ཀྱི་བརྒྱ་ཆ་༦༩ཟིན་གྱི་ཡོད།
མི་དམངས་ཚང་མས་ལག་འཁྱེར་ཁྱེར་ནས་སླེབས་དགོས།
ཡིག་ཆ་འདི་དཔེ་སྟོན་གྱི་ཆེད་དུ་བཟོས་པ་ཡིན།""",
    "ug": """دولۋۇكو ناھىيەسىنىڭ ئۇقتۇرۇشى
2021-يىل 7-ئاينىڭ 8-كۈنى
ناھىيەلىك ساقچى ئىدارىسى 3-ئايدىن باشلاپ
ھەرقايسى يېزىلاردا قان ئەۋرىشكىسى يىغدى.
6-ئاينىڭ ئاخىرىغىچە 41286 ئەۋرىشكە يىغىلدى،
بۇ نىشاننىڭ 69 پىرسەنتىنى ئىگىلەيدۇ.
بارلىق ئاھالىلەر كىملىكىنى ئېلىپ كېلىشى كېرەك.
بۇ ئۇقتۇرۇش كۆرسىتىش ئۈچۈن توقۇلغان.""",
    "ar": """بيان شرطة مقاطعة دولفوكو
في الثاني من يوليو سنة 2021
جمعت الشرطة منذ شهر مارس عينات الدم
من سكان القرى في ثلاث وعشرين بلدة.
بلغ عدد العينات 41286 عينة حتى نهاية يونيو،
أي تسعة وستين في المئة من الهدف المعلن.
على كل ساكن أن يحضر ومعه بطاقة هويته.
هذا البيان من صنع الخيال ولا وجود للمكان.""",
    "en": """NOTICE OF THE COUNTY POLICE
Ankeviru, 2 July 2021
Since March this office has collected blood
samples in all twenty-three townships of the
county. By 30 June it had taken 41,286 samples,
or 69 per cent of the target that was set.
Village committees hand in their lists by
15 July. Residents bring their identity cards.
This notice is invented for a test.""",
}


def page(text, language, width=900, turn=0.0, noise=6.0, seed=1):
    """A grey picture of the text, as a flat-bed scanner would give it."""
    path, index, size, from_right = FONTS[language]
    font = ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.RAQM)
    lines = text.split("\n")
    step = int(size * 1.9)
    picture = Image.new("L", (width, step * len(lines) + 160), 244)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        at = (width - 70 if from_right else 70, 80 + row * step)
        options = {"direction": "rtl"} if from_right else {}
        draw.text(at, line, fill=38, font=font, anchor="ra" if from_right else "la", **options)
    picture = picture.rotate(turn, resample=Image.Resampling.BICUBIC, fillcolor=244)
    picture = picture.filter(ImageFilter.GaussianBlur(0.6))
    dots = numpy.random.default_rng(seed).normal(0, noise, (picture.height, picture.width))
    grey = numpy.clip(numpy.asarray(picture, dtype=float) + dots, 0, 255)
    return Image.fromarray(grey.astype("uint8"))


def main():
    for number, (language, text) in enumerate(PAGES.items()):
        picture = page(text, language, turn=[0.5, -0.4][number % 2], seed=number)
        picture.save(HERE / f"{language}.jpg", quality=40, optimize=True)
        (HERE / f"{language}.txt").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
