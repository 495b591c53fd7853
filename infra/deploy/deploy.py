#!/usr/bin/env python3
"""Deploys an image to the services of a cluster: migrations, new tasks beside the old ones, a look from outside, or all the way back.

usage: deploy.py --cluster NAME --services "api worker core" --image REPOSITORY@sha256:… --network JSON --url https://… --version TEXT
                 [--patience SECONDS] [--every SECONDS]

The services are replaced in the given order; the last one has the projector. What happens, and why in this order:

1. The newest revision of each task definition is the template. A revision with the image is registered for each.
2. morket migrate runs as a task of its own. Migrations only add, so what runs goes on; if it fails, nothing has changed.
3. The new version of the last service runs beside the old one: it makes read models that the new version needs and the old one lacks.
4. All services but the last are replaced, and the installation is asked from outside. Until here the old version can come back, because
   read models of another form are only replaced when no process of the old version lives.
5. The last service is replaced, what ran beside it is stopped, and the installation is asked once more.

A service counts as replaced when the deployment that this program began is complete. "Stable" isn't enough: a service is stable, too, after
ECS has taken a deployment back. Needs the AWS CLI.
"""

import argparse
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

# What a registered task definition tells of itself and can't be registered with.
TOLD = {
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
}
CONTAINER = "morket"


class Failed(Exception):
    """A step that did not succeed, in words for who reads the log."""


def say(text):
    print(text, flush=True)


def aws(service, command, /, **options):
    """Runs the AWS CLI and answers what it prints, as JSON. An option without a value is True."""
    line = ["aws", service, command, "--output", "json"]
    for name, value in options.items():
        line.append("--" + name.replace("_", "-"))
        if value is not True:
            line.append(value)
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode != 0:
        raise Failed(f"aws {service} {command}: {done.stderr.strip()[-500:]}")
    return json.loads(done.stdout) if done.stdout.strip() else {}


