mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  name              = "morket-test"
  vpc_id            = "vpc-1"
  subnet_ids        = ["subnet-1", "subnet-2"]
  security_group_id = "sg-tasks"
  image             = "registry/morket@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  repository_arn    = "arn:aws:ecr:eu-central-1:111122223333:repository/morket"
  kms_key_arn       = "arn:aws:kms:eu-central-1:111122223333:key/test"
  task_policy_json  = "{}"
  environment       = { MORKET_PUBLIC_URL = "https://app.example.com" }
  secrets           = { DATABASE_URL = "arn:database" }
  services = {
    api       = { roles = ["api"], cpu = 512, memory = 1024, least = 2, most = 6, target_group_arn = "arn:targets" }
    projector = { roles = ["projector"], cpu = 512, memory = 1024, least = 2 }
    relay     = { roles = ["relay"], cpu = 256, memory = 512, least = 2 }
    worker    = { roles = ["worker"], cpu = 1024, memory = 2048, least = 1, most = 4, spot = true }
    temporal = {
      image   = "temporal@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", cpu = 512, memory = 1024, least = 1, port = 7233
      secrets = { POSTGRES_PWD = "arn:temporal" }
    }
  }
}

run "tasks_can_do_nothing_but_their_work" {
  assert {
    condition = alltrue([for t in values(aws_ecs_task_definition.ours) : alltrue([for c in jsondecode(t.container_definitions) :
    c.readonlyRootFilesystem && c.user == "65532:65532" && c.linuxParameters.capabilities.drop == ["ALL"]])])
    error_message = "a task runs with more rights than it needs"
  }
  assert {
    condition     = alltrue([for s in values(aws_ecs_service.ours) : !one(s.network_configuration).assign_public_ip && !s.enable_execute_command])
    error_message = "a task can be reached from outside"
  }
}

run "each_process_has_its_roles_and_no_secret_in_plain_text" {
  assert {
    condition     = jsondecode(aws_ecs_task_definition.ours["api"].container_definitions)[0].command == ["serve", "--roles", "api"]
    error_message = "the roles differ"
  }
  assert {
    condition     = one(jsondecode(aws_ecs_task_definition.ours["worker"].container_definitions)[0].secrets).valueFrom == "arn:database"
    error_message = "want the secret by its ARN"
  }
  assert {
    condition     = jsondecode(aws_ecs_task_definition.ours["migrate"].container_definitions)[0].command == ["migrate"]
    error_message = "want a task that migrates"
  }
  assert {
    condition     = toset(local.secret_arns) == toset(["arn:database", "arn:temporal"])
    error_message = "want exactly the secrets that tasks are given"
  }
}

run "the_projector_is_replaced_last" {
  assert {
    condition     = output.services == tolist(["api", "relay", "worker", "projector"])
    error_message = "readers of the earlier version would lose their read models"
  }
}

run "what_fails_to_come_up_goes_back" {
  assert {
    condition = alltrue([for s in concat(values(aws_ecs_service.ours), values(aws_ecs_service.others)) :
    one(s.deployment_circuit_breaker).enable && one(s.deployment_circuit_breaker).rollback])
    error_message = "a broken deployment stays"
  }
  assert {
    condition     = alltrue([for s in values(aws_ecs_service.ours) : s.deployment_minimum_healthy_percent == 100])
    error_message = "a deploy takes the service away"
  }
}

run "only_what_has_room_is_scaled" {
  assert {
    condition     = toset(keys(aws_appautoscaling_target.this)) == toset(["api", "worker"])
    error_message = "want api and worker scaled"
  }
  assert {
    condition     = one(aws_ecs_service.ours["worker"].capacity_provider_strategy).capacity_provider == "FARGATE_SPOT"
    error_message = "want workers on spot, which a lost task costs nothing"
  }
}

run "others_are_found_by_name" {
  assert {
    condition     = toset(keys(aws_service_discovery_service.this)) == toset(["temporal"]) && output.namespace == "morket-test.internal"
    error_message = "want temporal.morket-test.internal"
  }
}

run "a_secret_among_the_settings_is_refused" {
  command = plan
  variables {
    environment = { MORKET_MASTER_KEY = "plain" }
  }
  expect_failures = [var.environment]
}

run "an_image_by_tag_is_refused" {
  command = plan
  variables {
    image = "registry/morket:latest"
  }
  expect_failures = [var.image]
}

run "a_role_that_morket_has_not_is_refused" {
  command = plan
  variables {
    services = { x = { roles = ["web"], cpu = 256, memory = 512, least = 1 } }
  }
  expect_failures = [var.services]
}
