#!/usr/bin/env python3
"""Makes the PDF files of this folder: the texts of ../pages in four languages, set by the programs that people set such texts
with, each of which writes its fonts and their maps in its own way. What a file must be read as is the text that it was made
from. All of it is invented.

    apt-get install chromium libreoffice-writer-nogui fonts-noto-core fonts-noto-cjk
    pip install arabic-reshaper pikepdf python-bidi typst weasyprint
    python3 make_files.py
"""

import os
import pathlib
import subprocess
import tempfile
import zlib

HERE = pathlib.Path(__file__).parent
PAGES = HERE.parent / "pages"
LANGUAGES = {
    "bo": ("bo", "Noto Serif Tibetan", "ltr"),
    "ug": ("ug", "Noto Naskh Arabic", "rtl"),
    "zh-hans": ("zh-Hans", "Noto Serif CJK SC", "ltr"),
    "zh-hant": ("zh-Hant", "Noto Serif CJK TC", "ltr"),
}
# Lines in five languages, with vowel marks, numbers, brackets and Latin words; the last two run to the right.
RIGHT_TO_LEFT, RUN_RIGHT = "right-to-left", 2
# What a file says of the day when it was made is the same in every run.
os.environ["SOURCE_DATE_EPOCH"] = "1669800000"


def lines_of_directions():
    lines = (HERE / f"{RIGHT_TO_LEFT}.txt").read_text(encoding="utf-8").strip().split("\n")
    return [(line, "rtl" if number < len(lines) - RUN_RIGHT else "ltr") for number, line in enumerate(lines)]


def page_of_directions():
    lines = "".join(f'<p dir="{direction}">{line}</p>' for line, direction in lines_of_directions())
    return f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>Directions</title><style>@page {{ size: A5; margin: 10mm }}
body {{ font: 12pt "Noto Naskh Arabic", "Noto Serif Hebrew", "Noto Serif"; margin: 0 }} p {{ margin: 0 0 5pt 0 }}</style></head>
<body>{lines}</body></html>"""


def text_of(language, chosen=None):
    lines = (PAGES / f"{language}.txt").read_text(encoding="utf-8").strip().split("\n")
    return [lines[number] for number in chosen] if chosen else lines


def page(language, vertical=False, chosen=None):
    tag, font, direction = LANGUAGES[language]
    mode = "writing-mode: vertical-rl;" if vertical else ""
    lines = "".join(f"<p>{line}</p>" for line in text_of(language, chosen))
    return f"""<!DOCTYPE html><html lang="{tag}" dir="{direction}"><head><meta charset="utf-8">
<title>{text_of(language)[0]}</title><style>@page {{ size: A5; margin: 15mm }} body {{ font: 13pt "{font}"; {mode} margin: 0 }} p {{ margin: 0 0 5pt 0 }}</style></head>
<body>{lines}</body></html>"""


def by_chromium(language, out, vertical=False, chosen=None):
    print_by_chromium(page(language, vertical, chosen), out)


def print_by_chromium(text, out):
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "page.html"
        source.write_text(text, encoding="utf-8")
        flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
        command = ["chromium", *flags.split(), f"--user-data-dir={folder}/profile", "--no-pdf-header-footer"]
        subprocess.run([*command, f"--print-to-pdf={out}", source.as_uri()], check=True, capture_output=True)


def by_libreoffice(language, out):
    _, font, direction = LANGUAGES[language]
    print_by_libreoffice([(line, direction) for line in text_of(language)], font, out)


def print_by_libreoffice(lines, font, out):
    other = {"rtl": "rl-tb", "ltr": "lr-tb"}
    fonts = f"""fo:font-family="'{font}'" style:font-family-asian="'{font}'" style:font-family-complex="'{font}'" """
    sizes = 'fo:font-size="13pt" style:font-size-asian="13pt" style:font-size-complex="13pt"'
    styles = "".join(
        f"""<style:style style:name="{name}" style:family="paragraph"><style:paragraph-properties
