module "clickhouse" {
  source = "../.."

  name                   = "morket-try"
  vpc_id                 = "vpc-0123456789abcdef0"
  subnet_ids             = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  client_security_groups = { tasks = "sg-0123456789abcdef0" }
  kms_key_arn            = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000"
  certificate_arn        = "arn:aws:acm:eu-central-1:111122223333:certificate/00000000-0000-0000-0000-000000000000"
  host_name              = "clickhouse.internal.example.com"
  zone_id                = "Z0123456789ABCDEFGHIJ"
  password_secret_arn    = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:morket-try/CLICKHOUSE_PASSWORD-AbCdEf"
}
