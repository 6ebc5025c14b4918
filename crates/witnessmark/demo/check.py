#!/usr/bin/env python3
"""Checks the demonstration's material: pages, archive, places, codebook, claims, lineage, statements.

Usage: python3 check.py     Prints what failed, then "N passed, M failed". Standard library only.
"""
import base64
import collections
import csv
import datetime
import decimal
import hashlib
import html.parser
import importlib.util
import pathlib
import re
import sys
import tomllib
import unicodedata
import urllib.parse
import zlib

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE / "sources"
DOCUMENTS = HERE / "documents"
LIMIT_BYTES = 200_000
AS_OF = "2021-06-30"
# What statements.csv implies on AS_OF, worked out by hand in README.md.
EXPECTED = {
    "Delvoru": (170_667, 321_756),
    "Ankeviru": (41_286, 41_286),
    "Bazhumel": (27_500, 28_500),
    "Chunvelo": (4_870, 56_470),
    "Dolvuko": (31_000, 84_100),
    "Elvoshi": (0, 63_500),
    "Gunvasho": (0, 47_900),
}
# Statements that a test adds, each with the smallest set that contradicts it.
CONTRADICTIONS = [
    (("x-at-least", "at-least", "Delvoru", "330000", "2021-06-30"), {"ankeviru-count", "bazhumel-rounded"}),
    (("x-falling", "count", "Ankeviru", "38000", "2021-07-31"), {"ankeviru-count"}),
]
BANNERS = {
    "en": "Invented for a demonstration. No place, institution or event ",
    "zh": "此为演示虚构内容：本页的地名、机构和事件均属虚构。",
    "bo": "འདི་ནི་དཔེ་སྟོན་གྱི་ཆེད་དུ་གསར་བཟོ་བྱས་པའི་ནང་དོན་ཡིན།",
    "ug": "بۇ كۆرسىتىش ئۈچۈن توقۇلغان مەزمۇن.",
}
TITLE_MARKS = {"en": "[invented]", "zh": "［演示虚构］", "bo": "[དཔེ་སྟོན།]", "ug": "[توقۇلما]"}
# Words of the real world that invented material must not hold.
REAL_WORDS = (
    "china|chinese|tibet|uyghur|uighur|xinjiang|lhasa|beijing|communist|中国|中华|西藏|新疆|藏族|维吾尔|"
    "拉萨|北京|公安|共产|བོད|རྒྱ་ནག|ལྷ་ས|ཀྲུང་གོ|པེ་ཅིང|ئۇيغۇر|جۇڭگو|شىنجاڭ|خىتاي|بېيجىڭ"
).split("|")
BOUNDS = {"exact", "about", "at-least", "at-most", "range", "all"}
KINDS = {"verbatim", "near-verbatim", "excerpt", "translation", "attribution", "link", "quotation", "figure"}

results = []


def check(ok, what):
    results.append((bool(ok), what))
    if not ok:
        print(f"failed: {what}")


class Page(html.parser.HTMLParser):
    """The visible text of a page as a list of blocks, its title, and what its head says."""

    INLINE = {"a", "b", "em", "i", "span", "strong", "time", "small", "sub", "sup"}
    HIDDEN = {"style", "script", "head", "title"}
    VOID = {"meta", "link", "br", "hr", "img", "input"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.blocks, self.title, self.metas, self.canonical, self.lang = [""], "", [], None, None
        self.links, self.times, self.charset, self.open = [], [], None, []
        self.feed(text)
        self.close()
        self.blocks = [re.sub(r"\s+", " ", block).strip() for block in self.blocks]
        self.blocks = [block for block in self.blocks if block]
        self.text = "\n".join(self.blocks)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag not in self.INLINE:
            self.blocks.append("")
        if tag == "html":
            self.lang = attrs.get("lang")
        if tag == "meta":
            self.metas.append(attrs.get("content", ""))
            found = attrs.get("charset") or re.search(r"charset=([\w-]+)", attrs.get("content", ""))
            if found:
                self.charset = found if isinstance(found, str) else found.group(1)
        if tag == "link" and attrs.get("rel") == "canonical":
            self.canonical = attrs["href"]
        if tag == "a":
            self.links.append(attrs["href"])
        if tag == "time":
            self.times.append(attrs.get("datetime", ""))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag):
        check(tag in self.open, f"</{tag}> closes an open tag")
        while self.open and self.open.pop() != tag:
            pass
        if tag not in self.INLINE:
            self.blocks.append("")

    def handle_data(self, data):
        if "title" in self.open:
            self.title += data
        if not self.HIDDEN & set(self.open):
            self.blocks[-1] += data


