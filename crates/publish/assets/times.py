#!/usr/bin/env python3
"""Checks the timestamps of a Witnessmark dossier with nothing but Python (3.9 or later) and this file.

    python3 times.py [FOLDER]

FOLDER is the unpacked dossier; if left out, the folder above the one this file lies in. Run check.py first: it
shows that the list of files is signed and that each entry stands in the log. This program then shows, for each
timestamp in data/dossier.json (format.md, Dossier, version 3):

- its files have the digests that its entry names;
- the log of its checkpoint is the beginning of the log of data/checkpoint (RFC 6962 section 2.1.2);
- a token (RFC 3161) is over the digest of that checkpoint, and bears the time that the entry says;
- a proof (OpenTimestamps) is over that digest, and leads to the Merkle root of a block, which is printed.

It does NOT check the signature of a token, its certificates, or whether a block is Bitcoin's: for these use
`openssl ts -verify`, `witnessmark verify --time-root`, and a Bitcoin node. It only reads; it opens no connection.
Exit status: 0 all of the above holds, 1 something does not, 2 it could not be run.
"""
import sys
if __name__ == "__main__" and not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
    sys.path.pop(0)  # a file beside this one, named like a module of Python, must not be run in its place

import base64
import hashlib
import json
import os
import re

MOST = 32 << 20  # bytes that are read of one file


class Bad(Exception):
    """A finding, in words for the reader."""


def need(condition, finding):
    if not condition:
        raise Bad(finding)


