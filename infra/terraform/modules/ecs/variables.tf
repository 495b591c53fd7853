variable "name" {
  description = "Begins the names of the cluster and its services."
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
  description = "The private subnets that tasks run in."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Name subnets in two zones, so that one may fail."
  }
}

variable "security_group_id" {
  description = "The tasks' security group. It is made outside, so that stores can let it in before there are tasks."
  type        = string
}

variable "image" {
  description = "Morket's image by its digest. It is the first revision's; after that the deploy sets it."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by its digest (…@sha256:…): a tag can be moved."
  }
}

variable "repository_arn" {
  description = "The repository that Morket's image is pulled from."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:ecr:", var.repository_arn))
    error_message = "Give the ARN of a repository of ECR."
  }
}

variable "architecture" {
  description = "What the image was built for: ARM64 is a fifth cheaper."
  type        = string
  default     = "ARM64"

  validation {
    condition     = contains(["ARM64", "X86_64"], var.architecture)
    error_message = "Use ARM64 or X86_64."
  }
}

variable "environment" {
  description = "Settings of every task of Morket, by variable."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for k in keys(var.environment) : !can(regex("(PASSWORD|PASSPHRASE|_KEY|_KEYS|SECRET)", k))])
    error_message = "What is secret goes into secrets, where no task definition shows it."
  }
}

variable "secrets" {
  description = "Secret settings of every task of Morket: the ARN in Secrets Manager, by variable."
  type        = map(string)
  default     = {}
}

variable "services" {
  description = "The services, by name. Those without an image run Morket with the roles that they name, and are deployed; the others stay as Terraform writes them."
  type = map(object({
    roles            = optional(list(string), [])
    cpu              = number
    memory           = number
    least            = number
    most             = optional(number)
    target_group_arn = optional(string)
    image            = optional(string)
    command          = optional(list(string))
    environment      = optional(map(string), {})
    secrets          = optional(map(string), {})
    port             = optional(number)
    writable_root    = optional(bool, false)
    health_command   = optional(list(string))
    spot             = optional(bool, false)
  }))

  validation {
    condition = alltrue([for s in values(var.services) : s.image != null || (
    length(s.roles) > 0 && alltrue([for r in s.roles : contains(["api", "relay", "projector", "worker", "scraper"], r)]))])
    error_message = "A service of Morket names its roles: api, relay, projector, worker, scraper."
  }
  validation {
    condition     = alltrue([for s in values(var.services) : s.image == null || can(regex("@sha256:[0-9a-f]{64}$", s.image))])
    error_message = "Name images by their digests (…@sha256:…)."
  }
  validation {
    condition     = alltrue([for s in values(var.services) : contains([256, 512, 1024, 2048, 4096, 8192, 16384], s.cpu) && s.memory >= 2 * s.cpu && s.memory <= 8 * s.cpu || s.cpu == 256 && s.memory == 512])
    error_message = "Fargate has 256 to 16,384 CPU units, and 2 to 8 times as many megabytes."
  }
  validation {
    condition     = alltrue([for s in values(var.services) : s.least >= 0 && (s.most == null || coalesce(s.most, s.least) >= s.least)])
    error_message = "The most tasks of a service can't be fewer than the least."
  }
}

variable "task_policy_json" {
  description = "What Morket's tasks may do in AWS: their buckets."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that seals logs and secrets."
  type        = string
}

variable "log_days" {
  description = "For how many days the tasks' logs are kept."
  type        = number
  default     = 90

  validation {
    condition     = contains([7, 14, 30, 60, 90, 120, 180, 365, 400], var.log_days)
    error_message = "Use 7, 14, 30, 60, 90, 120, 180, 365 or 400 days."
  }
}
