// SPDX-License-Identifier: MIT

/** "visa, Work permit ,,visa": the words once each, in their order. Pure. */
export function keywords_of(text: string): string[] {
  const words = text.split(/[,;\n]/).map((word) => word.trim().replace(/\s+/g, ' '));
  return [...new Map(words.filter(Boolean).map((word) => [word.toLocaleLowerCase(), word])).values()];
}
