variable "name" {
  description = "Begins the names of the distribution and its parts."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "Use 3 to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "host_names" {
  description = "The host names that users type. The load balancer's certificate must have each."
  type        = list(string)

  validation {
    condition     = length(var.host_names) > 0 && alltrue([for h in var.host_names : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", h))])
    error_message = "Give at least one host name, for example app.example.com."
  }
}

variable "certificate_arn" {
  description = "The certificate of the host names in us-east-1, where CloudFront looks for it."
  type        = string

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:acm:us-east-1:", var.certificate_arn))
    error_message = "CloudFront needs a certificate of us-east-1."
  }
}

variable "load_balancer_arn" {
  description = "The internal load balancer that requests go to."
  type        = string
}

variable "load_balancer_dns" {
  description = "The load balancer's own name. Its certificate is checked against the host name that the viewer sent."
  type        = string
}

variable "log_bucket_domain" {
  description = "The host name of the bucket of access logs, which must allow ACLs."
  type        = string
}

variable "price_class" {
  description = "Where the edge is: PriceClass_100 (Europe, North America), PriceClass_200 or PriceClass_All."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "Use PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "web_acl_arn" {
  description = "A web ACL of WAF (scope CLOUDFRONT); null: none."
  type        = string
  default     = null
}
