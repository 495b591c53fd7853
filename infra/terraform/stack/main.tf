locals {
  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.region
  clients = { tasks = aws_security_group.tasks.id }
}

module "vpc" {
  source = "../modules/vpc"

  name                 = var.name
  cidr                 = var.cidr
  availability_zones   = var.availability_zones
  nat_gateway_per_zone = local.size.nat_per_zone
  kms_key_arn          = aws_kms_key.this.arn
}

# Made here, so that stores can let tasks in before there are any.
resource "aws_security_group" "tasks" {
  name        = "${var.name}-tasks"
  description = "Morket's tasks and what stands beside them"
  vpc_id      = module.vpc.vpc_id
  tags        = { Name = "${var.name}-tasks" }
}

# Providers, webhooks and web pages are anywhere; Morket's own dialer refuses what is not public.
resource "aws_vpc_security_group_egress_rule" "tasks" {
  security_group_id = aws_security_group.tasks.id
  description       = "Stores, providers, webhooks, web pages"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  security_group_id            = aws_security_group.tasks.id
  referenced_security_group_id = module.alb.security_group_id
  description                  = "From the load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
}

resource "aws_vpc_security_group_ingress_rule" "prometheus" {
  count = var.prometheus_security_group == null ? 0 : 1

  security_group_id            = aws_security_group.tasks.id
  referenced_security_group_id = var.prometheus_security_group
  description                  = "Metrics"
  ip_protocol                  = "tcp"
  from_port                    = 9464
  to_port                      = 9464
}

module "objects" {
  source = "../modules/s3"

  name        = "${var.bucket_prefix}-${var.name}-objects"
  kms_key_arn = aws_kms_key.this.arn
}

# Morket removes old backups by itself; versions bring back what was removed by mistake.
module "backups" {
  source = "../modules/s3"

  name        = "${var.bucket_prefix}-${var.name}-backups"
  kms_key_arn = aws_kms_key.this.arn
}

module "logs" {
  source = "../modules/s3"

  name        = "${var.bucket_prefix}-${var.name}-logs"
  versioned   = false
  expire_days = 90
  acl_grants  = true
  writers     = ["logdelivery.elasticloadbalancing.amazonaws.com"]
}

module "ecr" {
  source = "../modules/ecr"

  name        = var.name
  kms_key_arn = aws_kms_key.this.arn
}

module "alb" {
  source = "../modules/alb"

  name                = var.name
  vpc_id              = module.vpc.vpc_id
  vpc_cidr            = module.vpc.cidr
  subnet_ids          = module.vpc.private_subnet_ids
  certificate_arn     = aws_acm_certificate_validation.this["region"].certificate_arn
  log_bucket          = module.logs.bucket
  deletion_protection = var.protected
}

module "cloudfront" {
  source = "../modules/cloudfront"

  name              = var.name
  host_names        = [var.host_name]
  certificate_arn   = aws_acm_certificate_validation.this["edge"].certificate_arn
  load_balancer_arn = module.alb.arn
  load_balancer_dns = module.alb.dns_name
  log_bucket_domain = module.logs.domain_name
  web_acl_arn       = var.web_acl_arn
}

module "deployer" {
  source = "../modules/deployer"

  name           = var.name
  repository     = var.github.repository
  environment    = var.github.environment
  provider_arn   = var.github.provider_arn
  cluster        = { name = module.ecs.cluster, arn = module.ecs.cluster_arn }
  role_arns      = module.ecs.role_arns
  repository_arn = module.ecr.repository_arn
  kms_key_arn    = aws_kms_key.this.arn
}

module "monitoring" {
  source = "../modules/monitoring"

  name                   = var.name
  emails                 = var.operators
  kms_key_arn            = aws_kms_key.this.arn
  load_balancer          = { arn_suffix = module.alb.arn_suffix, target_group_suffix = module.alb.target_group_suffix }
  aurora_cluster         = module.aurora.cluster_id
  aurora_max_connections = local.size.database.max_connections
  redis_id               = module.redis.id
  broker_name            = module.rabbitmq.name
  opensearch_domain      = local.size.search == null ? null : module.opensearch[0].name
  clickhouse             = local.size.analytics == null ? null : { instance_id = module.clickhouse[0].instance_id }
  ecs_cluster            = module.ecs.cluster
  ecs_services           = merge({ for n, s in local.size.tasks : n => s.least }, { temporal = 1 })
  log_groups             = module.ecs.log_groups
  budget_usd             = var.budget_usd
}
