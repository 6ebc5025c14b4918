"""Compares readers of PDF files: pdf.py OURS FOLDER [PAGES|all] [SEED]; see pdf.sh for what is measured.

With WORST=NUMBER in the environment, the pages that miss are listed too, with the characters that differ.
"""

import hashlib
import json
import math
import os
import re
import resource
import subprocess
import sys
import unicodedata
from collections import Counter

# Of one file, where not all is asked for.
MOST_PAGES = 60
GOOD, RUN = 0.99, 8
NAMELESS = r"page (\d+): the fonts do not say what (\d+) characters are"

PYMUPDF = """
import json, sys, pymupdf
pymupdf.TOOLS.mupdf_display_errors(False)
for name in sys.argv[2:]:
    pages = []
    try:
        with pymupdf.open(name) as file:
            for number in range(min(len(file), int(sys.argv[1]))):
                pages.append(file[number].get_text())
    except Exception:
        pass
    print(json.dumps(pages))
"""


def sample(folder, wanted, most, seed):
    """Files in an order that their paths decide, each content once and with at most so many pages, until they have as many
    pages as wanted."""
    paths = []
    for here, _, names in os.walk(folder):
        paths += [os.path.join(here, name) for name in names if name.lower().endswith(".pdf")]
    by_digest = lambda path: hashlib.sha256((seed + os.path.relpath(path, folder)).encode()).digest()
    chosen, seen, total = [], set(), 0
    for path in sorted(paths, key=by_digest):
        if total >= wanted:
            break
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).digest()
        said = subprocess.run(["pdfinfo", path], capture_output=True).stdout.decode("utf-8", "replace")
        count = re.search(r"^Pages:\s+(\d+)", said, re.M)
        if digest in seen or not count:
            continue
        seen.add(digest)
        pages = min(int(count.group(1)), most)
        chosen.append((path, pages))
        total += pages
    return chosen, total


def timed(command):
    """What a command prints, and the seconds of processor time that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return out, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def characters(text):
    """What is compared: after NFKC, without spaces and controls, and without the marks of direction (U+202A to U+202E), which
    pdftotext adds of its own."""
    kept = lambda one: not one.isspace() and unicodedata.category(one) != "Cc" and not "\u202a" <= one <= "\u202e"
    return [one for one in unicodedata.normalize("NFKC", text) if kept(one)]


def f1(ours, theirs):
    """Of two multisets of characters: twice what both have, by what both together have. Two empty pages are the same."""
    shared = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * shared / (len(ours) + len(theirs)) if ours or theirs else 1.0


def order(ours, theirs):
    """The share of the runs of eight characters of one page that stand on the other."""
    runs = [tuple(theirs[at : at + RUN]) for at in range(len(theirs) - RUN + 1)]
    found = Counter(tuple(ours[at : at + RUN]) for at in range(len(ours) - RUN + 1))
    return sum((Counter(runs) & found).values()) / len(runs) if runs else 1.0


def signs_only(ours, theirs, unknown):
    """Whether pages differ by signs alone that pdftotext prints as others. One ASCII or Latin-1 character of theirs is forgiven
    for each sign that no keyboard has and only ours shows, and for each of the `unknown` glyphs that ours says have no name: a
    piece of a line or of a circle, say. So are the hyphens at the ends of lines, which pdftotext takes out."""
    only_ours, only_theirs = Counter(ours) - Counter(theirs), Counter(theirs) - Counter(ours)
    is_sign = lambda one: unicodedata.category(one)[0] in "SPM" and ord(one) > 0xFF
    signs = sum(count for one, count in only_ours.items() if is_sign(one))
    codes = sum(count for one, count in only_theirs.items() if ord(one) <= 0xFF)
    shared = sum((Counter(ours) & Counter(theirs)).values()) + min(signs, codes)
    apart = min(unknown, codes - min(signs, codes)) + only_ours["-"]
    return 2 * shared / max(len(ours) + len(theirs) - apart, 1) >= GOOD


def main(ours, folder, wanted="6000", seed=""):
    most = 1_000_000 if wanted == "all" else MOST_PAGES
    files, total = sample(folder, math.inf if wanted == "all" else int(wanted), most, seed)
    longest = max(pages for _, pages in files)
    paths, most = [path for path, _ in files], str(most)
    print(f"{len(files)} files, {total} pages (at most {longest} of one file)")
    out, our_seconds = timed([ours, "--pages", most, *paths])
    # A file's own document comes first; what is attached to it follows and has a place inside it.
    said = [
        document["content"].get("Ok", {}) for document in map(json.loads, out.splitlines()) if not document.get("inside")
    ]
    our_text = [(content.get("text") or "").split("\f") for content in said]
    nameless = [
        {int(page): int(count) for page, count in re.findall(NAMELESS, "\n".join(content.get("warnings", [])))} for content in said
    ]
    their_text, their_seconds = [], 0.0
    for path in paths:
        out, seconds = timed(["pdftotext", "-q", "-enc", "UTF-8", "-l", most, path, "-"])
        their_text.append(out.decode("utf-8", "replace").split("\f"))
        their_seconds += seconds
    out, mupdf_seconds = timed([sys.executable, "-c", PYMUPDF, most, *paths])
    mupdf_text = [json.loads(line) for line in out.splitlines()]

    scores, orders, misses, signs, second, either, mupdf = [], [], [], 0, 0, 0, 0
    for (path, count), unknown, *texts in zip(files, nameless, our_text, their_text, mupdf_text, strict=True):
        for number in range(count):
            mine, theirs, other = (characters(text[number]) if number < len(text) else [] for text in texts)
            scores.append(f1(mine, theirs))
            orders.append(order(mine, theirs))
            mupdf += f1(other, theirs) >= GOOD
            agrees = f1(mine, other) >= GOOD
            either += agrees or scores[-1] >= GOOD
            if scores[-1] < GOOD:
                signs += signs_only(mine, theirs, unknown.get(number + 1, 0))
                second += agrees
                misses.append((scores[-1], path, number + 1, Counter(mine), Counter(theirs)))
    good = total - len(misses)
    share = lambda count: f"{count} of {total}, {100 * count / total:.2f} %"
    print(f"pages whose characters are pdftotext's (F1 >= {GOOD}): {share(good)}")
    print(f"  of the {len(misses)} others, {signs} differ only by signs and strokes that pdftotext prints as the characters of their codes;")
    print(f"  on {second} of them PyMuPDF's characters are ours")
    print(f"pages whose characters are pdftotext's or PyMuPDF's: {share(either)}")
    print(f"pages on which PyMuPDF's characters are pdftotext's: {share(mupdf)}")
    print(f"mean F1 {sum(scores) / total:.4f}; order: {sum(orders) / total:.4f} of runs of {RUN} characters are pdftotext's")
    for name, seconds in [("ours", our_seconds), ("pymupdf", mupdf_seconds), ("pdftotext", their_seconds)]:
        ratio = f"{seconds / our_seconds:.2f} times our time"
        print(f"{name:>9}: {total / seconds:7.0f} pages/s a core ({seconds:.2f} CPU-s; {ratio})")
    for score, path, number, mine, theirs in sorted(misses, key=lambda miss: miss[:3])[: int(os.environ.get("WORST", "0"))]:
        name = os.path.relpath(path, folder)
        only = [" ".join(f"{one}{count}" for one, count in part.most_common(8)) for part in (mine - theirs, theirs - mine)]
        print(f"{score:.3f} {name} page {number}: only ours: {only[0]}; only theirs: {only[1]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
