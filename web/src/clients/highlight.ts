// SPDX-License-Identifier: MIT
// Evidence is given as ranges of Unicode code points; JavaScript counts UTF-16 units. Cuts a text into stretches that
// are covered by the same evidence, overlaps included. Pure.

export interface Range {
  start: number;
  end: number;
}

export interface Stretch<R extends Range> {
  text: string;
  covered_by: R[];
}

/** Ranges outside the text are cut off at its end; empty and reversed ones cover nothing. */
export function stretches<R extends Range>(text: string, ranges: readonly R[]): Stretch<R>[] {
  const letters = [...text];
  const inside = (place: number) => Math.min(Math.max(Math.trunc(place), 0), letters.length);
  const valid = ranges
    .map((range) => ({ range, start: inside(range.start), end: inside(range.end) }))
    .filter(({ start, end }) => start < end);
  const cuts = [...new Set([0, letters.length, ...valid.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  const made: Stretch<R>[] = [];
  for (let at = 0; at + 1 < cuts.length; at++) {
    const [start, end] = [cuts[at]!, cuts[at + 1]!];
    const covered_by = valid.filter((one) => one.start <= start && one.end >= end).map((one) => one.range);
    made.push({ text: letters.slice(start, end).join(''), covered_by });
  }
  return made;
}
