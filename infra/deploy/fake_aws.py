#!/usr/bin/env python3
"""A stand-in of the AWS CLI for the tests: as much of it as the deploy uses, kept in the file that FAKE_AWS names.

The file's "faults" say what goes wrong:
  {"migrate": 1}                    the migration's exit code
  {"rollout": {"api": "FAILED"}}    how a service's deployment of the new image ends: FAILED, TAKEN_BACK or HANGS
  {"stuck": ["api"]}                services whose earlier version doesn't come back
  {"beside": "STOPPED"}             how the task beside the last service does
  {"denied": ["ecs run-task"]}      what isn't allowed
"""

import json
import os
import pathlib
import sys


def option(arguments, name):
    return arguments[arguments.index(name) + 1] if name in arguments else None


def describe_service(state, name):
    service = state["services"][name]
    primary = service["deployments"][0]
    new = primary["taskDefinition"] in state["registered"]
    fault = state["faults"].get("rollout", {}).get(name) if new else "HANGS" if name in state["faults"].get("stuck", []) else None
    if primary["rolloutState"] != "IN_PROGRESS":
        pass
    elif fault is None:
        primary.update(rolloutState="COMPLETED", runningCount=primary["desiredCount"])
        service.update(deployments=[primary], taskDefinition=primary["taskDefinition"])
    elif fault == "FAILED":
        primary.update(rolloutState="FAILED", rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.")
    elif fault == "TAKEN_BACK":
        state["count"] += 1
        service["deployments"] = [
            {
                "id": f"ecs-svc/{state['count']}",
                "status": "PRIMARY",
                "taskDefinition": service["taskDefinition"],
                "desiredCount": 1,
                "runningCount": 1,
                "rolloutState": "COMPLETED",
            }
        ]
    return {"serviceName": name, "status": "ACTIVE", "taskDefinition": service["taskDefinition"], "deployments": service["deployments"]}


def ecs(state, command, arguments):
    if command == "describe-services":
        name = option(arguments, "--services")
        return {"services": [describe_service(state, name)] if name in state["services"] else []}
    if command == "describe-task-definition":
        family = option(arguments, "--task-definition")
        definition = {**state["families"][family], "taskDefinitionArn": f"{family}:1", "revision": 1, "status": "ACTIVE"}
        return {"taskDefinition": definition, "tags": [{"key": "Project", "value": "morket"}]}
    if command == "register-task-definition":
        body = json.loads(option(arguments, "--cli-input-json"))
        arn = f"{body['family']}:{state['new']}"
        state["registered"][arn] = body
        return {"taskDefinition": {**body, "taskDefinitionArn": arn}}
    if command == "run-task":
        state["count"] += 1
        arn = f"task/{state['count']}"
        state["tasks"][arn] = option(arguments, "--task-definition")
        state["log"].append(f"run {state['tasks'][arn]}")
        return {"tasks": [{"taskArn": arn}], "failures": []}
    if command == "describe-tasks":
        arn = option(arguments, "--tasks")
        if "-migrate:" in state["tasks"][arn]:
            return {"tasks": [{"lastStatus": "STOPPED", "containers": [{"name": "morket", "exitCode": state["faults"].get("migrate", 0)}]}]}
        status = state["faults"].get("beside", "RUNNING")
        return {"tasks": [{"lastStatus": status, "healthStatus": "HEALTHY", "stoppedReason": "Essential container exited"}]}
    if command == "stop-task":
        state["log"].append(f"stop {state['tasks'].pop(option(arguments, '--task'))}")
        return {}
    if command == "update-service":
        name, revision = option(arguments, "--service"), option(arguments, "--task-definition")
        state["count"] += 1
        deployment = {
            "id": f"ecs-svc/{state['count']}",
            "status": "PRIMARY",
            "taskDefinition": revision,
            "desiredCount": 1,
            "runningCount": 0,
            "rolloutState": "IN_PROGRESS",
        }
        state["services"][name]["deployments"] = [deployment, *[{**d, "status": "ACTIVE"} for d in state["services"][name]["deployments"]]]
        state["log"].append(f"update {name} {revision}")
        return {"service": {"deployments": state["services"][name]["deployments"]}}
    raise KeyError(command)


def secretsmanager(state, command, arguments):
    name = option(arguments, "--secret-id") or option(arguments, "--name")
    if command == "get-secret-value":
        if name not in state["secrets"]:
            sys.exit("An error occurred (ResourceNotFoundException): can't find the specified secret.")
        return {"SecretString": state["secrets"][name]}
    value = option(arguments, "--secret-string")
    if value.startswith("file://"):
        value = pathlib.Path(value.removeprefix("file://")).read_text()
    state["secrets"][name] = value
    state["log"].append(f"{command} {name}")
    return {"ARN": name}


def main(arguments):
    path = pathlib.Path(os.environ["FAKE_AWS"])
    state = json.loads(path.read_text())
    service, command = arguments[0], arguments[1]
    if f"{service} {command}" in state["faults"].get("denied", []):
        sys.exit(f"An error occurred (AccessDeniedException): {service} {command}")
    if service == "ecr":
        images = state["images"]
        version = (option(arguments, "--image-ids") or "").removeprefix("imageTag=")
        if command == "describe-images" and version not in images:
            sys.exit("An error occurred (ImageNotFoundException)")
        print(images[version] if command == "describe-images" else "token")
        return
    if service == "s3api":
        state["log"].append(f"{service} {command}")
        answer = {}
        if command == "head-bucket" and option(arguments, "--bucket") not in state["buckets"]:
            sys.exit("An error occurred (404) when calling the HeadBucket operation: Not Found")
        if command == "create-bucket":
            state["buckets"].append(option(arguments, "--bucket"))
    else:
        answer = {"ecs": ecs, "secretsmanager": secretsmanager}[service](state, command, arguments)
    path.write_text(json.dumps(state))
    if option(arguments, "--query"):
        print(answer[option(arguments, "--query")])
    else:
        print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
