// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { keep_asking } from './every';

const at_once = () => Promise.resolve();

test('a slow answer holds back the next question', async () => {
  const stop = new AbortController();
  let open = 0;
  let most = 0;
  let asked = 0;
  await keep_asking(
    {
      every_ms: 0,
      pause: at_once,
      looked_at: at_once,
      ask: async () => {
        most = Math.max(most, ++open);
        await new Promise((resolve) => setImmediate(resolve));
        open--;
        if (++asked === 5) stop.abort();
      },
    },
    stop.signal,
  );
  assert.equal(most, 1);
  assert.equal(asked, 5);
});

test('nothing is asked while nobody looks', async () => {
  const stop = new AbortController();
  let asked = 0;
  let look: () => void = () => {};
  const running = keep_asking(
    {
      every_ms: 0,
      pause: at_once,
      looked_at: () => new Promise<void>((resolve) => (look = resolve)),
      ask: async () => void asked++,
    },
    stop.signal,
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked, 0);
  look();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked, 1);
  stop.abort();
  look();
  await running;
});
