data "aws_region" "current" {}

data "aws_ssm_parameter" "image" {
  name = var.ami_parameter
}

data "aws_subnet" "this" {
  id = var.subnet_ids[0]
}

data "aws_vpc" "this" {
  id = var.vpc_id
}

resource "aws_security_group" "balancer" {
  name        = "${var.name}-clickhouse-nlb"
  description = "ClickHouse, for tasks only"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-clickhouse-nlb" }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.client_security_groups

  security_group_id            = aws_security_group.balancer.id
  referenced_security_group_id = each.value
  description                  = "From ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = 8443
  to_port                      = 8443
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  security_group_id            = aws_security_group.balancer.id
  referenced_security_group_id = aws_security_group.machine.id
  description                  = "To the machine"
  ip_protocol                  = "tcp"
  from_port                    = 8443
  to_port                      = 8443
}

resource "aws_security_group" "machine" {
  name        = "${var.name}-clickhouse"
  description = "ClickHouse's machine, for its load balancer only"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-clickhouse" }
}

resource "aws_vpc_security_group_ingress_rule" "machine" {
  security_group_id            = aws_security_group.machine.id
  referenced_security_group_id = aws_security_group.balancer.id
  description                  = "From the load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8443
  to_port                      = 8443
}

resource "aws_vpc_security_group_egress_rule" "machine" {
  security_group_id = aws_security_group.machine.id
  description       = "Packages, secrets and Systems Manager"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "machine" {
  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.password_secret_arn]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${data.aws_region.current.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "machine" {
  name               = "${var.name}-clickhouse"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_role_policy" "machine" {
  name   = "read-the-password"
  role   = aws_iam_role.machine.id
  policy = data.aws_iam_policy_document.machine.json
}

# Operators come in through Systems Manager, which logs what they do; there is no SSH.
resource "aws_iam_role_policy_attachment" "sessions" {
  role       = aws_iam_role.machine.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "machine" {
  name = "${var.name}-clickhouse"
  role = aws_iam_role.machine.name
}

resource "aws_ebs_volume" "data" {
  availability_zone = data.aws_subnet.this.availability_zone
  type              = "gp3"
  size              = var.volume_gb
  encrypted         = true
  kms_key_id        = var.kms_key_arn
  tags              = { Name = "${var.name}-clickhouse" }
}

# What is on it can be made again from the log, so one machine is enough: without it analytics wait, and nothing else.
resource "aws_instance" "this" {
  ami                         = data.aws_ssm_parameter.image.insecure_value
  instance_type               = var.instance_type
  subnet_id                   = var.subnet_ids[0]
  vpc_security_group_ids      = [aws_security_group.machine.id]
  iam_instance_profile        = aws_iam_instance_profile.machine.name
  associate_public_ip_address = false
  ebs_optimized               = true
  monitoring                  = true
  disable_api_termination     = var.deletion_protection
  user_data_replace_on_change = true

  user_data = templatefile("${path.module}/setup.sh.tftpl", {
    volume_id  = aws_ebs_volume.data.id
    version    = var.clickhouse_version
    host_name  = var.host_name
    region     = data.aws_region.current.region
    secret_arn = var.password_secret_arn
    cidr       = data.aws_vpc.this.cidr_block
  })

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  root_block_device {
    encrypted   = true
    kms_key_id  = var.kms_key_arn
    volume_type = "gp3"
    volume_size = 20
  }

  tags = { Name = "${var.name}-clickhouse" }

  # A newer machine image is no reason to replace the machine; raise the version of ClickHouse to do both.
  lifecycle {
    ignore_changes = [ami]
  }
}

resource "aws_volume_attachment" "data" {
  device_name                    = "/dev/sdf"
  volume_id                      = aws_ebs_volume.data.id
  instance_id                    = aws_instance.this.id
  stop_instance_before_detaching = true
}

resource "aws_lb" "this" {
  name                       = "${var.name}-ch"
  internal                   = true
  load_balancer_type         = "network"
  subnets                    = var.subnet_ids
  security_groups            = [aws_security_group.balancer.id]
  enable_deletion_protection = var.deletion_protection

  enable_cross_zone_load_balancing = true
}

resource "aws_lb_target_group" "this" {
  name               = "${var.name}-ch"
  vpc_id             = var.vpc_id
  target_type        = "instance"
  protocol           = "TLS"
  port               = 8443
  preserve_client_ip = false

  health_check {
    protocol = "HTTPS"
    path     = "/ping"
    interval = 10
  }
}

resource "aws_lb_target_group_attachment" "this" {
  target_group_arn = aws_lb_target_group.this.arn
  target_id        = aws_instance.this.id
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "TLS"
  port              = 8443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
  certificate_arn   = var.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this.arn
  }
}

resource "aws_route53_record" "this" {
  zone_id = var.zone_id
  name    = var.host_name
  type    = "A"

  alias {
    name                   = aws_lb.this.dns_name
    zone_id                = aws_lb.this.zone_id
    evaluate_target_health = false
  }
}
