// SPDX-License-Identifier: MIT
// What a screen reader should say of a growing text: whole sentences, never half words. Pure.

/** The end of the last whole sentence after `from`; `from` when there is none. */
export function sentence_end(text: string, from: number): number {
  let end = from;
  const boundary = /[.!?…。！？]["')\]»”]*(?=\s)|\n/gu;
  boundary.lastIndex = from;
  for (let found = boundary.exec(text); found; found = boundary.exec(text)) end = found.index + found[0].length;
  return end;
}

/** Markdown's signs are not read aloud. */
export function spoken(markdown: string): string {
  return markdown
    .replace(/```[^\n]*\n?/g, ' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/^\s*(?:#{1,6}|[-*+>]|\d+\.)\s+/gm, '')
    .replace(/^[\s:|-]+$/gm, '')
    .replace(/[*`~|]+|(?<![\p{L}\p{N}])_+|_+(?![\p{L}\p{N}])/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
}
