// SPDX-License-Identifier: MIT
// The text of one answer while it is written. Pieces are put in order by their place in the run's journal; pieces that
// come early wait, pieces that came before are passed over, and a hole is said, so that the run is read again. Pure.

export interface RunText {
  text: string;
  /** The journal's place up to which `text` is complete. */
  last_seq: number;
  early: Map<number, string>;
}

export const new_run_text = (text = '', last_seq = 0): RunText => ({ text, last_seq, early: new Map() });

/** True when something is missing before this piece. */
export function add_piece(run: RunText, seq: number, text: string): boolean {
  if (seq <= run.last_seq) return false;
  run.early.set(seq, text);
  take_early(run);
  return run.early.size > 0;
}

/** The whole text up to `last_seq`, as the server has it now. An answer older than what we have changes nothing. */
export function add_whole(run: RunText, text: string, last_seq: number): boolean {
  if (last_seq >= run.last_seq) {
    run.text = text;
    run.last_seq = last_seq;
    for (const seq of [...run.early.keys()]) if (seq <= last_seq) run.early.delete(seq);
    take_early(run);
  }
  return run.early.size > 0;
}

function take_early(run: RunText): void {
  for (;;) {
    const next = run.early.get(run.last_seq + 1);
    if (next === undefined) return;
    run.text += next;
    run.last_seq += 1;
    run.early.delete(run.last_seq);
  }
}
