variable "name" {
  description = "Begins the names of the load balancer and its parts."
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

variable "vpc_cidr" {
  description = "The network's addresses: nothing else is reached from the load balancer."
  type        = string

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0))
    error_message = "Give an IPv4 block, for example 10.20.0.0/16."
  }
}

variable "subnet_ids" {
  description = "The private subnets that it stands in: CloudFront reaches it inside the network, the internet does not."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A load balancer needs subnets in two zones."
  }
}

variable "certificate_arn" {
  description = "The certificate of the host name, in the load balancer's region."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:", var.certificate_arn))
    error_message = "Give the ARN of a certificate of ACM."
  }
}

variable "log_bucket" {
  description = "The bucket of the access logs."
  type        = string
}

variable "port" {
  description = "The port that tasks answer on."
  type        = number
  default     = 8080

  validation {
    condition     = var.port > 0 && var.port < 65536
    error_message = "Give a port."
  }
}

variable "deletion_protection" {
  description = "Whether it must be unlocked before it can be removed."
  type        = bool
  default     = true
}
