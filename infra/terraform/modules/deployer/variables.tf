variable "name" {
  description = "The installation that the role deploys to."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "Use 3 to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "repository" {
  description = "The repository at GitHub whose workflow may take the role, owner/name."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "Give owner/name."
  }
}

variable "environment" {
  description = "The environment at GitHub that a job must be in. Its rules (approval, branches) are the role's."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*$", var.environment))
    error_message = "Give the environment's name, for example production."
  }
}

variable "provider_arn" {
  description = "GitHub's identity provider in this account; null: it is made here. An account has one."
  type        = string
  default     = null
}

variable "cluster" {
  description = "The cluster that is deployed to."
  type        = object({ name = string, arn = string })
}

variable "role_arns" {
  description = "The tasks' roles, which the deploy passes on."
  type        = list(string)
}

variable "repository_arn" {
  description = "The repository of images that the deploy pushes to."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that seals images."
  type        = string
}
