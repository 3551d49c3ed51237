// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Conversation } from '../api/types';
import { by_activity, fits_search, grouped, label_of, name_of } from './groups';

const conversation = (id: string, at: string, title: string | null = null): Conversation => ({
  id,
  title,
  title_source: 'default',
  agent_type: 'assistant',
  preview: 'first words',
  message_count: 1,
  last_seq: 1,
  created_at: at,
  last_message_at: at,
});

test('days are those of the calendar, not of 24 hours', () => {
  const now = new Date(2026, 10, 21, 0, 30);
  assert.equal(label_of(new Date(2026, 10, 21, 0, 1), now), 'Today');
  assert.equal(label_of(new Date(2026, 10, 20, 23, 59), now), 'Yesterday');
  assert.equal(label_of(new Date(2026, 10, 15, 12), now), 'Last 7 days');
  assert.equal(label_of(new Date(2026, 10, 14, 12), now), 'Older');
  assert.equal(label_of(new Date(2026, 10, 22, 12), now), 'Today');
});

test('groups keep the order of activity', () => {
  const now = new Date(2026, 10, 21, 12);
  const at = (day: number) => new Date(2026, 10, day, 11).toISOString();
  const list = [conversation('a', at(21)), conversation('b', at(21)), conversation('c', at(20)), conversation('d', at(1))];
  assert.deepEqual(
    grouped(list.sort(by_activity), now).map((group) => [group.label, group.items.map((item) => item.id)]),
    [['Today', ['b', 'a']], ['Yesterday', ['c']], ['Older', ['d']]],
  );
});

test('a conversation without a title has the name of its first words', () => {
  assert.equal(name_of(conversation('a', '2026-11-21T10:00:00Z')), 'first words');
  assert.equal(name_of({ title: '  ' }), 'New conversation');
});

test('search finds all words, whatever their case and accents', () => {
  const one = conversation('a', '2026-11-21T10:00:00Z', 'Visa für José');
  assert.equal(fits_search(one, 'jose VISA'), true);
  assert.equal(fits_search(one, 'visa permit'), false);
  assert.equal(fits_search(one, ''), true);
});
