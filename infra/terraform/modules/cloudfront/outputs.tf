output "domain_name" {
  description = "CloudFront's name, which the host names' records point to."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "hosted_zone_id" {
  description = "CloudFront's zone, for alias records."
  value       = aws_cloudfront_distribution.this.hosted_zone_id
}

output "id" {
  description = "The distribution's id."
  value       = aws_cloudfront_distribution.this.id
}
