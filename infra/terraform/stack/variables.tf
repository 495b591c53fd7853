variable "name" {
  description = "The installation's name, which begins the name of everything in it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}[a-z0-9]$", var.name))
    error_message = "Use 3 to 22 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "size" {
  description = "small, medium or large: see the sizing table in infra/README.md."
  type        = string

  validation {
    condition     = contains(["small", "medium", "large"], var.size)
    error_message = "Use small, medium or large."
  }
}

variable "protected" {
  description = "Whether stores must be unlocked before they can be removed."
  type        = bool
  default     = true
}

variable "availability_zones" {
  description = "Two or three zones of the region."
  type        = list(string)
}

variable "cidr" {
  description = "The network's addresses."
  type        = string
  default     = "10.20.0.0/16"
}

variable "host_name" {
  description = "The host name that users type, in the zone."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.host_name))
    error_message = "Give a host name, for example app.example.com."
  }
}

variable "zone_id" {
  description = "The public zone of Route 53 that the host name is in."
  type        = string
}

variable "image" {
  description = "Morket's image by its digest, for the first revision of the task definitions."
  type        = string
}

variable "temporal_image" {
  description = "Temporal's server by its digest: the one of compose.yaml."
  type        = string
  default     = "docker.io/temporalio/auto-setup:1.29.1@sha256:5b3502a3b685f9eff1b925af90c57c9e3dbeccbef367cc28a2a9712c63379312"
}

variable "bucket_prefix" {
  description = "Begins the buckets' names, which are shared by the whole world."
  type        = string
}

variable "operators" {
  description = "Email addresses of the operators: they use /admin and are told of alarms."
  type        = set(string)
}

variable "budget_usd" {
  description = "What a month may cost."
  type        = number
}

variable "seed" {
  description = "Passwords and keys, from Secrets Manager by infra/deploy/stack. They go into no plan and no state."
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
  description = "The two passwords that the provider writes into the state, by infra/deploy/stack."
  type = object({
    broker = string
    search = string
  })
  sensitive = true
}

variable "seed_revision" {
  description = "Raise it by one after the seed was changed, to write the secrets anew."
  type        = number
  default     = 1
}

variable "settings" {
  description = "Further settings of Morket that are not secret, by variable: see the table in README.md."
  type        = map(string)
  default     = {}
}

variable "secret_settings" {
  description = "Further secret settings of Morket (SMTP_URL, MORKET_STRIPE_SECRET_KEY): ARNs of secrets of yours, sealed with the key kms_key_arn, by variable."
  type        = map(string)
  default     = {}
}

variable "prometheus_security_group" {
  description = "A Prometheus in this network that reads the tasks' metrics on port 9464; null: none."
  type        = string
  default     = null
}

variable "web_acl_arn" {
  description = "A web ACL of WAF (scope CLOUDFRONT); null: none."
  type        = string
  default     = null
}

variable "github" {
  description = "The repository at GitHub and its environment that deploy; provider_arn is GitHub's identity provider if the account has one."
  type        = object({ repository = string, environment = string, provider_arn = optional(string) })
}
