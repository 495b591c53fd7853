module "deployer" {
  source = "../.."

  name           = "morket-try"
  repository     = "example/morket"
  environment    = "staging"
  cluster        = { name = "morket-try", arn = "arn:aws:ecs:eu-central-1:111122223333:cluster/morket-try" }
  role_arns      = ["arn:aws:iam::111122223333:role/morket-try-task", "arn:aws:iam::111122223333:role/morket-try-execution"]
  repository_arn = "arn:aws:ecr:eu-central-1:111122223333:repository/morket"
  kms_key_arn    = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
}
