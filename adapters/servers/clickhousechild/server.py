"""ClickHouse's HTTP interface in front of chdb, for one client library: clickhouse-go with Protocol HTTP and no compression.

    python server.py DATA_DIR PORT

Each request gets its own connection to the one engine of this process, so requests run side by side and settings of one
never reach another. SIGTERM stops it.
"""

import os
import re
import signal
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from chdb.session import Session

HELLO = "SELECT displayName(), version(), revision(), timezone()"
INSERT = re.compile(r"\s*(INSERT\s+INTO\s.+?)\s+FORMAT\s+(\w+)\s*;?\s*", re.I | re.S)
FAILURE = re.compile(r"Code: (\d+)\. (?!DB::Exception: Code: \1\. ).*", re.S)
# Parameters of the interface itself; param_* are the query's, and every other one is a setting.
OWN = {"query", "database", "default_format", "client_protocol_version", "compress", "decompress", "query_id", "quota_key",
       "wait_end_of_query", "buffer_size", "user", "password", "role", "session_id"}


def quote(text, mark):
    return mark + text.replace("\\", "\\\\").replace(mark, "\\" + mark) + mark


def text(value):
    """A string in the format Native: its length as a varint, then its bytes."""
    raw = value.encode()
    length, head = len(raw), b""
    while length > 127:
        head, length = head + bytes([length & 127 | 128]), length >> 7
    return head + bytes([length]) + raw


def hello(session):
    """The answer to the library's first query. It reads this one as of revision 54460 and the later ones as of the revision
    that it finds here; chdb writes Native as of revision 0."""
    name, version, zone = session.query("SELECT displayName(), version(), timezone()", "TSV").bytes().decode().strip("\n").split("\t")
    columns = [("displayName()", "String", text(name)), ("version()", "String", text(version)),
               ("revision()", "UInt32", struct.pack("<I", 0)), ("timezone()", "String", text(zone))]
    return b"\1\0\2\xff\xff\xff\xff\0" + b"\4\1" + b"".join(text(n) + text(t) + b"\0" + v for n, t, v in columns)


class Gone(Exception):
    """The client hung up in the middle of its request."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_):
        pass

    def read_body(self):
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            size = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(size)
            if len(body) < size:
                raise Gone
            return body
        parts = []
        while True:
            line = self.rfile.readline()
            if not line:
                raise Gone
            size = int(line.split(b";")[0], 16)
            part = self.rfile.read(size)
            if len(part) < size or not self.rfile.readline():
                raise Gone
            if size == 0:
                return b"".join(parts)
            parts.append(part)

    def run(self, url, body):
        query = url.get("query", "")
        settings = [f"{quote(k, '`')} = {quote(v, chr(39))}" for k, v in url.items() if k not in OWN and not k.startswith("param_")]
        params = {k[6:]: v for k, v in url.items() if k.startswith("param_")}
        with Session(self.server.engine) as session:
            if url.get("database"):
                session.query("USE " + quote(url["database"], "`"))
            if settings:
                session.query("SET " + ", ".join(settings))
            insert = INSERT.fullmatch(query)
            if insert:
                # From a file without a name on disk: chdb's own way to send rows hides when they are refused.
                with open(os.memfd_create("insert"), "wb") as rows:
                    rows.write(body)
                    rows.flush()
                    session.query(f"{insert[1]} FROM INFILE '/proc/self/fd/{rows.fileno()}' FORMAT {insert[2]}", params=params)
                return b""
            query = "\n".join(filter(None, (query, body.decode())))
            if query.strip() == HELLO:
                return hello(session)
            return session.query(query, url.get("default_format", "TabSeparated"), params=params).bytes() or b""

    def do_POST(self):
        parts = urlsplit(self.path)
        url = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers, status = {}, 200
        try:
            body = self.read_body()
            out = b"Ok.\n" if parts.path == "/ping" or not (body or "query" in url) else self.run(url, body)
        except (Gone, ValueError):
            self.close_connection = True
            return
        except RuntimeError as error:  # its text is that of ClickHouse
            found = FAILURE.search(str(error)) or FAILURE.search(f"Code: 1002. DB::Exception: {error}. (UNKNOWN_EXCEPTION)")
            out, status = found[0].encode() + b"\n", 404 if found[1] in ("60", "81") else 500
            headers["X-ClickHouse-Exception-Code"] = found[1]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    do_GET = do_POST


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    data, port = os.path.abspath(sys.argv[1]), int(sys.argv[2])
    server = Server(("127.0.0.1", port), Handler)
    server.engine = data
    keeper = Session(data)  # holds the engine open between requests
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    server.server_close()
    keeper.close()


main()