style:writing-mode="{mode}"/><style:text-properties {fonts}{sizes}/></style:style>"""
        for name, mode in other.items()
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{urn}:1.0"'
        for name, urn in [("office", "office"), ("text", "text"), ("style", "style"), ("fo", "xsl-fo-compatible")]
    )
    body = "".join(f'<text:p text:style-name="{direction}">{line}</text:p>' for line, direction in lines)
    document = f"""<?xml version="1.0" encoding="UTF-8"?><office:document {spaces} office:version="1.3"
office:mimetype="application/vnd.oasis.opendocument.text"><office:automatic-styles>{styles}</office:automatic-styles>
<office:body><office:text>{body}</office:text></office:body></office:document>"""
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "page.fodt"
        source.write_text(document, encoding="utf-8")
        profile = f"-env:UserInstallation=file://{folder}/profile"
        command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, source]
        subprocess.run(command, check=True, capture_output=True)
        out.write_bytes((pathlib.Path(folder) / "page.pdf").read_bytes())


def by_weasyprint(language, out):
    import weasyprint

    weasyprint.HTML(string=page(language)).write_pdf(out)


def by_typst(language, out):
    tag, font, direction = LANGUAGES[language]
    lines = " \\\n".join(text_of(language))
    print_by_typst(f'#set text(font: "{font}", lang: "{tag[:2]}", dir: {direction}, size: 13pt)\n{lines}', out)


def print_by_typst(text, out):
    import typst

    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "page.typ"
        path.write_text(f"#set page(width: 148mm, height: 210mm)\n{text}", encoding="utf-8")
        typst.compile(path, output=out, timestamp=1669800000)


def in_both_directions():
    """The lines in five languages, by each program."""
    import weasyprint

    print_by_chromium(page_of_directions(), HERE / f"{RIGHT_TO_LEFT}-chromium.pdf")
    weasyprint.HTML(string=page_of_directions()).write_pdf(HERE / f"{RIGHT_TO_LEFT}-weasyprint.pdf")
    print_by_libreoffice(lines_of_directions(), "Noto Naskh Arabic", HERE / f"{RIGHT_TO_LEFT}-libreoffice.pdf")
    # Its marks of markup stand for themselves.
    plain = lambda line: "".join("\\" + one if one in "[]#*_-=@$" else one for one in line)
    body = "\n".join(f"#block(text(dir: {way})[{plain(line)}])" for line, way in lines_of_directions())
    fonts = '#set text(font: ("Noto Naskh Arabic", "Noto Serif Hebrew", "Noto Serif"), size: 10pt)\n'
    print_by_typst(fonts + body, HERE / f"{RIGHT_TO_LEFT}-typst.pdf")


def with_predefined_map(language, out, font, encoding, codec, vertical=False):
    """A font of a character collection that is not embedded, named codes, and no map to Unicode: what Chinese programs of the
    nineties wrote (ISO 32000-1, 9.7.5.2)."""
    # Big5 lacks the character 〇, and so the second line.
    lines = [line for line in text_of(language) if codec != "cp950" or "〇" not in line]
    ordering = {"STSong-Light": "GB1", "MSung-Light": "CNS1"}[font]
    drawn = []
    for number, line in enumerate(lines):
        x, y = (380 - 24 * number, 560) if vertical else (40, 560 - 24 * number)
        drawn.append(f"BT /F 14 Tf 1 0 0 1 {x} {y} Tm <{line.encode(codec).hex()}> Tj ET")
    fonts = [
        f"<</Type/Font/Subtype/Type0/BaseFont/{font}-{encoding}/Encoding/{encoding}/DescendantFonts[6 0 R]>>",
        f"<</Type/Font/Subtype/CIDFontType0/BaseFont/{font}/FontDescriptor 7 0 R/DW 1000"
        f"/CIDSystemInfo<</Registry(Adobe)/Ordering({ordering})/Supplement 2>>>>",
        f"<</Type/FontDescriptor/FontName/{font}/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880"
        f"/Descent -120/CapHeight 880/StemV 93>>",
    ]
    write_by_hand(out, drawn, [font.encode() for font in fonts])


def in_presentation_forms(language, out):
    """Arabic letters in the forms in which they join, in the order in which they stand from the left, as old programs for
    Uyghur wrote them."""
    import arabic_reshaper
    import bidi

    reshaper = arabic_reshaper.ArabicReshaper({"support_ligatures": False, "delete_tatweel": False})
    lines = [bidi.get_display(reshaper.reshape(line), base_dir="R") for line in text_of(language)]
    characters = sorted(set("".join(lines)))
    codes = {one: number + 1 for number, one in enumerate(characters)}
    drawn = []
    for number, line in enumerate(lines):
        x, y = 380 - 7 * len(line), 560 - 24 * number
        drawn.append(f"BT /F 14 Tf 1 0 0 1 {x} {y} Tm <{''.join(f'{codes[one]:04x}' for one in line)}> Tj ET")
    pairs = "".join(f"<{code:04x}><{ord(one):04x}>\n" for one, code in codes.items())
    unicode = f"1 begincodespacerange\n<0000><FFFF>\nendcodespacerange\n{len(codes)} beginbfchar\n{pairs}endbfchar\n".encode()
    fonts = [
        b"<</Type/Font/Subtype/Type0/BaseFont/Old/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 8 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Old/FontDescriptor 7 0 R/DW 500"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>",
        b"<</Type/FontDescriptor/FontName/Old/Flags 4/FontBBox[0 -250 1000 900]/ItalicAngle 0/Ascent 900/Descent -250"
        b"/CapHeight 700/StemV 80>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(unicode), unicode),
    ]
    write_by_hand(out, drawn, fonts)


def write_by_hand(out, drawn, fonts):
    stream = zlib.compress("\n".join(drawn).encode())
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(stream), stream),
        *fonts,
    ]
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    out.write_bytes(data)


def with_password(out, user, revision=4):
    """A page of plain words, locked: with a password to open it, or only with its owner's; revisions 2 and 3 lock by RC4, 4 by
    AES of 128 bits, 6 of 256."""
    import pikepdf

    with pikepdf.new() as file:
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        page = file.add_blank_page(page_size=(595, 842))
        page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F=font))
        page.Contents = file.make_stream(b"BT /F 12 Tf 72 700 Td (words that stay) Tj ET")
        file.save(out, encryption=pikepdf.Encryption(owner="the owner's", user=user, R=revision, aes=revision > 3, metadata=revision > 3))


def main():
    with_password(HERE / "locked.pdf", "a user's")
    with_password(HERE / "owner-password.pdf", "")
    for revision in [2, 3, 6]:
        with_password(HERE / f"owner-password-{revision}.pdf", "", revision)
    for language in LANGUAGES:
        is_chinese = language.startswith("zh")
        # The outlines of Chinese characters are large: a few lines do.
        if language != "zh-hant":
            by_chromium(language, HERE / f"{language}-chromium.pdf", chosen=[0, 4] if is_chinese else None)
        by_libreoffice(language, HERE / f"{language}-libreoffice.pdf")
        by_typst(language, HERE / f"{language}-typst.pdf")
        if not is_chinese:
            by_weasyprint(language, HERE / f"{language}-weasyprint.pdf")
    by_chromium("zh-hans", HERE / "zh-hans-vertical.pdf", vertical=True, chosen=[0, 4])
    in_both_directions()
    in_presentation_forms("ug", HERE / "ug-presentation-forms.pdf")
    for name, language, font, encoding, codec, vertical in [
        ("zh-hans-gbk", "zh-hans", "STSong-Light", "GBK-EUC-H", "gbk", False),
        ("zh-hans-gb18030", "zh-hans", "STSong-Light", "GBK2K-H", "gb18030", False),
        ("zh-hans-ucs2", "zh-hans", "STSong-Light", "UniGB-UCS2-H", "utf-16-be", False),
        ("zh-hans-utf16-v", "zh-hans", "STSong-Light", "UniGB-UTF16-V", "utf-16-be", True),
        ("zh-hant-big5", "zh-hant", "MSung-Light", "ETen-B5-H", "cp950", False),
        ("zh-hant-ucs2-v", "zh-hant", "MSung-Light", "UniCNS-UCS2-V", "utf-16-be", True),
    ]:
        with_predefined_map(language, HERE / f"{name}.pdf", font, encoding, codec, vertical)


if __name__ == "__main__":
    main()
