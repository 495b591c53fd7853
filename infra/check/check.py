#!/usr/bin/env python3
"""Checks everything that deploys Morket, without the network once its tools are there, and without an account.

usage: check.py PROVIDER [--write] [FOLDER…]     PROVIDER is cmd/awsschema, built; --write writes the modules' tables of variables;
                                                 folders of infra/terraform, for example modules/vpc, limit what Terraform looks at
"""

import pathlib
import sys
import time

import documents
import rules
import schema
import selftest
import terraform
import tools

ROOT = pathlib.Path(__file__).resolve().parents[2]
TERRAFORM = ROOT / "infra" / "terraform"


def step(name, check):
    """Runs a check, tells how long it took, and answers its problems."""
    started = time.monotonic()
    problems, looked_at = check()
    print(f"{'ok    ' if not problems else 'FAILED'} {time.monotonic() - started:5.1f} s  {name} ({looked_at})", flush=True)
    for problem in problems:
        print("       " + problem, flush=True)
    return problems


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    provider = pathlib.Path(arguments[0]).resolve()
    only = [a for a in arguments[1:] if not a.startswith("--")]
    if "--write" in arguments:
        documents.write(TERRAFORM)
    schema.environment(TERRAFORM, provider)
    work = schema.CACHE / "work"
    problems = step("what is wrong is found", lambda: selftest.run(TERRAFORM, schema.CACHE / "selftest"))
    problems += step("terraform fmt, init, validate, test", lambda: terraform.run(TERRAFORM, work, only))
    if not only:
        problems += step("rules of the modules", lambda: rules.run(TERRAFORM))
        problems += step("tables of variables in the documents", lambda: documents.run(TERRAFORM))
        problems += step("workflows, images, scripts", lambda: tools.run(ROOT))
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
