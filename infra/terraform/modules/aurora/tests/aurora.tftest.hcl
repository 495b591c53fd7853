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
  password               = "abcdefghijklmnop"
}

run "it_is_sealed_and_kept" {
  assert {
    condition     = aws_rds_cluster.this.storage_encrypted && aws_rds_cluster.this.kms_key_id == var.kms_key_arn
    error_message = "the data is not sealed with the key"
  }
  assert {
    condition     = aws_rds_cluster.this.deletion_protection && !aws_rds_cluster.this.skip_final_snapshot && aws_rds_cluster.this.backup_retention_period == 14
    error_message = "the data could be lost"
  }
  assert {
    condition     = aws_rds_cluster.this.master_password_wo == null && aws_rds_cluster.this.master_password_wo_version == 1
    error_message = "the password is in the state"
  }
}

run "only_tasks_get_in_and_only_over_tls" {
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.clients) == 1 && aws_vpc_security_group_ingress_rule.clients["tasks"].referenced_security_group_id == "sg-tasks"
    error_message = "somebody else gets in"
  }
  assert {
    condition     = contains([for p in aws_rds_cluster_parameter_group.this.parameter : "${p.name}=${p.value}"], "rds.force_ssl=1")
    error_message = "connections without TLS are taken"
  }
}

run "another_instance_takes_over" {
  assert {
    condition     = length(aws_rds_cluster_instance.this) == 2 && alltrue([for i in aws_rds_cluster_instance.this : !i.auto_minor_version_upgrade && !i.publicly_accessible])
    error_message = "want two instances that are private and upgraded by hand"
  }
}

run "serverless_grows_by_itself" {
  variables {
    instance_class = "db.serverless"
  }
  assert {
    condition     = one(aws_rds_cluster.this.serverlessv2_scaling_configuration).max_capacity == 8
    error_message = "want the capacity's bounds"
  }
}

run "an_old_postgres_is_refused" {
  command = plan
  variables {
    engine_version = "14.9"
  }
  expect_failures = [var.engine_version]
}

run "a_password_that_breaks_an_address_is_refused" {
  command = plan
  variables {
    password = "with/a@sign-and-slash"
  }
  expect_failures = [var.password]
}
