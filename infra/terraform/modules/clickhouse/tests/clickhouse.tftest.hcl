mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_vpc" {
    defaults = { cidr_block = "10.20.0.0/16" }
  }
  mock_resource "aws_ebs_volume" {
    defaults = { id = "vol-0abc" }
  }
}

variables {
  name                   = "morket-test"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-1", "subnet-2"]
  client_security_groups = { tasks = "sg-tasks" }
  kms_key_arn            = "arn:aws:kms:eu-central-1:111122223333:key/test"
  certificate_arn        = "arn:aws:acm:eu-central-1:111122223333:certificate/test"
  host_name              = "clickhouse.internal.example.com"
  zone_id                = "Z1"
  password_secret_arn    = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:test"
}

run "disks_are_sealed_and_metadata_needs_a_token" {
  assert {
    condition     = aws_ebs_volume.data.encrypted && one(aws_instance.this.root_block_device).encrypted && aws_ebs_volume.data.kms_key_id == var.kms_key_arn
    error_message = "a disk is in plain text"
  }
  assert {
    condition     = one(aws_instance.this.metadata_options).http_tokens == "required" && !aws_instance.this.associate_public_ip_address
    error_message = "a request that was tricked out of the machine could get its role's keys"
  }
}

run "tls_all_the_way" {
  assert {
    condition     = aws_lb_listener.this.protocol == "TLS" && aws_lb_target_group.this.protocol == "TLS" && aws_lb.this.internal
    error_message = "something goes in plain text, or outside"
  }
  assert {
    condition     = output.endpoint == "clickhouse.internal.example.com:8443"
    error_message = "want the name that the certificate has"
  }
}

run "the_machine_reads_its_password_and_has_none_in_its_script" {
  assert {
    condition     = strcontains(aws_instance.this.user_data, var.password_secret_arn) && strcontains(aws_instance.this.user_data, "clickhouse-server-25.8.2.29")
    error_message = "want the secret's ARN and the pinned version"
  }
  assert {
    condition     = strcontains(aws_instance.this.user_data, "Amazon_Elastic_Block_Store_vol0abc") && strcontains(aws_instance.this.user_data, "<ip>10.20.0.0/16</ip>")
    error_message = "want the data disk by its id, and only the network's addresses"
  }
}

run "a_vague_version_is_refused" {
  command = plan
  variables {
    clickhouse_version = "25.8"
  }
  expect_failures = [var.clickhouse_version]
}
