variable "name" {
  description = "Begins the names of the cluster and its parts."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,34}[a-z0-9]$", var.name))
    error_message = "Use 3 to 36 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "The data subnets."
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
  description = "The key that seals what is in memory and on disk."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Give the ARN of a KMS key."
  }
}

variable "engine_version" {
  description = "Valkey's version, which speaks Redis' protocol."
  type        = string
  default     = "8.0"

  validation {
    condition     = can(regex("^[78]\\.[0-9]+$", var.engine_version))
    error_message = "Use Valkey 7.2 or 8, for example 8.0."
  }
}

variable "node_type" {
  description = "The class of each node."
  type        = string
  default     = "cache.t4g.small"

  validation {
    condition     = can(regex("^cache\\.(t4g|m7g|r7g)\\.[0-9a-z]+$", var.node_type))
    error_message = "Use a Graviton class: cache.t4g, cache.m7g or cache.r7g."
  }
}

variable "nodes" {
  description = "How many nodes. The cache may be lost at any time; a second one only saves the moments of refilling."
  type        = number
  default     = 2

  validation {
    condition     = var.nodes >= 1 && var.nodes <= 6
    error_message = "Use 1 to 6 nodes."
  }
}

variable "password" {
  description = "What clients say to be let in, 16 to 128 letters and digits. It goes into no plan and no state."
  type        = string
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{16,128}$", var.password))
    error_message = "Use 16 to 128 letters, digits, hyphens and underscores."
  }
}

variable "password_revision" {
  description = "Raise it by one to write the password anew, after it was changed."
  type        = number
  default     = 1
}
