#!/usr/bin/env python3
"""Checks a Witnessmark dossier with nothing but Python (3.9 or later) and this file.

    python3 check.py [FOLDER] [--fingerprint HEX] [--case]

FOLDER       the unpacked dossier; if left out, the folder above the one this file lies in.
--fingerprint  64 hex digits that you got from somebody else (not from this dossier): the fingerprint
             of the log's key or of the checkpoint. The check fails unless it is one of the two.
--case       FOLDER is a whole case (not a dossier) with its keys: recompute all of it.

Each group of checks prints `ok`, or one `FAILED:` line for each finding, naming the file or object.
Exit status: 0 all checks passed, 1 something failed, 2 the check could not be run.

A dossier that somebody forged would carry a forged copy of this file. Get this file, and the
fingerprint, from another place than the dossier. It was written from the published format alone
("format.md", the sections named in comments below), and shares no code with the program that made
the dossier. It only reads; it opens no connection.
"""
import sys
if __name__ == "__main__" and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    sys.path.pop(0)  # a file beside this one, named like a module of Python, must not be run in its place

import argparse
import base64
import datetime
import gzip
import hashlib
import hmac
import io
import json
import os
import re

KINDS = ("case-created actor-added configuration codebook gazetteer capture import extraction passage claim "
         "claim-change origin lineage estimate publication egress recording judgement export actor-named erasure-rule "
         "erasure-requested erase erasure-confirmed hold witness cosigned escrow time-authority timestamp copy predecessor search "
         "passage-on-picture passage-confirmed").split()
ARCHIVES = ("import", "recording")  # kinds whose parts are the records of an archive
EVIDENCE = {"codebook": ["evidence"], "gazetteer": ["evidence"], "capture": ["evidence"], "extraction": ["text"],
            "estimate": ["inputs", "result"], "import": ["evidence", "manifest"], "recording": ["evidence", "manifest"], "publication": ["policy"],
            "time-authority": ["certificates"], "predecessor": ["log"]}  # format.md, Payloads
LEAF = "actor at commit day kind object sig"  # format.md, Log: the seven values of a leaf
SMALL, LARGE = 64 << 20, 1 << 30  # most bytes that are read into memory at once: documents; packs and texts
NOT_CHECKED = "not checked, because an earlier group failed"

class Bad(Exception):
    """A finding, in words for the reader."""

def need(condition, finding):
    if not condition:
        raise Bad(finding)

# ---- Reading bytes that may be hostile ------------------------------------------------------------
def sha(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()

def digest(value):
    need(isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value), "%.80r is not 64 lower-case hex digits" % (value,))
    return bytes.fromhex(value)

def whole(value, what, end=2**53):
    need(type(value) is int and 0 <= value < end, "%s %.40r is not a whole number below %d" % (what, value, end))
    return value

def decimal(text, what):
    need(re.fullmatch("0|[1-9][0-9]{0,15}", text), "%s %.40r is not a plain decimal number" % (what, text))
    return whole(int(text), what)

def identifier(value, prefix):  # format.md, Identifiers
    need(isinstance(value, str) and re.fullmatch(prefix + "-[a-z2-7]{26}", value), "%.60r is not a %s-... identifier" % (value, prefix))
    return value

def day(value):
    need(isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value), "%.40r is not a day" % (value,))
    datetime.date(int(value[:4]), int(value[5:7]), int(value[8:]))
    return value

def base64_bytes(text, length=None):  # RFC 4648 section 4, padded, one spelling only
    data = base64.b64decode(text.encode("ascii"), validate=True)
    need(base64.b64encode(data).decode() == text, "%.80r is not strict base64" % text)
    need(length in (None, len(data)), "%.80r has not %s bytes" % (text, length))
    return data

def canonical(value):  # RFC 8785, for text, whole numbers, lists and objects
    def ordered(v):
        if isinstance(v, dict):
            return {k: ordered(v[k]) for k in sorted(v, key=lambda k: k.encode("utf-16-be"))}
        return [ordered(x) for x in v] if isinstance(v, list) else v
    return json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")

def load_json(data, what, must_be_canonical=False):
    def pairs(items):
        need(len({k for k, _ in items}) == len(items), "%s names a key twice" % what)
        return dict(items)

    def integer(text):
        need(len(text) <= 17 and text != "-0" and abs(int(text)) < 2**53, "%s holds a number out of range" % what)
        return int(text)

    def refuse(text):
        raise Bad("%s holds %.40r; only whole numbers are allowed" % (what, text))
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=pairs, parse_int=integer, parse_float=refuse, parse_constant=refuse)
        again = canonical(value)  # also refuses halves of surrogate pairs
    except UnicodeError:
        raise Bad("%s is not UTF-8" % what)
    except (ValueError, RecursionError):
        raise Bad("%s is not JSON, or nested too deep" % what)
    need(again == data or not must_be_canonical, "%s is not canonical JSON (RFC 8785)" % what)
    return value

def take(value, keys, what, versions=(1,)):
    """An object with exactly these keys; and, where `v` is among them, of a version that is meant."""
    need(isinstance(value, dict), "%s is not an object" % what)
    need(set(value) == set(keys.split()), "%s has not exactly the fields: %s" % (what, keys))
    need("v" not in value or whole(value["v"], "v") in versions, "%s has an unknown version" % what)
    return value

def each(value, what, of=list):
    need(isinstance(value, of), "%s is not a %s" % (what, of.__name__))
    return value

