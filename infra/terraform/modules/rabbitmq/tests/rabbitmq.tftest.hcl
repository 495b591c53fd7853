mock_provider "aws" {
  mock_resource "aws_mq_broker" {
    defaults = {
      instances = [{ endpoints = ["amqps://b-1.mq.eu-central-1.amazonaws.com:5671"] }]
    }
  }
}

variables {
  name                   = "morket-test"
  vpc_id                 = "vpc-1"
  subnet_ids             = ["subnet-1", "subnet-2", "subnet-3"]
  client_security_groups = { tasks = "sg-tasks" }
  kms_key_arn            = "arn:aws:kms:eu-central-1:111122223333:key/test"
  password               = "abcdefghijklmnop"
}

run "a_cluster_is_private_and_sealed" {
  assert {
    condition     = aws_mq_broker.this.deployment_mode == "CLUSTER_MULTI_AZ" && !aws_mq_broker.this.publicly_accessible && !aws_mq_broker.this.apply_immediately
    error_message = "want a private cluster that restarts in its window"
  }
  assert {
    condition     = one(aws_mq_broker.this.encryption_options).kms_key_id == var.kms_key_arn
    error_message = "queues are not sealed with the key"
  }
  assert {
    condition     = output.endpoint == "b-1.mq.eu-central-1.amazonaws.com:5671"
    error_message = "want the host and the port, so that an address can be made of them"
  }
}

run "a_single_broker_has_one_subnet" {
  variables {
    cluster = false
  }
  assert {
    condition     = length(aws_mq_broker.this.subnet_ids) == 1
    error_message = "Amazon MQ refuses several subnets for a single broker"
  }
}

run "version_4_on_an_old_class_is_refused" {
  command = plan
  variables {
    instance_type = "mq.m5.large"
  }
  expect_failures = [var.instance_type]
}

run "a_version_that_has_ended_is_refused" {
  command = plan
  variables {
    engine_version = "3.11"
  }
  expect_failures = [var.engine_version]
}
