variable "name" {
  description = "Begins the secrets' names."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "Use 3 to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "secrets" {
  description = "What is kept, by name. The values are ephemeral: they go to Secrets Manager and into no plan and no state."
  type        = map(string)
  ephemeral   = true
}

variable "names" {
  description = "The names of the secrets: the keys of secrets, which as an ephemeral value can't say how many resources there are."
  type        = set(string)

  validation {
    condition     = length(var.names) > 0 && alltrue([for n in var.names : can(regex("^[A-Z][A-Z0-9_]{2,63}$", n))])
    error_message = "Name at least one secret, each like the variable that it is given to: DATABASE_URL."
  }
}

variable "revision" {
  description = "Raise it by one to write the values anew, after one of them was changed."
  type        = number
  default     = 1

  validation {
    condition     = var.revision >= 1 && floor(var.revision) == var.revision
    error_message = "Give a whole number from 1."
  }
}

variable "kms_key_arn" {
  description = "The key that seals the secrets."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Give the ARN of a KMS key."
  }
}

variable "recovery_days" {
  description = "For how many days a deleted secret can be brought back."
  type        = number
  default     = 30

  validation {
    condition     = var.recovery_days >= 7 && var.recovery_days <= 30
    error_message = "AWS allows 7 to 30 days."
  }
}
