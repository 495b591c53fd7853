"""Sets an environment up and runs a stand-in of Terraform: what it is given, and what stays out of files."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent


class StackTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "infra/terraform/environments/staging").mkdir(parents=True)
        (self.folder / "infra/deploy").mkdir()
        shutil.copy(HERE / "stack", self.folder / "infra/deploy/stack")
        self.program("aws", f'echo "$AWS_REGION $1" >>{self.folder}/regions; exec {sys.executable} -ES {HERE / "fake_aws.py"} "$@"')
        self.program(
            "terraform",
            'echo "terraform $* in $(basename "$PWD")"; if [ "$1" = plan ]; then echo "$TF_VAR_seed"; echo "$TF_VAR_stored"; fi',
        )
        self.state = self.folder / "state.json"
        self.state.write_text(json.dumps({"faults": {}, "secrets": {}, "buckets": [], "log": []}))

    def program(self, name, line):
        (self.folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (self.folder / name).chmod(0o755)

    def stack(self, *arguments):
        return subprocess.run(
            [str(self.folder / "infra/deploy/stack"), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "FAKE_AWS": str(self.state)},
        )

    def test_the_seed_is_made_once_and_reaches_terraform_only(self):
        done = self.stack("staging", "setup", "state-bucket", "eu-west-1")
        self.assertEqual(done.returncode, 0, done.stderr)
        seed = json.loads(json.loads(self.state.read_text())["secrets"]["morket-seed/staging"])
        self.assertEqual(len(set(seed.values())), 9, "each secret is another")
        for name in ("database", "cache", "analytics", "broker", "search", "service_key", "backup_passphrase"):
            self.assertRegex(seed[name], r"^[A-Za-z0-9_-]{28,}$", name)
        self.assertTrue(all(re.search(kind, seed["search"]) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[_-]")))

        self.assertEqual(self.stack("staging", "setup", "state-bucket", "eu-west-1").returncode, 0)
        state = json.loads(self.state.read_text())
        self.assertEqual(json.loads(state["secrets"]["morket-seed/staging"]), seed, "a second setup must not change what opens the data")
        self.assertEqual(state["log"].count("s3api create-bucket"), 1)

        done = self.stack("staging", "plan", "-lock=false")
        self.assertEqual(done.returncode, 0, done.stderr)
        ran = done.stdout.splitlines()
        self.assertEqual(ran[0], "terraform plan -lock=false in staging")
        given, stored = json.loads(ran[1]), json.loads(ran[2])
        self.assertEqual(stored, {k: seed[k] for k in ("broker", "search")})
        self.assertEqual(given, {k: v for k, v in seed.items() if k not in stored})
        asked = (self.folder / "regions").read_text().splitlines()
        self.assertEqual({line for line in asked if line.endswith("secretsmanager")}, {"eu-west-1 secretsmanager"})
        for path in self.folder.rglob("*"):
            if path.is_file() and path != self.state:
                self.assertFalse(any(v in path.read_text() for v in seed.values()), f"{path} holds a secret")

    def test_it_says_what_comes_first(self):
        done = self.stack("staging", "apply")
        self.assertEqual(done.returncode, 1)
        self.assertIn("setup BUCKET", done.stderr)

    def test_an_unknown_environment_is_refused(self):
        done = self.stack("moon", "plan")
        self.assertEqual(done.returncode, 2)
        self.assertIn("infra/deploy/stack staging", done.stderr)


if __name__ == "__main__":
    unittest.main()
