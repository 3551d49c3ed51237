// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { first_match, match, safe_return } from './router_match';

test('a fixed path fits itself, with or without a slash at its end', () => {
  assert.deepEqual(match('/clients', '/clients'), {});
  assert.deepEqual(match('/clients', '/clients/'), {});
  assert.deepEqual(match('/', '/'), {});
  assert.equal(match('/clients', '/cases'), null);
});

test('named parts are taken and decoded', () => {
  assert.deepEqual(match('/clients/:id/c/:conversation', '/clients/a%20b/c/7'), { id: 'a b', conversation: '7' });
  assert.equal(match('/clients/:id', '/clients'), null);
  assert.equal(match('/clients/:id', '/clients/1/c'), null);
});

test('a badly encoded part is no page, not an exception', () => {
  assert.equal(match('/clients/:id', '/clients/%E0%A4%A'), null);
});

test('the first route that fits wins', () => {
  const routes = [{ path: '/c/new' }, { path: '/c/:id' }];
  assert.equal(first_match(routes, '/c/new')?.route.path, '/c/new');
  assert.deepEqual(first_match(routes, '/c/9')?.params, { id: '9' });
  assert.equal(first_match(routes, '/nowhere/at/all'), null);
});

test('after signing in only paths of this site are gone to', () => {
  assert.equal(safe_return('/clients?x=1'), '/clients?x=1');
  assert.equal(safe_return('//evil.example'), '/');
  assert.equal(safe_return('/\\evil.example'), '/');
  assert.equal(safe_return('https://evil.example'), '/');
  assert.equal(safe_return('/\n/evil.example'), '/');
  assert.equal(safe_return(null), '/');
});
