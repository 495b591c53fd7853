"""Tells which part of the repository a change touches."""

import pathlib
import subprocess
import unittest

CHANGED = pathlib.Path(__file__).parent / "changed"


class ChangedTest(unittest.TestCase):
    def test_each_file_is_a_part(self):
        cases = {
            "domain/credit/account.go": {"go"},
            "go.sum": {"go"},
            "cmd/awsschema/main.go": {"go", "infra"},
            "ui/src/app/app.tsx": {"ui"},
            "ui/embed.go": {"go", "ui"},
            "infra/terraform/modules/vpc/main.tf": {"infra"},
            ".github/workflows/ci.yml": {"infra"},
            "Makefile": {"go", "ui", "infra"},
            "README.md": set(),
            "infra/consumers/python/consumer.py": set(),
        }
        for name, want in cases.items():
            with self.subTest(name):
                self.assertEqual(self.parts(name), want)
        self.assertEqual(self.parts(*cases), {"go", "ui", "infra"})
        self.assertEqual(self.parts(), set())

    def parts(self, *names):
        done = subprocess.run([str(CHANGED)], input="".join(n + "\n" for n in names), capture_output=True, text=True, check=True)
        return {line.removesuffix("=true") for line in done.stdout.split() if line.endswith("=true")}


if __name__ == "__main__":
    unittest.main()
