// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { stretches } from './highlight';

const seen = (text: string, ranges: { start: number; end: number; name?: string }[]) =>
  stretches(text, ranges).map((stretch) => [stretch.text, stretch.covered_by.length]);

test('a range is cut out of its text', () => {
  assert.deepEqual(seen('I am Ada.', [{ start: 5, end: 8 }]), [['I am ', 0], ['Ada', 1], ['.', 0]]);
});

test('places count code points, not UTF-16 units', () => {
  assert.deepEqual(seen('👋🏽 Zoë 𝒜da', [{ start: 3, end: 6 }, { start: 7, end: 10 }]), [
    ['👋🏽 ', 0],
    ['Zoë', 1],
    [' ', 0],
    ['𝒜da', 1],
  ]);
});

test('overlapping ranges share a stretch', () => {
  assert.deepEqual(seen('abcdef', [{ start: 0, end: 4 }, { start: 2, end: 6 }]), [['ab', 1], ['cd', 2], ['ef', 1]]);
});

test('ranges that make no sense cover nothing and break nothing', () => {
  assert.deepEqual(seen('abc', [{ start: 2, end: 2 }, { start: 3, end: 1 }, { start: -5, end: 1 }, { start: 2, end: 99 }]), [
    ['a', 1],
    ['b', 0],
    ['c', 1],
  ]);
  assert.deepEqual(seen('', [{ start: 0, end: 3 }]), []);
});

test('stretches joined are the text, whatever the ranges', () => {
  const text = 'Größe 😀 123 — ok';
  for (let start = -2; start < 20; start++) {
    for (let end = -2; end < 20; end++) {
      assert.equal(stretches(text, [{ start, end }, { start: 4, end: 9 }]).map((stretch) => stretch.text).join(''), text);
    }
  }
});
