// SPDX-License-Identifier: MIT
// Which entries fit what was typed: all words must begin a word of the name or stand in it; beginnings come first. Pure.

const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();

/** 0: does not fit. */
export function fit(name: string, typed: string): number {
  const text = plain(name);
  let score = 1;
  for (const word of plain(typed).split(/\s+/).filter(Boolean)) {
    const at = text.indexOf(word);
    if (at < 0) return 0;
    score += at === 0 ? 3 : text.includes(` ${word}`) ? 2 : 1;
  }
  return score;
}

/** Entries that fit equally well keep their order. */
export function best_fits<T extends { name: string }>(entries: readonly T[], typed: string, limit: number): T[] {
  return entries
    .map((entry) => ({ entry, score: fit(entry.name, typed) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map(({ entry }) => entry);
}
