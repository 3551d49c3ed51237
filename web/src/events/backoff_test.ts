// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { pause, wait_ms } from './backoff';

test('waiting doubles up to its limit, and chance takes at most half of it', () => {
  assert.deepEqual([0, 1, 2, 3].map((tries) => wait_ms(tries, 0)), [250, 500, 1000, 2000]);
  assert.deepEqual([0, 1, 2, 3].map((tries) => wait_ms(tries, 0.999999)), [500, 1000, 2000, 4000]);
  assert.equal(wait_ms(500, 0.999999), 30_000);
});

test('what the server asked for is never undercut', () => {
  assert.ok(wait_ms(0, 0, 5) >= 5000);
});

test('a pause that is given up ends at once', async () => {
  const stop = new AbortController();
  const waiting = pause(3_600_000, stop.signal);
  stop.abort();
  await waiting;
  await pause(3_600_000, stop.signal);
});
