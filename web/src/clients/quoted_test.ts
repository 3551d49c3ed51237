// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { quoted } from './quoted';

test('the value is found in its sentence, whatever its case', () => {
  assert.deepEqual(quoted('I am ADA Lovelace.', 'Ada'), { before: 'I am ', value: 'ADA', after: ' Lovelace.' });
});

test('a number is found with other signs between its digits, and without its country', () => {
  assert.equal(quoted('Call (977) 625-2661 please', '+1 977 625 2661').value, '(977) 625-2661');
  assert.equal(quoted('Call +49 30/901 820 please', '+4930901820').value, '+49 30/901 820');
});

test('a value that is not in the sentence marks nothing, and the sentence stays whole', () => {
  assert.deepEqual(quoted('No name here', 'Ada'), { before: 'No name here', value: '', after: '' });
  assert.deepEqual(quoted('12345', '99999999'), { before: '12345', value: '', after: '' });
  assert.deepEqual(quoted('', ''), { before: '', value: '', after: '' });
});
