mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_vpc" {
    defaults = { cidr_block = "10.20.0.0/16" }
  }
  mock_resource "aws_kms_key" {
    defaults = { arn = "arn:aws:kms:eu-central-1:111122223333:key/test" }
  }
  mock_resource "aws_ecr_repository" {
    defaults = { arn = "arn:aws:ecr:eu-central-1:111122223333:repository/morket" }
  }
  mock_resource "aws_secretsmanager_secret" {
    defaults = { arn = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:test" }
  }
  mock_resource "aws_mq_broker" {
    defaults = { instances = [{ endpoints = ["amqps://b-1.mq.eu-central-1.amazonaws.com:5671"] }] }
  }
  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-east-1:111122223333:certificate/test"
      domain_validation_options = [
        { domain_name = "app.example.com", resource_record_name = "_1.app.example.com", resource_record_type = "CNAME", resource_record_value = "_1.acm" },
        { domain_name = "clickhouse.morket-internal.example.com", resource_record_name = "_2.clickhouse", resource_record_type = "CNAME", resource_record_value = "_2.acm" },
      ]
    }
  }
}

variables {
  name               = "morket"
  size               = "medium"
  availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  host_name          = "app.example.com"
  zone_id            = "Z1"
  image              = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/morket@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  bucket_prefix      = "example"
  operators          = ["operations@example.com"]
  budget_usd         = 2000
  github             = { repository = "example/morket", environment = "production" }
  seed = {
    database    = "abcdefghijklmnop", cache = "abcdefghijklmnop", analytics = "abcdefghijklmnop", master_key = "a2V5", jwt_keys = "a2V5"
    service_key = "abcdefghijklmnopabcdefghijklmnop", backup_passphrase = "abcdefghijklmnop"
  }
  stored = { broker = "abcdefghijklmnop", search = "Abcdefghijklmn-1" }
}

run "every_role_is_carried_by_some_task" {
  assert {
    condition     = toset(flatten([for s in values(local.morket) : s.roles])) == toset(["api", "relay", "projector", "worker", "scraper"])
    error_message = "a role has no task"
  }
  assert {
    condition     = output.services == "api scraper worker core"
    error_message = "the projector must be replaced last"
  }
}

run "the_medium_size_has_every_store" {
  command = plan
  assert {
    condition     = length(module.opensearch) == 1 && length(module.clickhouse) == 1 && contains(local.given, "OPENSEARCH_URL") && contains(local.given, "CLICKHOUSE_URL")
    error_message = "want search and analytics"
  }
  assert {
    condition     = length(aws_route53_record.proof) == 2 && aws_route53_record.proof["app.example.com"].name == "_1.app.example.com"
    error_message = "want a proof of each name"
  }
}

run "the_small_size_searches_in_postgres" {
  command = plan
  variables {
    size = "small"
  }
  assert {
    condition     = length(module.opensearch) == 0 && length(module.clickhouse) == 0 && !contains(local.given, "OPENSEARCH_URL") && length(module.vpc.nat_addresses) == 1
    error_message = "want neither search nor analytics, and one NAT gateway"
  }
}

run "the_large_size_fits_too" {
  command = plan
  variables {
    size = "large"
  }
  assert {
    condition     = local.size.database.io_optimized
    error_message = "want input and output in the price"
  }
}

run "tasks_reach_their_buckets_and_nothing_else" {
  command = plan
  assert {
    condition     = alltrue(flatten([for s in data.aws_iam_policy_document.task.statement : [for a in s.actions : startswith(a, "s3:") || startswith(a, "kms:")]]))
    error_message = "a task may do more than read and write its buckets"
  }
  assert {
    condition     = local.settings.MORKET_TRUSTED_PROXIES == "10.20.0.0/16" && local.settings.MORKET_PUBLIC_URL == "https://app.example.com"
    error_message = "clients' addresses or links would be wrong"
  }
}

run "an_unknown_size_is_refused" {
  command = plan
  variables {
    size = "huge"
  }
  expect_failures = [var.size]
}
