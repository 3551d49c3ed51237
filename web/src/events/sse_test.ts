// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { SseParser, type StreamEvent } from './sse';

const stream = 'id: b-1\nevent: hello\ndata: {"boot":"b"}\n\n: beat\n\nid: b-2\r\nevent: text.delta\r\ndata: {"text":\r\ndata: "é"}\r\n\r\ndata: plain\n\n';
const wanted: StreamEvent[] = [
  { id: 'b-1', event: 'hello', data: '{"boot":"b"}' },
  { id: 'b-2', event: 'text.delta', data: '{"text":\n"é"}' },
  { id: 'b-2', event: 'message', data: 'plain' },
];

test('events are read whole', () => {
  assert.deepEqual(new SseParser().push(stream), wanted);
});

test('every way to cut the stream in two, and single letters, give the same events', () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const parser = new SseParser();
    assert.deepEqual([...parser.push(stream.slice(0, cut)), ...parser.push(stream.slice(cut))], wanted, `cut at ${cut}`);
  }
  const parser = new SseParser();
  assert.deepEqual([...stream].flatMap((letter) => parser.push(letter)), wanted);
});

test('an event that never ended is not given', () => {
  assert.deepEqual(new SseParser().push('event: run.finished\ndata: {}\n'), []);
});
