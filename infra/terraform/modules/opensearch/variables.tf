variable "name" {
  description = "The domain's name."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,26}[a-z0-9]$", var.name))
    error_message = "Use 3 to 28 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "The data subnets, one for each zone that nodes are in."
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
  description = "The key that seals the indexes."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:", var.kms_key_arn))
    error_message = "Give the ARN of a KMS key."
  }
}

variable "engine_version" {
  description = "OpenSearch's version: 2.17, 2.19 or 3. List them: aws opensearch list-versions."
  type        = string
  default     = "2.19"

  validation {
    condition     = can(regex("^(2\\.(17|19)|3\\.[0-9]+)$", var.engine_version))
    error_message = "Morket needs OpenSearch 2.17 or newer, for example 2.19."
  }
}

variable "instance_type" {
  description = "The class of each data node."
  type        = string
  default     = "r7g.large.search"

  validation {
    condition     = can(regex("^(t3|m7g|r7g|r8g|or1)\\.[0-9a-z]+\\.search$", var.instance_type))
    error_message = "Use t3, m7g, r7g, r8g or or1, for example r7g.large.search."
  }
}

variable "nodes" {
  description = "How many data nodes, the same number in each subnet."
  type        = number
  default     = 2

  validation {
    condition     = var.nodes >= 1 && var.nodes % length(var.subnet_ids) == 0
    error_message = "Give a multiple of the number of subnets."
  }
}

variable "dedicated_masters" {
  description = "Whether three small nodes do nothing but lead: from about ten data nodes on."
  type        = bool
  default     = false
}

variable "volume_gb" {
  description = "The disk of each data node in GB: about twice the size of the searchable text."
  type        = number
  default     = 100

  validation {
    condition     = var.volume_gb >= 10 && var.volume_gb <= 3000
    error_message = "Use 10 to 3,000 GB a node."
  }
}

variable "username" {
  description = "Morket's user at the domain."
  type        = string
  default     = "morket"
}

variable "password" {
  description = "The user's password: 16 letters and digits or more, with one of each kind. The provider has no write-only argument for it: it is in the state, which is sealed."
  type        = string
  sensitive   = true

  validation {
    condition = (length(var.password) >= 16 && can(regex("[a-z]", var.password)) && can(regex("[A-Z]", var.password))
    && can(regex("[0-9]", var.password)) && can(regex("[_-]", var.password)) && can(regex("^[A-Za-z0-9_-]+$", var.password)))
    error_message = "Use 16 characters or more: small and capital letters, digits, and a hyphen or underscore."
  }
}

variable "log_days" {
  description = "For how many days the domain's logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([7, 14, 30, 60, 90, 180, 365], var.log_days)
    error_message = "Use 7, 14, 30, 60, 90, 180 or 365 days."
  }
}
