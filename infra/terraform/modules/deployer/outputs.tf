output "role_arn" {
  description = "The role that the workflow takes: the variable AWS_ROLE_ARN of the environment at GitHub."
  value       = aws_iam_role.this.arn
}

output "provider_arn" {
  description = "GitHub's identity provider, for further installations in the account."
  value       = local.provider
}
