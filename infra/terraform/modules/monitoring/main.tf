data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

# What Prometheus can't see from within: whether AWS's parts are well. Morket's own alerts are in infra/prometheus.
locals {
  balancer = { LoadBalancer = var.load_balancer.arn_suffix }
  target   = merge(local.balancer, { TargetGroup = var.load_balancer.target_group_suffix })
  aurora   = { DBClusterIdentifier = var.aurora_cluster }

  always = {
    no-healthy-target   = { space = "AWS/ApplicationELB", metric = "HealthyHostCount", by = local.target, stat = "Minimum", is = "LessThanThreshold", than = 1, minutes = 2, missing = "breaching", text = "No task of the role api is ready." }
    errors              = { space = "AWS/ApplicationELB", metric = "HTTPCode_Target_5XX_Count", by = local.target, stat = "Sum", is = "GreaterThanThreshold", than = 50, minutes = 5, missing = "notBreaching", text = "More than 50 requests a minute fail on our side." }
    slow                = { space = "AWS/ApplicationELB", metric = "TargetResponseTime", by = local.target, stat = "p95", is = "GreaterThanThreshold", than = 1, minutes = 10, missing = "notBreaching", text = "One request in twenty takes longer than a second." }
    database-cpu        = { space = "AWS/RDS", metric = "CPUUtilization", by = local.aurora, stat = "Average", is = "GreaterThanThreshold", than = 85, minutes = 10, missing = "breaching", text = "The database's processors are busy, or it tells nothing." }
    database-memory     = { space = "AWS/RDS", metric = "FreeableMemory", by = local.aurora, stat = "Minimum", is = "LessThanThreshold", than = 536870912, minutes = 10, missing = "notBreaching", text = "The database has less than 512 MB of free memory." }
    database-sessions   = { space = "AWS/RDS", metric = "DatabaseConnections", by = local.aurora, stat = "Maximum", is = "GreaterThanThreshold", than = var.aurora_max_connections, minutes = 5, missing = "notBreaching", text = "The database has too many connections." }
    database-disk-reads = { space = "AWS/RDS", metric = "BufferCacheHitRatio", by = local.aurora, stat = "Average", is = "LessThanThreshold", than = 95, minutes = 30, missing = "notBreaching", text = "The database reads from the disk what memory should hold: give it more memory." }
  }
  cache = var.redis_id == null ? {} : {
    cache-memory = { space = "AWS/ElastiCache", metric = "DatabaseMemoryUsagePercentage", by = { CacheClusterId = "${var.redis_id}-001" }, stat = "Maximum", is = "GreaterThanThreshold", than = 90, minutes = 10, missing = "notBreaching", text = "The cache is full." }
  }
  broker = var.broker_name == null ? {} : {
    broker-backlog = { space = "AWS/AmazonMQ", metric = "MessageReadyCount", by = { Broker = var.broker_name }, stat = "Maximum", is = "GreaterThanThreshold", than = 100000, minutes = 10, missing = "breaching", text = "More than 100,000 messages wait at the broker, or it tells nothing." }
  }
  search = var.opensearch_domain == null ? {} : {
    search-red    = { space = "AWS/ES", metric = "ClusterStatus.red", by = { DomainName = var.opensearch_domain, ClientId = data.aws_caller_identity.current.account_id }, stat = "Maximum", is = "GreaterThanThreshold", than = 0, minutes = 5, missing = "notBreaching", text = "A search index has lost a shard; searches answer 503." }
    search-disk   = { space = "AWS/ES", metric = "FreeStorageSpace", by = { DomainName = var.opensearch_domain, ClientId = data.aws_caller_identity.current.account_id }, stat = "Minimum", is = "LessThanThreshold", than = 10240, minutes = 10, missing = "notBreaching", text = "A search node has less than 10 GB of free disk." }
    search-memory = { space = "AWS/ES", metric = "JVMMemoryPressure", by = { DomainName = var.opensearch_domain, ClientId = data.aws_caller_identity.current.account_id }, stat = "Maximum", is = "GreaterThanThreshold", than = 92, minutes = 15, missing = "notBreaching", text = "The search nodes are short of memory." }
  }
  analytics = var.clickhouse == null ? {} : {
    analytics-machine = { space = "AWS/EC2", metric = "StatusCheckFailed", by = { InstanceId = var.clickhouse.instance_id }, stat = "Maximum", is = "GreaterThanThreshold", than = 0, minutes = 5, missing = "breaching", text = "The analytics' machine is not well; analytics wait, nothing else does." }
  }
  tasks = { for service, least in var.ecs_services : "tasks-${service}" => {
    space = "ECS/ContainerInsights", metric = "RunningTaskCount", by = { ClusterName = var.ecs_cluster, ServiceName = service }, stat = "Minimum", is = "LessThanThreshold", than = least, minutes = 5, missing = "breaching", text = "The service ${service} has fewer than ${least} running tasks."
  } }
  alarms = merge(local.always, local.cache, local.broker, local.search, local.analytics, local.tasks)
}