def rows(name, delimiter=",", columns=None):
    with open(HERE / name, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter=delimiter)
        found = list(reader)
    if columns:
        check(reader.fieldnames == columns.split(","), f"{name}: columns are {columns}")
    check(all(None not in row and None not in row.values() for row in found), f"{name}: rows are as wide as the header")
    return found


def gzip_members(data):
    while data:
        inflate = zlib.decompressobj(31)
        yield inflate.decompress(data) + inflate.flush()
        check(inflate.eof, "notices.warc.gz: each gzip member is whole")
        data = inflate.unused_data


def sha1(data):
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode()


def read_warc(path):
    """Checks every record and returns the pages: url → (bytes of the body, charset)."""
    spec = importlib.util.spec_from_file_location("build_warc", HERE / "build-warc.py")
    build = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(build)
    members = list(gzip_members(path.read_bytes()))
    check(members == list(build.records()), "notices.warc.gz: holds the records that build-warc.py makes")
    pages, by_id, kinds = {}, {}, []
    for index, member in enumerate(members):
        head, _, rest = member.partition(b"\r\n\r\n")
        lines = head.decode("utf-8").split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:])
        name = f"notices.warc.gz record {index}"
        check(lines[0] == "WARC/1.1" and "\n" not in "".join(lines), f"{name}: version line and line ends")
        check(len(fields) == len(lines) - 1, f"{name}: no field repeats")
        length = int(fields["Content-Length"])
        block = rest[:length]
        check(rest[length:] == b"\r\n\r\n", f"{name}: Content-Length, then two line ends")
        check(fields["WARC-Block-Digest"] == sha1(block), f"{name}: block digest")
        check(fields["WARC-Record-ID"] not in by_id, f"{name}: its id is its own")
        by_id[fields["WARC-Record-ID"]] = fields
        kinds.append(fields["WARC-Type"])
        if fields["WARC-Type"] == "warcinfo":
            check("WARC-Target-URI" not in fields and index == 0, f"{name}: warcinfo comes first, without a target")
            continue
        url = fields["WARC-Target-URI"]
        message, _, body = block.partition(b"\r\n\r\n")
        http = message.decode("ascii").split("\r\n")
        headers = dict(line.split(": ", 1) for line in http[1:])
        if fields["WARC-Type"] == "response":
            check(http[0] == "HTTP/1.1 200 OK", f"{name}: status line")
            check(int(headers["Content-Length"]) == len(body), f"{name}: HTTP Content-Length")
            check(fields["WARC-Payload-Digest"] == sha1(body), f"{name}: payload digest")
            pages[url] = (body, "utf-8")
        else:
            parts = urllib.parse.urlsplit(url)
            check(http[0] == f"GET {parts.path} HTTP/1.1" and headers["Host"] == parts.netloc, f"{name}: request line and host")
            check(body == b"", f"{name}: a request without a body")
    check(collections.Counter(kinds) == {"warcinfo": 1, "response": 2, "request": 2}, "notices.warc.gz: one warcinfo, two captures")
    for fields in by_id.values():
        other = by_id.get(fields.get("WARC-Concurrent-To"))
        if fields["WARC-Type"] != "warcinfo":
            check(
                other and other["WARC-Concurrent-To"] == fields["WARC-Record-ID"] and other["WARC-Date"] == fields["WARC-Date"],
                f"notices.warc.gz: {fields['WARC-Type']} and its pair name each other, with one date",
            )
            check(by_id[fields["WARC-Warcinfo-ID"]]["WARC-Type"] == "warcinfo", "notices.warc.gz: WARC-Warcinfo-ID names the warcinfo")
    return pages


