// SPDX-License-Identifier: MIT
// text/event-stream, as in the HTML standard: fed with text in any pieces, gives whole events.

export interface StreamEvent {
  id: string | null;
  event: string;
  data: string;
}

export class SseParser {
  private rest = '';
  private id: string | null = null;
  private event = '';
  private data: string[] = [];

  push(text: string): StreamEvent[] {
    const events: StreamEvent[] = [];
    this.rest += text;
    // A lone CR at the very end may be the first half of CRLF: it waits.
    const lines = this.rest.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const whole = this.take(line);
      if (whole) events.push(whole);
    }
    return events;
  }

  private take(line: string): StreamEvent | null {
    if (line === '') return this.finish();
    if (line.startsWith(':')) return null;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') this.data.push(value);
    else if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.id = value;
    return null;
  }

  private finish(): StreamEvent | null {
    const made = this.data.length ? { id: this.id, event: this.event || 'message', data: this.data.join('\n') } : null;
    this.event = '';
    this.data = [];
    return made;
  }
}
