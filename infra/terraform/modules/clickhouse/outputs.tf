output "endpoint" {
  description = "Host and port for HTTPS."
  value       = "${var.host_name}:8443"
}

output "instance_id" {
  description = "The machine, for metrics and sessions."
  value       = aws_instance.this.id
}
