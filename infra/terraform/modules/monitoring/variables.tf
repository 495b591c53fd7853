variable "name" {
  description = "Begins the names of alarms, topic and dashboard."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "Use 3 to 32 lower-case letters, digits and hyphens, beginning with a letter."
  }
}

variable "emails" {
  description = "Who is told of alarms. Each has to confirm the subscription."
  type        = set(string)

  validation {
    condition     = length(var.emails) > 0 && alltrue([for e in var.emails : can(regex("^[^@\\s]+@[^@\\s]+$", e))])
    error_message = "Give at least one email address: an alarm that nobody hears is none."
  }
}

variable "kms_key_arn" {
  description = "The key that seals the alarms' topic; its policy must let CloudWatch use it."
  type        = string
}

variable "load_balancer" {
  description = "The load balancer and its target group as metrics name them."
  type        = object({ arn_suffix = string, target_group_suffix = string })
}

variable "aurora_cluster" {
  description = "The database cluster's id."
  type        = string
}

variable "aurora_max_connections" {
  description = "So many connections to the database are too many."
  type        = number
  default     = 800
}

variable "redis_id" {
  description = "The cache's id; null: there is none."
  type        = string
  default     = null
}

variable "broker_name" {
  description = "The broker's name; null: there is none."
  type        = string
  default     = null
}

variable "opensearch_domain" {
  description = "The search domain's name; null: there is none."
  type        = string
  default     = null
}

variable "clickhouse" {
  description = "The analytics' machine; null: there is none. An object, since an id that isn't known yet can't be compared with null."
  type        = object({ instance_id = string })
  default     = null
}

variable "ecs_services" {
  description = "Each service of Morket with the least of tasks that it must have."
  type        = map(number)
}

variable "ecs_cluster" {
  description = "The tasks' cluster."
  type        = string
}

variable "log_groups" {
  description = "The log groups of Morket's services, by service."
  type        = map(string)
}

variable "budget_usd" {
  description = "What a month may cost in USD; 80 % of it, and a forecast above it, are told."
  type        = number

  validation {
    condition     = var.budget_usd >= 10
    error_message = "Give at least 10 USD."
  }
}
