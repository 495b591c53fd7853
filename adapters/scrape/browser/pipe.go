package browser

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync"
)

// pipe is DevTools' transport over a pair of pipes: messages of JSON, each ended by a zero byte (--remote-debugging-pipe). It implements
// cdp.WebSocketable.
type pipe struct {
	in  *os.File // to Chromium
	out *bufio.Reader
	raw *os.File // from Chromium
	mu  sync.Mutex
}

// maxMessage bounds one message; the largest is the text of a page.
const maxMessage = 64 << 20

var errMessage = errors.New("chromium sent a message that is too large")

// newPipe returns our ends of a pair of pipes, and Chromium's, which it gets as its descriptors 3 and 4.
func newPipe() (p *pipe, theirs []*os.File, err error) {
	readIn, writeIn, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("make a pipe to the browser: %w", err)
	}
	readOut, writeOut, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("make a pipe from the browser: %w", err), readIn.Close(), writeIn.Close())
	}
	return &pipe{in: writeIn, raw: readOut, out: bufio.NewReaderSize(readOut, 1<<16)}, []*os.File{readIn, writeOut}, nil
}

// Send implements cdp.WebSocketable.
func (p *pipe) Send(message []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := p.in.Write(append(bytes.Clone(message), 0))
	return err
}

// Read implements cdp.WebSocketable.
func (p *pipe) Read() ([]byte, error) {
	var message []byte
	for {
		part, err := p.out.ReadSlice(0)
		message = append(message, part...)
		switch {
		case len(message) > maxMessage:
			return nil, errMessage
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return nil, err
		default:
			return message[:len(message)-1], nil
		}
	}
}

func (p *pipe) close() { _ = errors.Join(p.in.Close(), p.raw.Close()) }
