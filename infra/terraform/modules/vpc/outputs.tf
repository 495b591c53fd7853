output "vpc_id" {
  description = "The network's id."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "The network's addresses."
  value       = var.cidr
}

output "public_subnet_ids" {
  description = "Subnets with a way in from the internet."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}

output "private_subnet_ids" {
  description = "Subnets with a way out, for tasks."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]
}

output "data_subnet_ids" {
  description = "Subnets without a way out, for stores."
  value       = [for zone in var.availability_zones : aws_subnet.data[zone].id]
}

output "nat_addresses" {
  description = "The addresses under which providers and webhooks see the installation."
  value       = [for zone, _ in local.exits : aws_eip.nat[zone].public_ip]
}
