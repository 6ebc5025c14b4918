"""Reads WACZ files with the tools that others use, and says what each of them found.

usage: wacz_write_peers.py FOLDER URL PAGE FILE.wacz...
FOLDER is an empty one for pywb; URL is in every file, and PAGE is the file with the bytes that a
replay of it must give. Any disagreement ends with a message and status 1.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from io import BytesIO

BIN = os.path.dirname(sys.executable)


def expect(wrong, message):
    if wrong:
        sys.exit(message)


def archives(path):
    with zipfile.ZipFile(path) as package:
        expect(package.testzip(), f"{path}: damaged for Python's zipfile")
        return {
            name: package.read(name)
            for name in package.namelist()
            if name.startswith("archive/")
        }


def py_wacz(path):
    done = subprocess.run(
        [os.path.join(BIN, "wacz"), "validate", "-f", path], capture_output=True, text=True
    )
    expect(done.returncode, f"wacz validate: {done.stdout}{done.stderr}")
    return "valid"


def warcio(path):
    from warcio.archiveiterator import ArchiveIterator

    count = 0
    for name, data in archives(path).items():
        records = ArchiveIterator(BytesIO(data), check_digests="log")
        for record in records:
            record.content_stream().read()
            problems = record.digest_checker.problems
            # warcio 1.8.1 hashes the chunked bytes, where the specification means the entity body.
            http = record.http_headers
            if http and http.get_header("Transfer-Encoding") == "chunked":
                problems = [one for one in problems if "payload" not in one]
            expect(problems, f"{name}: warcio says {problems}")
            count += 1
        expect(records.err_count, f"{name}: warcio counts errors")
    return count


def fastwarc(path):
    from fastwarc.warc import ArchiveIterator

    count = 0
    for name, data in archives(path).items():
        for record in ArchiveIterator(BytesIO(data), parse_http=False):
            expect(
                "WARC-Block-Digest" in record.headers and not record.verify_block_digest(),
                f"{name}: fastwarc finds another block digest",
            )
            count += 1
    return count


def fetch(url):
    """The answer's status and body; the status alone counts when it is not found."""
    for attempt in range(120):
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            time.sleep(0.5)
    sys.exit(f"nobody answers at {url}")


def pywb(folder, url, page, paths):
    manager = os.path.join(BIN, "wb-manager")
    names = []
    for number, path in enumerate(paths):
        name = f"made{number}"
        names.append(name)
        for command in (["init", name], ["add", "--unpack-wacz", name, path]):
            done = subprocess.run(
                [manager, *command], cwd=folder, capture_output=True, text=True
            )
            expect(done.returncode, f"wb-manager {command}: {done.stdout}{done.stderr}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [os.path.join(BIN, "wayback"), "-b", "127.0.0.1", "-p", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for name in names:
            # The response and its revisit, without pywb's own changes to the page.
            for moment in ("20261122221100", "20261122222000"):
                where = f"http://127.0.0.1:{port}/{name}/{moment}id_/{url}"
                status, body = fetch(where)
                expect(status != 200 or body != page, f"{where}: {status} {body[:300]!r}")
            missing = f"http://127.0.0.1:{port}/{name}/id_/http://example.com/not-captured"
            expect(fetch(missing)[0] != 404, "pywb shows a page that was not captured")
    finally:
        server.terminate()
        server.wait()
    return f"replays {len(names)}"


def main():
    folder, url, page, *paths = sys.argv[1:]
    with open(page, "rb") as file:
        page = file.read()
    for path in paths:
        print(
            json.dumps(
                {
                    "file": os.path.basename(path),
                    "py-wacz": py_wacz(path),
                    "warcio": warcio(path),
                    "fastwarc": fastwarc(path),
                }
            )
        )
    print(json.dumps({"pywb": pywb(folder, url, page, paths)}))


main()