def read_sources():
    """Checks every page and returns key → (visible text, raw text); the key is the file or, in the archive, the URL."""
    listed = rows("sources.tsv", "\t", "file,url,published,language,in_warc")
    check({row["file"] for row in listed} == {p.name for p in SOURCES.iterdir()}, "sources.tsv: names every file of sources/")
    archive = read_warc(SOURCES / "notices.warc.gz")
    check({row["url"] for row in listed if row["in_warc"] == "yes"} == set(archive), "sources.tsv: names every page of the archive")
    check(len({row["url"] for row in listed}) == len(listed), "sources.tsv: urls are unique")
    loose = {p.read_bytes() for p in SOURCES.iterdir()}
    check(not any(body in loose for body, _ in archive.values()), "no page of the archive is also a loose file")
    pages, urls, encodings = {}, {row["url"] for row in listed}, set()
    for row in listed:
        inside, language = row["in_warc"] == "yes", row["language"]
        key = row["url"] if inside else row["file"]
        data = archive[row["url"]][0] if inside else (SOURCES / row["file"]).read_bytes()
        declared = re.search(rb"charset=[\"']?([\w-]+)", data)
        charset = declared.group(1).decode().lower() if declared else "utf-8"
        encodings.add(charset)
        raw = data.decode(charset)
        check(b"\r" not in data and not data.startswith(b"\xef\xbb\xbf"), f"{key}: line ends, no byte order mark")
        datetime.date.fromisoformat(row["published"])
        if key.endswith(".txt"):
            visible = shown = raw
            check("20 August 2021" in raw and row["url"] in raw, f"{key}: says its date and address")
        else:
            page = Page(raw)
            visible, shown = page.text, page.title + page.text
            check(page.lang is None or page.lang.split("-")[0] == language, f"{key}: lang is {language} or not said")
            check(page.title.endswith(TITLE_MARKS[language]), f"{key}: the title says it is invented")
            check(page.canonical in (None, row["url"]), f"{key}: canonical address")
            check(any(row["published"] in said for said in page.metas), f"{key}: the head says {row['published']}")
            check(not page.open, f"{key}: every tag is closed: {page.open}")
            for link in page.links:
                host = urllib.parse.urlsplit(link).netloc
                check(link.startswith("/") or host.endswith(".example"), f"{key}: {link} is under .example")
            links[key] = {link for link in page.links if link in urls}
        check(BANNERS[language] in visible.split("\n")[0], f"{key}: the banner comes first, in its language")
        check("Invented for a demonstration" in visible, f"{key}: says in English that it is invented")
        for word in REAL_WORDS:
            check(word not in shown.lower(), f"{key}: does not show «{word}»")
        check(all(unicodedata.category(c) not in ("Co", "Cn", "Cs") and c != "\ufffd" for c in raw), f"{key}: only assigned characters")
        pages[key] = (visible, raw)
    check("gb18030" in encodings and "utf-8" in encodings, "pages come in UTF-8 and GB18030")
    check({row["language"] for row in listed} == {"en", "zh", "bo", "ug"}, "pages come in four languages")
    return pages, listed


