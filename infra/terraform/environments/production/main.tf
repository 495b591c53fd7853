# The state is sealed, versioned and locked in a bucket of its own: infra/deploy/stack makes it and names it at init.
terraform {
  backend "s3" {
    key          = "production/terraform.tfstate"
    encrypt      = true
    use_lockfile = true
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project      = "morket"
      Environment  = "production"
      Installation = local.name
      ManagedBy    = "terraform"
    }
  }
}

locals {
  name = "morket"
}

module "morket" {
  source = "../../stack"

  name               = local.name
  size               = "medium"
  protected          = true
  availability_zones = [for z in ["a", "b", "c"] : "${var.region}${z}"]
  cidr               = "10.20.0.0/16"
  host_name          = var.host_name
  zone_id            = var.zone_id
  image              = var.image
  bucket_prefix      = var.bucket_prefix
  operators          = var.operators
  budget_usd         = 3000
  seed               = var.seed
  stored             = var.stored
  seed_revision      = var.seed_revision
  settings           = var.settings
  secret_settings    = var.secret_settings
  github             = { repository = var.repository, environment = "production", provider_arn = var.github_provider_arn }
}
