mock_provider "aws" {}

variables {
  name              = "morket-test"
  host_names        = ["app.example.com"]
  certificate_arn   = "arn:aws:acm:us-east-1:111122223333:certificate/test"
  load_balancer_arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/test/1"
  load_balancer_dns = "internal-test.eu-central-1.elb.amazonaws.com"
  log_bucket_domain = "logs.s3.eu-central-1.amazonaws.com"
}

run "the_api_is_not_cached_and_files_are" {
  assert {
    condition     = one(aws_cloudfront_distribution.this.default_cache_behavior).cache_policy_id == data.aws_cloudfront_cache_policy.disabled.id
    error_message = "an answer for one user could reach another"
  }
  assert {
    condition     = aws_cloudfront_distribution.this.ordered_cache_behavior[0].path_pattern == "/assets/*" && !contains(aws_cloudfront_distribution.this.ordered_cache_behavior[0].allowed_methods, "POST")
    error_message = "want only the interface's files cached"
  }
}

run "the_way_in_is_the_load_balancer" {
  assert {
    condition     = [for o in aws_cloudfront_distribution.this.origin : o.domain_name] == [var.load_balancer_dns]
    error_message = "a host name of users' leads back to CloudFront"
  }
}

run "only_over_tls" {
  assert {
    condition     = one(aws_cloudfront_distribution.this.viewer_certificate).minimum_protocol_version == "TLSv1.2_2021"
    error_message = "old versions of TLS are taken"
  }
  assert {
    condition     = one(aws_cloudfront_vpc_origin.this.vpc_origin_endpoint_config).origin_protocol_policy == "https-only"
    error_message = "the load balancer is asked in plain text"
  }
}

run "a_certificate_of_another_region_is_refused" {
  command = plan
  variables {
    certificate_arn = "arn:aws:acm:eu-central-1:111122223333:certificate/test"
  }
  expect_failures = [var.certificate_arn]
}
