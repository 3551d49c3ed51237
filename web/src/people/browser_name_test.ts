// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { browser_name } from './browser_name';

test('browsers are recognised through what they pretend to be', () => {
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
  assert.equal(browser_name(chrome), 'Chrome on Linux');
  assert.equal(browser_name(`${chrome} Edg/156.0`), 'Edge on Linux');
  assert.equal(browser_name('curl/8.5.0'), 'curl');
  assert.equal(browser_name(''), 'Unknown browser');
});
