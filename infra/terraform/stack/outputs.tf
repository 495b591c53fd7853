output "repository_url" {
  description = "Where images are pushed to: the variable ECR_REPOSITORY of the environment at GitHub."
  value       = module.ecr.repository_url
}

output "deploy_role_arn" {
  description = "The role that the deploy takes: the variable AWS_ROLE_ARN of the environment at GitHub."
  value       = module.deployer.role_arn
}

output "services" {
  description = "The services that a deploy replaces, in this order: the variable SERVICES of the environment at GitHub."
  value       = join(" ", module.ecs.services)
}

output "network" {
  description = "Where the migration's task runs: the variable NETWORK of the environment at GitHub."
  value       = jsonencode({ awsvpcConfiguration = { subnets = module.vpc.private_subnet_ids, securityGroups = [aws_security_group.tasks.id], assignPublicIp = "DISABLED" } })
}

output "url" {
  description = "Where users go."
  value       = "https://${var.host_name}"
}

output "nat_addresses" {
  description = "The addresses under which providers and webhooks see the installation."
  value       = module.vpc.nat_addresses
}

output "kms_key_arn" {
  description = "The installation's key: secrets of yours that tasks are given must be sealed with it."
  value       = aws_kms_key.this.arn
}
