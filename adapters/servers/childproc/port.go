package childproc

import (
	"context"
	"fmt"
	"net"
)

// FreePort returns a TCP port of 127.0.0.1 that nobody listens on now.
func FreePort(ctx context.Context) (int, error) {
	ports, err := FreePorts(ctx, 1)
	if err != nil {
		return 0, err
	}
	return ports[0], nil
}

// FreePorts returns n different TCP ports of 127.0.0.1 that nobody listens on now.
func FreePorts(ctx context.Context, n int) ([]int, error) {
	var listen net.ListenConfig
	ports := make([]int, 0, n)
	for range n {
		l, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close() // all are held until the last is found, so that they differ
		addr, ok := l.Addr().(*net.TCPAddr)
		if !ok {
			return nil, fmt.Errorf("find a free port: %s is no TCP address", l.Addr())
		}
		ports = append(ports, addr.Port)
	}
	return ports, nil
}
