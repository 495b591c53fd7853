output "github_variables" {
  description = "The variables of the environment at GitHub."
  value = {
    AWS_REGION     = var.region
    AWS_ROLE_ARN   = module.morket.deploy_role_arn
    ECR_REPOSITORY = module.morket.repository_url
    CLUSTER        = local.name
    SERVICES       = module.morket.services
    NETWORK        = module.morket.network
    URL            = module.morket.url
  }
}

output "nat_addresses" {
  description = "The addresses under which providers and webhooks see the installation."
  value       = module.morket.nat_addresses
}
