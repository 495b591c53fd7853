variable "password" {
  description = "The domain's password."
  type        = string
  sensitive   = true
}

module "opensearch" {
  source = "../.."

  name                   = "morket-try"
  vpc_id                 = "vpc-0123456789abcdef0"
  subnet_ids             = ["subnet-0123456789abcdef0"]
  client_security_groups = { tasks = "sg-0123456789abcdef0" }
  kms_key_arn            = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
  instance_type          = "t3.small.search"
  nodes                  = 1
  volume_gb              = 20
  password               = var.password
}
