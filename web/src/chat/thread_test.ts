// SPDX-License-Identifier: MIT
import { serve, settle } from '../kit/test_server';
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Message, Run, RunStatus } from '../api/types';
import { Thread } from './thread';

const message = (seq: number, sender: 'user' | 'bot' = 'user', run_id: string | null = null): Message => ({
  id: `m${seq}`,
  conversation_id: 'c',
  seq,
  sender,
  content: `line ${seq}`,
  agent_type: null,
  run_id,
  created_at: '2026-11-21T10:00:00Z',
});
const run = (status: RunStatus, text = '', last_seq = 0): Run => ({
  id: 'r',
  conversation_id: 'c',
  status,
  reason: status === 'failed' ? 'unavailable' : null,
  agent_type: 'assistant',
  text,
  last_seq,
  started_at: '2026-11-21T10:00:00Z',
  ended_at: null,
});
const stored = (...seqs: number[]) => seqs.map((seq) => message(seq));
const numbers = (thread: Thread) => thread.lines.value.messages.map((one) => one.seq);

async function loaded(table: Parameters<typeof serve>[0] = {}) {
  const log = serve({
    'GET /conversations/c/messages': (_, query) => {
      if (query.get('before')) return { items: stored(1, 2), next: null };
      return query.get('after') ? { items: stored(5, 6), next: null } : { items: stored(3, 4), next: '3' };
    },
    'GET /chat/runs': () => ({ items: [], next: null }),
    'POST /events/watch': () => null,
    ...table,
  });
  const thread = new Thread('c');
  thread.show();
  await thread.load();
  return { thread, log };
}

test('the newest messages are read first, older ones are put before them', async () => {
  const { thread } = await loaded();
  assert.deepEqual(numbers(thread), [3, 4]);
  await thread.load_older();
  assert.deepEqual(numbers(thread), [1, 2, 3, 4]);
  assert.equal(thread.older.value, null);
});

test('a message that leaves a hole makes the thread read what is missing', async () => {
  const { thread } = await loaded();
  thread.stored(message(6));
  await settle();
  assert.deepEqual(numbers(thread), [3, 4, 5, 6]);
});

test('a thread that cannot be read says why and is read again', async () => {
  let down = true;
  const { thread } = await loaded({
    'GET /conversations/c/messages': () =>
      down ? new Response('{"title":"Unavailable"}', { status: 503, headers: { 'Retry-After': '5' } }) : { items: stored(1), next: null },
  });
  const state = thread.state.value;
  assert.ok(state.state === 'problem' && state.problem.status === 503 && state.retry_at !== null);
  down = false;
  await thread.load();
  assert.deepEqual(numbers(thread), [1]);
});

test('pieces that were written before the server knew that we watch are read once', async () => {
  const { thread, log } = await loaded({ 'GET /chat/runs/r': () => run('running', 'Hello', 2) });
  thread.started(run('running'));
  await settle();
  thread.piece('r', 3, ' you');
  assert.equal(thread.runs.value[0]?.text.value, 'Hello you');
  assert.deepEqual(
    log.filter((asked) => asked.method === 'POST' || asked.path === '/chat/runs/r').map((asked) => asked.path),
    ['/events/watch', '/chat/runs/r'],
  );
  thread.hide();
});

test('a hole between pieces is healed by reading the run', async () => {
  let text = run('running', '', 0);
  const { thread } = await loaded({ 'GET /chat/runs/r': () => text });
  thread.started(run('running'));
  await settle();
  thread.piece('r', 1, 'a');
  text = run('running', 'ab', 2);
  thread.piece('r', 3, 'c');
  await settle();
  assert.equal(thread.runs.value[0]?.text.value, 'abc');
  thread.hide();
});

test('a finished run is a message, and a late word of its start does not bring it back', async () => {
  const { thread } = await loaded({ 'GET /chat/runs/r': () => run('running') });
  thread.started(run('running'));
  thread.ended({ run: run('finished', 'line 5', 1), message: message(5, 'bot', 'r') });
  thread.started(run('running'));
  thread.piece('r', 2, 'late');
  assert.equal(thread.runs.value.length, 0);
  assert.deepEqual(numbers(thread), [3, 4, 5]);
  assert.equal(thread.endings.value.size, 0);
});

test('an answer that broke off says so, until the next one begins', async () => {
  const { thread } = await loaded({ 'GET /chat/runs/r': () => run('running') });
  thread.started(run('running'));
  thread.ended({ run: run('failed'), message: null });
  assert.equal(thread.endings.value.get('r')?.status, 'failed');
  thread.started({ ...run('running'), id: 'next' });
  assert.equal(thread.endings.value.size, 0);
  thread.hide();
});

test('after a sync a run that ended unheard is shown as it ended', async () => {
  const { thread } = await loaded({ 'GET /chat/runs/r': () => run('stopped', 'half', 3) });
  thread.started(run('running', 'ha', 1));
  await thread.catch_up();
  await settle();
  assert.equal(thread.runs.value.length, 0);
  assert.equal(thread.endings.value.get('r')?.status, 'stopped');
  assert.deepEqual(numbers(thread), [3, 4, 5, 6]);
});
