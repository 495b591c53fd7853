module "aurora" {
  source = "../modules/aurora"

  name                   = var.name
  vpc_id                 = module.vpc.vpc_id
  subnet_ids             = module.vpc.data_subnet_ids
  client_security_groups = local.clients
  kms_key_arn            = aws_kms_key.this.arn
  instance_class         = local.size.database.class
  serverless_capacity    = local.size.database.capacity
  instances              = local.size.database.instances
  io_optimized           = local.size.database.io_optimized
  password               = var.seed.database
  password_revision      = var.seed_revision
  deletion_protection    = var.protected
}

module "redis" {
  source = "../modules/redis"

  name                   = var.name
  vpc_id                 = module.vpc.vpc_id
  subnet_ids             = module.vpc.data_subnet_ids
  client_security_groups = local.clients
  kms_key_arn            = aws_kms_key.this.arn
  node_type              = local.size.cache.type
  nodes                  = local.size.cache.nodes
  password               = var.seed.cache
  password_revision      = var.seed_revision
}

module "rabbitmq" {
  source = "../modules/rabbitmq"

  name                   = var.name
  vpc_id                 = module.vpc.vpc_id
  subnet_ids             = module.vpc.data_subnet_ids
  client_security_groups = local.clients
  kms_key_arn            = aws_kms_key.this.arn
  engine_version         = local.size.broker.version
  instance_type          = local.size.broker.type
  cluster                = local.size.broker.cluster
  password               = var.stored.broker
}

# The smaller sizes search and analyse in Postgres.
module "opensearch" {
  source = "../modules/opensearch"
  count  = local.size.search == null ? 0 : 1

  name                   = var.name
  vpc_id                 = module.vpc.vpc_id
  subnet_ids             = slice(module.vpc.data_subnet_ids, 0, 2)
  client_security_groups = local.clients
  kms_key_arn            = aws_kms_key.this.arn
  instance_type          = local.size.search.type
  nodes                  = local.size.search.nodes
  volume_gb              = local.size.search.gb
  password               = var.stored.search
}

module "clickhouse" {
  source = "../modules/clickhouse"
  count  = local.size.analytics == null ? 0 : 1

  name                   = var.name
  vpc_id                 = module.vpc.vpc_id
  subnet_ids             = module.vpc.private_subnet_ids
  client_security_groups = local.clients
  kms_key_arn            = aws_kms_key.this.arn
  instance_type          = local.size.analytics.type
  volume_gb              = local.size.analytics.gb
  certificate_arn        = aws_acm_certificate_validation.this["region"].certificate_arn
  host_name              = local.clickhouse
  zone_id                = aws_route53_zone.internal.zone_id
  password_secret_arn    = module.secrets.arns["CLICKHOUSE_PASSWORD"]
  deletion_protection    = var.protected
}
