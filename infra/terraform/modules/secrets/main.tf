resource "aws_secretsmanager_secret" "this" {
  for_each = var.names

  name                    = "${var.name}/${each.key}"
  description             = "Given to Morket's tasks as ${each.key}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_days
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = var.names

  secret_id                = aws_secretsmanager_secret.this[each.key].id
  secret_string_wo         = var.secrets[each.key]
  secret_string_wo_version = var.revision
}
