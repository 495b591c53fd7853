output "arn" {
  description = "The load balancer's ARN, which CloudFront's origin is made of."
  value       = aws_lb.this.arn
}

output "dns_name" {
  description = "The load balancer's own name."
  value       = aws_lb.this.dns_name
}

output "arn_suffix" {
  description = "Its name in metrics."
  value       = aws_lb.this.arn_suffix
}

output "target_group_arn" {
  description = "Where the tasks of the role api register."
  value       = aws_lb_target_group.api.arn
  depends_on  = [aws_lb_listener.https]
}

output "target_group_suffix" {
  description = "The target group's name in metrics."
  value       = aws_lb_target_group.api.arn_suffix
}

output "security_group_id" {
  description = "The load balancer's security group, from which tasks are reached."
  value       = aws_security_group.this.id
}
