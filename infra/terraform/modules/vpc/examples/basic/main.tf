module "vpc" {
  source = "../.."

  name                 = "morket-try"
  availability_zones   = ["eu-central-1a", "eu-central-1b"]
  nat_gateway_per_zone = false
  kms_key_arn          = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
}
