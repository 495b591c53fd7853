output "endpoint" {
  description = "The primary node's host name."
  value       = aws_elasticache_replication_group.this.primary_endpoint_address
}

output "id" {
  description = "The cluster's name in metrics."
  value       = aws_elasticache_replication_group.this.replication_group_id
}
