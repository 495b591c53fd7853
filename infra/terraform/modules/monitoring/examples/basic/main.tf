module "monitoring" {
  source = "../.."

  name           = "morket-try"
  emails         = ["operations@example.com"]
  kms_key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
  load_balancer  = { arn_suffix = "app/morket-try/0123456789abcdef", target_group_suffix = "targetgroup/morket-try-api/0123456789abcdef" }
  aurora_cluster = "morket-try"
  ecs_cluster    = "morket-try"
  ecs_services   = { all = 1 }
  log_groups     = { all = "/morket-try/all" }
  budget_usd     = 500
}
