// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { add_piece, add_whole, new_run_text } from './run_text';

test('pieces in order make the text', () => {
  const run = new_run_text();
  assert.equal(add_piece(run, 1, 'Hel'), false);
  assert.equal(add_piece(run, 2, 'lo'), false);
  assert.equal(run.text, 'Hello');
});

test('a piece that came twice counts once', () => {
  const run = new_run_text('Hel', 1);
  add_piece(run, 1, 'Hel');
  add_piece(run, 2, 'lo');
  add_piece(run, 2, 'lo');
  assert.equal(run.text, 'Hello');
});

test('a hole is said, the early piece waits, and the whole text heals it', () => {
  const run = new_run_text();
  assert.equal(add_piece(run, 3, '!'), true);
  assert.equal(run.text, '');
  assert.equal(add_whole(run, 'Hello', 2), false);
  assert.equal(run.text, 'Hello!');
  assert.equal(run.last_seq, 3);
});

test('a whole text that is older than what is shown changes nothing', () => {
  const run = new_run_text('Hello', 2);
  add_whole(run, 'Hel', 1);
  assert.equal(run.text, 'Hello');
});

test('any order of pieces, with a re-read at any moment, ends with the same text', () => {
  const pieces = ['a', 'b', 'c', 'd', 'e'];
  let seed = 7;
  const chance = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 500; round++) {
    const run = new_run_text();
    const order = pieces.map((text, at) => ({ seq: at + 1, text })).sort(() => chance(3) - 1);
    for (const piece of order) {
      add_piece(run, piece.seq, piece.text);
      if (chance(4) === 0) {
        const upto = chance(6);
        add_whole(run, pieces.slice(0, upto).join(''), upto);
      }
    }
    assert.equal(run.text, 'abcde');
    assert.equal(run.early.size, 0);
  }
});
