export interface ServerEvent {
  id?: string;
  event: string;
  data: string;
}

/** Reads a text/event-stream (WHATWG HTML, "Server-sent events") piece by piece. */
export class EventStreamParser {
  private rest = '';
  private id: string | undefined;
  private event = '';
  private data: string[] = [];

  push(chunk: string): ServerEvent[] {
    const out: ServerEvent[] = [];
    this.rest += chunk;
    for (;;) {
      const m = /\r\n|\n|\r(?!$)/.exec(this.rest);
      if (!m) break;
      const line = this.rest.slice(0, m.index);
      this.rest = this.rest.slice(m.index + m[0].length);
      const done = this.line(line);
      if (done) out.push(done);
    }
    return out;
  }

  private line(line: string): ServerEvent | null {
    if (line === '') {
      const data = this.data;
      const event = this.event || 'message';
      this.data = [];
      this.event = '';
      if (data.length === 0) return null;
      return { event, data: data.join('\n'), ...(this.id === undefined ? {} : { id: this.id }) };
    }
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.event = value;
    else if (field === 'data') this.data.push(value);
    else if (field === 'id') this.id = value;
    return null;
  }
}
