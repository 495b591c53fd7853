mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name                   = "morket-test"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-1", "subnet-2"]
  client_security_groups = { tasks = "sg-tasks" }
  kms_key_arn            = "arn:aws:kms:eu-central-1:111122223333:key/test"
  password               = "Abcdefghijklmn-1"
}

run "it_is_sealed_everywhere" {
  assert {
    condition     = one(aws_opensearch_domain.this.encrypt_at_rest).kms_key_id == var.kms_key_arn && one(aws_opensearch_domain.this.node_to_node_encryption).enabled
    error_message = "indexes or what goes between nodes is in plain text"
  }
  assert {
    condition     = one(aws_opensearch_domain.this.domain_endpoint_options).enforce_https
    error_message = "plain HTTP is answered"
  }
  assert {
    condition     = !one(aws_opensearch_domain.this.advanced_security_options).anonymous_auth_enabled
    error_message = "who has no password gets in"
  }
}

run "a_small_node_is_not_tuned" {
  variables {
    instance_type = "t3.small.search"
  }
  assert {
    condition     = one(aws_opensearch_domain.this.auto_tune_options).desired_state == "DISABLED"
    error_message = "AWS refuses to tune t3"
  }
}

run "nodes_are_in_both_zones" {
  assert {
    condition     = one(aws_opensearch_domain.this.cluster_config).zone_awareness_enabled && one(one(aws_opensearch_domain.this.cluster_config).zone_awareness_config).availability_zone_count == 2
    error_message = "want both zones"
  }
}

run "logs_are_kept" {
  assert {
    condition     = length(aws_opensearch_domain.this.log_publishing_options) == 4 && alltrue([for g in values(aws_cloudwatch_log_group.this) : g.kms_key_id == var.kms_key_arn])
    error_message = "want four sealed logs"
  }
}

run "an_uneven_number_of_nodes_is_refused" {
  command = plan
  variables {
    nodes = 3
  }
  expect_failures = [var.nodes]
}

run "a_weak_password_is_refused" {
  command = plan
  variables {
    password = "abcdefghijklmnop"
  }
  expect_failures = [var.password]
}
