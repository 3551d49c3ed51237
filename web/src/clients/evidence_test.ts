// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Evidence } from '../api/types';
import { evidence_for } from './evidence';

const evidence = (id: string, field: string, value: string, confidence = 0.9, quote = `says ${value} ${id}`): Evidence => ({
  id,
  field,
  value,
  conversation_id: 'c',
  message_id: 'm',
  message_seq: 1,
  start: 0,
  end: 1,
  quote,
  method: 'builtin',
  confidence,
  recorded_at: `2026-11-21T10:00:0${id}Z`,
});

test('only what speaks for the value as it stands is shown, the surest first', () => {
  const all = [evidence('1', 'email', 'old@crm.example.test'), evidence('2', 'email', 'A@crm.example.test', 0.7), evidence('3', 'email', 'a@crm.example.test')];
  assert.deepEqual(evidence_for(all, 'email', 'a@crm.example.test').map((one) => one.id), ['3', '2']);
});

test('a phone number is the same however it is written', () => {
  assert.equal(evidence_for([evidence('1', 'phone', '+1 (977) 625-2661')], 'phone', '+19776252661').length, 1);
  assert.equal(evidence_for([evidence('1', 'phone', 'none')], 'phone', '–').length, 0);
});

test('the same sentence is shown once, and nothing for an unknown value', () => {
  const all = [evidence('1', 'full_name', 'Ada', 0.9, 'I am Ada'), evidence('2', 'full_name', 'Ada', 0.8, 'I am Ada')];
  assert.deepEqual(evidence_for(all, 'full_name', 'Ada').map((one) => one.id), ['1']);
  assert.deepEqual(evidence_for(all, 'full_name', null), []);
});
