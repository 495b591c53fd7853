data "aws_region" "current" {}

locals {
  ours   = { for name, s in var.services : name => s if s.image == null }
  others = { for name, s in var.services : name => s if s.image != null }
  scaled = { for name, s in var.services : name => s if s.most != null && coalesce(s.most, s.least) > s.least }
  # Those that others find by name.
  found = { for name, s in var.services : name => s if s.port != null }
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enhanced"
  }

  configuration {
    execute_command_configuration {
      logging    = "OVERRIDE"
      kms_key_id = var.kms_key_arn

      log_configuration {
        cloud_watch_log_group_name     = aws_cloudwatch_log_group.sessions.name
        cloud_watch_encryption_enabled = true
      }
    }
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
}

resource "aws_cloudwatch_log_group" "sessions" {
  name              = "/${var.name}/sessions"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_cloudwatch_log_group" "service" {
  for_each = var.services

  name              = "/${var.name}/${each.key}"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_cloudwatch_log_group" "migrate" {
  name              = "/${var.name}/migrate"
  retention_in_days = var.log_days
  kms_key_id        = var.kms_key_arn
}

# Names inside the network: temporal.<name>.internal.
resource "aws_service_discovery_private_dns_namespace" "this" {
  name = "${var.name}.internal"
  vpc  = var.vpc_id
}

resource "aws_service_discovery_service" "this" {
  for_each = local.found

  name = each.key

  dns_config {
    namespace_id   = aws_service_discovery_private_dns_namespace.this.id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }
}

# Tasks talk to each other on the ports that were named, and to the world.
resource "aws_vpc_security_group_ingress_rule" "found" {
  for_each = toset([for s in values(local.found) : tostring(s.port)])

  security_group_id            = var.security_group_id
  referenced_security_group_id = var.security_group_id
  description                  = "Between tasks"
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value)
  to_port                      = tonumber(each.value)
}

resource "aws_ecs_service" "ours" {
  for_each = local.ours

  name                               = each.key
  cluster                            = aws_ecs_cluster.this.arn
  task_definition                    = aws_ecs_task_definition.ours[each.key].arn
  desired_count                      = each.value.least
  enable_execute_command             = false
  propagate_tags                     = "SERVICE"
  enable_ecs_managed_tags            = true
  wait_for_steady_state              = false
  availability_zone_rebalancing      = "ENABLED"
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  # A start may wait for another process that migrates or makes a read model.
  health_check_grace_period_seconds = each.value.target_group_arn == null ? null : 180

  capacity_provider_strategy {
    capacity_provider = each.value.spot ? "FARGATE_SPOT" : "FARGATE"
    weight            = 1
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_id]
    assign_public_ip = false
  }

  # A deployment that doesn't come up goes back by itself; the deploy sees that it did.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "load_balancer" {
    for_each = each.value.target_group_arn == null ? [] : [each.value.target_group_arn]

    content {
      target_group_arn = load_balancer.value
      container_name   = "morket"
      container_port   = 8080
    }
  }

  dynamic "service_registries" {
    for_each = each.value.port == null ? [] : [aws_service_discovery_service.this[each.key].arn]

    content {
      registry_arn = service_registries.value
    }
  }

  depends_on = [aws_ecs_cluster_capacity_providers.this]

  # The deploy registers revisions and scaling sets the count: Terraform would take both back.
  lifecycle {
    ignore_changes = [task_definition, desired_count]
  }
}

resource "aws_ecs_service" "others" {
  for_each = local.others

  name                               = each.key
  cluster                            = aws_ecs_cluster.this.arn
  task_definition                    = aws_ecs_task_definition.others[each.key].arn
  desired_count                      = each.value.least
  propagate_tags                     = "SERVICE"
  enable_ecs_managed_tags            = true
  wait_for_steady_state              = false
  deployment_minimum_healthy_percent = 0
  deployment_maximum_percent         = 100

  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = [var.security_group_id]
    assign_public_ip = false
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  dynamic "service_registries" {
    for_each = each.value.port == null ? [] : [aws_service_discovery_service.this[each.key].arn]

    content {
      registry_arn = service_registries.value
    }
  }

  depends_on = [aws_ecs_cluster_capacity_providers.this]
}

resource "aws_appautoscaling_target" "this" {
  for_each = local.scaled

  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${each.key}"
  min_capacity       = each.value.least
  max_capacity       = each.value.most
  depends_on         = [aws_ecs_service.ours, aws_ecs_service.others]

  # AWS adds tags of its own.
  lifecycle {
    ignore_changes = [tags_all]
  }
}

resource "aws_appautoscaling_policy" "cpu" {
  for_each = local.scaled

  name               = "cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
