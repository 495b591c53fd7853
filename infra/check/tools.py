"""Runs the linters of workflows, images and scripts, and the tests of what deploys."""

import os
import pathlib
import re
import subprocess
import sys

BIN = pathlib.Path(sys.executable).parent


def scripts(root):
    """Answers every committed shell script."""
    command = ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "--", "*.sh", ".ci/run", "infra"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True)
    found = []
    for name in listed.stdout.split("\n"):
        path = root / name
        if name and path.is_file() and path.read_bytes()[:64].startswith((b"#!/usr/bin/env bash", b"#!/bin/bash", b"#!/bin/sh")):
            found.append(rendered(root, name) if name.endswith(".tftpl") else name)
    return sorted(set(found))


def rendered(root, name):
    """Answers a copy of a template with a word in place of what Terraform puts there."""
    copy = root / "infra" / "check" / ".cache" / name.replace("/", "-").removesuffix(".tftpl")
    copy.write_text(re.sub(r"\$\{[^}]*\}", "word", (root / name).read_text()))
    return str(copy.relative_to(root))


def commands(root):
    """Answers each linter's name and command."""
    ruff = [str(BIN / "ruff"), "--config", "infra/ruff.toml"]
    return {
        "actionlint": [str(root / "bin" / "actionlint"), "-no-color"],
        "zizmor": [str(BIN / "zizmor"), "--offline", "--no-progress", "--persona", "pedantic", "--config", ".github/zizmor.yml", ".github"],
        "hadolint": [str(BIN / "hadolint"), "infra/docker/Dockerfile"],
        "shellcheck": [str(BIN / "shellcheck"), "--external-sources", *scripts(root)],
        "ruff check": [*ruff, "check", "--quiet", "--output-format", "concise", "infra/check", "infra/deploy"],
        "ruff format": [*ruff, "format", "--check", "infra/check", "infra/deploy"],
        "tests of the deploy": [sys.executable, "-m", "unittest", "discover", "-s", "infra/deploy", "-p", "*_test.py"],
    }


def run(root):
    """Answers what the linters say."""
    found, all_of = [], commands(root)
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPYCACHEPREFIX": str(root / "infra/check/.cache/pycache")}
    for name, command in all_of.items():
        try:
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, env=environment, check=False)
        except OSError as error:
            found.append(f"{name} could not be run: {error}")
            continue
        if done.returncode != 0:
            found += [f"{name}: {line}" for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return found + too_long(root), len(all_of) + 1


def too_long(root):
    """Answers lines that don't fit on a screen beside another file."""
    chosen = [p for pattern in ("infra/deploy/*", ".github/workflows/*.yml") for p in sorted(root.glob(pattern)) if p.is_file()]
    return [
        f"{p.relative_to(root)}:{n}: longer than 140 columns"
        for p in chosen
        for n, line in enumerate(p.read_text().splitlines(), 1)
        if len(line) > 140
    ]
