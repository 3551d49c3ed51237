// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { as_problem, field_message, passes_by_itself, Problem, problem_from, retry_seconds, words } from './problem';

test('a database that is down is said in words with the seconds until the next try', () => {
  const problem = problem_from(503, { title: 'Service unavailable', detail: 'The database cannot be reached.' }, 5);
  assert.equal(words(problem, 5), 'The database cannot be reached; trying again in 5 s.');
});

test('a limit says how long to wait', () => {
  assert.equal(words(problem_from(429, {}, 12)), 'That was too often in a short time. Wait 12 s, then try again.');
});

test('no answer is told apart from being offline', () => {
  assert.match(words(as_problem(new TypeError('Failed to fetch')), null, true), /server does not answer/);
  assert.match(words(as_problem(new TypeError('Failed to fetch')), null, false), /offline/);
});

test('a body that is no problem document still makes a problem', () => {
  assert.equal(problem_from(500, '<html>', null).message, 'Error 500');
  assert.deepEqual(problem_from(400, { errors: [null, { pointer: 3 }, { pointer: '/a' }] }, null).fields, [
    { pointer: '/a', detail: 'is not valid' },
  ]);
});

test('Retry-After is read as seconds and as a date, and nonsense is nothing', () => {
  const now = Date.parse('2026-11-21T10:00:00Z');
  assert.equal(retry_seconds('7', now), 7);
  assert.equal(retry_seconds('Sat, 21 Nov 2026 10:00:30 GMT', now), 30);
  assert.equal(retry_seconds('soon', now), null);
  assert.equal(retry_seconds(null, now), null);
});

test('only what passes by itself is tried again', () => {
  assert.deepEqual(
    [0, 400, 401, 403, 404, 409, 429, 500, 503].filter((status) => passes_by_itself(new Problem(status, ''))),
    [0, 429, 503],
  );
});

test('a field error is found by its pointer', () => {
  const problem = problem_from(400, { errors: [{ pointer: '/email', detail: 'is not an address' }] }, null);
  assert.equal(field_message(problem, 'email'), 'is not an address');
  assert.equal(field_message(problem, 'name'), null);
});
