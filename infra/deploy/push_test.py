"""Pushes an archive against stand-ins of the AWS CLI and of skopeo."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
REPOSITORY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/morket"
VERSION = "0123456789abcdef0123456789abcdef01234567"
SKOPEO = """echo "$*" >>"$SKOPEO_LOG"
if [ "$1" = login ]; then cat >/dev/null; fi
while [ $# -gt 0 ]; do
  if [ "$1" = --digestfile ]; then printf 'sha256:%064d' 7 >"$2"; fi
  shift
done"""


class PushTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        for name, line in {"aws": f'exec {sys.executable} -ES {HERE / "fake_aws.py"} "$@"', "skopeo": SKOPEO}.items():
            (self.folder / name).write_text(f"#!/bin/sh\n{line}\n")
            (self.folder / name).chmod(0o755)
        self.log = self.folder / "skopeo.log"

    def push(self, images, archive="image.tar", version=VERSION):
        state = self.folder / "state.json"
        state.write_text(json.dumps({"faults": {}, "images": images}))
        return subprocess.run(
            [str(HERE / "push"), REPOSITORY, version, str(self.folder / archive)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "FAKE_AWS": str(state), "SKOPEO_LOG": str(self.log)},
        )

    def test_an_image_is_pushed_as_it_was_built(self):
        (self.folder / "image.tar").touch()
        done = self.push({})
        self.assertEqual((done.returncode, done.stdout), (0, f"image={REPOSITORY}@sha256:{7:064d}\n"), done.stderr)
        self.assertIn("--preserve-digests", self.log.read_text())
        self.assertIn(f"docker://{REPOSITORY}:{VERSION}", self.log.read_text())

    def test_a_version_that_is_there_stays(self):
        done = self.push({VERSION: f"sha256:{9:064d}"})
        self.assertEqual((done.returncode, done.stdout), (0, f"image={REPOSITORY}@sha256:{9:064d}\n"), done.stderr)
        self.assertFalse(self.log.exists(), "nothing is pushed")

    def test_a_version_that_nobody_built_is_refused(self):
        done = self.push({})
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(f"has no version {VERSION}", done.stderr)

    def test_half_a_commit_id_is_refused(self):
        done = self.push({}, version="0123456")
        self.assertEqual((done.returncode, done.stdout), (2, ""))


if __name__ == "__main__":
    unittest.main()