class Folder:
    """The plain files below one folder. Links are refused, and only paths found here are ever opened."""

    def __init__(self, root, parts=None):
        self.root, self.files, self.strange, self.digests = root, set(), [], {}
        waiting = [""] if parts is None else [p + "/" for p in parts]
        while waiting:
            below = waiting.pop()
            where = os.path.join(self.root, below.rstrip("/"))
            if below and (os.path.islink(where) or not os.path.isdir(where)):
                self.strange.append(below.rstrip("/"))
                continue
            for item in os.scandir(where):
                if not item.is_symlink() and item.is_dir(follow_symlinks=False):
                    waiting.append(below + item.name + "/")
                elif not item.is_symlink() and item.is_file(follow_symlinks=False):
                    self.files.add(below + item.name)
                else:
                    self.strange.append(below + item.name)

    def path(self, name):
        need(name in self.files, "%s is missing" % name)
        return os.path.join(self.root, name)

    def digest(self, name):
        if name not in self.digests:
            state = hashlib.sha256()
            with open(self.path(name), "rb") as file:
                for chunk in iter(lambda: file.read(1 << 20), b""):
                    state.update(chunk)
            self.digests[name] = state.hexdigest()
        return self.digests[name]

    def read(self, name, most=SMALL):
        with open(self.path(name), "rb") as file:
            data = file.read(most + 1)
        need(len(data) <= most, "%s is larger than %d bytes" % (name, most))
        need(sha(data).hex() == self.digests.get(name, sha(data).hex()), "%s changed while it was read" % name)
        return data

# ---- Ed25519: RFC 8032 section 5.1, verification only, strict --------------------------------------
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def add(a, b):  # section 5.1.4, extended coordinates (X, Y, Z, T)
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return (e * f % P, g * h % P, f * g % P, e * h % P)

def times(scalar, point):
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = add(total, point)
        point, scalar = add(point, point), scalar >> 1
    return total

def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0

def decode_point(data):  # section 5.1.3; None unless this is the one canonical spelling of a point
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)

BASE = decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))

def ed25519_valid(public, message, signature):  # section 5.1.7, without the cofactor; small orders refused
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r, s = decode_point(public), decode_point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or any(same(times(8, point), (0, 1, 1, 0)) for point in (a, r)):
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return same(times(s, BASE), add(r, times(k, a)))

# ---- Merkle trees: RFC 6962 section 2.1; notes, checkpoints, proofs: C2SP ---------------------------
def leaf_hash(leaf):
    return sha(b"\0", leaf)

def merkle_root(hashes):
    if len(hashes) < 2:
        return hashes[0] if hashes else sha()
    k = 1 << ((len(hashes) - 1).bit_length() - 1)  # the largest power of two below the size
    return sha(b"\1", merkle_root(hashes[:k]), merkle_root(hashes[k:]))

def root_from_path(index, size, node, path):
    """The root that an inclusion path leads to (section 2.1.1, read backwards)."""
    need((size > 1) == bool(path), "the inclusion path is too long or too short")
    if size == 1:
        return node
    k = 1 << ((size - 1).bit_length() - 1)
    if index < k:
        return sha(b"\1", root_from_path(index, k, node, path[:-1]), path[-1])
    return sha(b"\1", path[-1], root_from_path(index - k, size - k, node, path[:-1]))

def read_vkey(line):  # C2SP signed-note: <name>+<key ID>+base64(0x01 || public key)
    need(line.count("+") >= 2, "the log's key is not a verifier key")
    name, key_id, key = line.split("+", 2)
    key = base64_bytes(key, 33)
    need(re.fullmatch(r"\S+", name) and key[0] == 1, "the log's key is not an Ed25519 verifier key with a name")
    need(key_id == sha(name.encode("utf-8"), b"\n", key)[:4].hex(), "the log's key does not agree with its key ID")
    return name, bytes.fromhex(key_id), key[1:]

def open_note(data, vkey, what):
    """The text of a C2SP signed note, once the log's signature on it is valid."""
    need(len(data) <= 1 << 20, "%s is too long" % what)
    try:
        text, blank, tail = data.decode("utf-8").rpartition("\n\n")
    except UnicodeError:
        raise Bad("%s is not UTF-8" % what)
    text, signatures = text + "\n", tail.split("\n")
    need(blank and signatures.pop() == "" and 1 <= len(signatures) <= 16, "%s is not a note with 1 to 16 signatures" % what)
    need(not re.search("[\0-\x09\x0b-\x1f]", text + tail), "%s holds control characters" % what)
    found = False
    for line in signatures:
        match = re.fullmatch("\u2014 ([^\\s+]+) ([A-Za-z0-9+/=]+)", line)
        need(match, "%s has a signature line that is none" % what)
        signature = base64_bytes(match[2])
        if (match[1], signature[:4]) == vkey[:2]:  # signatures of other keys are ignored
            need(ed25519_valid(vkey[2], text.encode("utf-8"), signature[4:]),
                 "%s: the signature of the log's key is not valid" % what)
            found = True
    need(found, "%s is not signed by the log's key" % what)
    return text

def read_checkpoint(data, vkey, what):  # C2SP tlog-checkpoint, without extension lines
    lines = open_note(data, vkey, what).split("\n")
    need(len(lines) == 4, "%s has not three lines" % what)
    need(lines[0] == vkey[0], "%s is of the log %.80r, not of %.80r" % (what, lines[0], vkey[0]))
    return decimal(lines[1], "size"), base64_bytes(lines[2], 32)

