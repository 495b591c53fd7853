mock_provider "aws" {}

variables {
  name        = "morket-test"
  names       = ["DATABASE_URL", "MORKET_MASTER_KEY"]
  secrets     = { DATABASE_URL = "postgres://x", MORKET_MASTER_KEY = "abc" }
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/test"
}

run "each_secret_is_sealed_and_in_no_state" {
  assert {
    condition     = alltrue([for s in values(aws_secretsmanager_secret.this) : s.kms_key_id == var.kms_key_arn && s.recovery_window_in_days == 30])
    error_message = "a secret is not sealed with the key, or is gone at once"
  }
  assert {
    condition     = alltrue([for v in values(aws_secretsmanager_secret_version.this) : v.secret_string_wo == null])
    error_message = "a secret's value is in the state"
  }
  assert {
    condition     = toset(keys(output.arns)) == var.names
    error_message = "want an ARN for each secret"
  }
}

run "an_odd_name_is_refused" {
  command = plan
  variables {
    names   = ["database url"]
    secrets = { "database url" = "x" }
  }
  expect_failures = [var.names]
}
