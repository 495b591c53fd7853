mock_provider "aws" {}

variables {
  name            = "morket-test"
  vpc_id          = "vpc-1"
  vpc_cidr        = "10.20.0.0/16"
  subnet_ids      = ["subnet-1", "subnet-2"]
  certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/test"
  log_bucket      = "logs"
}

run "only_cloudfront_gets_in" {
  assert {
    condition     = aws_lb.this.internal && aws_vpc_security_group_ingress_rule.cloudfront.prefix_list_id == data.aws_ec2_managed_prefix_list.cloudfront.id
    error_message = "the load balancer can be reached past CloudFront"
  }
  assert {
    condition     = aws_lb_listener.https.protocol == "HTTPS" && startswith(aws_lb_listener.https.ssl_policy, "ELBSecurityPolicy-TLS13")
    error_message = "want TLS 1.2 and 1.3 only"
  }
}

run "what_is_not_ready_gets_no_requests" {
  assert {
    condition     = one(aws_lb_target_group.api.health_check).path == "/readiness" && tonumber(aws_lb_target_group.api.deregistration_delay) > 30
    error_message = "want readiness, and time for a graceful stop"
  }
}

run "metrics_stay_inside" {
  assert {
    condition     = one(one(aws_lb_listener_rule.metrics.action).fixed_response).status_code == "404"
    error_message = "metrics can be read from outside"
  }
}

run "one_subnet_is_refused" {
  command = plan
  variables {
    subnet_ids = ["subnet-1"]
  }
  expect_failures = [var.subnet_ids]
}
