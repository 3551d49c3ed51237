// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Message } from '../api/types';
import { came, confirmed, dropped, failed, hole_before, merge, sent, shown, type Lines, type Pending } from './thread_merge';

const message = (seq: number, content = `m${seq}`, sender: 'user' | 'bot' = 'user'): Message => ({
  id: `id-${seq}`,
  conversation_id: 'c',
  seq,
  sender,
  content,
  agent_type: null,
  run_id: null,
  created_at: '2026-11-21T10:00:00Z',
});
const line = (key: string, content: string): Pending => ({
  key,
  content,
  created_at: '2026-11-21T10:00:00Z',
  state: 'sending',
  why: null,
  seen_as: null,
});
const texts = (lines: Lines) => [...lines.messages.map((m) => m.content), ...shown(lines.pending).map((p) => p.content)];
const nothing: Lines = { messages: [], pending: [] };

test('messages stand in the order of seq, each once', () => {
  assert.deepEqual(merge([message(2), message(4)], [message(1), message(4), message(3)]).map((m) => m.seq), [1, 2, 3, 4]);
  assert.deepEqual(merge([], [message(1)]).map((m) => m.seq), [1]);
});

test('a newer version of a message takes its place', () => {
  assert.equal(merge([message(1)], [message(1, 'new')])[0]?.content, 'new');
});

test('what was sent is shown once when the answer comes first', () => {
  let lines = sent(nothing, line('k', 'hi'));
  assert.deepEqual(texts(lines), ['hi']);
  lines = confirmed(lines, 'k', message(1, 'hi'));
  assert.deepEqual(texts(lines), ['hi']);
  assert.deepEqual(texts(came(lines, [message(1, 'hi')])), ['hi']);
});

test('what was sent is shown once when the event comes first', () => {
  let lines = came(sent(nothing, line('k', 'hi')), [message(1, 'hi')]);
  assert.deepEqual(texts(lines), ['hi']);
  lines = confirmed(lines, 'k', message(1, 'hi'));
  assert.deepEqual(texts(lines), ['hi']);
  assert.equal(lines.pending.length, 0);
});

test('the same words sent from two tabs are two messages in the end', () => {
  let lines = came(sent(nothing, line('k', 'hi')), [message(1, 'hi')]);
  lines = confirmed(lines, 'k', message(2, 'hi'));
  assert.deepEqual(lines.messages.map((m) => m.seq), [1, 2]);
  assert.deepEqual(texts(lines), ['hi', 'hi']);
});

test('the same words sent twice from here: an event takes the first, the other stays', () => {
  let lines = sent(sent(nothing, line('a', 'hi')), line('b', 'hi'));
  lines = came(lines, [message(1, 'hi')]);
  assert.deepEqual(texts(lines), ['hi', 'hi']);
  lines = confirmed(confirmed(lines, 'b', message(2, 'hi')), 'a', message(1, 'hi'));
  assert.deepEqual(texts(lines), ['hi', 'hi']);
});

test('a failed line keeps its text and its place, and can be dropped', () => {
  const lines = failed(sent(nothing, line('k', 'hi')), 'k', 'The server does not answer.');
  assert.equal(lines.pending[0]?.state, 'failed');
  assert.deepEqual(texts(lines), ['hi']);
  assert.deepEqual(texts(dropped(lines, 'k')), []);
});

test('an old message read again confirms nothing new', () => {
  const lines = sent({ messages: [message(1, 'hi')], pending: [] }, line('k', 'hi'));
  assert.deepEqual(texts(came(lines, [message(1, 'hi')])), ['hi', 'hi']);
});

test('a hole is seen only behind what we have', () => {
  assert.equal(hole_before([message(1), message(2)], message(4)), true);
  assert.equal(hole_before([message(1), message(2)], message(3)), false);
  assert.equal(hole_before([message(5)], message(2)), false);
  assert.equal(hole_before([], message(9)), false);
});
