output "endpoint" {
  description = "The domain's host name inside the network."
  value       = aws_opensearch_domain.this.endpoint
}

output "name" {
  description = "The domain's name in metrics."
  value       = aws_opensearch_domain.this.domain_name
}
