module "ecs" {
  source = "../.."

  name              = "morket-try"
  vpc_id            = "vpc-0123456789abcdef0"
  subnet_ids        = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  security_group_id = "sg-0123456789abcdef0"
  image             = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/morket@sha256:0000000000000000000000000000000000000000000000000000000000000000"
  repository_arn    = "arn:aws:ecr:eu-central-1:111122223333:repository/morket"
  kms_key_arn       = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
  task_policy_json  = jsonencode({ Version = "2012-10-17", Statement = [] })
  environment       = { MORKET_PUBLIC_URL = "https://app.example.com" }
  secrets           = { DATABASE_URL = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:morket-try/DATABASE_URL-AbCdEf" }

  services = {
    all = { roles = ["api", "relay", "projector", "worker"], cpu = 1024, memory = 4096, least = 1 }
  }
}
