mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
}

variables {
  name           = "morket-test"
  repository     = "example/morket"
  environment    = "production"
  cluster        = { name = "morket-test", arn = "arn:aws:ecs:eu-central-1:111122223333:cluster/morket-test" }
  role_arns      = ["arn:aws:iam::111122223333:role/task"]
  repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/morket"
  kms_key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/test"
}

run "only_a_job_in_the_environment_takes_the_role" {
  assert {
    condition = [for c in data.aws_iam_policy_document.trust.statement[0].condition : c.values[0] if endswith(c.variable, ":sub") && c.test == "StringEquals"
    ] == ["repo:example/morket:environment:production"]
    error_message = "a branch or a pull request could deploy"
  }
}

run "it_may_do_nothing_but_deploy" {
  assert {
    condition = alltrue(flatten([for s in data.aws_iam_policy_document.deploy.statement : [for a in s.actions :
    !strcontains(a, "*") && !startswith(a, "secretsmanager:") && (!startswith(a, "iam:") || a == "iam:PassRole")]]))
    error_message = "the role may do more than deploy"
  }
  assert {
    condition     = [for s in data.aws_iam_policy_document.deploy.statement : s.resources if contains(s.actions, "iam:PassRole")] == [toset(var.role_arns)]
    error_message = "a stronger role could be passed on"
  }
}

run "an_account_has_one_provider" {
  variables {
    provider_arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
  }
  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0 && output.provider_arn == var.provider_arn
    error_message = "a second provider would be refused"
  }
}

run "a_wild_card_is_refused" {
  command = plan
  variables {
    repository = "example/*"
  }
  expect_failures = [var.repository]
}
