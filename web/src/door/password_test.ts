// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { password_fits, password_rules } from './password';

test('a password fits when every rule is kept', () => {
  assert.equal(password_fits('Quiet-Harbour-7'), true);
  for (const wrong of ['', 'Ab1', 'alllower1', 'ALLUPPER1', 'NoDigitsHere', `Aa1${'x'.repeat(198)}`]) {
    assert.equal(password_fits(wrong), false, wrong);
  }
});

test('each rule is told by itself', () => {
  assert.deepEqual(password_rules('abc').map((rule) => rule.kept), [false, false, true, false]);
});
