module "cloudfront" {
  source = "../.."

  name              = "morket-try"
  host_names        = ["app.example.com"]
  certificate_arn   = "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
  load_balancer_arn = "arn:aws:elasticloadbalancing:eu-central-1:111122223333:loadbalancer/app/morket-try/0123456789abcdef"
  load_balancer_dns = "internal-morket-try-1234567890.eu-central-1.elb.amazonaws.com"
  log_bucket_domain = "example-morket-logs.s3.eu-central-1.amazonaws.com"
}
