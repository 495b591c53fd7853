locals {
  domain     = join(".", slice(split(".", var.host_name), 1, length(split(".", var.host_name))))
  clickhouse = "clickhouse.${var.name}-internal.${local.domain}"
  # Each certificate with its names and its region: CloudFront looks in us-east-1 only.
  certificates = {
    edge   = { region = "us-east-1", names = [var.host_name] }
    region = { region = local.region, names = local.size.analytics == null ? [var.host_name] : [var.host_name, local.clickhouse] }
  }
}

resource "aws_acm_certificate" "this" {
  for_each = local.certificates

  region                    = each.value.region
  domain_name               = each.value.names[0]
  subject_alternative_names = slice(each.value.names, 1, length(each.value.names))
  validation_method         = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

# The proof of a name is the same record for every certificate of the account.
resource "aws_route53_record" "proof" {
  for_each = toset(local.certificates.region.names)

  zone_id         = var.zone_id
  allow_overwrite = true
  ttl             = 60
  name            = one([for o in aws_acm_certificate.this["region"].domain_validation_options : o.resource_record_name if o.domain_name == each.key])
  type            = one([for o in aws_acm_certificate.this["region"].domain_validation_options : o.resource_record_type if o.domain_name == each.key])
  records         = [one([for o in aws_acm_certificate.this["region"].domain_validation_options : o.resource_record_value if o.domain_name == each.key])]
}

resource "aws_acm_certificate_validation" "this" {
  for_each = local.certificates

  region                  = each.value.region
  certificate_arn         = aws_acm_certificate.this[each.key].arn
  validation_record_fqdns = [for n in each.value.names : aws_route53_record.proof[n].fqdn]
}

resource "aws_route53_record" "users" {
  for_each = toset(["A", "AAAA"])

  zone_id = var.zone_id
  name    = var.host_name
  type    = each.key

  alias {
    name                   = module.cloudfront.domain_name
    zone_id                = module.cloudfront.hosted_zone_id
    evaluate_target_health = false
  }
}

resource "aws_route53_zone" "internal" {
  name    = "${var.name}-internal.${local.domain}"
  comment = "Names inside ${var.name}"

  vpc {
    vpc_id = module.vpc.vpc_id
  }
}