def sha(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def read(root, name):
    need(re.fullmatch(r"[A-Za-z0-9.-]+(/[A-Za-z0-9.-]+)*", name) and ".." not in name.split("/"), "%.80r is not a plain path" % name)
    path = os.path.join(root, *name.split("/"))
    need(os.path.isfile(path) and not os.path.islink(path), "%s is missing, or a link" % name)
    with open(path, "rb") as file:
        data = file.read(MOST + 1)
    need(len(data) <= MOST, "%s is too large" % name)
    return data


# ---- Checkpoints and consistency: C2SP tlog-checkpoint, RFC 6962 section 2.1.2 ---------------------------
def size_and_root(note, what):
    lines = note.decode("utf-8").split("\n")
    need(len(lines) > 4 and lines[3] == "", "%s is not a checkpoint of three lines" % what)
    need(re.fullmatch("0|[1-9][0-9]{0,15}", lines[1]), "%s: its size is none" % what)
    root = base64.b64decode(lines[2], validate=True)
    need(len(root) == 32, "%s: its root is none" % what)
    return lines[0], int(lines[1]), root


def begins(old_size, old_root, size, root, path):
    """Whether the log of `old_size` is the beginning of the other, checked as RFC 9162 section 2.1.4.2 says."""
    if not 0 < old_size <= size:
        return False
    if old_size == size:
        return not path and old_root == root
    path = ([old_root] if old_size & (old_size - 1) == 0 else []) + path
    if not path:
        return False
    first, last, old_hash, new_hash = old_size - 1, size - 1, path[0], path[0]
    while first & 1:
        first, last = first >> 1, last >> 1
    for sibling in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old_hash, new_hash = sha(b"\1", sibling, old_hash), sha(b"\1", sibling, new_hash)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            new_hash = sha(b"\1", new_hash, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and (old_hash, new_hash) == (old_root, root)


# ---- Tokens: RFC 3161 section 2.4.2, inside a CMS signature (RFC 5652), in DER or BER with definite lengths -----
SHA256 = bytes.fromhex("0609608648016503040201")
SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")


def items(data):
    """The items of a sequence, each as (tag, contents, whole encoding)."""
    at, found = 0, []
    while at < len(data):
        need(len(found) < 1000 and at + 2 <= len(data), "the token is cut short")
        start, tag, length = at, data[at], data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            need(1 <= count <= 4 and at + count <= len(data), "the token has a length that cannot be read")
            length, at = int.from_bytes(data[at:at + count], "big"), at + count
        need(at + length <= len(data), "the token is cut short")
        found.append((tag, data[at:at + length], data[start:at + length]))
        at += length
    return found


def inside(item, tag, what):
    need(item[0] == tag, "the token has no %s where one is meant" % what)
    return items(item[1])


def token_says(response):
    """(imprint, time) of a time-stamp response. The signature over them is not checked here."""
    whole = items(response)
    need(len(whole) == 1, "it is not one time-stamp response")
    answer = inside(whole[0], 0x30, "response")
    need(len(answer) == 2, "the authority gave no token")
    content = inside(answer[1], 0x30, "token")
    need(len(content) == 2 and content[0][2] == SIGNED_DATA, "the token is not signed data")
    signed = inside(inside(content[1], 0xA0, "signed data")[0], 0x30, "signed data")
    wrapped = inside(signed[2], 0x30, "content")
    need(wrapped[0][2] == TST_INFO, "what is signed is no time stamp")
    octets = inside(wrapped[1], 0xA0, "content")
    need(len(octets) == 1 and octets[0][0] == 0x04, "what is signed is not in one piece")
    stamp = inside(items(octets[0][1])[0], 0x30, "time stamp")
    need(len(stamp) >= 5 and stamp[4][0] == 0x18, "the time stamp has no time")
    imprint = inside(stamp[2], 0x30, "imprint")
    need(inside(imprint[0], 0x30, "digest's name")[0][2] == SHA256, "the imprint is not a SHA-256")
    return imprint[1][1], stamp[4][1].decode("ascii")


# ---- Proofs of OpenTimestamps, detached files of version 1 -----------------------------------------------
MAGIC = b"\x00OpenTimestamps\x00\x00Proof\x00\xbf\x89\xe2\xe8\x84\xe8\x92\x94\x01\x08"  # version 1, SHA-256
BITCOIN = bytes.fromhex("0588960d73d71901")


class Proof:
    """The heights of blocks that a proof leads to, each with the Merkle root that its header must have."""

    def __init__(self, data):
        need(data.startswith(MAGIC), "it is no proof of OpenTimestamps over a SHA-256")
        self.data, self.at, self.blocks, self.steps = data, len(MAGIC), [], 0
        self.digest = self.take(32)
        self.walk(self.digest, 0)
        need(self.at == len(data), "something follows the proof")

    def take(self, count):
        need(self.at + count <= len(self.data), "the proof is cut short")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self):
        value = shift = 0
        while shift < 63:
            byte = self.take(1)[0]
            value, shift = value | (byte & 0x7F) << shift, shift + 7
            if not byte & 0x80:
                return value
        raise Bad("the proof holds a number that is too large")

    def walk(self, message, depth):
        need(depth < 200, "the proof is nested too deep")
        while True:
            tag = self.take(1)[0]
            more = tag == 0xFF
            tag = self.take(1)[0] if more else tag
            self.step(tag, message, depth)
            if not more:
                return

    def step(self, tag, message, depth):
        self.steps += 1
        need(self.steps < 10000, "the proof has too many steps")
        if tag == 0x00:
            kind, payload = self.take(8), self.take(self.number())
            if kind == BITCOIN:
                height = shift = 0
                for byte in payload:
                    height, shift = height | (byte & 0x7F) << shift, shift + 7
                self.blocks.append((height, message))
            return
        if tag in (0xF0, 0xF1):
            more = self.take(self.number())
            result = message + more if tag == 0xF0 else more + message
        elif tag in (0x02, 0x03, 0x08):
            result = hashlib.new({0x02: "sha1", 0x03: "ripemd160", 0x08: "sha256"}[tag], message).digest()
        else:
            raise Bad("operation %02x is not known" % tag)
        need(len(result) <= 4096, "the proof makes too long a message")
        self.walk(result, depth + 1)


# ---- A dossier's timestamps ----------------------------------------------------------------------------
def check_one(root, item, log, used):
    need(set(item) == {"entry", "consistency"}, "it has not exactly the fields entry and consistency")
    says = json.loads(read(root, "payloads/%d.json" % item["entry"]))
    need(says["schema"] == "witnessmark/timestamp/1" and 0 < says["size"] <= item["entry"],
         "entry %d is no timestamp over what stood before it" % item["entry"])
    files = {}
    for file in says["files"]:
        name = "timestamps/%d/%s" % (says["size"], file["name"])
        files[file["name"]] = data = read(root, name)
        used.add(name)
        need(sha(data).hex() == file["sha256"], "%s is not the file that its entry names" % name)
    name, size, old = size_and_root(files["checkpoint"], "its checkpoint")
    need((name, size) == (log[0], says["size"]), "its checkpoint is of another log or size")
    path = [bytes.fromhex(node) for node in item["consistency"]]
    need(len(path) <= 128 and begins(size, old, log[1], log[2], path), "its log is not shown to be the beginning of this one")
    ending = {"rfc3161": ".tsr", "opentimestamps": ".ots"}.get(says["method"])
    need(ending, "its method %.40r is not known to this checker" % says["method"])
    given = [data for name, data in sorted(files.items()) if name.endswith(ending)]
    need(given, "it has no token and no proof")
    label = " [%s]" % says["label"] if says["label"] else ""
    if ending == ".tsr":
        imprint, time = token_says(given[0])
        need(imprint == sha(files["checkpoint"]), "the token is over another digest")
        need(re.sub("[-:TZ]", "", says["time"]) == time.rstrip("Z"), "the token's time is %s, its entry says %s" % (time, says["time"]))
        return "the first %d entries, by the word of %s%s no later than %s; its signature is not checked here" % (
            size, says["authority"], label, says["time"])
    proof = Proof(given[0])
    need(proof.digest == sha(files["checkpoint"]), "the proof is over another digest")
    need(proof.blocks, "the proof is only promised")
    return "the first %d entries%s, if %s" % (size, label, " or ".join(
        "block %d of Bitcoin has the Merkle root %s" % (height, message[::-1].hex()) for height, message in proof.blocks))


def say(line):
    print(ascii(line)[1:-1])  # one line of ASCII, whatever a hostile name holds


def main(arguments):
    root = arguments[0] if arguments else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    try:
        says = json.loads(read(root, "data/dossier.json"))
        log = size_and_root(read(root, "data/checkpoint"), "data/checkpoint")
        listed = says.get("timestamps", [])
    except (Bad, OSError, ValueError) as error:
        say("The folder %s cannot be read: %s" % (root, error))
        return 2
    used, failed = set(), 0
    for item in listed:
        try:
            say("ok      entry %s: %s" % (item["entry"], check_one(root, item, log, used)))
        except Bad as error:
            failed += 1
            say("FAILED: timestamps: entry %s: %s" % (item["entry"], error))
        except Exception as error:  # hostile input must never end in a traceback
            failed += 1
            say("FAILED: timestamps: %.60r: cannot be read (%s: %.80s)" % (item, type(error).__name__, error))
    below = os.path.join(root, "timestamps")
    for folder, _, names in sorted(os.walk(below)):
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
            if path not in used and not failed:
                failed += 1
                say("FAILED: timestamps: %s belongs to no timestamp" % path)
    say("%d timestamps, %d findings. Signatures, certificates and blocks were not checked." % (len(listed), failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
