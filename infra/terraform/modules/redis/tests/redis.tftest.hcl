mock_provider "aws" {}

variables {
  name                   = "morket-test"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-1"]
  client_security_groups = { tasks = "sg-tasks" }
  kms_key_arn            = "arn:aws:kms:eu-central-1:111122223333:key/test"
  password               = "abcdefghijklmnop"
}

run "it_is_sealed_and_asks_for_a_password" {
  assert {
    condition     = aws_elasticache_replication_group.this.transit_encryption_mode == "required" && aws_elasticache_replication_group.this.at_rest_encryption_enabled
    error_message = "something is sent or kept in plain text"
  }
  assert {
    condition     = aws_elasticache_replication_group.this.auth_token_wo == null && aws_elasticache_replication_group.this.auth_token_wo_version == 1
    error_message = "the password is in the state"
  }
}

run "two_nodes_take_over_from_each_other" {
  assert {
    condition     = aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "want failover"
  }
}

run "one_node_has_nobody_to_take_over" {
  variables {
    nodes = 1
  }
  assert {
    condition     = !aws_elasticache_replication_group.this.automatic_failover_enabled
    error_message = "AWS refuses failover with one node"
  }
}

run "a_short_password_is_refused" {
  command = plan
  variables {
    password = "short"
  }
  expect_failures = [var.password]
}
