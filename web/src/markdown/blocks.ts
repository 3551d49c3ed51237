// SPDX-License-Identifier: MIT
// Cuts a growing Markdown text into blocks. Text that is added changes only the last block; all before it are frozen,
// so that a page with a long answer does the work of one paragraph for each piece that arrives. Pure.
import { lexer } from 'marked';

export class Blocks {
  private text = '';
  private frozen: string[] = [];
  private frozen_length = 0;
  private tail: string[] = [];

  /** The blocks of `text`, in order; joined they are `text`. */
  update(text: string): readonly string[] {
    if (text === this.text) return this.all();
    if (!text.startsWith(this.text)) this.restart();
    this.text = text;
    this.cut(text.slice(this.frozen_length));
    return this.all();
  }

  private all(): readonly string[] {
    return this.tail.length ? [...this.frozen, ...this.tail] : this.frozen;
  }

  private restart(): void {
    this.frozen = [];
    this.frozen_length = 0;
    this.tail = [];
  }

  private cut(growing: string): void {
    const blocks = with_spaces(growing);
    const last = blocks.pop();
    for (const block of blocks) {
      this.frozen.push(block);
      this.frozen_length += block.length;
    }
    this.tail = last === undefined ? [] : [last];
  }
}

/** marked's own blocks, empty lines added to the block before, so that a list may still go on after them. */
function with_spaces(text: string): string[] {
  const blocks: string[] = [];
  let upto = 0;
  for (const token of lexer(text)) {
    upto += token.raw.length;
    if (token.type === 'space' && blocks.length) blocks[blocks.length - 1] += token.raw;
    else blocks.push(token.raw);
  }
  // marked rewrites some characters (CRLF, tabs); what does not add up stays one block.
  return upto === text.length && blocks.join('') === text ? blocks : [text];
}
