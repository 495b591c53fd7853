output "bucket" {
  description = "The bucket's name."
  value       = aws_s3_bucket.this.bucket
}

output "arn" {
  description = "The bucket's ARN, for policies."
  value       = aws_s3_bucket.this.arn
}

output "domain_name" {
  description = "The bucket's host name in its region."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}
