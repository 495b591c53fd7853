"""Deploys against a stand-in of the AWS CLI: what runs in which order, and what happens when a step fails."""

import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

HERE = pathlib.Path(__file__).parent
IMAGE = "registry/morket@sha256:" + "a" * 64
SERVICES = ("api", "worker", "core")


class Installation(http.server.BaseHTTPRequestHandler):
    """Answers as the installation does; the server's version and ready say what."""

    def do_GET(self):
        answers = {
            "/health": {"status": "ok", "version": self.server.version},
            "/readiness": {"ready": self.server.ready},
            "/api/v1/openapi.json": {"openapi": "3.1.0"},
        }
        body = json.dumps(answers[self.path]).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class DeployTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "aws").write_text(f'#!/bin/sh\nexec {sys.executable} -ES {HERE / "fake_aws.py"} "$@"\n')
        (self.folder / "aws").chmod(0o755)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Installation)
        self.server.version, self.server.ready = "v2", True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def deploy(self, faults=None, patience="0.3", image=IMAGE):
        families = {
            f"m-{n}": {"family": f"m-{n}", "containerDefinitions": [{"name": "morket", "image": "old", "command": ["serve"]}]}
            for n in (*SERVICES, "migrate")
        }
        services = {
            n: {
                "taskDefinition": f"m-{n}:1",
                "deployments": [
                    {
                        "id": f"ecs-svc/old-{n}",
                        "status": "PRIMARY",
                        "taskDefinition": f"m-{n}:1",
                        "desiredCount": 1,
                        "runningCount": 1,
                        "rolloutState": "COMPLETED",
                    },
                ],
            }
            for n in SERVICES
        }
        state = {
            "families": families,
            "services": services,
            "registered": {},
            "tasks": {},
            "log": [],
            "count": 100,
            "new": "2",
            "faults": faults or {},
        }
        file = self.folder / "state.json"
        file.write_text(json.dumps(state))
        done = subprocess.run(
            [
                sys.executable,
                str(HERE / "deploy.py"),
                "--cluster",
                "m",
                "--services",
                " ".join(SERVICES),
                "--image",
                image,
                "--network",
                "{}",
                "--url",
                f"http://127.0.0.1:{self.server.server_port}",
                "--version",
                "v2",
                "--patience",
                patience,
                "--every",
                "0.01",
            ],
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "FAKE_AWS": str(file)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        self.state = json.loads(file.read_text())
        return done

    def log(self, *beginnings):
        return [line for line in self.state["log"] if line.startswith(beginnings)]

    def test_everything_is_replaced_in_order(self):
        done = self.deploy(patience="20")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(
            self.log("run", "update", "stop"),
            ["run m-migrate:2", "run m-core:2", "update api m-api:2", "update worker m-worker:2", "update core m-core:2", "stop m-core:2"],
        )
        self.assertEqual({b["containerDefinitions"][0]["image"] for b in self.state["registered"].values()}, {IMAGE})
        self.assertNotIn("revision", self.state["registered"]["m-api:2"], "what a definition tells of itself can't be registered")
        self.assertEqual(self.state["registered"]["m-api:2"]["containerDefinitions"][0]["command"], ["serve"], "only the image changes")

    def test_a_failed_migration_changes_nothing(self):
        done = self.deploy({"migrate": 3})
        self.assertEqual(done.returncode, 1)
        self.assertIn("the migration ended with 3", done.stdout)
        self.assertEqual(self.log("update"), [])

    def test_a_new_version_that_does_not_come_up_beside_changes_nothing(self):
        done = self.deploy({"beside": "STOPPED"})
        self.assertEqual(done.returncode, 1)
        self.assertIn("the new version of core ended", done.stdout)
        self.assertEqual(self.log("update"), [])
        self.assertEqual(self.log("stop"), ["stop m-core:2"])

    def test_a_rollout_that_fails_is_taken_back(self):
        done = self.deploy({"rollout": {"worker": "FAILED"}})
        self.assertEqual(done.returncode, 1)
        self.assertIn("circuit breaker", done.stdout)
        self.assertEqual(
            self.log("update"), ["update api m-api:2", "update worker m-worker:2", "update worker m-worker:1", "update api m-api:1"]
        )
        self.assertEqual(self.log("stop"), ["stop m-core:2"])

    def test_a_service_that_ecs_has_taken_back_is_not_taken_for_deployed(self):
        done = self.deploy({"rollout": {"api": "TAKEN_BACK"}})
        self.assertEqual(done.returncode, 1)
        self.assertIn("is no longer the service's own", done.stdout)

    def test_a_rollout_that_never_ends_is_taken_back(self):
        done = self.deploy({"rollout": {"api": "HANGS"}})
        self.assertEqual(done.returncode, 1)
        self.assertIn("the deployment of api took longer than", done.stdout)
        self.assertEqual(self.log("update"), ["update api m-api:2", "update api m-api:1"])

    def test_the_projector_is_not_replaced_when_the_installation_is_not_ready(self):
        self.server.ready = False
        done = self.deploy()
        self.assertEqual(done.returncode, 1)
        self.assertEqual(
            self.log("update"), ["update api m-api:2", "update worker m-worker:2", "update worker m-worker:1", "update api m-api:1"]
        )

    def test_the_old_version_answering_is_no_success(self):
        self.server.version = "v1"
        done = self.deploy()
        self.assertEqual(done.returncode, 1)
        self.assertIn("answering as version v2", done.stdout)

    def test_what_does_not_come_back_is_told(self):
        done = self.deploy({"rollout": {"worker": "FAILED"}, "stuck": ["api"]})
        self.assertEqual(done.returncode, 1)
        self.assertIn("NOT BACK: api", done.stdout)
        self.assertIn("update worker m-worker:1", self.log("update"), "the others go back all the same")

    def test_a_task_that_could_not_be_stopped_is_told(self):
        done = self.deploy({"rollout": {"worker": "FAILED"}, "denied": ["ecs stop-task"]})
        self.assertEqual(done.returncode, 1)
        self.assertIn("stop the task task/", done.stdout)

    def test_a_refused_right_is_told(self):
        done = self.deploy({"denied": ["ecs run-task"]})
        self.assertEqual(done.returncode, 1)
        self.assertIn("AccessDeniedException", done.stdout)

    def test_the_role_may_do_what_the_deploy_does(self):
        asked = set(re.findall(r'aws\(\s*"(\w+)",\s*"([a-z-]+)"', (HERE / "deploy.py").read_text()))
        asked |= set(re.findall(r"aws (ecr) (describe-images)", (HERE / "push").read_text()))
        policy = (HERE.parent / "terraform/modules/deployer/main.tf").read_text()
        self.assertEqual(len(asked), 8, asked)
        for service, command in asked:
            action = service + ":" + "".join(word.title() for word in command.split("-"))
            # DescribeServices is by the service, and so on: each is in the policy by its own name.
            self.assertIn(f'"{action}"', policy, "the deploy's role lacks it")

    def test_tags_stay_on_what_is_registered(self):
        self.deploy(patience="20")
        self.assertEqual(self.state["registered"]["m-api:2"]["tags"], [{"key": "Project", "value": "morket"}])

    def test_a_tag_is_refused(self):
        done = self.deploy(image="registry/morket:latest")
        self.assertEqual(done.returncode, 2)
        self.assertIn("must name a digest", done.stderr)


if __name__ == "__main__":
    unittest.main()
