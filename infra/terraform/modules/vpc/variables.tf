variable "name" {
  description = "Begins the names of everything in the network."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "Use 3 to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "cidr" {
  description = "The network's addresses, a block of /16 to /20."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && try(tonumber(split("/", var.cidr)[1]), 0) >= 16 && try(tonumber(split("/", var.cidr)[1]), 99) <= 20
    error_message = "Give an IPv4 block of /16 to /20, for example 10.20.0.0/16."
  }
}

variable "availability_zones" {
  description = "The zones to spread over, two or three of one region."
  type        = list(string)

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 3 && length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "Name two or three different availability zones."
  }
}

variable "nat_gateway_per_zone" {
  description = "Whether each zone has a way out of its own (about 35 USD a month each); otherwise all zones share the first one's."
  type        = bool
  default     = true
}

variable "interface_endpoints" {
  description = "AWS services that are reached inside the network instead of through the NAT gateway (about 8 USD a month for each and zone)."
  type        = set(string)
  default     = ["ecr.api", "ecr.dkr", "logs", "secretsmanager"]
}

variable "kms_key_arn" {
  description = "The key that seals the flow logs."
  type        = string
}

variable "flow_log_days" {
  description = "For how many days the network's flow logs are kept."
  type        = number
  default     = 90

  validation {
    condition     = contains([30, 60, 90, 120, 180, 365, 400], var.flow_log_days)
    error_message = "Use 30, 60, 90, 120, 180, 365 or 400 days, which CloudWatch offers."
  }
}
