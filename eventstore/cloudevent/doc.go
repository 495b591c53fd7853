// Package cloudevent is the one form in which events leave the product: on RabbitMQ, in the change feed and in webhooks each is the
// same CloudEvents 1.0 JSON object. A Policy says of every event type whether it leaves at all, without which members of its data,
// and what one must be allowed to do to see it. A type that the policy doesn't name stays inside.
package cloudevent
