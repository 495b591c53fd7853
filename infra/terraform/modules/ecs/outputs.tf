output "cluster" {
  description = "The cluster's name."
  value       = aws_ecs_cluster.this.name
}

output "cluster_arn" {
  description = "The cluster's ARN, for policies."
  value       = aws_ecs_cluster.this.arn
}

output "services" {
  description = "The services that a deploy replaces, the projector last."
  value       = concat(sort([for n, s in local.ours : n if !contains(s.roles, "projector")]), sort([for n, s in local.ours : n if contains(s.roles, "projector")]))
}

output "namespace" {
  description = "Behind the services' names inside the network."
  value       = aws_service_discovery_private_dns_namespace.this.name
}

output "role_arns" {
  description = "The tasks' roles, which a deploy must be allowed to pass on."
  value       = [aws_iam_role.execution.arn, aws_iam_role.task.arn]
}

output "log_groups" {
  description = "The log groups of Morket's services, by service."
  value       = { for n, _ in local.ours : n => aws_cloudwatch_log_group.service[n].name }
}
