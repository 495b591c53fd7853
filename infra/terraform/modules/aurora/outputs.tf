output "endpoint" {
  description = "The writer's host name."
  value       = aws_rds_cluster.this.endpoint
  depends_on  = [aws_rds_cluster_instance.this]
}

output "cluster_id" {
  description = "The cluster's name in metrics and commands."
  value       = aws_rds_cluster.this.cluster_identifier
}

output "address_parts" {
  description = "What DATABASE_URL is made of besides the password."
  value = {
    username = var.username
    host     = aws_rds_cluster.this.endpoint
    database = aws_rds_cluster.this.database_name
  }
}

output "security_group_id" {
  description = "The cluster's security group."
  value       = aws_security_group.this.id
}
