output "arns" {
  description = "Each secret's ARN by its name. A task must not start before there is a value, so they come with the values."
  value       = { for n in var.names : n => aws_secretsmanager_secret.this[n].arn }
  depends_on  = [aws_secretsmanager_secret_version.this]
}
