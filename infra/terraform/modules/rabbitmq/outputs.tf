output "endpoint" {
  description = "The broker's address with its port, without amqps://."
  value       = trimprefix(aws_mq_broker.this.instances[0].endpoints[0], "amqps://")
}

output "name" {
  description = "The broker's name in metrics."
  value       = aws_mq_broker.this.broker_name
}