def read_proof(data, index, checkpoint, what):  # C2SP tlog-proof v1, without an extra line
    head, blank, tail = data.partition(b"\n\n")
    lines = head.decode("ascii").split("\n")
    need(blank and lines[0] == "c2sp.org/tlog-proof@v1" and len(lines) >= 2, "%s is not a tlog-proof v1" % what)
    need(lines[1] == "index %d" % index, "%s is for %.60r, not for index %d" % (what, lines[1], index))
    need(len(lines) <= 66, "%s has too many hashes" % what)
    need(tail == checkpoint, "%s carries another checkpoint than data/checkpoint" % what)
    return [base64_bytes(line, 32) for line in lines[2:]]

# ---- Payloads and signatures of authors: format.md, Payloads and Log --------------------------------
def read_payload(data, kind, what):
    need(kind in KINDS, "kind %.40r is not known to this checker" % (kind,))
    payload = load_json(data, what, True)
    need(isinstance(payload, dict) and payload.get("schema") == "witnessmark/%s/1" % kind,
         "%s: its schema does not agree with kind %s" % (what, kind))
    return payload

def evidence_of(kind, payload):
    found = []
    for field in EVIDENCE.get(kind, []):
        found += each(payload[field], field) if kind == "capture" else [payload[field]]
    return [take(e, "bytes key plain_sha256 sha256" + " plain_bytes" * ("plain_bytes" in each(e, "evidence", dict)), "evidence") for e in found if e is not None]

def new_actor(kind, payload):
    """(actor, public key) that a payload brings in, or None."""
    who = {"case-created": lambda: payload["founder"], "actor-added": lambda: payload}.get(kind, lambda: None)()
    return who and (identifier(who["actor"], "act"), base64_bytes(who["public_key"], 32))

def author_signed(values, actors):
    message = b"witnessmark leaf 1\n" + canonical(dict({f: values[f] for f in LEAF.split() if f != "sig"}, v=1))
    return ed25519_valid(actors[values["actor"]], message, base64_bytes(values["sig"], 64))

