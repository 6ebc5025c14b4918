"""Makes the files of Office before 2007 that tests read: make_files.py, in this folder, with LibreOffice on the path.

What they say is invented. LibreOffice writes a day and a version into them, so that files made anew differ in some bytes.
"""

import gzip
import pathlib
import subprocess
import tempfile

NAMES = {
    "office": "urn:oasis:names:tc:opendocument:xmlns:office:1.0",
    "text": "urn:oasis:names:tc:opendocument:xmlns:text:1.0",
    "table": "urn:oasis:names:tc:opendocument:xmlns:table:1.0",
    "style": "urn:oasis:names:tc:opendocument:xmlns:style:1.0",
    "draw": "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0",
    "presentation": "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0",
    "number": "urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0",
    "svg": "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0",
    "fo": "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0",
    "xlink": "http://www.w3.org/1999/xlink",
    "dc": "http://purl.org/dc/elements/1.1/",
    "of": "urn:oasis:names:tc:opendocument:xmlns:of:1.2",
    "meta": "urn:oasis:names:tc:opendocument:xmlns:meta:1.0",
}

META = """<office:meta><dc:title>采集情况 2021</dc:title><meta:initial-creator>Office of Invented County</meta:initial-creator>
<meta:creation-date>2021-03-04T10:20:30</meta:creation-date></office:meta>"""

LETTER = META + """
<office:automatic-styles>
  <style:style style:name="hidden" style:family="text"><style:text-properties text:display="none"/></style:style>
  <style:page-layout style:name="page"><style:header-style/><style:footer-style/></style:page-layout>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Standard" style:page-layout-name="page">
  <style:header><text:p>Header of the county</text:p></style:header>
  <style:footer><text:p>Footer of the county</text:p></style:footer>
</style:master-page></office:master-styles>
<office:body><office:text>
<text:tracked-changes><text:changed-region text:id="gone"><text:deletion><office:change-info>
  <dc:creator>A. Writer</dc:creator><dc:date>2021-05-06T07:08:09</dc:date></office:change-info>
  <text:p> not</text:p></text:deletion></text:changed-region></text:tracked-changes>
<text:p>全县采集血样二十三万份。</text:p>
<text:p>ཁྲག་གི་དཔེ་ཚད་༦༩ བསྡུས།</text:p>
<text:p>قان ئەۋرىشكىسى يىغىلدى.</text:p>
<text:p>It was<text:change text:change-id="gone"/> done<text:note text:note-class="footnote" text:id="n1">
  <text:note-citation>1</text:note-citation><text:note-body><text:p>By order of the bureau.</text:p></text:note-body></text:note>
  in <text:a xlink:href="https://example.org/notice" xlink:type="simple">all towns</text:a>.
  <text:span text:style-name="hidden">Unseen words.</text:span>
  <office:annotation><dc:creator>B. Reader</dc:creator><text:p>Check this</text:p></office:annotation>𠀀 end</text:p>
<table:table><table:table-column table:number-columns-repeated="3"/>
  <table:table-row><table:table-cell><text:p>Town</text:p></table:table-cell>
    <table:table-cell><text:p>Samples</text:p></table:table-cell><table:table-cell><text:p>Day</text:p></table:table-cell></table:table-row>
  <table:table-row><table:table-cell><text:p>桑科</text:p><text:p>镇</text:p></table:table-cell>
    <table:table-cell/><table:table-cell><text:p>2021</text:p></table:table-cell></table:table-row>
</table:table>
<text:p>After the table.</text:p>
</office:text></office:body>"""

