// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { keywords_of } from './keywords';

test('words are taken once each, without their spaces', () => {
  assert.deepEqual(keywords_of(' visa, work   permit ,,;tax\n'), ['visa', 'work permit', 'tax']);
  assert.equal(keywords_of('Visa, visa').length, 1);
  assert.deepEqual(keywords_of(' , '), []);
});
