variable "name" {
  description = "Begins the names of the cluster and its parts."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "Use 3 to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "The data subnets, in two zones or more."
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
  description = "The key that seals the data, its backups and the insights."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Give the ARN of a KMS key."
  }
}

variable "engine_version" {
  description = "Aurora PostgreSQL's version, major and minor: nothing is upgraded by itself. List them: aws rds describe-db-engine-versions --engine aurora-postgresql."
  type        = string
  default     = "17.7"

  validation {
    condition     = can(regex("^(15|16|17|18)\\.[0-9]+$", var.engine_version))
    error_message = "Morket needs Postgres 15 or newer; give major and minor, for example 17.7."
  }
}

variable "instance_class" {
  description = "The class of each instance, for example db.r8g.large; db.serverless grows and shrinks by itself."
  type        = string
  default     = "db.r8g.large"

  validation {
    condition     = var.instance_class == "db.serverless" || can(regex("^db\\.(t4g|r6g|r7g|r8g)\\.[0-9a-z]+$", var.instance_class))
    error_message = "Use a Graviton class (db.t4g, db.r6g, db.r7g, db.r8g) or db.serverless."
  }
}

variable "serverless_capacity" {
  description = "The least and the most capacity units of db.serverless; each is about 2 GB of memory."
  type        = object({ min = number, max = number })
  default     = { min = 0.5, max = 8 }

  validation {
    condition     = var.serverless_capacity.min >= 0.5 && var.serverless_capacity.max <= 256 && var.serverless_capacity.min < var.serverless_capacity.max
    error_message = "Give a least from 0.5 and a larger most up to 256."
  }
}

variable "instances" {
  description = "How many instances: the writer, and the ones that take its place."
  type        = number
  default     = 2

  validation {
    condition     = var.instances >= 1 && var.instances <= 15
    error_message = "Aurora has 1 to 15 instances."
  }
}

variable "username" {
  description = "The user who owns the database. Morket makes the role that its requests use."
  type        = string
  default     = "morket"

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.username)) && var.username != "postgres"
    error_message = "Use lower-case letters, digits and underscores, but not postgres."
  }
}

variable "password" {
  description = "The owner's password, at least 16 characters of letters and digits. It goes into no plan and no state."
  type        = string
  ephemeral   = true
  sensitive   = true

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{16,99}$", var.password))
    error_message = "Use 16 to 99 letters, digits, hyphens and underscores: it becomes a part of an address."
  }
}

variable "password_revision" {
  description = "Raise it by one to write the password anew, after it was changed."
  type        = number
  default     = 1
}

variable "backup_days" {
  description = "Each moment of so many days can be restored."
  type        = number
  default     = 14

  validation {
    condition     = var.backup_days >= 1 && var.backup_days <= 35
    error_message = "Aurora keeps 1 to 35 days."
  }
}

variable "io_optimized" {
  description = "Whether input and output are in the instances' price (aurora-iopt1): cheaper when they would be more than a quarter of the bill, as with busy imports."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether it must be unlocked before it can be removed."
  type        = bool
  default     = true
}
