mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
}

variables {
  name           = "morket-test"
  emails         = ["operations@example.com"]
  kms_key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/test"
  load_balancer  = { arn_suffix = "app/x/1", target_group_suffix = "targetgroup/x/1" }
  aurora_cluster = "morket-test"
  ecs_cluster    = "morket-test"
  ecs_services   = { api = 2, worker = 1 }
  log_groups     = { api = "/morket-test/api" }
  budget_usd     = 500
}

run "what_must_be_there_is_watched" {
  assert {
    condition     = length(output.alarms) == 9 && contains(output.alarms, "morket-test-no-healthy-target") && contains(output.alarms, "morket-test-tasks-worker")
    error_message = "want alarms for the balancer, the database and each service"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["no-healthy-target"].treat_missing_data == "breaching"
    error_message = "silence would look like health"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["slow"].extended_statistic == "p95"
    error_message = "want the 95th percentile"
  }
}

run "what_is_not_there_is_not_watched" {
  variables {
    redis_id          = "cache"
    broker_name       = "broker"
    opensearch_domain = "search"
    clickhouse        = { instance_id = "i-1" }
  }
  assert {
    condition     = length(output.alarms) == 15
    error_message = "want the six alarms of the four stores too"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["search-red"].dimensions["ClientId"] == "111122223333"
    error_message = "OpenSearch's metrics are by domain and account"
  }
}

run "somebody_is_told" {
  assert {
    condition = length(aws_sns_topic_subscription.email) == 1 && alltrue([for a in values(aws_cloudwatch_metric_alarm.this) : a.alarm_actions == toset([aws_sns_topic.this.arn])
    && a.ok_actions == toset([aws_sns_topic.this.arn])])
    error_message = "an alarm tells nobody"
  }
  assert {
    condition     = length(aws_budgets_budget.this.notification) == 2
    error_message = "want what was spent and what is forecast"
  }
}

run "nobody_to_tell_is_refused" {
  command = plan
  variables {
    emails = []
  }
  expect_failures = [var.emails]
}
