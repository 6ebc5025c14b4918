#!/usr/bin/env python3
"""Writes sources/notices.warc.gz: two invented notices, as a crawler would have kept them.

WARC/1.1, one gzip member a record: one warcinfo, then for each page a response and its request
(they name each other in WARC-Concurrent-To and share one WARC-Date). The same input gives the same
records: no clock, no random ids, no file names or times in the gzip headers. The compressed bytes
may differ between versions of zlib; check.py compares the records.

Usage: python3 build-warc.py [OUT]     Standard library only.
"""
import base64
import hashlib
import pathlib
import struct
import sys
import uuid
import zlib

HERE = pathlib.Path(__file__).resolve().parent
CRLF = "\r\n"
# The UUID namespace for URLs (RFC 9562), so that ids follow from what a record holds.
NAMESPACE = uuid.NAMESPACE_URL

# url, file, WARC-Date, value of the HTTP Date and Last-Modified headers, server, address.
# The addresses are from 192.0.2.0/24, which RFC 5737 keeps for documentation.
PAGES = [
    (
        "https://police.bazhumel.example/tongzhi/20210705.html",
        "bazhumel.html",
        "2021-07-09T08:15:02Z",
        "Fri, 09 Jul 2021 08:15:02 GMT",
        "Mon, 05 Jul 2021 09:40:11 GMT",
        "192.0.2.17",
    ),
    (
        "https://hemsolu.chunvelo.example/brda-tho/2021-07-06.html",
        "hemsolu.html",
        "2021-07-09T08:15:09Z",
        "Fri, 09 Jul 2021 08:15:09 GMT",
        "Tue, 06 Jul 2021 04:05:37 GMT",
        "192.0.2.44",
    ),
]


def digest(data):
    """A digest as WARC files write it: the algorithm, a colon, SHA-1 in base32."""
    return "sha1:" + base64.b32encode(hashlib.sha1(data).digest()).decode("ascii")


def record_id(kind, name):
    """The id of a record: a name-based UUID, the same in every run."""
    return f"<urn:uuid:{uuid.uuid5(NAMESPACE, f'{kind} {name}')}>"


def record(fields, block):
    """One record: version line, named fields, empty line, block, two line ends."""
    fields = fields + [("WARC-Block-Digest", digest(block)), ("Content-Length", str(len(block)))]
    head = "WARC/1.1" + CRLF + "".join(f"{name}: {value}{CRLF}" for name, value in fields) + CRLF
    return head.encode("utf-8") + block + (CRLF + CRLF).encode("ascii")


def http(lines, body=b""):
    """An HTTP/1.1 message: its start line and headers, an empty line, its body."""
    return (CRLF.join(lines) + CRLF + CRLF).encode("ascii") + body


def records():
    """All records in the order of the file, each as its plain bytes."""
    info = record_id("warcinfo", "notices.warc.gz")
    about = [
        "software: build-warc.py",
        "format: WARC File Format 1.1",
        "conformsTo: https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "description: Invented for a demonstration. No place, institution or event in these pages is real.",
    ]
    block = (CRLF.join(about) + CRLF).encode("utf-8")
    yield record(
        [
            ("WARC-Type", "warcinfo"),
            ("WARC-Record-ID", info),
            ("WARC-Date", "2021-07-09T08:15:00Z"),
            ("WARC-Filename", "notices.warc.gz"),
            ("Content-Type", "application/warc-fields"),
        ],
        block,
    )
    for url, name, date, http_date, modified, address in PAGES:
        body = (HERE / "warc-pages" / name).read_bytes()
        host, path = url.removeprefix("https://").split("/", 1)
        request_id, response_id = record_id("request", url), record_id("response", url)
        response = http(
            [
                "HTTP/1.1 200 OK",
                f"Date: {http_date}",
                "Server: invented",
                "Content-Type: text/html; charset=utf-8",
                f"Content-Length: {len(body)}",
                f"Last-Modified: {modified}",
                "Connection: close",
            ],
            body,
        )
        yield record(
            [
                ("WARC-Type", "response"),
                ("WARC-Record-ID", response_id),
                ("WARC-Date", date),
                ("WARC-Target-URI", url),
                ("WARC-IP-Address", address),
                ("WARC-Concurrent-To", request_id),
                ("WARC-Warcinfo-ID", info),
                ("Content-Type", "application/http; msgtype=response"),
                ("WARC-Payload-Digest", digest(body)),
            ],
            response,
        )
        request = http(
            [
                f"GET /{path} HTTP/1.1",
                f"Host: {host}",
                "User-Agent: invented-for-a-demonstration/1",
                "Accept: text/html",
                "Connection: close",
            ]
        )
        yield record(
            [
                ("WARC-Type", "request"),
                ("WARC-Record-ID", request_id),
                ("WARC-Date", date),
                ("WARC-Target-URI", url),
                ("WARC-Concurrent-To", response_id),
                ("WARC-Warcinfo-ID", info),
                ("Content-Type", "application/http; msgtype=request"),
            ],
            request,
        )


def gzip_member(data):
    """One gzip member (RFC 1952) without a time, a name or the system that wrote it."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    header = b"\x1f\x8b\x08\x00" + bytes(4) + b"\x02\xff"
    trailer = struct.pack("<II", zlib.crc32(data), len(data))
    return header + deflate.compress(data) + deflate.flush() + trailer


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "sources" / "notices.warc.gz"
    with open(out, "wb") as file:
        for data in records():
            file.write(gzip_member(data))
    print(f"{out}: {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
