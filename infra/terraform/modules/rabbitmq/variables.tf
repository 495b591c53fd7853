variable "name" {
  description = "The broker's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,42}[a-z0-9]$", var.name))
    error_message = "Use 3 to 44 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "The data subnets: one for a single broker, two or more for a cluster."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 1
    error_message = "Name at least 1 subnets."
  }
}

variable "client_security_groups" {
  description = "Security groups whose members may connect, by a name of yours."
  type        = map(string)
}

variable "kms_key_arn" {
  description = "The key that seals what the broker keeps."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Give the ARN of a KMS key."
  }
}

variable "engine_version" {
  description = "RabbitMQ's version at Amazon MQ: 4.2 on mq.m7g, or 3.13."
  type        = string
  default     = "4.2"

  validation {
    condition     = contains(["3.13", "4.2"], var.engine_version)
    error_message = "Amazon MQ has RabbitMQ 3.13 and 4.2."
  }
}

variable "instance_type" {
  description = "The broker's class. Version 4.2 runs on mq.m7g only."
  type        = string
  default     = "mq.m7g.large"

  validation {
    condition     = can(regex("^mq\\.(t3|m5|m7g)\\.[0-9a-z]+$", var.instance_type))
    error_message = "Use mq.m7g, mq.m5 or mq.t3."
  }
  validation {
    condition     = var.engine_version != "4.2" || startswith(var.instance_type, "mq.m7g.")
    error_message = "RabbitMQ 4.2 runs on mq.m7g only."
  }
}

variable "cluster" {
  description = "Whether three brokers in three zones carry the queues, or a single one."
  type        = bool
  default     = true

  validation {
    condition     = !var.cluster || length(var.subnet_ids) >= 2
    error_message = "A cluster needs subnets in two zones or more."
  }
}

variable "username" {
  description = "Morket's user at the broker."
  type        = string
  default     = "morket"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_-]{1,98}$", var.username)) && var.username != "guest"
    error_message = "Use lower-case letters, digits, hyphens and underscores, but not guest."
  }
}

variable "password" {
  description = "The user's password, 16 to 250 letters and digits. The provider has no write-only argument for it: it is in the state, which is sealed."
  type        = string
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{16,250}$", var.password))
    error_message = "Use 16 to 250 letters, digits, hyphens and underscores."
  }
}
