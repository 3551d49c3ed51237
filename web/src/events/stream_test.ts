// SPDX-License-Identifier: MIT
import { serve } from '../kit/test_server';
import assert from 'node:assert/strict';
import test from 'node:test';
import { read_forever, type StreamReader } from './stream';

/** A reader that notes what it is told, and stops after so many interruptions. */
function noting(stop_after: number) {
  const notes: string[] = [];
  const waits: number[] = [];
  const stop = new AbortController();
  let last: string | null = null;
  const reader: StreamReader = {
    last_id: () => last,
    opened: () => notes.push('opened'),
    event: (event) => {
      last = event.id;
      notes.push(`${event.event} ${event.data}`);
    },
    waiting: (problem, ms) => {
      notes.push(`waiting ${problem.status}`);
      waits.push(ms);
      if (waits.length >= stop_after) stop.abort();
    },
    signed_out: () => notes.push('signed out'),
  };
  return { reader, notes, waits, stop: stop.signal };
}

const no_rest = () => Promise.resolve();

test('a stream that ends is resumed after the last id', async () => {
  const log = serve({ 'GET /events': () => new Response('id: b-7\nevent: message\ndata: {}\n\n') });
  const { reader, notes, stop } = noting(2);
  await read_forever(reader, stop, no_rest);
  assert.deepEqual(notes, ['opened', 'message {}', 'waiting 0', 'opened', 'message {}', 'waiting 0']);
  assert.deepEqual(log.map((asked) => [asked.path, asked.headers.get('Last-Event-ID')]), [
    ['/events', null],
    ['/events?after=b-7', 'b-7'],
  ]);
});

test('a server without its database is asked again no sooner than it says', async () => {
  serve({ 'GET /events': () => new Response('{"title":"Unavailable"}', { status: 503, headers: { 'Retry-After': '7' } }) });
  const { reader, notes, waits, stop } = noting(3);
  await read_forever(reader, stop, no_rest);
  assert.deepEqual(notes, ['waiting 503', 'waiting 503', 'waiting 503']);
  assert.ok(waits.every((ms) => ms >= 7000));
});

test('no answer at all makes the waits longer, an answer makes them short again', async () => {
  let asked = 0;
  serve({
    'GET /events': () => {
      if (++asked === 7) return new Response(': beat\n\n');
      throw new TypeError('Failed to fetch');
    },
  });
  const { reader, waits, stop } = noting(8);
  await read_forever(reader, stop, no_rest);
  assert.ok(waits[5]! >= 8000, `the sixth wait was ${waits[5]} ms`);
  assert.ok(waits[6]! <= 500, `after an answer it was ${waits[6]} ms`);
});

test('a session that ended is told, and nobody asks again', async () => {
  const log = serve({ 'GET /events': () => new Response('{}', { status: 401 }) });
  const { reader, notes, stop } = noting(1);
  await read_forever(reader, stop, no_rest);
  assert.deepEqual(notes, ['signed out']);
  assert.equal(log.length, 1);
});
