mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { region = "eu-central-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name               = "morket-test"
  availability_zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  kms_key_arn        = "arn:aws:kms:eu-central-1:111122223333:key/test"
}

run "each_zone_has_its_own_way_out" {
  assert {
    condition     = length(aws_nat_gateway.this) == 3 && length(aws_route.nat) == 3
    error_message = "want a NAT gateway and a route in each zone"
  }
  assert {
    condition     = length(distinct(concat(values(local.public), values(local.private), values(local.data)))) == 9
    error_message = "subnets overlap"
  }
}

run "staging_shares_one_way_out" {
  variables {
    nat_gateway_per_zone = false
  }
  assert {
    condition     = length(aws_nat_gateway.this) == 1 && length(aws_route.nat) == 3
    error_message = "want one NAT gateway, and a route to it in each zone"
  }
}

run "stores_have_no_way_out" {
  assert {
    condition     = length([for a in values(aws_route_table_association.data) : a if a.route_table_id == aws_route_table.data.id]) == 3
    error_message = "a data subnet is not in the table without routes"
  }
}

run "everything_is_logged" {
  assert {
    condition     = aws_flow_log.this.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.kms_key_id == var.kms_key_arn
    error_message = "want all flows in a sealed log"
  }
}

run "one_zone_is_refused" {
  command = plan
  variables {
    availability_zones = ["eu-central-1a"]
  }
  expect_failures = [var.availability_zones]
}

run "a_small_block_is_refused" {
  command = plan
  variables {
    cidr = "10.0.0.0/24"
  }
  expect_failures = [var.cidr]
}