resource "aws_sns_topic" "this" {
  name              = "${var.name}-alarms"
  kms_master_key_id = var.kms_key_arn
}

data "aws_iam_policy_document" "topic" {
  statement {
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.this.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "budgets.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_sns_topic_policy" "this" {
  arn    = aws_sns_topic.this.arn
  policy = data.aws_iam_policy_document.topic.json
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.emails

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.text
  namespace           = each.value.space
  metric_name         = each.value.metric
  dimensions          = each.value.by
  statistic           = startswith(each.value.stat, "p") ? null : each.value.stat
  extended_statistic  = startswith(each.value.stat, "p") ? each.value.stat : null
  comparison_operator = each.value.is
  threshold           = each.value.than
  period              = 60
  evaluation_periods  = each.value.minutes
  datapoints_to_alarm = each.value.minutes
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

# Lines of the log with level ERROR, which are JSON.
resource "aws_cloudwatch_log_metric_filter" "errors" {
  for_each = var.log_groups

  name           = "${var.name}-${each.key}-errors"
  log_group_name = each.value
  pattern        = "{ $.level = \"ERROR\" }"

  metric_transformation {
    namespace     = "Morket"
    name          = "${var.name}-errors"
    value         = "1"
    default_value = "0"
  }
}

resource "aws_cloudwatch_metric_alarm" "log_errors" {
  alarm_name          = "${var.name}-log-errors"
  alarm_description   = "More than 20 lines with level ERROR a minute: they name the cause."
  namespace           = "Morket"
  metric_name         = "${var.name}-errors"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 20
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 5
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this.arn]
  ok_actions          = [aws_sns_topic.this.arn]
}

resource "aws_budgets_budget" "this" {
  name         = var.name
  budget_type  = "COST"
  limit_amount = tostring(var.budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  cost_filter {
    name   = "TagKeyValue"
    values = ["user:Installation$${var.name}"]
  }

  notification {
    comparison_operator       = "GREATER_THAN"
    threshold                 = 80
    threshold_type            = "PERCENTAGE"
    notification_type         = "ACTUAL"
    subscriber_sns_topic_arns = [aws_sns_topic.this.arn]
  }

  notification {
    comparison_operator       = "GREATER_THAN"
    threshold                 = 100
    threshold_type            = "PERCENTAGE"
    notification_type         = "FORECASTED"
    subscriber_sns_topic_arns = [aws_sns_topic.this.arn]
  }
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name

  dashboard_body = jsonencode({
    widgets = [for i, name in sort(keys(local.alarms)) : {
      type   = "metric"
      x      = (i % 3) * 8
      y      = floor(i / 3) * 6
      width  = 8
      height = 6
      properties = {
        title       = name
        region      = data.aws_region.current.region
        annotations = { alarms = [aws_cloudwatch_metric_alarm.this[name].arn] }
      }
    }]
  })
}