def read_documents(pages_listed):
    """Checks the scans and PDF files by the texts beside them, out of which make-documents.py makes them: file → text."""
    listed = rows("documents.tsv", "\t", "file,url,published,language,kind")
    names = {row["file"] for row in listed}
    texts = {row["file"]: (DOCUMENTS / row["file"]).with_suffix(".txt") for row in listed}
    check(names | {path.name for path in texts.values()} == {p.name for p in DOCUMENTS.iterdir()}, "documents.tsv: names every file of documents/")
    check(sorted((row["kind"], row["language"]) for row in listed) == [("pdf", "en"), ("pdf", "zh"), ("scan", "bo"), ("scan", "zh")], "documents.tsv: two PDF files; two scans, one Chinese and one Tibetan")
    starts = {"pdf": b"%PDF-", "scan": b"\xff\xd8\xff"}
    found = {}
    for row in listed:
        name, language = row["file"], row["language"]
        datetime.date.fromisoformat(row["published"])
        check(urllib.parse.urlsplit(row["url"]).netloc.endswith(".example"), f"{name}: its address is under .example")
        check((DOCUMENTS / name).read_bytes().startswith(starts[row["kind"]]), f"{name}: is a {row['kind']}")
        text = texts[name].read_text(encoding="utf-8")
        head = " ".join(text.split("\n")[:3])
        check(BANNERS[language] in head, f"{name}: the banner comes first, in its language")
        check(all("Invented for a demonstration" in page for page in text.split("\f")), f"{name}: each page says in English that it is invented")
        for word in REAL_WORDS:
            check(word not in text.lower(), f"{name}: does not show «{word}»")
        check(all(unicodedata.category(c) not in ("Co", "Cn", "Cs") and c != "\ufffd" for c in text), f"{name}: only assigned characters")
        found[name] = text
    when = {row["file"]: row["published"] for row in listed + pages_listed}
    origins = {row["capture"] for row in rows("document-origins.csv", ",", "capture,name,reason")}
    edges = rows("document-edges.csv", ",", "later,earlier,kind,level,reason")
    for edge in edges:
        name = f"document-edges.csv: {edge['later']} → {edge['earlier']}"
        check(edge["later"] in found and edge["earlier"] in when, f"{name}: both are known")
        check(edge["kind"] in KINDS and edge["level"] in ("text", "evidence") and edge["reason"], f"{name}: kind, level, reason")
        check(when[edge["later"]] > when[edge["earlier"]], f"{name}: the later is later")
    check(origins | {edge["later"] for edge in edges} == set(found), "documents: nobody knows less of one than whom it rests on")
    claims = rows("scans.csv", ",", "source,exact,act,place,from,to,value,low,high,unit,bound,modality,attributed_to,source_grade,item_grade,note")
    check({claim["source"] for claim in claims} == {row["file"] for row in listed if row["kind"] == "scan"}, "scans.csv: a claim on each scan")
    for claim in claims:
        lines = found[claim["source"]].split("\n")
        check(lines.count(claim["exact"]) == 1, f"scans.csv: {claim['source']} says so in one line of its own")
        digits = "".join(str(unicodedata.digit(c)) for c in claim["exact"] if unicodedata.digit(c, None) is not None)
        check(claim["value"] in digits, f"scans.csv: {claim['value']} stands in the line of {claim['source']}")
    return found


def read_places():
    places = {row["place"]: row for row in rows("places.csv", ",", "place,parent,level,population,names")}
    children = collections.defaultdict(list)
    levels = ["province", "county", "township", "village"]
    for name, row in places.items():
        children[row["parent"]].append(name)
        if row["parent"]:
            parent = places.get(row["parent"])
            check(parent and levels.index(row["level"]) == levels.index(parent["level"]) + 1, f"places.csv: {name} lies one level below its parent")
        scripts = [unicodedata.name(other[0]).split(" ")[0] for other in row["names"].split(";")]
        check(scripts == ["CJK", "TIBETAN", "ARABIC"], f"places.csv: {name} has its three other names")
    check(children[""] == ["Delvoru"] and len(children["Delvoru"]) == 6, "places.csv: one province, six counties")
    for parent, names in children.items():
        if parent:
            total = sum(int(places[name]["population"]) for name in names)
            check(total == int(places[parent]["population"]), f"places.csv: the parts of {parent} add up to it")
    names = [name for row in places.values() for name in [row["place"], *row["names"].split(";")]]
    check(len(names) == len(set(names)), "places.csv: no name is used twice")
    check(not any(a != b and a in b for a in names for b in names), "places.csv: no name lies inside another")
    return places, children


def read_codebook():
    book = tomllib.loads((HERE / "codebook.toml").read_text("utf-8"))
    check(set(book) == {"name", "version", "act", "unit", "modality", "bound", "level"}, "codebook.toml: its tables")
    codes = {}
    for table in ("act", "unit", "modality", "bound", "level"):
        codes[table] = [term["code"] for term in book[table]]
        check(len(set(codes[table])) == len(codes[table]), f"codebook.toml: codes of {table} are unique")
        for term in book[table]:
            check(re.fullmatch(r"[a-z]+(-[a-z]+)*", term["code"]) and term["label"], f"codebook.toml: {table} {term['code']}")
            check("definition" in term or table in ("unit", "level"), f"codebook.toml: {table} {term['code']} is defined")
    check(set(codes["bound"]) == BOUNDS, "codebook.toml: the fixed bounds")
    check(codes["level"] == ["province", "county", "township", "village"], "codebook.toml: levels from wide to narrow")
    return codes


