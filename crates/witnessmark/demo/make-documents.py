#!/usr/bin/env python3
"""Makes the documents of the demonstration that are no pages of the web, out of the texts beside them in documents/: two scanned
pictures, and two PDF files, of which one has a scanned page. All of it is invented, and says so.

    pip install pillow==11.3.0 numpy==2.4.6 fpdf2==2.8.4 fonttools==4.68.0    (Pillow with libraqm, for Tibetan)
    apt-get install fonts-noto-core fonts-noto-cjk
    python3 make-documents.py
"""
import datetime
import io
import pathlib
import tempfile

import fontTools.ttLib
import fpdf
import numpy
from PIL import Image, ImageDraw, ImageFilter, ImageFont

DOCUMENTS = pathlib.Path(__file__).parent / "documents"
LATIN = "/usr/share/fonts/truetype/noto/NotoSerif-Regular.ttf"
TIBETAN = "/usr/share/fonts/truetype/noto/NotoSerifTibetan-Regular.ttf"
CHINESE = "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc"  # simplified Chinese is its third face


def font_of(line, is_title):
    """The font of a line on a scan, by its first letter, and its size."""
    if "\u0f00" <= line[0] <= "\u0fff":
        path, index, size = TIBETAN, 0, 34
    elif ord(line[0]) > 0x2e7f:
        path, index, size = CHINESE, 2, 30
    else:
        path, index, size = LATIN, 0, 24
    size += 4 if is_title else 0
    return ImageFont.truetype(path, size, index=index, layout_engine=ImageFont.Layout.RAQM), size


def scan(text, turn, seed, width=980):
    """A grey picture of a text, as a flat-bed scanner would give it. A line between two empty ones is a title."""
    lines = text.rstrip("\n").split("\n")
    picture = Image.new("L", (width, 70 * len(lines) + 160), 242)
    draw = ImageDraw.Draw(picture)
    top = 80
    for number, line in enumerate(lines):
        if not line:
            top += 24
            continue
        font, size = font_of(line, lines[number - 1 : number + 2 : 2] == ["", ""])
        draw.text((80, top), line, fill=40, font=font)
        top += int(size * 1.9)
    picture = picture.crop((0, 0, width, top + 80))
    picture = picture.rotate(turn, resample=Image.Resampling.BICUBIC, fillcolor=242)
    picture = picture.filter(ImageFilter.GaussianBlur(0.6))
    dots = numpy.random.default_rng(seed).normal(0, 2, (picture.height, picture.width))
    grey = numpy.clip(numpy.asarray(picture, dtype=float) + dots, 0, 255)
    return Image.fromarray(grey.astype("uint8"))


def pdf(text, font, picture=None):
    """A page of written text, and a scanned page behind it if there is one."""
    document = fpdf.FPDF(format="A4")
    document.set_creation_date(datetime.datetime(2021, 9, 14, tzinfo=datetime.timezone.utc))
    lines = text.rstrip("\n").split("\n")
    document.set_title(lines[0])
    document.set_margin(25)
    document.add_font("text", fname=font)
    document.add_page()
    for number, line in enumerate(lines):
        document.set_font("text", size=15 if number == 0 else 11)
        if line:
            document.multi_cell(0, 8, line, align="L", new_x="LMARGIN", new_y="NEXT")
        else:
            document.ln(6)
    if picture:
        document.add_page()
        held = io.BytesIO()
        picture.save(held, "JPEG", quality=24, optimize=True)
        document.image(held, x=0, y=0, w=document.w, h=document.h)
    return bytes(document.output())


def main():
    text = lambda name: (DOCUMENTS / name).read_text(encoding="utf-8")
    for name, turn, seed in [("poster-ankeviru", -0.3, 3), ("notice-noshkeli", 0.4, 5)]:
        scan(text(name + ".txt"), turn, seed).save(DOCUMENTS / (name + ".jpg"), quality=24, optimize=True)
    (DOCUMENTS / "annex.pdf").write_bytes(pdf(text("annex.txt"), LATIN))
    written, scanned = text("supplement-gunvasho.txt").split("\f")
    receipt = Image.new("L", (900, 1273), 242)
    receipt.paste(scan(scanned, 0.2, 7, width=900), (0, 60))
    with tempfile.TemporaryDirectory() as folder:
        face = pathlib.Path(folder) / "chinese.otf"
        fontTools.ttLib.TTCollection(CHINESE).fonts[2].save(face)
        (DOCUMENTS / "supplement-gunvasho.pdf").write_bytes(pdf(written, face, receipt))


if __name__ == "__main__":
    main()
