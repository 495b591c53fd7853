variable "name" {
  description = "The bucket's name, which no other bucket in the world may have."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "Use 3 to 63 lower-case letters, digits and hyphens."
  }
}

variable "kms_key_arn" {
  description = "The key that seals the objects; null: S3's own (SSE-S3), which logs of load balancers need."
  type        = string
  default     = null
}

variable "versioned" {
  description = "Whether overwritten and deleted objects can be brought back."
  type        = bool
  default     = true
}

variable "keep_versions_days" {
  description = "For how many days overwritten and deleted objects can be brought back. An erased person's uploads are really gone after it."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_versions_days >= 1 && var.keep_versions_days <= 365
    error_message = "Keep them 1 to 365 days: erasure must end."
  }
}

variable "expire_days" {
  description = "After how many days objects go; 0: never."
  type        = number
  default     = 0

  validation {
    condition     = var.expire_days >= 0
    error_message = "Give a number of days, or 0."
  }
}

variable "writers" {
  description = "AWS services that may write into the bucket, for example logdelivery.elasticloadbalancing.amazonaws.com."
  type        = set(string)
  default     = []
}

variable "acl_grants" {
  description = "Whether objects may have owners by ACL, which CloudFront's standard logs need."
  type        = bool
  default     = false
}
