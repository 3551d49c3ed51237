// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { best_fits, fit } from './palette_match';

test('beginnings come before middles, and words in any order fit', () => {
  const entries = ['Find a title', 'Title of cases', 'Cases', 'Dashboard'].map((name) => ({ name }));
  assert.deepEqual(best_fits(entries, 'title', 9).map((one) => one.name), ['Title of cases', 'Find a title']);
  assert.ok(fit('Title of cases', 'cases title') > 0);
});

test('nothing typed shows all in their order, up to the limit', () => {
  assert.deepEqual(best_fits([{ name: 'b' }, { name: 'a' }, { name: 'c' }], '', 2).map((one) => one.name), ['b', 'a']);
});

test('what does not fit is not shown', () => {
  assert.deepEqual(best_fits([{ name: 'Clients' }], 'zebra', 9), []);
});