BOOK = META + """
<office:automatic-styles>
  <number:percentage-style style:name="share"><number:number number:decimal-places="1" number:min-integer-digits="1"/>
    <number:text>%</number:text></number:percentage-style>
  <number:date-style style:name="day"><number:year number:style="long"/><number:text>-</number:text>
    <number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style>
  <number:number-style style:name="grouped"><number:number number:decimal-places="0" number:min-integer-digits="1"
    number:grouping="true"/></number:number-style>
  <style:style style:name="share-cell" style:family="table-cell" style:data-style-name="share"/>
  <style:style style:name="day-cell" style:family="table-cell" style:data-style-name="day"/>
  <style:style style:name="grouped-cell" style:family="table-cell" style:data-style-name="grouped"/>
  <style:style style:name="unseen" style:family="table"><style:table-properties table:display="false"/></style:style>
</office:automatic-styles>
<office:body><office:spreadsheet>
<table:table table:name="采集表">
  <table:table-row><table:table-cell office:value-type="string"><text:p>乡镇</text:p></table:table-cell>
    <table:table-cell office:value-type="string"><text:p>Samples</text:p></table:table-cell>
    <table:table-cell office:value-type="string"><text:p>Share</text:p></table:table-cell>
    <table:table-cell office:value-type="string"><text:p>Day</text:p></table:table-cell></table:table-row>
  <table:table-row><table:table-cell office:value-type="string"><text:p>桑科镇</text:p>
      <office:annotation><dc:creator>B. Reader</dc:creator><text:p>Counted twice?</text:p></office:annotation></table:table-cell>
    <table:table-cell table:style-name="grouped-cell" office:value-type="float" office:value="919282"/>
    <table:table-cell table:style-name="share-cell" office:value-type="percentage" office:value="0.695"/>
    <table:table-cell table:style-name="day-cell" office:value-type="date" office:date-value="2021-03-04"/></table:table-row>
  <table:table-row table:visibility="collapse"><table:table-cell office:value-type="string"><text:p>ས་གནས།</text:p></table:table-cell>
    <table:table-cell office:value-type="float" office:value="12.5"/></table:table-row>
  <table:table-row><table:table-cell office:value-type="string"><text:p>Sum</text:p></table:table-cell>
    <table:table-cell table:formula="of:=SUM([.B2:.B3])" office:value-type="float" office:value="919294.5"/>
    <table:table-cell office:value-type="float" office:value="123456789012345"/></table:table-row>
</table:table>
<table:table table:name="Notes" table:style-name="unseen">
  <table:table-row><table:table-cell office:value-type="string"><text:p><text:a xlink:type="simple"
    xlink:href="https://example.org/sheet">source</text:a></text:p></table:table-cell></table:table-row>
</table:table>
</office:spreadsheet></office:body>"""

SLIDES = META + """
<office:automatic-styles>
  <style:page-layout style:name="page"><style:page-layout-properties fo:page-width="28cm" fo:page-height="21cm"/></style:page-layout>
  <style:style style:name="unseen" style:family="drawing-page"><style:drawing-page-properties
    presentation:visibility="hidden"/></style:style>
</office:automatic-styles>
<office:master-styles><style:master-page style:name="Master" style:page-layout-name="page"/></office:master-styles>
<office:body><office:presentation>
<draw:page draw:name="one" draw:master-page-name="Master">
  <draw:frame presentation:class="title" svg:x="1cm" svg:y="1cm" svg:width="20cm" svg:height="2cm"><draw:text-box>
    <text:p>工作汇报</text:p></draw:text-box></draw:frame>
  <draw:frame svg:x="1cm" svg:y="5cm" svg:width="20cm" svg:height="5cm"><draw:text-box>
    <text:p>采集 919,282 份</text:p><text:p>ཁྲག་གི་དཔེ་ཚད།</text:p></draw:text-box></draw:frame>
  <presentation:notes><draw:frame presentation:class="notes" svg:x="1cm" svg:y="10cm" svg:width="15cm" svg:height="9cm"><draw:text-box>
    <text:p>Say that children were included.</text:p></draw:text-box></draw:frame></presentation:notes>
</draw:page>
<draw:page draw:name="two" draw:master-page-name="Master" draw:style-name="unseen">
  <draw:frame svg:x="1cm" svg:y="5cm" svg:width="20cm" svg:height="5cm"><draw:text-box>
    <text:p>See <text:a xlink:type="simple" xlink:href="https://example.org/plan">the plan</text:a></text:p></draw:text-box></draw:frame>
</draw:page>
</office:presentation></office:body>"""

FILES = [
    ("letter.doc", "fodt", "text", LETTER, "doc:MS Word 97"),
    ("table.xls", "fods", "spreadsheet", BOOK, "xls:MS Excel 97"),
    ("slides.ppt", "fodp", "presentation", SLIDES, "ppt:MS PowerPoint 97"),
]


def main():
    here = pathlib.Path(__file__).resolve().parent
    spaces = " ".join(f'xmlns:{name}="{space}"' for name, space in NAMES.items())
    for name, ending, kind, body, form in FILES:
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            source = (folder / name).with_suffix("." + ending)
            mime = f"application/vnd.oasis.opendocument.{kind}"
            source.write_text(
                f'<?xml version="1.0" encoding="UTF-8"?><office:document {spaces} office:version="1.3" office:mimetype="{mime}">{body}</office:document>'
            )
            profile = f"-env:UserInstallation=file://{folder}/profile"
            command = ["soffice", profile, "--headless", "--convert-to", form, "--outdir", folder, source]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            made = (folder / name).read_bytes()
            # The picture of the first slide that LibreOffice puts in is large, and white.
            if kind == "presentation":
                name, made = name + ".gz", gzip.compress(made, mtime=0)
            (here / name).write_bytes(made)


if __name__ == "__main__":
    main()
