mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name        = "morket-test-objects"
  kms_key_arn = "arn:aws:kms:eu-central-1:111122223333:key/test"
}

run "nobody_outside_gets_in" {
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "the bucket could be made public"
  }
  assert {
    condition     = data.aws_iam_policy_document.this.statement[0].effect == "Deny" && one(data.aws_iam_policy_document.this.statement[0].condition).variable == "aws:SecureTransport"
    error_message = "connections without TLS are not refused"
  }
  assert {
    condition     = length(data.aws_iam_policy_document.this.statement) == 1
    error_message = "somebody may write who was not named"
  }
}

run "objects_are_sealed_with_the_key" {
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
    error_message = "objects are not sealed with the key"
  }
  assert {
    condition     = aws_s3_bucket_versioning.this.versioning_configuration[0].status == "Enabled"
    error_message = "deleted objects can't be brought back"
  }
}

run "logs_are_written_by_who_was_named_and_go" {
  variables {
    kms_key_arn = null
    expire_days = 90
    writers     = ["logdelivery.elasticloadbalancing.amazonaws.com"]
  }
  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "load balancers can't write into a bucket that is sealed with a key of ours"
  }
  assert {
    condition     = length(aws_s3_bucket_lifecycle_configuration.this.rule) == 3 && length(data.aws_iam_policy_document.this.statement) == 2
    error_message = "want a rule that removes logs and a statement for their writer"
  }
}

run "versions_for_ever_are_refused" {
  command = plan
  variables {
    keep_versions_days = 4000
  }
  expect_failures = [var.keep_versions_days]
}
