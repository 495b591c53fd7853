locals {
  # What Morket is told, besides what is secret. The image already listens on 0.0.0.0:8080 and keeps its data in /data.
  settings = merge({
    MORKET_PUBLIC_URL      = "https://${var.host_name}"
    MORKET_TRUSTED_PROXIES = module.vpc.cidr
    MORKET_METRICS_ADDR    = "0.0.0.0:9464"
    MORKET_OPERATOR_EMAILS = join(",", sort(tolist(var.operators)))
    MORKET_BACKUP_TARGET   = "s3://${module.backups.bucket}/morket"
    # A drill needs Postgres' programs, which the image has not: morket drill proves backups elsewhere.
    MORKET_BACKUP_DRILL = "false"
    S3_URL              = "https://s3.${local.region}.amazonaws.com/${module.objects.bucket}?region=${local.region}"
    TEMPORAL_ADDRESS    = "temporal.${var.name}.internal:7233"
    TEMPORAL_NAMESPACE  = "morket"
  }, var.settings)

  # The addresses hold passwords. In one place, since every process has the same.
  secrets = {
    DATABASE_URL             = "postgres://${module.aurora.address_parts.username}:${var.seed.database}@${module.aurora.endpoint}:5432/${module.aurora.address_parts.database}?sslmode=verify-full"
    AMQP_URL                 = "amqps://morket:${var.stored.broker}@${module.rabbitmq.endpoint}/"
    REDIS_URL                = "rediss://:${var.seed.cache}@${module.redis.endpoint}:6379/0"
    OPENSEARCH_URL           = local.size.search == null ? "" : "https://morket:${var.stored.search}@${module.opensearch[0].endpoint}"
    CLICKHOUSE_URL           = local.size.analytics == null ? "" : "https://morket:${var.seed.analytics}@${local.clickhouse}:8443/morket"
    CLICKHOUSE_PASSWORD      = var.seed.analytics
    TEMPORAL_DATABASE        = var.seed.database
    MORKET_MASTER_KEY        = var.seed.master_key
    MORKET_JWT_KEYS          = var.seed.jwt_keys
    MORKET_SERVICE_KEY       = var.seed.service_key
    MORKET_BACKUP_PASSPHRASE = var.seed.backup_passphrase
  }

  # What every task of Morket is given. The search's and the analytics' addresses only where there are such stores.
  given = toset(concat(
    ["DATABASE_URL", "AMQP_URL", "REDIS_URL", "MORKET_MASTER_KEY", "MORKET_JWT_KEYS", "MORKET_SERVICE_KEY", "MORKET_BACKUP_PASSPHRASE"],
    local.size.search == null ? [] : ["OPENSEARCH_URL"],
    local.size.analytics == null ? [] : ["CLICKHOUSE_URL"],
  ))

  morket = {
    api     = { roles = ["api"], target_group_arn = module.alb.target_group_arn, port = null, environment = {}, spot = false }
    core    = { roles = ["relay", "projector"], target_group_arn = null, port = null, environment = {}, spot = false }
    worker  = { roles = ["worker"], target_group_arn = null, port = null, environment = {}, spot = false }
    scraper = { roles = ["scraper"], target_group_arn = null, port = 8090, environment = { MORKET_SCRAPER_ADDR = "0.0.0.0:8090" }, spot = false }
  }
}

module "secrets" {
  source = "../modules/secrets"

  name        = var.name
  names       = setunion(local.given, ["TEMPORAL_DATABASE"], local.size.analytics == null ? [] : ["CLICKHOUSE_PASSWORD"])
  secrets     = local.secrets
  revision    = var.seed_revision
  kms_key_arn = aws_kms_key.this.arn
}

data "aws_iam_policy_document" "task" {
  statement {
    actions   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [module.objects.arn, module.backups.arn]
  }

  statement {
    actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    resources = ["${module.objects.arn}/*", "${module.backups.arn}/*"]
  }

  statement {
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.region}.amazonaws.com"]
    }
  }
}

module "ecs" {
  source = "../modules/ecs"

  name              = var.name
  vpc_id            = module.vpc.vpc_id
  subnet_ids        = module.vpc.private_subnet_ids
  security_group_id = aws_security_group.tasks.id
  image             = var.image
  repository_arn    = module.ecr.repository_arn
  kms_key_arn       = aws_kms_key.this.arn
  task_policy_json  = data.aws_iam_policy_document.task.json
  environment       = local.settings
  secrets           = merge({ for n in local.given : n => module.secrets.arns[n] }, var.secret_settings)

  services = merge(
    { for n, s in local.morket : n => merge(s, local.size.tasks[n]) },
    { temporal = local.temporal },
  )
}

locals {
  # Temporal's frontend, history, matching and worker in one task. Its databases are in the same Aurora, which it makes at its first start.
  # The connection is encrypted; its image has not Aurora's authority, so that it doesn't check the host's name.
  temporal = {
    image         = var.temporal_image
    cpu           = local.size.temporal.cpu
    memory        = local.size.temporal.memory
    least         = 1
    port          = 7233
    writable_root = true
    secrets       = { POSTGRES_PWD = module.secrets.arns["TEMPORAL_DATABASE"] }
    environment = {
      DB                                     = "postgres12"
      DB_PORT                                = "5432"
      POSTGRES_SEEDS                         = module.aurora.endpoint
      POSTGRES_USER                          = module.aurora.address_parts.username
      POSTGRES_TLS_ENABLED                   = "true"
      POSTGRES_TLS_DISABLE_HOST_VERIFICATION = "true"
      SQL_TLS_ENABLED                        = "true"
      SQL_HOST_VERIFICATION                  = "false"
      DEFAULT_NAMESPACE                      = "morket"
      DEFAULT_NAMESPACE_RETENTION            = "168h"
      SKIP_ADD_CUSTOM_SEARCH_ATTRIBUTES      = "true"
      NUM_HISTORY_SHARDS                     = "512"
    }
  }
}
