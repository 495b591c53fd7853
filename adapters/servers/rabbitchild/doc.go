// Package rabbitchild runs a RabbitMQ broker as a child process, for tests and for machines without Docker. The broker's
// files are under one folder, its ports on 127.0.0.1, and it is gone when we are.
package rabbitchild
