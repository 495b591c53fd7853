#!/usr/bin/env python3
"""Starts Morket on data of its own, fills a workspace, and lets schemathesis hold the server against its own OpenAPI document.

usage: run.py path/to/morket [path/to/st]; ends with another code than 0 when the server does anything that the document doesn't say.
"""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).parent
SECONDS = int(os.environ.get("CONTRACT_SECONDS", "120"))
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance", "negative_data_rejection"]
# The addresses of servers, which would be used instead of ones of its own.
SERVERS = {"DATABASE_URL", "AMQP_URL", "REDIS_URL", "S3_URL", "CLICKHOUSE_URL", "OPENSEARCH_URL", "SMTP_URL", "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE"}
# What is left out, and why.
LEFT_OUT = {
    "delete-workspace": "ends the workspace that all others need",
    "remove-member": "could remove the only member",
    "change-member-role": "could take the only owner's rights",
    "logout": "ends the session that all others need",
    "revoke-session": "ends the session that all others need",
    "change-password": "ends the session that all others need",
    "stream-table": "goes on until the client leaves",
    "list-changes": "waits for a change for up to a minute, or goes on until the client leaves",
}


def call(base, method, path, body=None, token=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(base + path, data, headers, method=method), timeout=30) as answer:
        return json.load(answer)["data"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_until_ready(server, url):
    for _ in range(240):
        if server.poll() is not None:
            sys.exit("the server ended while it started")
        try:
            with urllib.request.urlopen(url + "/readiness", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    sys.exit("the server was not ready in two minutes")


def fill(base):
    """Makes a user and one thing of each kind; answers the token and the ids by prefix."""
    user = call(base, "POST", "/auth/register", {"email": "contract@example.com", "password": "violet-anchor-71-teapot", "name": "Contract"})
    token, ids = user["access_token"], {"usr": [user["user"]["id"]]}
    workspace = call(base, "POST", "/workspaces", {"name": "Contract"}, token)
    ids["ws"] = [workspace["id"]]
    w = "/workspaces/" + workspace["id"]
    columns = [{"name": "Name", "type": "text"}, {"name": "Amount", "type": "number"}, {"name": "Born", "type": "date"}, {"name": "Mail", "type": "email"}]
    tables = [call(base, "POST", w + "/tables", {"name": name, "columns": columns}, token) for name in ("People", "Firms")]
    ids["tbl"] = [t["id"] for t in tables]
    ids["col"] = [c["id"] for c in tables[0]["columns"]]
    rows = call(base, "POST", f"{w}/tables/{ids['tbl'][0]}/rows:batch",
                {"operations": [{"op": "insert", "cells": {ids["col"][0]: f"Person {i}", ids["col"][1]: i}} for i in range(20)]}, token)
    ids["row"] = [r["row_id"] for r in rows["results"] if r.get("row_id")]
    ids["viw"] = [call(base, "POST", f"{w}/tables/{ids['tbl'][0]}/views", {"name": "All"}, token)["id"]]
    return token, ids


def main():
    morket = sys.argv[1]
    st = shutil.which(sys.argv[2] if len(sys.argv) > 2 else "st")
    st = str(pathlib.Path(st or sys.exit("schemathesis is not installed: run 'make test/contract'")).absolute())
    data = tempfile.mkdtemp(prefix="morket-contract-")
    os.chmod(data, 0o755)  # as root, the embedded Postgres runs as another user
    url = f"http://127.0.0.1:{free_port()}"
    env = {k: v for k, v in os.environ.items() if not k.startswith("MORKET_") and k not in SERVERS}
    env |= {"MORKET_DATA_DIR": data, "MORKET_HTTP_ADDR": url.removeprefix("http://")}
    env |= {"MORKET_RATE_" + c: "0" for c in ("GENERAL", "GRID", "AUTH", "ENRICHMENT", "ADMIN")}
    log = pathlib.Path(data, "server.log")
    with log.open("wb") as out:
        server = subprocess.Popen([morket, "serve"], env=env, stdout=out, stderr=subprocess.STDOUT)
    code = 1
    try:
        wait_until_ready(server, url)
        token, ids = fill(url + "/api/v1")
        code = judge(st, url, token, ids)
        if server.poll() is not None:
            code = code or 1
            print("the server ended during the run")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
        if code:
            print(log.read_text(errors="replace")[-5000:])
        shutil.rmtree(data, ignore_errors=True)
    sys.exit(code)


def judge(st, url, token, ids):
    with urllib.request.urlopen(url + "/api/v1/openapi.json", timeout=30) as answer:
        known = {op["operationId"] for item in json.load(answer)["paths"].values() for op in item.values()}
    if gone := LEFT_OUT.keys() - known:
        print("left out, but not in the document:", ", ".join(sorted(gone)))
        return 1
    env = os.environ | {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "CONTRACT_IDS": json.dumps(ids)}
    args = [st, "run", os.environ.get("CONTRACT_DOCUMENT", url + "/api/v1/openapi.json"), "--url", url, "-H", "Authorization: Bearer " + token,
            "--checks", ",".join(CHECKS), "--phases", "coverage,fuzzing", "--max-examples", os.environ.get("CONTRACT_EXAMPLES", "5"),
            "--max-time", str(SECONDS), "--workers", "1", "--seed", os.environ.get("CONTRACT_SEED", "1"), "--no-shrink", "--continue-on-failure", "--request-timeout", "30",
            "--suppress-health-check", "all", "--warnings", "off"]
    for operation in LEFT_OUT:
        args += ["--exclude-operation-id", operation]
    return subprocess.run(args, env=env, cwd=tempfile.gettempdir()).returncode


if __name__ == "__main__":
    main()
