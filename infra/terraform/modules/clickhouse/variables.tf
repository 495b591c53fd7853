variable "name" {
  description = "Begins the names of the machine and its parts."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,24}[a-z0-9]$", var.name))
    error_message = "Use 3 to 26 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, which have a way out: the machine fetches ClickHouse at its first start. It stands in the first one."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Name at least 2 subnets."
  }
}

variable "client_security_groups" {
  description = "Security groups whose members may connect, by a name of yours."
  type        = map(string)
}

variable "kms_key_arn" {
  description = "The key that seals the disk."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Give the ARN of a KMS key."
  }
}

variable "clickhouse_version" {
  description = "ClickHouse's version as its packages are named: a release with long support."
  type        = string
  default     = "25.8.2.29"

  validation {
    condition     = can(regex("^[0-9]{2}\\.[0-9]{1,2}\\.[0-9]+\\.[0-9]+$", var.clickhouse_version))
    error_message = "Give the whole version, for example 25.8.2.29."
  }
}

variable "ami_parameter" {
  description = "The public parameter of Systems Manager that names the machine image: Amazon Linux 2023 for arm64, which has the AWS CLI and Systems Manager's agent."
  type        = string
  default     = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

variable "instance_type" {
  description = "The machine's class."
  type        = string
  default     = "r7g.large"

  validation {
    condition     = can(regex("^(t4g|m7g|m8g|r7g|r8g)\\.[0-9a-z]+$", var.instance_type))
    error_message = "Use a Graviton class: t4g, m7g, m8g, r7g or r8g."
  }
}

variable "volume_gb" {
  description = "The data disk in GB."
  type        = number
  default     = 100

  validation {
    condition     = var.volume_gb >= 20 && var.volume_gb <= 16000
    error_message = "Use 20 to 16,000 GB."
  }
}

variable "certificate_arn" {
  description = "A certificate of ACM for host_name, in this region."
  type        = string
}

variable "host_name" {
  description = "The name under which tasks reach it; it must be in the certificate."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.host_name))
    error_message = "Give a host name, for example clickhouse.internal.example.com."
  }
}

variable "zone_id" {
  description = "The private hosted zone that the name is written into."
  type        = string
}

variable "password_secret_arn" {
  description = "The secret with the password of the user morket; the machine reads it at its start, and nothing else."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:secretsmanager:", var.password_secret_arn))
    error_message = "Give the ARN of a secret of Secrets Manager."
  }
}

variable "deletion_protection" {
  description = "Whether machine and load balancer must be unlocked before they can be removed."
  type        = bool
  default     = true
}