# ---- A dossier: format.md, Dossier, "A verifier checks" ---------------------------------------------
class Dossier:
    def __init__(self, root):
        self.folder = Folder(root)
        self.vkey = self.checkpoint = self.size = self.root = self.says = None
        self.entries, self.used = {}, set()  # index -> (opened values, payload, parts); the files that entries use
        self.groups = [("files", self.check_files), ("checkpoint", self.check_checkpoint),
                       ("entries", self.check_entries), ("numbers", self.check_numbers)]

    def check_files(self, attempt):  # 1
        folder, listed = self.folder, {}

        def read_key():
            text = folder.read("data/log.vkey", 4096).decode("utf-8")
            need(text.endswith("\n") and text.count("\n") == 1, "is not one line")
            self.vkey = read_vkey(text[:-1])

        def read_sums():
            text = folder.read("SHA256SUMS").decode("ascii")
            need(text.endswith("\n"), "its last line is not whole")
            lines = [re.fullmatch("([0-9a-f]{64})  ([ -~]+)", line) for line in text[:-1].split("\n")]
            need(all(lines), "it has a line that is not `<hex>  <path>`")
            names = [match[2] for match in lines]
            for name in names:
                bad = {"", ".", ".."} & set(name.split("/")) or {"\\", ":"} & set(name)
                need(not bad, "%r leads out of the folder or is not a plain path" % name)
            need(all(a < b for a, b in zip(names, names[1:])), "a path is there twice or out of order")
            need(not {"SHA256SUMS", "SHA256SUMS.note"} & set(names), "it names itself")
            listed.update((match[2], match[1]) for match in lines)

        def read_note():
            need(self.vkey, NOT_CHECKED)
            text = open_note(folder.read("SHA256SUMS.note"), self.vkey, "the note")
            need(text == "witnessmark dossier 1\n%s\n" % folder.digest("SHA256SUMS"), "it does not name the digest of SHA256SUMS")
        for name in folder.strange:
            attempt(name, need, False, "is a link or not a plain file")
        attempt("data/log.vkey", read_key)
        attempt("SHA256SUMS", read_sums)
        attempt("SHA256SUMS.note", read_note)
        for name in sorted(listed):
            attempt(name, lambda: need(folder.digest(name) == listed[name], "its digest is not the one in SHA256SUMS"))
        for name in sorted(folder.files - set(listed) - {"SHA256SUMS", "SHA256SUMS.note"}):
            attempt(name, need, False, "is not listed in SHA256SUMS (added later?)")
        return "%d files, each as listed; the list is signed by the log's key" % len(listed)

    def check_checkpoint(self, attempt):  # 2
        need(self.vkey, NOT_CHECKED)
        data = self.folder.read("data/checkpoint")
        self.size, self.root = read_checkpoint(data, self.vkey, "data/checkpoint")
        self.checkpoint = data
        says = load_json(self.folder.read("data/dossier.json"), "data/dossier.json")
        timed = isinstance(says, dict) and says.get("v") == 3  # 2: of a sealed case; 3: with timestamps, which check/times.py checks
        take(says, "day entries estimates exhibits log notice numbers profile root size title v" + " sealed timestamps" * timed,
             "data/dossier.json", (1, 2, 3))
        self.sealed = each(says["sealed"], "sealed", bool) if timed else says["v"] == 2
        day(says["day"])
        self.says = says
        for field, value in (("log", self.vkey[0]), ("size", self.size), ("root", self.root.hex())):
            need(type(says[field]) is type(value) and says[field] == value,
                 "data/dossier.json: %s is not that of data/checkpoint" % field)
        return "signed by the log's key; size %d, root %s" % (self.size, self.root.hex())

    def check_entries(self, attempt):  # 3
        need(self.says, NOT_CHECKED)
        for index in each(self.says["entries"], "entries"):
            need(whole(index, "entry", self.size) not in self.entries, "data/dossier.json names entry %d twice" % index)
            self.entries[index] = None
            self.entries[index] = attempt("entries/%d.json" % index, self.check_entry, index)
        for name in sorted(self.folder.files - self.used) if all(self.entries.values()) else ():
            if name.startswith(("entries/", "payloads/", "proofs/", "parts/")):
                attempt(name, need, False, "belongs to no entry of data/dossier.json")
        authors = attempt("authors", self.check_authors)
        return "%d of %d opened, each in the log at its place; author signatures: %s" % (len(self.entries), self.size, authors)

    def use(self, name, expected):
        need(name == expected, "names %.80r where %s is meant" % (name, expected))
        self.used.add(name)
        return name

    def check_entry(self, index):
        name = self.use("entries/%d.json" % index, "entries/%d.json" % index)
        entry = take(load_json(self.folder.read(name), "it"), "v index leaf open payload proof part_count parts", "it", (self.says["v"],))
        need(whole(entry["index"], "index") == index, "its index is %d" % entry["index"])
        leaf = entry["leaf"].encode("utf-8")
        fields = take(load_json(leaf, "leaf", True), LEAF + " v", "leaf")
        proof = self.use(entry["proof"], "proofs/%d.tlog-proof" % index)
        path = read_proof(self.folder.read(proof), index, self.checkpoint, proof)
        need(root_from_path(index, self.size, leaf_hash(leaf), path) == self.root,
             "%s does not lead from the leaf to the checkpoint's root" % proof)
        opened = {}
        for field, opening in entry["open"].items():
            need(field in LEAF.split(), "opens %.40r, which is no value of a leaf" % field)
            opened[field] = take(opening, "salt value", "opening")["value"]
            need(isinstance(opened[field], str), "%s is not text" % field)
            need(sha(digest(opening["salt"]), canonical(opened[field])) == digest(fields[field]),
                 "the opening of %s does not give the leaf's commitment" % field)
        need({"kind", "object", "commit", "day"} <= set(opened), "does not open all of kind, object, commit and day")
        day(opened["day"])
        payload, parts = None, {}
        if entry["payload"] is not None:
            file = self.use(entry["payload"], "payloads/%d.json" % index)
            data = self.folder.read(file)
            need(self.sealed or sha(data) == digest(opened["object"]), "%s is not the object that the leaf names" % file)
            payload = read_payload(data, opened["kind"], file)
        count = whole(entry["part_count"], "part_count")
        for part in each(entry["parts"], "parts"):
            take(part, "index salt sha256 path file", "part")
            number, what = whole(part["index"], "part index", count), "part %d" % part["index"]
            need(number not in parts and len(each(part["path"], "path")) < 64, what + " is there twice, or its path is too long")
            item = leaf_hash(sha(digest(part["salt"]), digest(part["sha256"])))
            leads_to = root_from_path(number, count, item, [digest(node) for node in part["path"]])
            need(leads_to == digest(opened["commit"]), what + " does not lead to commit")
            if part["file"] is not None:
                self.use(part["file"], "parts/" + part["sha256"])
                need(self.folder.digest(part["file"]) == part["sha256"], part["file"] + " has another digest than its name")
            parts[number] = part
        need(0 not in parts or self.sealed or parts[0]["sha256"] == opened["object"], "part 0 is not the payload")
        if payload is not None:  # format.md, Log: what the parts of a commit are
            need(0 in parts, "part 0 is not given")
            need(parts[0]["sha256"] == sha(data).hex(), "part 0 is not the payload")  # in a sealed case nothing else binds it
            named = evidence_of(opened["kind"], payload)
            expected = payload["records"] if opened["kind"] in ARCHIVES else len(named)
            need(count == 1 + whole(expected, "records"), "part_count does not agree with the payload")
            for number in parts if opened["kind"] not in ARCHIVES else ():
                need(number == 0 or parts[number]["sha256"] == named[number - 1]["plain_sha256"],
                     "part %d is not the evidence that the payload names" % number)
        return opened, payload, parts

    def check_authors(self):
        """Signatures of authors, where a dossier opens `at`, `actor` and `sig`, and holds the author's key."""
        actors, valid, without_key = {}, 0, 0
        for index in sorted(i for i in self.entries if self.entries[i]):
            opened, payload, _ = self.entries[index]
            who = new_actor(opened["kind"], payload) if payload else None
            actors.update([who] if who and opened["kind"] == "case-created" else [])
            if {"at", "actor", "sig"} <= set(opened):
                known = opened["actor"] in actors
                need(not known or author_signed(opened, actors), "entry %d: the signature of its author is not valid" % index)
                valid, without_key = valid + known, without_key + (not known)
            actors.update([who] if who else [])
        return "%d valid, %d whose key is not here, others not opened" % (valid, without_key)

    def entry(self, index, *kinds):
        need(type(index) is int and self.entries.get(index), "entry %.40r is not in the dossier, or failed" % (index,))
        need(self.entries[index][0]["kind"] in kinds, "entry %d is not of kind %s" % (index, " or ".join(kinds)))
        return self.entries[index]

    def shown(self, index, kind):
        payload = self.entry(index, kind)[1]
        need(payload is not None, "the payload of entry %d is not in the dossier" % index)
        return payload

    def captured(self, index, number, capture):
        """Part `number` of the entry of a capture, or of the archive that holds it (it cannot be seen which record)."""
        opened, payload, parts = self.entry(index, "capture", *ARCHIVES)
        need(whole(number, "part") in parts and number > 0, "part %d of entry %d is not given" % (number, index))
        same_capture = opened["kind"] in ARCHIVES or payload is None or payload["id"] == identifier(capture, "cap")
        need(same_capture, "entry %d is another capture" % index)
        return parts[number]

    def check_numbers(self, attempt):  # 4
        need(self.says, NOT_CHECKED)
        numbers, exhibits = {}, {}
        for listing, seen, form, check in ((self.says["exhibits"], exhibits, "e[0-9]{3,}", self.check_exhibit),
                                           (self.says["numbers"], numbers, "n[0-9]{3,}", self.check_number),
                                           (self.says["estimates"], {}, ".+", self.check_estimate)):
            for item in each(listing, "each of exhibits, numbers and estimates"):
                need(isinstance(item, dict) and isinstance(item.get("id"), str), "data/dossier.json lists something without an id")
                need(re.fullmatch(form, item["id"]) and item["id"] not in seen, "id %.40r is malformed or there twice" % item["id"])
                seen[item["id"]] = item
                attempt(item["id"], check, item, numbers, exhibits)
        return "%d numbers and %d exhibits lead to the kept bytes; %d estimates" % (len(numbers), len(exhibits), len(self.says["estimates"]))

    def check_exhibit(self, exhibit, numbers, exhibits):
        take(exhibit, "id page capture entry part text_part", "exhibit")
        need(exhibit["page"] in self.folder.files, "its page %.80r is missing" % (exhibit["page"],))
        self.captured(exhibit["entry"], exhibit["part"], exhibit["capture"])
        if exhibit["text_part"] is not None:
            at = take(exhibit["text_part"], "entry part", "text_part")
            need(self.shown(at["entry"], "extraction")["capture"] == exhibit["capture"], "its text is of another capture")
            need(whole(at["part"], "part") == 1 and 1 in self.entries[at["entry"]][2], "its text is not given")

    def check_number(self, number, numbers, exhibits):
        take(number, "id page claim claim_entry changes passage_entry extraction_entry capture_entry capture_part exhibit", "number")
        need(number["page"] in self.folder.files, "its page %.80r is missing" % (number["page"],))
        claim, passage = self.shown(number["claim_entry"], "claim"), self.shown(number["passage_entry"], "passage")
        extraction = self.shown(number["extraction_entry"], "extraction")
        need(identifier(number["claim"], "clm") == claim["id"], "entry %d is another claim" % number["claim_entry"])
        need(identifier(claim["passage"], "psg") == passage["id"],
             "entry %d is another passage than the claim names" % number["passage_entry"])
        need(identifier(passage["extraction"], "ext") == extraction["id"],
             "entry %d is another extraction than the passage names" % number["extraction_entry"])
        need(identifier(passage["capture"], "cap") == extraction["capture"], "passage and extraction are of different captures")
        for change in each(number["changes"], "changes"):
            need(self.shown(change, "claim-change")["claim"] == claim["id"], "entry %d changes another claim" % change)
        part = self.captured(number["capture_entry"], number["capture_part"], passage["capture"])
        need(part["sha256"] == extraction["of"],
             "the extraction was not made from part %d of entry %d" % (part["index"], number["capture_entry"]))
        exhibit = exhibits.get(number["exhibit"])
        need(exhibit, "exhibit %.40r is not in the dossier" % (number["exhibit"],))
        need((exhibit["capture"], exhibit["entry"]) == (passage["capture"], number["capture_entry"]),
             "exhibit %s shows another capture" % number["exhibit"])
        text_part = self.entries[number["extraction_entry"]][2].get(1)
        if text_part and text_part["file"]:
            text = self.folder.read(text_part["file"], LARGE).decode("utf-8")
            start, end = whole(passage["start"], "start"), whole(passage["end"], "end", len(text) + 1)
            need(start < end and text[start:end] == passage["exact"],
                 "code points %d to %d of the text are not the quoted words" % (start, end))
            need(text[:start].endswith(passage["prefix"] or "") and text[end:].startswith(passage["suffix"] or ""),
                 "prefix or suffix does not stand beside the quoted words")

    def check_estimate(self, estimate, numbers, exhibits):
        take(estimate, "id page estimate entry numbers", "estimate")
        need(estimate["page"] in self.folder.files, "its page %.80r is missing" % (estimate["page"],))
        payload = self.shown(estimate["entry"], "estimate")
        need(payload["id"] == identifier(estimate["estimate"], "est"), "entry %d is another estimate" % estimate["entry"])
        for number in each(estimate["numbers"], "numbers"):
            need(number in numbers and numbers[number]["claim"] in payload["claims"],
                 "it does not use the claim of number %.40r" % (number,))

