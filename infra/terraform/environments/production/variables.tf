variable "region" {
  description = "The region of AWS."
  type        = string
  default     = "eu-central-1"
}

variable "host_name" {
  description = "The host name that users type."
  type        = string
}

variable "zone_id" {
  description = "The public zone of Route 53 that the host name is in."
  type        = string
}

variable "image" {
  description = "Morket's image by its digest, for the first revision of the task definitions."
  type        = string
}

variable "bucket_prefix" {
  description = "Begins the buckets' names, which are shared by the whole world."
  type        = string
}

variable "operators" {
  description = "Email addresses of the operators."
  type        = set(string)
}

variable "repository" {
  description = "The repository at GitHub that deploys, owner/name."
  type        = string
}

variable "github_provider_arn" {
  description = "GitHub's identity provider, if another installation in the account has made it."
  type        = string
  default     = null
}

variable "settings" {
  description = "Further settings of Morket that are not secret, by variable."
  type        = map(string)
  default     = {}
}

variable "secret_settings" {
  description = "Further secret settings of Morket: ARNs of secrets of yours, by variable."
  type        = map(string)
  default     = {}
}

variable "seed_revision" {
  description = "Raise it by one after the seed was changed."
  type        = number
  default     = 1
}

variable "seed" {
  description = "Passwords and keys that go into no state; infra/deploy/stack reads them from Secrets Manager."
  type = object({
    database          = string
    cache             = string
    analytics         = string
    master_key        = string
    jwt_keys          = string
    service_key       = string
    backup_passphrase = string
  })
  ephemeral = true
  sensitive = true
}

variable "stored" {
  description = "The two passwords that the provider writes into the state; infra/deploy/stack reads them from Secrets Manager."
  type        = object({ broker = string, search = string })
  sensitive   = true
}