class Deploy:
    def __init__(self, options):
        self.cluster, self.image, self.network = options.cluster, options.image, options.network
        self.services = options.services.split()
        self.url, self.version = options.url.rstrip("/"), options.version
        self.patience, self.every = options.patience, options.every
        self.revisions, self.before, self.updated, self.beside = {}, {}, [], None

    def run(self):
        self.register()
        self.migrate()
        try:
            self.start_beside()
            *first, last = self.services
            for name in first:
                self.replace(name)
            self.look()
            self.replace(last)
            self.stop_beside()
            self.look()
        except (Exception, KeyboardInterrupt) as error:  # whatever it was, the old version must come back
            say(f"FAILED: {error or 'interrupted'}")
            left = self.back()
            if left:
                raise Failed(f"NOT BACK: {', '.join(left)}; look at what runs there") from error
            raise Failed("the deploy was taken back; migrations stay, since they only add") from error
        finally:
            self.stop_beside()
        say(f"deployed {self.version} to {self.cluster}")

    def register(self):
        """Registers a revision with the image for each service and for the migration, and notes what runs now."""
        for name in self.services:
            self.before[name] = self.service(name)["taskDefinition"]
        for name in [*self.services, "migrate"]:
            family = f"{self.cluster}-{name}"
            told = aws("ecs", "describe-task-definition", task_definition=family, include="TAGS")
            definition = told["taskDefinition"]
            ours = [c for c in definition["containerDefinitions"] if c["name"] == CONTAINER]
            if len(ours) != 1:
                raise Failed(f"{family} has no container {CONTAINER}: is it a service of Morket?")
            ours[0]["image"] = self.image
            body = {k: v for k, v in definition.items() if k not in TOLD}
            if told.get("tags"):
                body["tags"] = told["tags"]
            made = aws("ecs", "register-task-definition", cli_input_json=json.dumps(body))
            self.revisions[name] = made["taskDefinition"]["taskDefinitionArn"]
        say("registered " + ", ".join(self.revisions.values()))

    def log(self, name):
        return f"Its log: /{self.cluster}/{name}"

    def service(self, name):
        found = aws("ecs", "describe-services", cluster=self.cluster, services=name)["services"]
        if len(found) != 1 or found[0]["status"] != "ACTIVE":
            raise Failed(f"{self.cluster} has no active service {name}")
        return found[0]

    def start_task(self, name):
        done = aws(
            "ecs",
            "run-task",
            cluster=self.cluster,
            launch_type="FARGATE",
            task_definition=self.revisions[name],
            network_configuration=self.network,
            started_by=f"deploy-{self.version}"[:36],
        )
        if done.get("failures") or not done.get("tasks"):
            raise Failed(f"{name} could not be started: {done.get('failures')}")
        return done["tasks"][0]["taskArn"]

    def task(self, arn):
        found = aws("ecs", "describe-tasks", cluster=self.cluster, tasks=arn)["tasks"]
        if not found:
            raise Failed(f"{arn} is gone")
        return found[0]

    def until(self, what, done):
        """Asks until done answers something, at most for as long as there is patience."""
        ends = time.monotonic() + self.patience
        while True:
            answer = done()
            if answer is not None:
                return answer
            if time.monotonic() >= ends:
                raise Failed(f"{what} took longer than {self.patience} s")
            time.sleep(self.every)

    def migrate(self):
        """Brings the schemas up to date. Its exit code decides, not that it has stopped."""
        arn = self.start_task("migrate")
        say(f"migrating: {arn}")
        stopped = self.until("the migration", lambda: (lambda t: t if t["lastStatus"] == "STOPPED" else None)(self.task(arn)))
        container = next((c for c in stopped["containers"] if c["name"] == CONTAINER), {})
        if container.get("exitCode") != 0:
            why = container.get("reason") or stopped.get("stoppedReason") or "no reason was given"
            raise Failed(f"the migration ended with {container.get('exitCode')} ({why}); nothing was deployed. {self.log('migrate')}")

    def start_beside(self):
        """Runs the new version of the last service beside the old one until it is well."""
        name = self.services[-1]
        self.beside = self.start_task(name)
        say(f"beside {name}: {self.beside}")

        def well():
            task = self.task(self.beside)
            if task["lastStatus"] in ("DEACTIVATING", "STOPPING", "STOPPED"):
                raise Failed(f"the new version of {name} ended: {task.get('stoppedReason')}. {self.log(name)}")
            return True if task.get("healthStatus") == "HEALTHY" else None

        self.until(f"the start of the new {name}", well)

    def stop_beside(self):
        if self.beside is None:
            return
        arn, self.beside = self.beside, None
        try:
            aws("ecs", "stop-task", cluster=self.cluster, task=arn, reason="the deploy has ended")
        except Failed as error:
            say(f"stop the task {arn} by hand: {error}")

    def replace(self, name):
        self.updated.append(name)
        self.update(name, self.revisions[name])

    def update(self, name, revision):
        """Begins a deployment and follows it by its id until it is complete."""
        done = aws("ecs", "update-service", cluster=self.cluster, service=name, task_definition=revision, force_new_deployment=True)
        began = next(
            (d["id"] for d in done["service"]["deployments"] if d["status"] == "PRIMARY" and d["taskDefinition"] == revision), None
        )
        if began is None:
            raise Failed(f"{name}: ECS began no deployment of {revision}")
        say(f"{name}: {began}")

        def complete():
            deployments = {d["id"]: d for d in self.service(name)["deployments"]}
            mine = deployments.get(began)
            if mine is None or mine["status"] != "PRIMARY":
                raise Failed(f"{name}: the deployment {began} is no longer the service's own: ECS or somebody else has taken it back")
            if mine.get("rolloutState") == "FAILED":
                raise Failed(f"{name}: {mine.get('rolloutStateReason', 'the deployment failed')}. {self.log(name)}")
            whole = mine["runningCount"] >= mine["desiredCount"] and len(deployments) == 1
            return True if mine.get("rolloutState") == "COMPLETED" and whole else None

        self.until(f"the deployment of {name}", complete)

    def look(self):
        """Asks the installation from outside until the new version answers and is ready."""

        def ask():
            try:
                if get(self.url + "/health").get("version") != self.version:
                    return None
                ready = get(self.url + "/readiness").get("ready") is True
                return True if ready and get(self.url + "/api/v1/openapi.json").get("openapi") else None
            except (OSError, ValueError) as error:
                say(f"{self.url}: {error}")
                return None

        self.until(f"{self.url} answering as version {self.version} and ready", ask)
        say(f"{self.url} answers as {self.version} and is ready")

    def back(self):
        """Puts the earlier revisions back, the last one first; answers the services that did not come back."""
        left = []
        for name in reversed(self.updated):
            say(f"{name}: back to {self.before[name]}")
            try:
                self.update(name, self.before[name])
            except Failed as error:
                say(str(error))
                left.append(name)
        return left


def get(url):
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept": "application/json"}), timeout=10) as answer:
        return json.loads(answer.read(4 << 20))


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name in ("cluster", "services", "image", "network", "url", "version"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--patience", type=float, default=1200)
    parser.add_argument("--every", type=float, default=10)
    options = parser.parse_args(arguments)
    if "@sha256:" not in options.image:
        parser.error("--image must name a digest (…@sha256:…): a tag can be moved")
    if not options.services.split():
        parser.error("--services must name at least one service")
    try:
        Deploy(options).run()
    except Failed as error:
        say(f"FAILED: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
