// Package amqpbus is the bus over RabbitMQ: Watermill's publisher and subscriber on amqp091-go.
//
// A topic is an exchange of that name: morket.log is a fanout, morket.events a topic exchange. Each consumer group has one
// durable quorum queue, <topic>.<group>, with a single active consumer, so that order is kept and another process takes
// over when the active one dies. Its length is bounded and the oldest messages are dropped: that is safe because a
// consumer of the log sees the hole and reads it from there. So the broker may be emptied, or its queues deleted, at any
// time.
//
// The publisher sends with pipelined confirms on one channel and answers when all messages are confirmed, else with
// *logmsg.PartialError. Both sides connect again by themselves.
package amqpbus
