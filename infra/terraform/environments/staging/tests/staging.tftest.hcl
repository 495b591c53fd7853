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
        { domain_name = "staging.example.com", resource_record_name = "_1.staging.example.com", resource_record_type = "CNAME", resource_record_value = "_1.acm" },
        { domain_name = "clickhouse.morket-staging-internal.example.com", resource_record_name = "_2.clickhouse", resource_record_type = "CNAME", resource_record_value = "_2.acm" },
      ]
    }
  }
}

variables {
  host_name     = "staging.example.com"
  zone_id       = "Z1"
  image         = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/morket-staging@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  bucket_prefix = "example"
  operators     = ["operations@example.com"]
  repository    = "example/morket"
  seed = {
    database    = "abcdefghijklmnop", cache = "abcdefghijklmnop", analytics = "abcdefghijklmnop", master_key = "a2V5", jwt_keys = "a2V5"
    service_key = "abcdefghijklmnopabcdefghijklmnop", backup_passphrase = "abcdefghijklmnop"
  }
  stored = { broker = "abcdefghijklmnop", search = "Abcdefghijklmn-1" }
}

run "what_the_deploy_needs_is_told" {
  assert {
    condition     = output.github_variables.CLUSTER == "morket-staging" && output.github_variables.SERVICES == "api scraper worker core" && output.github_variables.URL == "https://staging.example.com"
    error_message = "the workflow would deploy elsewhere"
  }
  assert {
    condition     = jsondecode(output.github_variables.NETWORK).awsvpcConfiguration.assignPublicIp == "DISABLED"
    error_message = "the migration would run in public"
  }
  assert {
    condition     = length(output.nat_addresses) == 1
    error_message = "want the addresses that providers see"
  }
}
