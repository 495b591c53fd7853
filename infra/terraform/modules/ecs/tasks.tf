locals {
  logs = { for name in concat(keys(var.services), ["migrate"]) : name => {
    logDriver = "awslogs"
    options = {
      "awslogs-region"        = data.aws_region.current.region
      "awslogs-group"         = "/${var.name}/${name}"
      "awslogs-stream-prefix" = name
      # A line that can't be delivered is lost rather than that the process waits for it.
      "mode"            = "non-blocking"
      "max-buffer-size" = "4m"
    }
  } }

  # Every process answers on 8080, whatever its roles are, so that its health can be asked for.
  container = { for name, s in local.ours : name => {
    name                   = "morket"
    image                  = var.image
    essential              = true
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    stopTimeout            = 40
    command                = ["serve", "--roles", join(",", s.roles)]
    portMappings = concat([{ containerPort = 8080, protocol = "tcp" }],
    s.port == null || s.port == 8080 ? [] : [{ containerPort = s.port, protocol = "tcp" }])
    environment = [for k, v in merge(var.environment, s.environment) : { name = k, value = v }]
    secrets     = [for k, v in merge(var.secrets, s.secrets) : { name = k, valueFrom = v }]
    mountPoints = [
      { sourceVolume = "data", containerPath = "/data", readOnly = false },
      { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false },
    ]
    healthCheck = { command = ["CMD", "/morket", "health"], interval = 10, timeout = 5, retries = 3, startPeriod = 300 }
    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"], add = [] }
    }
    logConfiguration = local.logs[name]
  } }

  migration = {
    name                   = "morket"
    image                  = var.image
    essential              = true
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    command                = ["migrate"]
    environment            = [for k, v in var.environment : { name = k, value = v }]
    secrets                = [for k, v in var.secrets : { name = k, valueFrom = v }]
    mountPoints = [
      { sourceVolume = "data", containerPath = "/data", readOnly = false },
      { sourceVolume = "tmp", containerPath = "/tmp", readOnly = false },
    ]
    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"], add = [] }
    }
    logConfiguration = local.logs["migrate"]
  }

  other = { for name, s in local.others : name => merge({
    name                                  = name
    image                                 = s.image
    essential                             = true
    readonlyRootFilesystem                = !s.writable_root
    portMappings                          = s.port == null ? [] : [{ containerPort = s.port, protocol = "tcp" }]
    environment                           = [for k, v in s.environment : { name = k, value = v }]
    secrets                               = [for k, v in s.secrets : { name = k, valueFrom = v }]
    linuxParameters                       = { initProcessEnabled = true }
    logConfiguration                      = local.logs[name]
    }, s.command == null ? {} : { command = s.command }, s.health_command == null ? {} : {
    healthCheck                           = { command = s.health_command, interval = 10, timeout = 5, retries = 5, startPeriod = 120 }
  }) }
}

# The newest revision of a family is the template that the deploy puts its image into. So a changed setting comes with the next deploy.
resource "aws_ecs_task_definition" "ours" {
  for_each = merge({ for name, s in local.ours : name => { cpu = s.cpu, memory = s.memory, container = jsonencode([local.container[name]]) } },
  { migrate = { cpu = 512, memory = 1024, container = jsonencode([local.migration]) } })

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = each.value.container
  skip_destroy             = true

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  ephemeral_storage {
    size_in_gib = 30
  }

  volume {
    name = "data"
  }

  volume {
    name = "tmp"
  }
}

resource "aws_ecs_task_definition" "others" {
  for_each = local.others

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.execution.arn
  container_definitions    = jsonencode([local.other[each.key]])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}

# What ECS needs to start a task: the image, the log, exactly these secrets.
data "aws_iam_policy_document" "execution" {
  statement {
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [var.repository_arn]
  }

  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = concat([for g in values(aws_cloudwatch_log_group.service) : "${g.arn}:*"], ["${aws_cloudwatch_log_group.migrate.arn}:*"])
  }

  dynamic "statement" {
    for_each = length(local.secret_arns) > 0 ? [local.secret_arns] : []

    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]
  }
}

locals {
  secret_arns = distinct(concat(values(var.secrets), flatten([for s in values(var.services) : values(s.secrets)])))
}

resource "aws_iam_role" "execution" {
  name               = "${var.name}-execution"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-tasks"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_iam_role" "task" {
  name               = "${var.name}-task"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "task" {
  name   = "objects"
  role   = aws_iam_role.task.id
  policy = var.task_policy_json
}
