// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import test from 'node:test';
import { Blocks } from './blocks';

const text = `# Title

A paragraph with **bold**
and a second line.

- one
- two

  still two

- three

\`\`\`cpp
int main() {

  return 0;
}
\`\`\`

| a | b |
|---|---|
| 1 | 2 |

> quoted

1. first
2. second

Last words`;

test('blocks joined are the text', () => {
  assert.equal(new Blocks().update(text).join(''), text);
});

test('a text that grew letter by letter has the blocks of the whole text', () => {
  const blocks = new Blocks();
  let grown: readonly string[] = [];
  for (let end = 1; end <= text.length; end++) {
    grown = blocks.update(text.slice(0, end));
    assert.equal(grown.join(''), text.slice(0, end));
  }
  assert.deepEqual(grown, new Blocks().update(text));
});

test('what is frozen stays the same string', () => {
  const blocks = new Blocks();
  const before = [...blocks.update('one\n\ntwo\n\nthr')];
  const after = blocks.update('one\n\ntwo\n\nthree');
  assert.deepEqual(before.slice(0, 2), ['one\n\n', 'two\n\n']);
  assert.deepEqual(after.slice(0, 2), before.slice(0, 2));
  assert.equal(after[2], 'three');
});

test('an open code fence is one block, whatever is in it', () => {
  assert.equal(new Blocks().update('```\na\n\n# b\n\n- c').length, 1);
});

test('another text starts again', () => {
  const blocks = new Blocks();
  blocks.update('one\n\ntwo');
  assert.deepEqual(blocks.update('three'), ['three']);
  assert.deepEqual(blocks.update(''), []);
});

test('long answers cost per piece, not per text', () => {
  const paragraphs = Array.from({ length: 2000 }, (_, at) => `Paragraph ${at} with some words in it.\n\n`);
  const blocks = new Blocks();
  let whole = '';
  const started = performance.now();
  for (const paragraph of paragraphs) blocks.update((whole += paragraph));
  assert.equal(blocks.update(whole).length, 2000);
  assert.ok(performance.now() - started < 5000, 'quadratic work would take far longer');
});
