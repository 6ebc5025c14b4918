"""Tests times.py: consistency proofs that are made here, and other people's proofs and tokens where they lie beside the checkout.

    python3 times_test.py
"""
import hashlib
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import times  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.environ.get("WITNESSMARK_SHARED") or os.path.join(HERE, "..", "..", "..", "..", "shared")


def sha(*pieces):
    return hashlib.sha256(b"".join(pieces)).digest()


def split(count):
    return 1 << ((count - 1).bit_length() - 1)


def root(hashes):
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    return sha(b"\1", root(hashes[:k]), root(hashes[k:]))


def proof(old, hashes, whole=True):  # RFC 6962 section 2.1.2, SUBPROOF
    if old == len(hashes):
        return [] if whole else [root(hashes)]
    k = split(len(hashes))
    if old <= k:
        return proof(old, hashes[:k], whole) + [root(hashes[k:])]
    return proof(old - k, hashes[k:], False) + [root(hashes[:k])]


def others(name):
    path = os.path.join(SHARED, "data", "integrity", *name.split("/"))
    if not os.path.isfile(path):
        raise unittest.SkipTest("needs other people's files (set WITNESSMARK_SHARED)")
    with open(path, "rb") as file:
        return file.read()


class Tests(unittest.TestCase):
    def test_the_beginning_of_a_log_is_told_from_any_other(self):
        leaves = [sha(bytes([n])) for n in range(40)]
        for size in range(1, 41):
            for old in range(1, size + 1):
                path, was, now = proof(old, leaves[:size]), root(leaves[:old]), root(leaves[:size])
                self.assertTrue(times.begins(old, was, size, now, path), (old, size))
                self.assertFalse(times.begins(old, sha(was), size, now, path))
                self.assertFalse(times.begins(old, was, size, sha(now), path))
                self.assertFalse(times.begins(old, was, size, now, path + [was]))
                for n in range(len(path)):
                    self.assertFalse(times.begins(old, was, size, now, path[:n] + [sha(path[n])] + path[n + 1:]))
        self.assertFalse(times.begins(0, sha(b""), 1, leaves[0], []))

    def test_others_proofs_lead_to_the_blocks_that_they_name(self):
        hello = times.Proof(others("opentimestamps-client/examples/hello-world.txt.ots"))
        self.assertEqual(hello.digest, sha(b"Hello World!\n"))
        # The Merkle root of block 358391 as every node knows it begins so.
        self.assertEqual([(height, root[::-1].hex()[:16]) for height, root in hello.blocks], [(358391, "8a1b66ecb7cbd07d")])
        promised = times.Proof(others("opentimestamps-client/examples/incomplete.txt.ots"))
        self.assertEqual(promised.blocks, [])

    def test_bytes_that_are_cut_or_changed_are_findings(self):
        whole = others("opentimestamps-client/examples/hello-world.txt.ots")
        for end in range(len(whole)):
            with self.assertRaises(times.Bad):
                times.Proof(whole[:end])
        response = bytes.fromhex("3005020100040100")
        for data in (b"", b"\x30", b"\x30\x84\xff\xff\xff\xff", response, whole):
            with self.assertRaises((times.Bad, IndexError)):
                times.token_says(data)


if __name__ == "__main__":
    unittest.main()
