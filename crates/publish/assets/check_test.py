"""Tests check.py against a case and a dossier that are built here, from format.md alone, with fixed seeds.

    python3 check_test.py

Every corruption is named data: what is done, whether whoever did it also held the log's key (and so could
sign a new list of files), and what the checker must say.
"""
import base64
import contextlib
import copy
import gzip
import hashlib
import hmac
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check  # noqa: E402


# ---- A signer and the primitives of the format, written again here -------------------------------------
def sha(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def hexsha(data):
    return sha(data).hex()


def jcs(value):  # enough of RFC 8785 for keys in ASCII
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")


def encode_point(point):
    inverse = pow(point[2], check.P - 2, check.P)
    x, y = point[0] * inverse % check.P, point[1] * inverse % check.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def secret(seed):
    h = hashlib.sha512(seed).digest()
    return (int.from_bytes(h[:32], "little") & ((1 << 254) - 8)) | (1 << 254), h[32:]


def public_key(seed):
    return encode_point(check.times(secret(seed)[0], check.BASE))


def sign(seed, message):  # RFC 8032 section 5.1.6
    scalar, prefix = secret(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % check.L
    point = encode_point(check.times(r, check.BASE))
    k = int.from_bytes(hashlib.sha512(point + public_key(seed) + message).digest(), "little") % check.L
    return point + ((r + k * scalar) % check.L).to_bytes(32, "little")


def seed(name):
    return sha(b"seed of ", name.encode())


def name_of(prefix, label):
    return prefix + "-" + base64.b32encode(sha(label.encode())[:16]).decode().lower().rstrip("=")


def b64(data):
    return base64.b64encode(data).decode()


def mth(leaves):  # RFC 6962 section 2.1, over leaf inputs
    if len(leaves) == 1:
        return sha(b"\0", leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha(b"\1", mth(leaves[:k]), mth(leaves[k:])) if leaves else sha()


def path_to(m, leaves):  # RFC 6962 section 2.1.1
    if len(leaves) < 2:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return path_to(m, leaves[:k]) + [mth(leaves[k:])] if m < k else path_to(m - k, leaves[k:]) + [mth(leaves[:k])]


def hkdf(key, label):
    extracted = hmac.new(b"", key, hashlib.sha256).digest()
    return hmac.new(extracted, label.encode() + b"\x01", hashlib.sha256).digest()


LOG_NAME, LOG_SEED = "example.org/log-q7", seed("log")
KEY = b"\1" + public_key(LOG_SEED)
KEY_ID = sha(LOG_NAME.encode(), b"\n", KEY)[:4]
VKEY = "%s+%s+%s" % (LOG_NAME, KEY_ID.hex(), b64(KEY))


def note(text, key=LOG_SEED, name=LOG_NAME, key_id=KEY_ID):
    return (text + "\n\u2014 %s %s\n" % (name, b64(key_id + sign(key, text.encode())))).encode()


# ---- A small case --------------------------------------------------------------------------------------
HTML = "<p>In Kezhen \U00010416, 12 people were held, a notice says. No more is known.</p>".encode()
TEXT = "In Kezhen \U00010416, 12 people were held, a notice says. No more is known."
EXACT = "12 people were held"


class CaseBuilder:
    """Builds the files of a case, as {path: bytes}, from format.md."""

    def __init__(self, sealed=False):
        self.sealed = sealed
        self.seeds, self.blobs, self.entries, self.packs = {}, {}, [], []
        self.actors = {name_of("act", a): seed(a) for a in ("first", "second")}
        self.first, self.second = list(self.actors)

    def store(self, data):
        self.blobs[hexsha(data)] = data
        return hexsha(data)

    def evidence(self, data):
        key = name_of("key", "key of %d" % len(self.seeds))
        self.seeds[key] = seed(key)
        stored = self.as_stored(data)
        more = {"plain_bytes": len(data)} if self.sealed else {}
        return dict(more, bytes=len(stored), key=key, plain_sha256=hexsha(data), sha256=self.store(stored))

    def as_stored(self, data):
        """Bytes as the case keeps them; a stand-in for `age`, since nobody opens them here."""
        return b"age\n" + bytes(byte ^ 0x55 for byte in data) if self.sealed else data

    def add(self, kind, payload, parts=(), actor=None, schema=None, part_0=None):
        """`parts`: (key, plain bytes) after the payload. `schema` and `part_0` are for forgers."""
        payload = jcs(dict(payload, schema="witnessmark/%s/1" % (schema or kind)))
        key = name_of("key", "key of %d" % len(self.seeds))
        self.seeds[key] = seed(key)
        parts = [(key, part_0 or payload)] + list(parts)
        salts = [hkdf(self.seeds[k], "part/%d" % i) for i, (k, _) in enumerate(parts)]
        items = [sha(salt, sha(part)) for salt, (_, part) in zip(salts, parts)]
        actor = actor or self.first
        values = {"kind": kind, "object": hexsha(self.as_stored(payload)), "commit": mth(items).hex(), "day": "2026-11-22",
                  "at": "2026-11-22T10:20:%02d.125Z" % (len(self.entries) % 60), "actor": actor}
        values["sig"] = b64(sign(self.actors[actor], b"witnessmark leaf 1\n" + jcs(dict(values, v=1))))
        field_salts = {f: hkdf(self.seeds[key], "leaf/" + f) for f in values}
        leaf = jcs(dict({f: sha(field_salts[f], jcs(values[f])).hex() for f in values}, v=1))
        self.entries.append({"key": key, "values": values, "payload": payload, "leaf": leaf, "items": items,
                             "salts": salts, "field_salts": field_salts, "parts": [part for _, part in parts]})
        return len(self.entries) - 1

    def pack(self):
        first = sum(count for count, _ in self.packs)
        head = {"count": len(self.entries) - first, "first": first, "previous": self.packs[-1][1] if self.packs else None}
        data = b"witnessmark pack 1\n" + jcs(head) + b"\n"
        for e in self.entries[first:]:
            values = jcs(e["values"])
            data += b"%s %d %d\n%s\n%s\n" % (e["key"].encode(), len(values), len(e["payload"]), values, e["payload"])
        self.packs.append((head["count"], self.store(data)))

    def created(self):
        self.case = name_of("case", "case")
        self.add("case-created", {"case": self.case, "log": LOG_NAME, "log_key": VKEY, "previous": None, "founder":
                                  {"actor": self.first, "public_key": b64(public_key(self.actors[self.first]))}})
        self.add("actor-added", {"actor": self.second, "public_key": b64(public_key(self.actors[self.second]))})

    def import_of(self, name, framing):
        records = [b"WARC/1.1\r\nWARC-Record-ID: <urn:%s:%d>\r\nContent-Length: %d\r\n\r\n" % (name.encode(), n, len(body)) + body
                   for n, body in enumerate((b"information", HTML, b"third" * 40))]
        whole, lines, at = b"", b"", 0
        for n, record in enumerate(records):
            stored = record + b"\r\n\r\n"
            stored = gzip.compress(stored, mtime=0) if framing == "member" else stored
            ids = {"capture": name_of("cap", name), "source": name_of("src", name)} if n == 1 else {"capture": None, "source": None}
            lines += jcs(dict(ids, n=n, offset=at, length=len(stored), framing=framing, type="response", record_id="<urn:x>",
                              uri="https://example.org/", date="2026-01-02T03:04:05Z", status=200, media_type="text/html",
                              sha256=hexsha(record), bytes=len(record))) + b"\n"
            whole, at = whole + stored, at + len(stored)
        archive = self.evidence(gzip.compress(whole, mtime=0) if framing == "inflated" else whole)
        return self.add("import", {"id": name_of("imp", name), "name": name + ".warc", "format": "warc", "evidence": archive,
                                   "manifest": self.evidence(lines), "records": 3, "captures": 1, "problems": []},
                        [(archive["key"], record) for record in records])

    def claim_chain(self, label, capture, of):
        text = self.evidence(TEXT.encode())
        start = TEXT.index(EXACT)
        e = self.add("extraction", {"id": name_of("ext", label), "capture": capture, "of": of, "extractor": {"name": "html", "version": "1"},
                                    "media_type": "text/html", "language": "en", "title": None, "published": None, "text": text},
                     [(text["key"], TEXT.encode())])
        p = self.add("passage", {"id": name_of("psg", label), "capture": capture, "extraction": name_of("ext", label), "exact": EXACT,
                                 "prefix": TEXT[start - 6:start], "suffix": ", a no", "start": start, "end": start + len(EXACT)})
        c = self.add("claim", {"id": name_of("clm", label), "passage": name_of("psg", label), "codebook": hexsha(b"codes"), "grades": None,
                               "note": None, "act": {"code": "held", "place": None, "from": None, "to": None, "modality": "stated",
                                                     "attributed_to": "a notice", "quantity": {"value": "12", "low": None, "high": None,
                                                                                               "unit": "person", "bound": "exact"}}},
                     actor=self.second)
        return e, p, c

    def fill(self):
        self.created()
        codebook = self.evidence(b"codes")
        self.add("codebook", {"id": name_of("cfg", "c"), "name": "c", "version": "1", "evidence": codebook}, [(codebook["key"], b"codes")])
        page, picture = self.evidence(HTML), self.evidence(b"a picture")
        cap = name_of("cap", "one")
        self.capture = self.add("capture", {"id": cap, "source": {"id": name_of("src", "s"), "url": None}, "method": "file", "name": "a.html",
                                            "media_type": "text/html", "published": None, "evidence": [page, picture],
                                            "verdict": {"code": "read", "evidence": []}},
                                [(page["key"], HTML), (picture["key"], b"a picture")])
        self.one = self.claim_chain("one", cap, hexsha(HTML))
        self.change = self.add("claim-change", {"claim": name_of("clm", "one"), "changes": [{"field": "note", "was": None, "now": "x"}], "reason": "typo"})
        self.pack()
        self.imports = [self.import_of(framing, framing) for framing in ("plain", "member", "inflated")]
        self.two = self.claim_chain("two", name_of("cap", "member"), hexsha(self.entries[self.imports[1]]["parts"][2]))
        inputs, result = self.evidence(b"origin,value\n"), self.evidence(b"{}")
        self.estimate = self.add("estimate", {"id": name_of("est", "e"), "method": "coverage", "as_of": "2026-11-22", "claims":
                                              [name_of("clm", "one"), name_of("clm", "two")], "inputs": inputs, "result": result,
                                              "kind": "refusal", "low": None, "high": None, "text": "too few origins"},
                                 [(inputs["key"], b"origin,value\n"), (result["key"], b"{}")])
        self.pack()

    def checkpoint(self):
        return note("%s\n%d\n%s\n" % (LOG_NAME, len(self.entries), b64(self.root())))

    def root(self):
        return mth([e["leaf"] for e in self.entries])

    def files(self):
        leaves = [e["leaf"] for e in self.entries]
        size, first = len(leaves), len(leaves) - self.packs[-1][0]
        bundle = [len(leaf).to_bytes(2, "big") + leaf for leaf in leaves]
        staging = b"witnessmark staging 1\n" + jcs({"count": size - first, "first": first}) + b"\n" + b"".join(bundle[first:])
        files = {"case.toml": ('format = 1\nid = "%s"\nsealed = false\n' % self.case).encode(), "lock": b"", "casebook.db": b"derived",
                 "log/checkpoint": self.checkpoint(), "log/staging/" + hexsha(staging): staging,
                 "log/state": jcs({"pack": self.packs[-1][1], "root": self.root().hex(), "size": size, "staging": hexsha(staging), "v": 1}) + b"\n",
                 "keys/1/signers": ("log %s %s\n" % (LOG_NAME, LOG_SEED.hex())).encode() +
                 "".join("actor %s %s\n" % (a, s.hex()) for a, s in self.actors.items()).encode(),
                 "keys/1/objects": "".join("%s %s\n" % (k, s.hex()) for k, s in self.seeds.items()).encode()}
        assert all(len(line) == 95 for line in files["keys/1/objects"].decode().split("\n")[:-1])
        files.update(("blobs/%s/%s" % (h[:2], h), data) for h, data in self.blobs.items())
        level, hashes = 0, [sha(b"\0", leaf) for leaf in leaves]
        assert size < 65536  # two levels are enough here; names of one group, too
        while hashes:
            for n in range(0, len(hashes), 256):
                suffix = "%03d" % (n // 256) + ("" if n + 256 <= len(hashes) else ".p/%d" % (len(hashes) - n))
                files["log/tile/%d/%s" % (level, suffix)] = b"".join(hashes[n:n + 256])
                if level == 0:
                    files["log/tile/entries/" + suffix] = b"".join(bundle[n:n + 256])
            hashes = [mth(leaves[i * 256:(i + 1) * 256]) for i in range(len(hashes) // 256)] if level == 0 else []
            level += 1
        return files


# ---- Its dossier ---------------------------------------------------------------------------------------
def seal(files, key=LOG_SEED, **signer):
    """Writes the list of files and signs it, as the holder of the log's key can."""
    listed = sorted(set(files) - {"SHA256SUMS", "SHA256SUMS.note"})
    files["SHA256SUMS"] = "".join("%s  %s\n" % (hexsha(files[p]), p) for p in listed).encode()
    files["SHA256SUMS.note"] = note("witnessmark dossier 1\n%s\n" % hexsha(files["SHA256SUMS"]), key, **signer)
    return files


def dossier_of(case):
    leaves = [e["leaf"] for e in case.entries]
    checkpoint, chosen = case.checkpoint(), [i for i in range(len(leaves)) if i not in case.imports[::2]]
    files = {"data/checkpoint": checkpoint, "data/log.vkey": (VKEY + "\n").encode(), "check/check.py": b"print()\n", "assets/style.css": b"p{}",
             "index.html": b"<p>", "check/index.html": b"<p>"}
    hidden = {2: "payload", case.imports[1]: "files", case.capture: "files"}
    for i in chosen:
        e = case.entries[i]
        fields = ["kind", "object", "commit", "day"] + (["at", "actor", "sig"] if i < 2 or i == case.one[2] else [])
        parts = []
        for n, part in enumerate(e["parts"]):
            if i == case.imports[1] and n not in (0, 2):
                continue
            file = "parts/" + hexsha(part) if n and hidden.get(i) != "files" else None
            if file:
                files[file] = part
            parts.append({"index": n, "salt": e["salts"][n].hex(), "sha256": hexsha(part), "path": [h.hex() for h in path_to(n, e["items"])], "file": file})
        shown = hidden.get(i) != "payload"
        if shown:
            files["payloads/%d.json" % i] = e["payload"]
        files["entries/%d.json" % i] = jcs({
            "v": 2 if case.sealed else 1, "index": i, "leaf": e["leaf"].decode(), "payload": "payloads/%d.json" % i if shown else None, "proof": "proofs/%d.tlog-proof" % i,
            "open": {f: {"salt": e["field_salts"][f].hex(), "value": e["values"][f]} for f in fields}, "part_count": len(e["parts"]), "parts": parts})
        files["proofs/%d.tlog-proof" % i] = ("c2sp.org/tlog-proof@v1\nindex %d\n" % i + "".join(b64(h) + "\n" for h in path_to(i, leaves)) + "\n").encode() + checkpoint
    numbers, exhibits = [], []
    for n, (label, chain, entry, part, changes) in enumerate((("one", case.one, case.capture, 1, [case.change]), ("two", case.two, case.imports[1], 2, [])), 1):
        cap = name_of("cap", "one" if n == 1 else "member")
        numbers.append({"id": "n00%d" % n, "page": "numbers/n00%d.html" % n, "claim": name_of("clm", label), "claim_entry": chain[2], "changes": changes,
                        "passage_entry": chain[1], "extraction_entry": chain[0], "capture_entry": entry, "capture_part": part, "exhibit": "e00%d" % n})
        exhibits.append({"id": "e00%d" % n, "page": "exhibits/e00%d.html" % n, "capture": cap, "entry": entry, "part": part,
                         "text_part": {"entry": chain[0], "part": 1}})
        files["numbers/n00%d.html" % n] = files["exhibits/e00%d.html" % n] = b"<p>"
    files["data/dossier.json"] = jcs({
        "v": 2 if case.sealed else 1, "title": "T", "notice": None, "profile": "court", "day": "2026-11-22", "log": LOG_NAME, "size": len(leaves), "root": case.root().hex(),
        "entries": chosen, "numbers": numbers, "exhibits": exhibits,
        "estimates": [{"id": "s001", "page": "index.html", "estimate": name_of("est", "e"), "entry": case.estimate, "numbers": ["n001", "n002"]}]})
    return seal(files)


CASE = CaseBuilder()
CASE.fill()
CASE_FILES, DOSSIER = CASE.files(), dossier_of(CASE)
SEALED_CASE = CaseBuilder(sealed=True)
SEALED_CASE.fill()
SEALED_DOSSIER = dossier_of(SEALED_CASE)
E, I = CASE.one[0], CASE.imports[1]


def write(folder, files):
    for path, data in files.items():
        where = os.path.join(folder, *path.split("/"))
        os.makedirs(os.path.dirname(where), exist_ok=True)
        with open(where, "wb") as file:
            file.write(data)


def run(files, *arguments, after=None):
    """(exit status, what was printed) of the checker on a folder with these files."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder, files)
        if after:
            after(folder)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            status = check.main([folder] + list(arguments))
        return status, printed.getvalue()


def flip(data, at=None):
    at = len(data) // 2 if at is None else at
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def edit(path, change):
    """A corruption that edits the JSON of one file."""
    def corrupt(files):
        value = json.loads(files[path])
        change(value)
        files[path] = jcs(value)
    return corrupt


def replace(path, old, new):
    def corrupt(files):
        assert old in files[path], path
        files[path] = files[path].replace(old, new, 1)
    return corrupt


def put(path, data):
    return lambda files: files.__setitem__(path, data)


def swap(a, b):
    return lambda files: files.update({a: files[b], b: files[a]})


def says(**fields):
    return edit("data/dossier.json", lambda d: d.update(fields))


def number(**fields):
    return edit("data/dossier.json", lambda d: d["numbers"][0].update(fields))


def entry(number, /, **fields):
    return edit("entries/%d.json" % number, lambda e: e.update(fields))


def forged(which, kind=None, schema=None, part_0=None, part=None, signer=None, **fields):
    """The holder of every key enters something that does not agree with the rest, in the place of entry `which`."""
    def corrupt(files):
        case = copy.deepcopy(CASE)
        payload = dict(json.loads(case.entries[which]["payload"]), **fields)
        kind_was = payload.pop("schema").split("/")[1]
        kept, case.entries = case.entries, case.entries[:which]
        actor = kept[which]["values"]["actor"]
        case.actors[actor] = signer or case.actors[actor]
        case.add(kind or kind_was, payload, [(name_of("key", "key of 1"), part)] if part else [], actor, schema, part_0)
        case.entries += kept[len(case.entries):]
        files.clear()
        files.update(dossier_of(case))
    return corrupt


def forged_passage(**fields):
    return forged(CASE.one[1], **fields)


def note_with(*lines):
    return lambda files: files.update({"SHA256SUMS.note": files["SHA256SUMS.note"] + "".join(lines).encode()})


def low_order_key(files):
    """A key of small order: a signature of zeros would satisfy the plain equation for any text."""
    key = b"\1" + b"\1" + bytes(31)
    key_id = sha(LOG_NAME.encode(), b"\n", key)[:4]
    files["data/log.vkey"] = ("%s+%s+%s\n" % (LOG_NAME, key_id.hex(), b64(key))).encode()
    seal(files)
    for path in ("SHA256SUMS.note", "data/checkpoint"):
        text = files[path].decode().rpartition("\n\n")[0] + "\n"
        files[path] = (text + "\n\u2014 %s %s\n" % (LOG_NAME, b64(key_id + b"\1" + bytes(63)))).encode()


def high_s(files):
    """The same signature with s + L: refused by RFC 8032."""
    text, _, tail = files["SHA256SUMS.note"].decode().rpartition("\n\n")
    raw = base64.b64decode(tail.split(" ")[2])
    s = int.from_bytes(raw[36:], "little") + check.L
    files["SHA256SUMS.note"] = (text + "\n\n\u2014 %s %s\n" % (LOG_NAME, b64(raw[:36] + s.to_bytes(32, "little")))).encode()


def checkpoint_as(text, **signer):
    def corrupt(files):
        old, new = files["data/checkpoint"], note(text, **signer)
        for path in files:
            files[path] = files[path].replace(old, new)
    return corrupt


def symlink(folder):
    os.remove(os.path.join(folder, "assets/style.css"))
    os.symlink("/etc/hostname", os.path.join(folder, "assets/style.css"))


def symlinked_folder(folder):
    os.rename(os.path.join(folder, "assets"), folder + "-away")
    os.symlink(folder + "-away", os.path.join(folder, "assets"))


STRANGER = seed("stranger")
ROOT, SIZE = b64(CASE.root()), len(CASE.entries)
PROOF = DOSSIER["proofs/5.tlog-proof"]
PLAIN, SEALED = False, True  # was the list of files signed again after the corruption?
CORRUPTIONS = [
    # the list of files
    ("a file added", PLAIN, put("assets/more.js", b""), "FAILED: files: assets/more.js: is not listed"),
    ("a file missing", PLAIN, lambda f: f.pop("index.html"), "FAILED: files: index.html: index.html is missing"),
    ("a line twice", PLAIN, lambda f: f.update(SHA256SUMS=f["SHA256SUMS"].split(b"\n")[0] + b"\n" + f["SHA256SUMS"]), "there twice or out of order"),
    ("lines out of order", PLAIN, lambda f: f.update(SHA256SUMS=b"\n".join(reversed(f["SHA256SUMS"].split(b"\n")[:-1])) + b"\n"), "out of order"),
    ("a path that leaves the folder", PLAIN, replace("SHA256SUMS", b"  assets/", b"  ../assets/"), "'../assets/style.css' leads out of the folder"),
    ("an absolute path", PLAIN, replace("SHA256SUMS", b"  assets/", b"  /assets/"), "'/assets/style.css' leads out"),
    ("a path with a backslash", PLAIN, replace("SHA256SUMS", b"  assets/", b"  assets\\"), "leads out of the folder"),
    ("upper-case digests", PLAIN, lambda f: f.update(SHA256SUMS=f["SHA256SUMS"].upper()), "that is not `<hex>  <path>`"),
    ("a list that is not ASCII", PLAIN, replace("SHA256SUMS", b"assets", b"\xff\xfessets"), "FAILED: files: SHA256SUMS: "),
    ("a list without its last newline", PLAIN, lambda f: f.update(SHA256SUMS=f["SHA256SUMS"][:-1]), "its last line is not whole"),
    ("a list that names itself", PLAIN, lambda f: f.update(SHA256SUMS=b"0" * 64 + b"  SHA256SUMS\n" + f["SHA256SUMS"]), "it names itself"),
    ("the list signed by a stranger", PLAIN, lambda f: seal(f, STRANGER), "the signature of the log's key is not valid"),
    ("the list signed only by another name", PLAIN, lambda f: seal(f, STRANGER, name="other"), "is not signed by the log's key"),
    ("17 signatures", PLAIN, note_with(*["\u2014 w%d AAAAAAAA\n" % n for n in range(16)]), "1 to 16 signatures"),
    ("a note with CRLF", PLAIN, lambda f: f.update({"SHA256SUMS.note": f["SHA256SUMS.note"].replace(b"\n", b"\r\n")}), "FAILED: files: SHA256SUMS.note"),
    ("s not below L", PLAIN, high_s, "the signature of the log's key is not valid"),
    ("a key of small order", PLAIN, low_order_key, "the signature of the log's key is not valid"),
    ("a note about another list", PLAIN, lambda f: f.update({"SHA256SUMS.note": note("witnessmark dossier 1\n%s\n" % ("0" * 64))}), "does not name the digest"),
    ("no list at all", PLAIN, lambda f: f.pop("SHA256SUMS"), "SHA256SUMS is missing"),
    ("a key with a wrong ID", SEALED, replace("data/log.vkey", KEY_ID.hex().encode(), b"00000000"), "data/log.vkey: the log's key does not agree"),
    ("a key of two lines", SEALED, lambda f: f.update({"data/log.vkey": f["data/log.vkey"] * 2}), "data/log.vkey: is not one line"),
    ("a file's name that writes a line of its own", PLAIN, put("assets/x\nok      files: all well\x1b[2K", b""), "FAILED: files: assets/x\\nok "),
    # the checkpoint and data/dossier.json
    ("another root signed by a stranger", SEALED, checkpoint_as("%s\n%d\n%s\n" % (LOG_NAME, SIZE, ROOT), key=STRANGER), "FAILED: checkpoint: data/checkpoint: the signature"),
    ("a size with a leading zero", SEALED, checkpoint_as("%s\n0%d\n%s\n" % (LOG_NAME, SIZE, ROOT)), "is not a plain decimal number"),
    ("a gigantic size", SEALED, checkpoint_as("%s\n%d\n%s\n" % (LOG_NAME, 2**64, ROOT)), "is not a plain decimal number"),
    ("an extension line", SEALED, checkpoint_as("%s\n%d\n%s\nmore\n" % (LOG_NAME, SIZE, ROOT)), "has not three lines"),
    ("a checkpoint of another log", SEALED, checkpoint_as("other\n%d\n%s\n" % (SIZE, ROOT)), "is of the log 'other'"),
    ("a root in loose base64", SEALED, checkpoint_as("%s\n%d\n%s\n" % (LOG_NAME, SIZE, ROOT[:-2] + chr(ord(ROOT[-2]) + 1) + "=")), "is not strict base64"),
    ("size differs", SEALED, says(size=SIZE + 1), "data/dossier.json: size is not that"),
    ("root differs", SEALED, says(root="0" * 64), "data/dossier.json: root is not that"),
    ("log differs", SEALED, says(log="other"), "data/dossier.json: log is not that"),
    ("a field more", SEALED, says(extra=1), "has not exactly the fields"),
    ("version true", SEALED, says(v=True), "v True is not a whole number"),
    ("a version to come", SEALED, says(v=2), "unknown version"),
    ("a key twice", SEALED, replace("data/dossier.json", b'{"day"', b'{"day":"2020-01-01","day"'), "names a key twice"),
    ("JSON that is not UTF-8", SEALED, replace("data/dossier.json", b'"T"', b'"\xff"'), "data/dossier.json is not UTF-8"),
    ("half a surrogate pair", SEALED, replace("data/dossier.json", b'"T"', b'"\\ud800"'), "data/dossier.json is not UTF-8"),
    ("JSON nested too deep", SEALED, put("data/dossier.json", b"[" * 200000), "nested too deep"),
    ("a number of a million digits", SEALED, replace("data/dossier.json", b'"v":1', b'"v":1' + b"0" * 1000000), "a number out of range"),
    ("a fraction", SEALED, replace("data/dossier.json", b'"v":1', b'"v":1.0'), "only whole numbers"),
    ("a day that is none", SEALED, says(day="2026-02-30"), "FAILED: checkpoint: "),
    ("a day of another form", SEALED, says(day="2026-2-3"), "'2026-2-3' is not a day"),
    ("a list instead of an object", SEALED, put("data/dossier.json", b"[]"), "data/dossier.json is not an object"),
    ("a root of 31 bytes", SEALED, checkpoint_as("%s\n%d\n%s\n" % (LOG_NAME, SIZE, b64(bytes(31)))), "has not 32 bytes"),
    # entries
    ("an entry left out of the list", SEALED, edit("data/dossier.json", lambda d: d["entries"].remove(2)), "entries/2.json: belongs to no entry"),
    ("an entry twice", SEALED, edit("data/dossier.json", lambda d: d["entries"].append(2)), "names entry 2 twice"),
    ("an entry beyond the log", SEALED, edit("data/dossier.json", lambda d: d["entries"].append(SIZE)), "is not a whole number below"),
    ("an entry's file missing", SEALED, lambda f: f.pop("entries/5.json"), "entries/5.json is missing"),
    ("a wrong index", SEALED, entry(5, index=6), "entries/5.json: its index is 6"),
    ("an index that is true", SEALED, entry(1, index=True), "index True is not a whole number"),
    ("parts that are no list", SEALED, entry(5, parts={}), "parts is not a list"),
    ("two entries swapped", SEALED, swap("entries/4.json", "entries/5.json"), "entries/4.json: its index is 5"),
    ("two proofs swapped", SEALED, swap("proofs/4.tlog-proof", "proofs/5.tlog-proof"), "proofs/4.tlog-proof is for 'index 5'"),
    ("an index swapped inside a proof", SEALED, put("proofs/4.tlog-proof", PROOF.replace(b"index 5", b"index 4")), "proofs/4.tlog-proof does not lead from the leaf"),
    ("a proof's index with a leading zero", SEALED, replace("proofs/5.tlog-proof", b"index 5", b"index 05"), "is for 'index 05'"),
    ("a proof with a hash too many", SEALED, replace("proofs/5.tlog-proof", b"index 5\n", b"index 5\n" + b64(bytes(32)).encode() + b"\n"), "too long or too short"),
    ("a proof of 100 hashes", SEALED, replace("proofs/5.tlog-proof", b"index 5\n", b"index 5\n" + 100 * (b64(bytes(32)).encode() + b"\n")), "too many hashes"),
    ("a proof with an extra line", SEALED, replace("proofs/5.tlog-proof", b"index", b"extra AAAA\nindex"), "is for 'extra AAAA'"),
    ("a proof with another checkpoint", SEALED, lambda f: f.update({"proofs/5.tlog-proof": PROOF + "\u2014 w AAAAAAAA\n".encode()}), "carries another checkpoint"),
    ("a proof's hash flipped", SEALED, replace("proofs/5.tlog-proof", PROOF.split(b"\n")[2], b64(bytes(32)).encode()), "does not lead from the leaf"),
    ("a leaf changed", SEALED, edit("entries/5.json", lambda e: e.update(leaf=e["leaf"].replace("a", "b", 1))), "FAILED: entries: entries/5.json: leaf"),
    ("a leaf with another commitment", SEALED, edit("entries/5.json", lambda e: e.update(leaf=CASE.entries[4]["leaf"].decode())), "does not lead from the leaf"),
    ("a leaf with a space", SEALED, edit("entries/5.json", lambda e: e.update(leaf=e["leaf"] + " ")), "leaf is not canonical JSON"),
    ("another day", SEALED, edit("entries/5.json", lambda e: e["open"]["day"].update(value="2020-01-01")), "the opening of day does not give"),
    ("a salt changed", SEALED, edit("entries/5.json", lambda e: e["open"]["kind"].update(salt="0" * 64)), "the opening of kind does not give"),
    ("a short salt", SEALED, edit("entries/5.json", lambda e: e["open"]["kind"].update(salt="00")), "is not 64 lower-case hex digits"),
    ("kind not opened", SEALED, edit("entries/5.json", lambda e: e["open"].pop("kind")), "does not open all"),
    ("another value opened", SEALED, edit("entries/5.json", lambda e: e["open"].update(name=e["open"]["kind"])), "no value of a leaf"),
    ("a payload changed", SEALED, replace("payloads/5.json", b"people", b"peoplx"), "payloads/5.json is not the object"),
    ("two payloads swapped", SEALED, swap("payloads/4.json", "payloads/5.json"), "payloads/4.json is not the object"),
    ("a payload taken from elsewhere", SEALED, entry(5, payload="payloads/4.json"), "where payloads/5.json is meant"),
    ("a payload outside the folder", SEALED, entry(5, payload="../../etc/passwd"), "names '../../etc/passwd'"),
    ("a proof outside the folder", SEALED, entry(5, proof="/etc/passwd"), "names '/etc/passwd'"),
    ("a part outside the folder", SEALED, edit("entries/%d.json" % E, lambda e: e["parts"][1].update(file="../parts/x")), "names '../parts/x'"),
    ("a part's digest changed", SEALED, edit("entries/%d.json" % E, lambda e: e["parts"][1].update(sha256="0" * 64, file=None)), "part 1 does not lead to commit"),
    ("a part's index changed", SEALED, edit("entries/%d.json" % CASE.capture, lambda e: e["parts"][1].update(index=2)), "FAILED: entries: entries/%d.json" % CASE.capture),
    ("a part twice", SEALED, edit("entries/%d.json" % E, lambda e: e["parts"].append(e["parts"][1])), "part 1 is there twice"),
    ("a part's path too long", SEALED, edit("entries/%d.json" % E, lambda e: e["parts"][1]["path"].append("0" * 64)), "too long or too short"),
    ("a part's path of a thousand hashes", SEALED, edit("entries/%d.json" % E, lambda e: e["parts"][1].update(path=["0" * 64] * 1000)), "path is too long"),
    ("a part's bytes changed", SEALED, replace("parts/" + hexsha(TEXT.encode()), b"12", b"21"), "parts/%s has another digest" % hexsha(TEXT.encode())),
    ("a part nobody names", SEALED, put("parts/" + hexsha(b"x"), b"x"), "belongs to no entry"),
    ("a wrong count of parts", SEALED, entry(E, part_count=3), "FAILED: entries: entries/%d.json" % E),
    ("a count of parts that fits the path too", SEALED, edit("entries/%d.json" % CASE.capture, lambda e: e.update(part_count=4, parts=e["parts"][:2])), "FAILED: entries: entries/%d.json" % CASE.capture),
    ("a gigantic count of parts", SEALED, entry(E, part_count=10**15), "too long or too short"),
    ("payload's part not given", SEALED, edit("entries/%d.json" % E, lambda e: e["parts"].pop(0)), "part 0 is not given"),
    ("an author's signature changed", SEALED, edit("entries/1.json", lambda e: e["open"]["sig"].update(value="AAAA")), "the opening of sig"),
    ("a proof of another version", SEALED, replace("proofs/5.tlog-proof", b"proof@v1", b"proof@v2"), "is not a tlog-proof v1"),
    ("a kind that is not the payload's", PLAIN, forged(CASE.one[1], kind="claim", schema="passage"), "its schema does not agree with kind claim"),
    ("an unknown kind", PLAIN, forged(CASE.one[1], kind="rumour"), "kind 'rumour' is not known"),
    ("part 0 is not the payload", PLAIN, forged(CASE.one[1], part_0=b"another"), "part 0 is not the payload"),
    ("evidence that is no part", PLAIN, forged(CASE.one[0]), "part_count does not agree with the payload"),
    ("a part that is not the evidence", PLAIN, forged(CASE.one[0], part=b"another"), "part 1 is not the evidence that the payload names"),
    ("an author's signature by another key", PLAIN, forged(CASE.one[2], signer=STRANGER), "entry %d: the signature of its author is not valid" % CASE.one[2]),
    # numbers
    ("a number without its claim's payload", SEALED, entry(CASE.one[2], payload=None), "n001: the payload of entry %d is not in the dossier" % CASE.one[2]),
    ("a number that is no object", SEALED, says(numbers=[1]), "lists something without an id"),
    ("an exhibit without its page", SEALED, edit("data/dossier.json", lambda d: d["exhibits"][0].update(page="x")), "e001: its page 'x' is missing"),
    ("an exhibit of a part that is not there", SEALED, edit("data/dossier.json", lambda d: d["exhibits"][0].update(part=7)), "e001: part 7 of entry %d is not given" % CASE.capture),
    ("an exhibit without its text", SEALED, edit("data/dossier.json", lambda d: d["exhibits"][0]["text_part"].update(part=0)), "e001: its text is not given"),
    ("an estimate without its page", SEALED, edit("data/dossier.json", lambda d: d["estimates"][0].update(page="x")), "s001: its page 'x' is missing"),
    ("a number with another claim", SEALED, number(claim=name_of("clm", "two")), "numbers: n001: entry %d is another claim" % CASE.one[2]),
    ("an id of another form", SEALED, number(claim="clm-1"), "'clm-1' is not a clm-... identifier"),
    ("a claim about another passage", PLAIN, forged(CASE.one[2], passage=name_of("psg", "two")), "n001: entry %d is another passage" % CASE.one[1]),
    ("a passage of another capture", PLAIN, forged(CASE.one[1], capture=name_of("cap", "x")), "n001: passage and extraction are of different captures"),
    ("a number with another claim's entry", SEALED, number(claim_entry=CASE.two[2]), "numbers: n001: entry %d is another claim" % CASE.two[2]),
    ("a number with another passage", SEALED, number(passage_entry=CASE.two[1]), "numbers: n001: entry %d is another passage" % CASE.two[1]),
    ("a number with another extraction", SEALED, number(extraction_entry=CASE.two[0]), "numbers: n001: entry %d is another extraction" % CASE.two[0]),
    ("a number with another capture", SEALED, number(capture_entry=I, capture_part=2), "the extraction was not made from part 2 of entry %d" % I),
    ("a number with another part", SEALED, number(capture_part=2), "the extraction was not made from part 2"),
    ("a number with a part that is not there", SEALED, number(capture_part=9), "part 9 of entry %d is not given" % CASE.capture),
    ("a number whose entry is of another kind", SEALED, number(claim_entry=CASE.one[1]), "is not of kind claim"),
    ("a number whose entry is not there", SEALED, number(claim_entry=CASE.imports[0]), "is not in the dossier"),
    ("a change of another claim", SEALED, edit("data/dossier.json", lambda d: d["numbers"][1].update(changes=[CASE.change])), "numbers: n002: entry %d changes another claim" % CASE.change),
    ("a number without its page", SEALED, number(page="../x"), "numbers: n001: its page '../x' is missing"),
    ("a number without its exhibit", SEALED, number(exhibit="e009"), "exhibit 'e009' is not in the dossier"),
    ("a number with another exhibit", SEALED, number(exhibit="e002"), "exhibit e002 shows another capture"),
    ("a number's id twice", SEALED, number(id="n002"), "there twice"),
    ("an exhibit of another capture", SEALED, edit("data/dossier.json", lambda d: d["exhibits"][0].update(capture=name_of("cap", "x"))), "numbers: e001: entry"),
    ("an exhibit's text of another capture", SEALED, edit("data/dossier.json", lambda d: d["exhibits"][0]["text_part"].update(entry=CASE.two[0])), "its text is of another capture"),
    ("an estimate of another entry", SEALED, edit("data/dossier.json", lambda d: d["estimates"][0].update(estimate=name_of("est", "x"))), "numbers: s001: entry"),
    ("an estimate with an unknown number", SEALED, edit("data/dossier.json", lambda d: d["estimates"][0].update(numbers=["n009"])), "numbers: s001: it does not use"),
    ("a passage one place off", PLAIN, forged_passage(start=12, end=12 + len(EXACT)), "numbers: n001: code points 12 to 31 of the text"),
    ("a passage counted in UTF-16", PLAIN, forged_passage(start=14, end=14 + len(EXACT)), "are not the quoted words"),
    ("a passage beyond the text", PLAIN, forged_passage(end=10**6), "is not a whole number below"),
    ("a passage with another word", PLAIN, forged_passage(exact="21 people were held"), "are not the quoted words"),
    ("another prefix", PLAIN, forged_passage(prefix="only "), "prefix or suffix does not stand"),
    ("another suffix", PLAIN, forged_passage(suffix=" twice"), "prefix or suffix does not stand"),
]


class Dossiers(unittest.TestCase):
    def test_the_example_passes(self):
        status, printed = run(DOSSIER)
        self.assertEqual((0, 4), (status, printed.count("\nok ") + printed.startswith("ok ")), printed)
        self.assertTrue(printed.endswith("Integrity checks passed. Truth, authorship and completeness were not tested.\n"), printed)
        for fingerprint in (hexsha(DOSSIER["data/log.vkey"]), hexsha(DOSSIER["data/checkpoint"])):
            self.assertIn(fingerprint, printed)
            self.assertEqual(0, run(DOSSIER, "--fingerprint", fingerprint.upper())[0])
        status, printed = run(DOSSIER, "--fingerprint", "0" * 64)
        self.assertEqual(1, status)
        self.assertIn("FAILED: fingerprint: ", printed)

    def test_corruptions_are_named(self):
        self.assertGreater(len(CORRUPTIONS), 100)
        for name, sealed, corrupt, expected in CORRUPTIONS:
            with self.subTest(name):
                files = dict(DOSSIER)
                corrupt(files)
                self.refused(seal(files) if sealed else files, expected)

    def test_a_dossier_of_a_sealed_case(self):
        status, printed = run(SEALED_DOSSIER)
        self.assertEqual(0, status, printed)
        self.assertIn("digests in `object`", printed)
        payload, name = json.loads(SEALED_DOSSIER["entries/%d.json" % CASE.one[1]]), "payloads/%d.json" % CASE.one[1]
        self.assertNotEqual(hexsha(SEALED_DOSSIER[name]), payload["open"]["object"]["value"])
        for what, corrupt, expected in (
                ("a payload changed", replace(name, b"12 people", b"21 people"), "part 0 is not the payload"),
                ("payloads swapped", swap("payloads/4.json", "payloads/5.json"), "entries/4.json: "),
                ("a payload changed with part 0", lambda f: (replace(name, b"12 people", b"21 people")(f), edit("entries/%d.json" % CASE.one[1],
                 lambda e: e["parts"][0].update(sha256=hexsha(f[name])))(f)), "part 0 does not lead to commit"),
                ("part 0 not given", edit("entries/%d.json" % E, lambda e: e["parts"].pop(0)), "part 0 is not given"),
                ("object opened to what it says", edit("entries/%d.json" % E, lambda e: e["open"]["object"].update(value=e["parts"][0]["sha256"])), "the opening of object"),
                ("an entry of an open case", entry(E, v=1), "it has an unknown version"),
                ("a list of an open case", says(v=1), "it has an unknown version"),
                ("version 3 without what it adds", says(v=3), "data/dossier.json has not exactly the fields"),
                ("a version that nobody knows", says(v=4), "data/dossier.json has an unknown version")):
            with self.subTest(what):
                files = dict(SEALED_DOSSIER)
                corrupt(files)
                self.refused(seal(files), expected)
        relabelled = edit("data/dossier.json", lambda d: d.update(v=2))
        files = dict(DOSSIER)
        relabelled(files)
        self.refused(seal(files), "it has an unknown version")

    def refused(self, files, expected, **more):
        status, printed = run(files, **more)
        self.assertEqual(1, status, printed)
        self.assertIn(expected, printed)
        self.assertNotIn("Traceback", printed)
        self.assertNotIn("checks passed", printed)

    def test_every_file_is_guarded(self):
        for path in sorted(DOSSIER):
            subject = path if path not in ("SHA256SUMS",) else "SHA256SUMS"
            with self.subTest(path):
                self.refused(dict(DOSSIER, **{path: flip(DOSSIER[path])}), subject)
                self.refused(dict(DOSSIER, **{path: DOSSIER[path] + b"\n"}), subject)
                self.refused({p: d for p, d in DOSSIER.items() if p != path}, subject)

    @unittest.skipUnless(hasattr(os, "symlink") and os.name == "posix", "needs symbolic links")
    def test_links_and_pipes_are_refused(self):
        self.refused(DOSSIER, "assets/style.css: is a link", after=symlink)
        self.refused(DOSSIER, "assets: is a link", after=symlinked_folder)
        self.refused(DOSSIER, "pipe: is a link or not a plain file", after=lambda f: os.mkfifo(os.path.join(f, "pipe")))

    def test_random_bytes_never_end_in_a_traceback(self):
        """Wrong types at every place of the JSON that the holder of the log's key could write."""
        wrong = (None, True, -1, 2**60, "", "\u202e", [], {}, [[]], {"v": 1}, ["a"], [None])
        generator = random.Random(1)
        for path in ("data/dossier.json", "entries/%d.json" % E, "entries/0.json"):
            places = []

            def walk(value, place):
                places.append(place)
                for key in (value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()):
                    walk(value[key], place + [key])
            walk(json.loads(DOSSIER[path]), [])
            for place in generator.sample(places, min(40, len(places))):
                value = json.loads(DOSSIER[path])
                spoilt = generator.choice(wrong)
                at = value
                for key in place[:-1]:
                    at = at[key]
                if place:
                    at[place[-1]] = spoilt
                else:
                    value = spoilt
                if place and place[-1] in ("title", "notice", "profile"):
                    continue  # words for people; nothing follows from them
                with self.subTest(path=path, place=place, spoilt=spoilt):
                    status, printed = run(seal(dict(DOSSIER, **{path: jcs(value)})))
                    unchanged = jcs(value) == DOSSIER[path]
                    harmless = place and (place[-1] in ("changes", "text_part", "numbers", "estimates", "file") or "changes" in place) and status == 0
                    self.assertTrue(unchanged or harmless or status == 1, printed)

    def test_it_runs_from_inside_the_dossier(self):
        with open(check.__file__, "rb") as file, tempfile.TemporaryDirectory() as folder:
            write(folder, seal(dict(DOSSIER, **{"check/check.py": file.read()})))
            for _ in range(2):  # the second time, too: a run leaves nothing behind
                done = subprocess.run([sys.executable, os.path.join(folder, "check", "check.py")], capture_output=True, cwd="/")
                self.assertEqual((0, b""), (done.returncode, done.stderr), done.stdout)
            write(folder, {"check/json.py": b"raise SystemExit('run in place of the real one')"})
            done = subprocess.run([sys.executable, os.path.join(folder, "check", "check.py")], capture_output=True, cwd="/")
            self.assertEqual((1, b""), (done.returncode, done.stderr), done.stdout)
            self.assertIn(b"FAILED: files: check/json.py: is not listed", done.stdout)

    def test_it_cannot_run(self):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            self.assertEqual(2, check.main(["/nonexistent/folder"]))
        self.assertIn("cannot be read", printed.getvalue())
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as ended:
            check.main(["--fingerprint", "xyz"])
        self.assertEqual(2, ended.exception.code)
        status, printed = run({})
        self.assertEqual(1, status)


class Cases(unittest.TestCase):
    def refused(self, files, expected, **more):
        status, printed = run(files, "--case", **more)
        self.assertEqual(1, status, printed)
        self.assertIn(expected, printed)
        self.assertNotIn("Traceback", printed)

    def test_the_example_passes(self):
        status, printed = run(CASE_FILES, "--case")
        self.assertEqual((0, 6), (status, printed.count("\nok ") + printed.startswith("ok ")), printed)
        self.assertIn(hexsha(CASE_FILES["log/checkpoint"]), printed)
        self.assertIn(hexsha(DOSSIER["data/log.vkey"]), printed)

    def test_a_case_of_more_than_one_tile(self):
        case = CaseBuilder()
        case.created()
        for n in range(2, 259):
            case.add("configuration", {"id": name_of("cfg", str(n)), "name": "n", "notice": None})
        case.pack()
        files = case.files()
        self.assertLess({"log/tile/0/000", "log/tile/0/001.p/3", "log/tile/1/000.p/1", "log/tile/entries/001.p/3"}, set(files))
        self.assertEqual(0, run(files, "--case")[0])
        self.refused(dict(files, **{"log/tile/1/000.p/1": bytes(32)}), "log/tile/1/000.p/1: differs")
        self.refused(dict(files, **{"log/tile/0/001.p/2": files["log/tile/0/001.p/3"][:64]}), "log/tile/0/001.p/2: is there, but")

    def test_every_file_of_log_and_blobs_is_guarded(self):
        for path in sorted(CASE_FILES):
            if path.startswith(("log/", "blobs/")):
                with self.subTest(path):
                    self.refused(dict(CASE_FILES, **{path: flip(CASE_FILES[path])}), path)
                    self.refused(dict(CASE_FILES, **{path: CASE_FILES[path] + b"\n"}), path)
                    self.refused({p: d for p, d in CASE_FILES.items() if p != path}, path)
                    self.refused(dict(CASE_FILES, **{path + "x": b"x"}), path + "x")

    def test_every_seed_and_the_settings_are_guarded(self):
        path = "keys/1/objects"
        for n, line in enumerate(CASE_FILES[path].split(b"\n")[:-1]):
            bad = CASE_FILES[path].replace(line, line[:-1] + (b"0" if line[-1:] != b"0" else b"1"))
            if line[:30].decode() not in {json.loads(e["payload"]).get("manifest", {}).get("key") for e in CASE.entries}:
                self.refused(dict(CASE_FILES, **{path: bad}), "is not the root over its parts")
        self.refused(dict(CASE_FILES, **{path: CASE_FILES[path] * 2}), "a key is there twice")
        status, printed = run(dict(CASE_FILES, **{"case.toml": CASE_FILES["case.toml"].replace(b"false", b"true")}), "--case")
        self.assertEqual(2, status)
        self.assertIn("the case is sealed; `witnessmark verify` opens it", printed)
        self.refused(dict(CASE_FILES, **{"case.toml": CASE_FILES["case.toml"].replace(b"= 1", b"= 2")}), "case.toml is not that of the case")
        self.assertEqual(0, run(dict(CASE_FILES, **{path: CASE_FILES[path] + b"key-half"}), "--case")[0])

    def test_what_the_holder_of_the_keys_cannot_hide(self):
        def build(change, repack=True):
            case = copy.deepcopy(CASE)
            change(case)
            if repack:
                counts, case.packs = [c for c, _ in case.packs], []
                case.blobs = {h: d for h, d in case.blobs.items() if not d.startswith(b"witnessmark pack")}
                entries, case.entries = case.entries, []
                for count in counts:
                    case.entries += entries[len(case.entries):len(case.entries) + count]
                    case.pack()
            return case.files()

        self.assertEqual(0, run(build(lambda c: None), "--case")[0])
        self.refused(build(lambda c: c.entries[5]["values"].update(day="2020-01-01")), "entry 5: `at` is not a time on `day`")
        self.refused(build(lambda c: c.entries[5]["values"].update(at="2026-11-22T00:00:00.000Z")), "entry 5: the signature of its author is not valid")
        self.refused(build(lambda c: c.entries[6]["values"].update(actor=c.first)), "entry 6: the signature of its author is not valid")
        self.refused(build(lambda c: c.entries[5].update(payload=c.entries[5]["payload"].replace(b"people", b"peoplx"))), "entry 5: the payload is not the object")
        self.refused(build(lambda c: c.entries[5].update(leaf=c.entries[4]["leaf"])), "its size and root are not those of the entries")
        self.refused(build(lambda c: c.entries[5].update(payload=c.entries[5]["payload"] + b" ")), "payload is not canonical JSON")
        self.refused(build(lambda c: c.actors.update({c.first: STRANGER}) or c.add("configuration", {"id": "x"})
                           and c.packs.__setitem__(-1, (c.packs[-1][0] + 1, c.packs[-1][1]))), "the signature of its author is not valid")

    def test_links_are_refused(self):
        def link(folder):
            os.rename(os.path.join(folder, "log/tile"), folder + "-tile")
            os.symlink(folder + "-tile", os.path.join(folder, "log/tile"))
        self.refused(CASE_FILES, "log/tile: is missing, a link", after=link)


class Primitives(unittest.TestCase):
    def test_rfc_8032_vectors(self):
        for secret_key, public, message, signature in (
                ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
                 "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"),
                ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
                 "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")):
            key, public, message, signature = map(bytes.fromhex, (secret_key, public, message, signature))
            self.assertEqual((public, signature), (public_key(key), sign(key, message)))
            self.assertTrue(check.ed25519_valid(public, message, signature))
            self.assertFalse(check.ed25519_valid(public, message + b"x", signature))
            self.assertFalse(check.ed25519_valid(public, message, flip(signature)))

    def test_edge_cases_of_others(self):
        """C2SP's 914 signatures at the edges: a strict verifier takes those without a low order anywhere that would matter."""
        path = os.path.join(os.environ.get("WITNESSMARK_SHARED", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../../shared")),
                            "data/integrity/C2SP-CCTV/ed25519/ed25519vectors.json")
        if not os.path.exists(path):
            self.skipTest("needs ../shared (set WITNESSMARK_SHARED)")
        taken = 0
        with open(path) as file:
            for vector in json.load(file):
                flags = set(vector["flags"] or ())
                strict = not flags & {"low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue", "reencoded_k"}
                valid = check.ed25519_valid(bytes.fromhex(vector["key"]), vector["msg"].encode(), bytes.fromhex(vector["sig"]))
                self.assertEqual(strict, valid, vector)
                taken += valid
        self.assertGreater(taken, 0)

    def test_notes_and_keys(self):
        vkey = check.read_vkey(VKEY)
        good = note("one\n\ntwo\n")
        self.assertEqual("one\n\ntwo\n", check.open_note(good, vkey, "it"))
        self.assertEqual("one\n\ntwo\n", check.open_note(good + "\u2014 w AAAAAAAA\n".encode(), vkey, "it"))
        for bad, expected in ((note("one\ttwo\n"), "control characters"), (note("one\0two\n"), "control characters"),
                              (good + b"more\n", "a signature line that is none"), (good[:-1], "is not a note"), (b"one\n", "is not a note"), (good.split(b"\n\n")[-1], "is not a note"),
                              (note("x" * (1 << 20) + "\n"), "too long"), (good + note("two\n").rpartition(b"\n\n")[2], "is not valid"),
                              (note("one\n", STRANGER), "is not valid"), (note("one\n", key_id=b"abcd"), "is not signed")):
            with self.assertRaisesRegex(Exception, expected):
                check.open_note(bad, vkey, "it")
        for key, expected in (("name", "not a verifier key"), ("+" + VKEY.split("+", 1)[1], "with a name"), (VKEY + "=", ""),
                              ("n+%s+%s" % (sha(b"n\n\2", KEY[1:])[:4].hex(), b64(b"\2" + KEY[1:])), "not an Ed25519"),
                              ("n m+%s+%s" % (sha(b"n m\n", KEY)[:4].hex(), b64(KEY)), "with a name")):
            with self.assertRaisesRegex(Exception, expected):
                check.read_vkey(key)

    def test_inclusion_paths(self):
        for size in range(1, 40):
            leaves = [bytes([n]) for n in range(size)]
            for n in range(size):
                path = path_to(n, leaves)
                self.assertEqual(mth(leaves), check.root_from_path(n, size, check.leaf_hash(leaves[n]), path))
                for bad in (path + [bytes(32)], path[:-1]):
                    if bad != path:
                        with self.assertRaises(check.Bad):
                            check.root_from_path(n, size, check.leaf_hash(leaves[n]), bad)

    def test_paths_of_tiles(self):
        self.assertEqual("log/tile/0/x001/x234/067", check.tile_path("0", 1234067, 256))
        self.assertEqual("log/tile/2/x001/000.p/9", check.tile_path("2", 1000, 9))

    def test_canonical_json(self):
        data = '{"\\b":"\u007f\\u001f\\"\\\\","\U0001f600":1,"\ufb33":[]}'.encode()
        self.assertEqual(data, check.canonical(check.load_json(data, "it", True)))
        for bad in (b'{"b":1,"a":1}', b'{"a": 1}', b"-0", b"1e3", b"9007199254740992", b'"\\u0041"', b"NaN", b"[1,]", b"\xef\xbb\xbf1"):
            with self.assertRaises(check.Bad):
                check.load_json(bad, "it", True)


if __name__ == "__main__":
    unittest.main()