def numbers(text):
    """Every number of a passage in whatever digits and grouping it is written."""
    plain = "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in text).replace(",", "")
    found = set()
    for number, word in re.findall(r"(\d+(?:\.\d+)?)(万| مىڭ)?", plain):
        scale = {"万": 10_000, " مىڭ": 1_000, "": 1}[word]
        found.add(decimal.Decimal(number) * scale)
    return found


def read_claims(pages, places, codes):
    claims = rows("claims.csv", ",", "source,exact,act,place,from,to,value,low,high,unit,bound,modality,attributed_to,source_grade,item_grade,note")
    date = re.compile(r"2021(-\d\d(-\d\d)?)?")
    for number, claim in enumerate(claims, 2):
        name = f"claims.csv row {number}"
        check(claim["source"] in pages, f"{name}: its source is known")
        visible, raw = pages[claim["source"]]
        check(visible.count(claim["exact"]) == 1, f"{name}: the passage stands once in the visible text")
        check(raw.count(claim["exact"]) == 1, f"{name}: the passage stands once in the file, in one piece")
        check(claim["exact"].strip() == claim["exact"] and "\n" not in claim["exact"], f"{name}: the passage is one line")
        check(claim["act"] in codes["act"] and claim["modality"] in codes["modality"], f"{name}: act and modality")
        check(claim["place"] in places, f"{name}: place")
        check(date.fullmatch(claim["from"]) and date.fullmatch(claim["to"]) and claim["from"] <= claim["to"], f"{name}: dates")
        counted = [claim[field] for field in ("value", "low", "high") if claim[field]]
        check(all(decimal.Decimal(v) in numbers(claim["exact"]) for v in counted), f"{name}: its numbers stand in the passage")
        shape = (bool(claim["value"]), bool(claim["low"]), bool(claim["high"]))
        wanted = {"range": (False, True, True), "all": (False,) * 3, "": (False,) * 3}.get(claim["bound"], (True, False, False))
        check(shape == wanted, f"{name}: the numbers fit the bound {claim['bound']}")
        check((claim["unit"] in codes["unit"] and claim["bound"] in codes["bound"]) or claim["unit"] == claim["bound"] == "", f"{name}: unit and bound")
        check(claim["source_grade"] in tuple("ABCDEF") and claim["item_grade"] in tuple("123456"), f"{name}: grades")
    check({claim["source"] for claim in claims} == set(pages), "claims.csv: every source has a claim")
    check({claim["bound"] for claim in claims} >= BOUNDS - {"at-most"}, "claims.csv: every bound but at-most is met")
    return claims


def read_lineage(pages):
    origins = {row["capture"] for row in rows("origins.csv", ",", "capture,name,reason")}
    edges = rows("edges.csv", ",", "later,earlier,kind,level,reason")
    check(origins <= set(pages), "origins.csv: every capture is known")
    for edge in edges:
        name = f"edges.csv: {edge['later']} → {edge['earlier']}"
        check(edge["later"] in pages and edge["earlier"] in pages and edge["later"] != edge["earlier"], f"{name}: both are known")
        check(edge["kind"] in KINDS and edge["level"] in ("text", "evidence") and edge["reason"], f"{name}: kind, level, reason")
        when = {(row["url"] if row["in_warc"] == "yes" else row["file"]): row for row in listed}
        check(when[edge["later"]]["published"] > when[edge["earlier"]]["published"], f"{name}: the later is later")
        check(when[edge["earlier"]]["url"] in links[edge["later"]], f"{name}: the later page links the earlier")
    text = {edge["later"]: edge["earlier"] for edge in edges if edge["level"] == "text"}
    check(not origins & set(text), "origins.csv: an origin is nobody's copy")
    reached = {}
    for key in pages:
        at = key
        while at in text:
            at = text[at]
        reached[key] = at if at in origins else None
    check([key for key, origin in reached.items() if origin is None] == ["field-letter.txt"], "lineage: only field-letter.txt is unknown")
    check(sum(origin == "original-report.html" for origin in reached.values()) == 5, "lineage: five documents rest on the report's text")


