output "topic_arn" {
  description = "Where alarms are told; Prometheus' Alertmanager can use it too."
  value       = aws_sns_topic.this.arn
}

output "alarms" {
  description = "The alarms' names."
  value       = sort([for a in values(aws_cloudwatch_metric_alarm.this) : a.alarm_name])
}
