// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { sentence_end, spoken } from './sentences';

test('only whole sentences are said', () => {
  const text = 'I noted it. Your number is 3.5 and';
  assert.equal(text.slice(0, sentence_end(text, 0)), 'I noted it.');
  assert.equal(sentence_end(text, 11), 11);
});

test('a line ends a sentence, and quotes belong to it', () => {
  assert.equal(sentence_end('one\ntwo', 0), 4);
  assert.equal(sentence_end('He said "yes." Then', 0), 14);
});

test('signs of markdown are not read aloud', () => {
  assert.equal(spoken('## **Noted**\n- [Crystal](mailto:a@b) `x`'), 'Noted Crystal x');
  assert.equal(spoken('| a | b |\n|---|:-:|\n| _1_ | co_await |'), 'a b 1 co_await');
});