def bounds(statements, places, children, day):
    """Low and high of each place on a day, or None where the statements contradict one another.

    Places form a tree and every statement is about one place, so propagation up and down the tree
    is exact. Counts are cumulative: an earlier floor holds later, a later ceiling holds earlier.
    """
    days = sorted({row["date"] for row in statements} | {day})
    population = {name: int(row["population"]) for name, row in places.items()}
    low = {(d, name): 0 for d in days for name in places}
    high = {(d, name): population[name] for d in days for name in places}
    for row in statements:
        name, kind = row["place"], row["kind"]
        value = decimal.Decimal(row["value"] or 0)
        size = population[name]
        least, most = {
            "count": (value, value),
            "count-rounded": (decimal.Decimal(row.get("low") or 0), decimal.Decimal(row.get("high") or size)),
            "at-least": (value, decimal.Decimal(size)),
            "all-residents": (decimal.Decimal(size), decimal.Decimal(size)),
            "share": (decimal.Decimal(row.get("low") or 0) * size / 100, decimal.Decimal(row.get("high") or 100) * size / 100),
        }[kind]
        cell = (row["date"], name)
        low[cell] = max(low[cell], int(least.to_integral_value(decimal.ROUND_FLOOR)))
        high[cell] = min(high[cell], int(most.to_integral_value(decimal.ROUND_CEILING)))
    changed = True
    while changed:
        before = (dict(low), dict(high))
        for earlier, later in zip(days, days[1:]):
            for name in places:
                low[later, name] = max(low[later, name], low[earlier, name])
        for earlier, later in reversed(list(zip(days, days[1:]))):
            for name in places:
                high[earlier, name] = min(high[earlier, name], high[later, name])
        for d in days:
            for parent, names in children.items():
                if not parent:
                    continue
                floor, ceiling = sum(low[d, n] for n in names), sum(high[d, n] for n in names)
                low[d, parent], high[d, parent] = max(low[d, parent], floor), min(high[d, parent], ceiling)
                for n in names:
                    low[d, n] = max(low[d, n], low[d, parent] - (ceiling - high[d, n]))
                    high[d, n] = min(high[d, n], high[d, parent] - (floor - low[d, n]))
        if any(low[cell] > high[cell] for cell in low):
            return None
        changed = before != (low, high)
    return {name: (low[day, name], high[day, name]) for name in places}


def read_statements(claims, places, children):
    statements = rows("statements.csv", ",", "id,kind,place,value,low,high,date,source")
    kinds = {"count": "exact", "count-rounded": "about", "at-least": "at-least", "share": "about", "all-residents": "all"}
    for row in statements:
        same = [
            claim
            for claim in claims
            if (claim["source"], claim["place"], claim["to"], claim["value"]) == (row["source"], row["place"], row["date"], row["value"])
            and claim["bound"] == kinds[row["kind"]]
            and claim["modality"] == "stated"
            and (claim["unit"] == "percent") == (row["kind"] == "share")
        ]
        check(len(same) == 1, f"statements.csv: {row['id']} says what one claim says")
    check({row["kind"] for row in statements} == set(kinds), "statements.csv: every kind is met")
    found = bounds(statements, places, children, AS_OF)
    check(found is not None, "statements.csv: the statements agree")
    for name, expected in EXPECTED.items():
        check(found and found[name] == expected, f"statements.csv: {name} lies in {expected}, found {found and found[name]}")
    for (ident, kind, place, value, date), partners in CONTRADICTIONS:
        extra = {"id": ident, "kind": kind, "place": place, "value": value, "low": "", "high": "", "date": date}
        check(bounds(statements + [extra], places, children, AS_OF) is None, f"{ident}: contradicts the rest")
        small = [row for row in statements if row["id"] in partners] + [extra]
        check(bounds(small, places, children, AS_OF) is None, f"{ident}: contradicts its set alone")
        for row in statements:
            rest = [r for r in statements if r is not row] + [extra]
            check((bounds(rest, places, children, AS_OF) is None) == (row["id"] not in partners), f"{ident}: {row['id']} is in the set or not needed")


links = {}
pages, listed = read_sources()
documents = read_documents(listed)
places, children = read_places()
claims = read_claims(pages, places, read_codebook())
read_lineage(pages)
read_statements(claims, places, children)
size = sum(p.stat().st_size for p in HERE.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
check(size < LIMIT_BYTES, f"the folder holds {size} bytes, fewer than {LIMIT_BYTES}")
failed = sum(not ok for ok, _ in results)
print(f"{len(results) - failed} passed, {failed} failed")
sys.exit(1 if failed else 0)