# ---- A whole case: format.md, The case folder, Payloads, Log ----------------------------------------
class Case:
    def __init__(self, root):
        self.folder = Folder(root, ["log", "blobs", "keys"])
        self.folder.files.add("case.toml")
        need(b"sealed = true" not in self.folder.read("case.toml", 4096), "the case is sealed; `witnessmark verify` opens it with its passphrase")
        self.vkey = self.checkpoint = self.state = None
        self.seeds, self.packed, self.leaves, self.evidence, self.records = {}, [], [], {}, {}
        self.expected = {"log/checkpoint", "log/state", "keys/1/signers", "keys/1/objects", "case.toml"}
        self.groups = [("keystore", self.check_keystore), ("packs", self.check_packs), ("evidence", self.check_evidence),
                       ("entries", self.check_entries), ("log", self.check_log), ("files", self.check_files)]

    def check_keystore(self, attempt):
        lines = self.folder.read("keys/1/objects", LARGE).decode("ascii").split("\n")[:-1]  # a broken last line is dropped
        for line in lines:
            match = re.fullmatch("(key-[a-z2-7]{26}) ([0-9a-f]{64})", line)
            need(match and match[1] not in self.seeds, "keys/1/objects: a line is malformed, or a key is there twice")
            self.seeds[match[1]] = bytes.fromhex(match[2])
        return "%d seeds" % len(lines)

    def salt(self, key, label):  # RFC 5869: HKDF-SHA-256, no salt, 32 bytes
        need(key in self.seeds, "%.60r is not in the keystore" % (key,))
        extracted = hmac.new(bytes(32), self.seeds[key], hashlib.sha256).digest()
        return hmac.new(extracted, label.encode("ascii") + b"\1", hashlib.sha256).digest()

    def blob(self, sha256, what):
        name = "blobs/%s/%s" % (digest(sha256).hex()[:2], sha256)
        self.expected.add(name)
        need(self.folder.digest(name) == sha256, "%s %s has another digest than its name" % (what, name))
        return name

    def check_packs(self, attempt):
        state = self.folder.read("log/state")
        need(state.endswith(b"\n"), "log/state is not one line")
        state = take(load_json(state[:-1], "log/state", True), "pack root size staging v", "log/state")
        end, pack, backwards = whole(state["size"], "size"), state["pack"], []
        while pack is not None:
            name = self.blob(pack, "pack")
            data = self.folder.read(name, LARGE)
            start, head, _ = data.split(b"\n", 2)
            need(start == b"witnessmark pack 1", "%s is not a pack" % name)
            at, entries = len(start) + len(head) + 2, []
            head = take(load_json(head, name, True), "count first previous", name)
            need(whole(head["first"], "first") + whole(head["count"], "count") == end and head["count"],
                 "%s does not end where the next pack begins" % name)
            while at < len(data):
                values = data.index(b"\n", at) + 1
                match = re.fullmatch(b"(key-[a-z2-7]{26}) (0|[1-9][0-9]{0,9}) (0|[1-9][0-9]{0,9})", data[at:values - 1])
                need(match, "%s has a line that is not `<key> <length> <length>`" % name)
                payload = values + int(match[2]) + 1
                at = payload + int(match[3]) + 1
                need(data[payload - 1:payload] == b"\n" == data[at - 1:at], "%s: lengths do not fit" % name)
                entries.append((match[1].decode(), data[values:payload - 1], data[payload:at - 1]))
            need(len(entries) == head["count"], "%s has not %d entries" % (name, head["count"]))
            backwards.append(entries)
            end, pack = head["first"], head["previous"]
        need(end == 0, "the first pack does not begin at entry 0")
        self.packed, self.state = [entry for entries in reversed(backwards) for entry in entries], state
        return "%d, with %d payloads" % (len(backwards), len(self.packed))

    def check_evidence(self, attempt):
        need(self.state, NOT_CHECKED)
        for index, (_, values, payload) in enumerate(self.packed):
            attempt("entry %d" % index, self.check_evidence_of, index, values, payload)
        return "%d objects, each with the digest that a payload names" % sum(len(e) for e in self.evidence.values())

    def check_evidence_of(self, index, values, payload):
        kind = load_json(values, "values", True)["kind"]
        payload = read_payload(payload, kind, "payload")
        self.evidence[index] = named = evidence_of(kind, payload)
        self.expected.update("blobs/%s/%s" % (item["sha256"][:2], item["sha256"]) for item in named)
        for item in named:
            name = self.blob(item["sha256"], "evidence")
            need(item["plain_sha256"] == item["sha256"], "%s: its plain digest differs, though the case is open" % name)
            need(os.path.getsize(self.folder.path(name)) == whole(item["bytes"], "bytes"),
                 "%s has not the length that the payload names" % name)
        if kind in ARCHIVES:
            self.records[index] = self.read_records(payload)

    def read_records(self, payload):
        """The digests of an archive's records, after reading each again; format.md, Payloads, manifest."""
        archive = self.folder.path(self.blob(payload["evidence"]["sha256"], "archive"))
        manifest = self.folder.read(self.blob(payload["manifest"]["sha256"], "manifest"), LARGE)
        need(manifest.endswith(b"\n") or not manifest, "the last line of the manifest is not whole")
        digests, captures, last = [], 0, 0
        with open(archive, "rb") as plain, gzip.open(archive, "rb") as inflated:
            for n, line in enumerate(manifest.split(b"\n")[:-1]):
                record = load_json(line, "manifest line %d" % n, True)
                more = " ".join({"page", "payload", "verdict"} & set(each(record, "manifest line", dict)))
                take(record, "n offset length framing type record_id uri date status media_type sha256 bytes capture source " + more, "manifest line")
                need(record["n"] == n and whole(record["offset"], "offset") >= last, "record %d is out of order" % n)
                last, left = record["offset"] + whole(record["length"], "length"), whole(record["bytes"], "bytes")
                source = inflated if record["framing"] == "inflated" else plain
                need(record["framing"] in ("plain", "member", "inflated"), "record %d has an unknown framing" % n)
                source.seek(record["offset"])
                if record["framing"] == "member":
                    need(last <= os.path.getsize(archive), "record %d leaves the archive" % n)
                    source = gzip.GzipFile(fileobj=io.BytesIO(plain.read(record["length"])))
                else:
                    need(left <= record["length"], "record %d is longer than its length" % n)
                state, begin = hashlib.sha256(), None
                while left:
                    chunk = source.read(min(left, 1 << 20))
                    begin = begin or chunk[:5]
                    need(chunk, "record %d leaves the archive" % n)
                    state.update(chunk)
                    left -= len(chunk)
                need((begin == b"WARC/" or payload["format"] == "arc") and state.hexdigest() == record["sha256"],
                     "record %d has not the bytes that the manifest names" % n)
                digests.append((payload["evidence"]["key"], state.digest()))
                captures += record["capture"] is not None
        need((len(digests), captures) == (payload["records"], payload["captures"]),
             "records or captures are not as many as the manifest lists")
        return digests

    def check_entries(self, attempt):
        need(self.state, NOT_CHECKED)
        actors = {}
        for index, entry in enumerate(self.packed):
            self.leaves.append(attempt("entry %d" % index, self.check_entry, index, actors, *entry))
        return "%d: objects, commitments and signatures of authors agree" % len(self.leaves)

    def check_entry(self, index, actors, key, values_bytes, payload_bytes):
        values = take(load_json(values_bytes, "values", True), LEAF, "values")
        payload = read_payload(payload_bytes, values["kind"], "payload")
        need(all(isinstance(value, str) for value in values.values()), "a value is not text")
        need(re.fullmatch(r"[0-9-]{10}T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z", values["at"])
             and day(values["at"][:10]) == day(values["day"]),
             "`at` is not a time on `day`")
        need((values["kind"] == "case-created") == (index == 0), "case-created is not the first entry, or there twice")
        if index == 0:
            need(self.folder.read("case.toml", 4096) == b'format = 1\nid = "%s"\nsealed = false\n' % payload["case"].encode(),
                 "case.toml is not that of the case in the log")
            self.vkey = read_vkey(payload["log_key"])
            need(self.vkey[0] == payload["log"], "the log's name is not that in its key")
        who = new_actor(values["kind"], payload)
        actors.update([who] if who and index == 0 else [])
        need(values["actor"] in actors, "no earlier entry names the key of %.60r" % values["actor"])
        need(author_signed(values, actors), "the signature of its author is not valid")
        actors.update([who] if who else [])
        need(sha(payload_bytes).hex() == values["object"], "the payload is not the object")
        need(index in (self.records if values["kind"] in ARCHIVES else self.evidence), NOT_CHECKED)
        parts = self.records.get(index, [(e["key"], digest(e["plain_sha256"])) for e in self.evidence[index]])
        items = [sha(self.salt(owner, "part/%d" % i), plain) for i, (owner, plain) in enumerate([(key, sha(payload_bytes))] + parts)]
        need(merkle_root([leaf_hash(item) for item in items]).hex() == values["commit"], "commit is not the root over its parts")
        leaf = canonical(dict({f: sha(self.salt(key, "leaf/" + f), canonical(values[f])).hex() for f in values}, v=1))
        need(len(leaf) < 65536, "the leaf is too long")
        return leaf

    def check_log(self, attempt):
        need(self.state and self.vkey and all(self.leaves), NOT_CHECKED)
        size, root = attempt("log/checkpoint", lambda: read_checkpoint(self.folder.read("log/checkpoint"), self.vkey, "it")) or (None, None)
        hashes, level, wanted = [leaf_hash(leaf) for leaf in self.leaves], 0, {}
        computed = merkle_root(hashes)
        attempt("log/state", need, (self.state["size"], self.state["root"]) == (len(hashes), computed.hex()), "its root is not that of the entries")
        if size is not None:
            attempt("log/checkpoint", need, (size, root) == (len(hashes), computed), "its size and root are not those of the entries")
            self.checkpoint = self.folder.read("log/checkpoint")
        bundle = [len(leaf).to_bytes(2, "big") + leaf for leaf in self.leaves]
        for n in range(0, len(bundle), 256):
            wanted[tile_path("entries", n // 256, len(bundle[n:n + 256]))] = b"".join(bundle[n:n + 256])
        while hashes:
            for n in range(0, len(hashes), 256):
                wanted[tile_path(str(level), n // 256, len(hashes[n:n + 256]))] = b"".join(hashes[n:n + 256])
            hashes, level = [merkle_root(hashes[i:i + 256]) for i in range(0, len(hashes) - 255, 256)], level + 1
        for name in sorted(wanted):
            self.expected.add(name)
            attempt(name, lambda: need(self.folder.digest(name) == sha(wanted[name]).hex(), "differs from what the entries give"))
        attempt("log/staging", self.check_staging, bundle)
        return "%d entries give every tile, and the root that the log's key signed" % len(bundle)

    def check_staging(self, bundle):
        name = "log/staging/" + digest(self.state["staging"]).hex()
        self.expected.add(name)
        need(self.folder.digest(name) == self.state["staging"], "%s has another digest than its name" % name)
        start, head, leaves = self.folder.read(name, LARGE).split(b"\n", 2)
        head = take(load_json(head, "staging", True), "count first", "staging")
        need(start == b"witnessmark staging 1" and whole(head["first"], "first") + whole(head["count"], "count") == len(bundle),
             "%s is not about the last entries" % name)
        need(leaves == b"".join(bundle[head["first"]:]), "%s holds other leaves than the log" % name)

    def check_files(self, attempt):
        need(self.state and self.checkpoint, NOT_CHECKED)
        for name in self.folder.strange:
            attempt(name, need, False, "is missing, a link, or not a plain file")
        for name in sorted(self.folder.files ^ self.expected):
            attempt(name, need, False, "is missing" if name in self.expected else "is there, but no entry accounts for it")
        return "exactly those that the entries account for, under log/, blobs/ and keys/"

def tile_path(level, n, width):  # C2SP tlog-tiles
    name = "%03d" % (n % 1000)
    while n >= 1000:
        n //= 1000
        name = "x%03d/%s" % (n % 1000, name)
    return "log/tile/%s/%s%s" % (level, name, "" if width == 256 else ".p/%d" % width)

# ---- The report -------------------------------------------------------------------------------------
PROVES = """
What this shows:
- The files are the ones that the holder of the log's key signed for: none was changed, added or removed since.
- Every entry shown stands at its place in the log with the fingerprint above, and what is shown of it is what
  was committed to when it was entered.
- {shown}
What this does not show:
- That what a source says is true, who really wrote it, or that a web page was served by the site it names.
- That nothing was left out: other entries, other evidence, a later correction.
- When something happened. Days and times are the word of the log's keeper; before its first outside timestamp or
  cosignature the holder of the key could have rewritten the whole log. This program checks neither (check/times.py, if
  it is there, looks at timestamps).
- Who held a key, or whether they signed freely: a signature says that this key signed.
- {limits}
- That this is the right log. Compare a fingerprint above with one that you got elsewhere, and use a copy of this
  program from elsewhere: an altered copy could fake this result.
"""
DOSSIER_SHOWN = ("Each number leads to its claim, its passage, the text it was read from and the digest of the captured bytes;\n"
                 "  where that text is in the dossier, the quoted words stand in it at the place named.")
DOSSIER_LIMITS = ("That the pages made for reading (index.html and others) say the same as data/, entries/ and payloads/; that a\n"
                  "  text was read correctly out of a captured file; which record of an imported archive a capture is; or, where a case\n"
                  "  is sealed (version 2), that its keeper keeps this under the digests in `object`: those are of sealed bytes.")
CASE_SHOWN = "Every commitment follows from the kept objects and the keystore, and every entry is signed by its author's key."
CASE_LIMITS = ("That the signing keys in keys/1/signers are intact, that the derived files (casebook, index) agree with the log,\n"
               "  or that each passage stands in its text (a dossier is checked for that).")

def say(line):
    print(ascii(line)[1:-1])  # one line of ASCII, whatever a hostile name holds

def run_group(title, check):
    findings = []

    def attempt(subject, function, *arguments):
        try:
            return function(*arguments)
        except Bad as error:
            finding = str(error)
        except KeyError as error:
            finding = "the field %s is missing" % error
        except Exception as error:  # hostile input must never end in a traceback
            finding = "cannot be read as the format demands (%s: %.80s)" % (type(error).__name__, error)
        findings.append("FAILED: %s: %s%s" % (title, subject and subject + ": ", finding))
        return None
    detail = attempt("", check, attempt)
    for line in findings[:50] or ["ok      %s: %s" % (title, detail)]:
        say(line)
    if len(findings) > 50:
        say("FAILED: %s: and %d findings more" % (title, len(findings) - 50))
    return len(findings)

def main(arguments):
    parser = argparse.ArgumentParser(description="Checks a Witnessmark dossier (or, with --case, a whole case).")
    parser.add_argument("folder", nargs="?", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    parser.add_argument("--fingerprint", metavar="HEX", help="SHA-256 of the log's key or of the checkpoint, obtained elsewhere")
    parser.add_argument("--case", action="store_true", help="the folder is a whole case")
    options = parser.parse_args(arguments)
    wanted = re.sub("[ :]", "", options.fingerprint or "").lower()
    if options.fingerprint is not None and not re.fullmatch("[0-9a-f]{64}", wanted):
        parser.error("--fingerprint needs 64 hex digits")
    try:
        checked = (Case if options.case else Dossier)(options.folder)
    except (Bad, OSError, ValueError) as error:
        say("The folder %s cannot be read: %s" % (options.folder, error))
        return 2
    failed = sum(run_group(title, check) for title, check in checked.groups)
    prints = {}
    if checked.vkey:
        name, key_id, key = checked.vkey
        prints["log key"] = sha(name.encode("utf-8"), b"+%s+" % key_id.hex().encode(), base64.b64encode(b"\1" + key), b"\n").hex()
    if checked.checkpoint:
        prints["checkpoint"] = sha(checked.checkpoint).hex()
    say("")
    for what in prints:
        say("fingerprint of the %-11s %s%s" % (what, prints[what], "   equals the one given" if wanted == prints[what] else ""))
    if wanted and wanted not in prints.values():
        say("FAILED: fingerprint: %s is neither that of the log's key nor that of the checkpoint" % wanted)
        failed += 1
    if failed:
        say("")
        say("Integrity checks FAILED: %d findings. Do not rely on this %s." % (failed, "case" if options.case else "dossier"))
        return 1
    print(PROVES.format(shown=CASE_SHOWN if options.case else DOSSIER_SHOWN, limits=CASE_LIMITS if options.case else DOSSIER_LIMITS))
    say("Integrity checks passed. Truth, authorship and completeness were not tested.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
