// SPDX-License-Identifier: MIT
// Tells the server which runs this tab shows, so that their text comes down the stream, and others' does not.
import { chat } from '../api';
import { as_problem, passes_by_itself } from '../api/problem';
import { uuid } from '../api/request';
import { pause, wait_ms } from './backoff';
import { on } from './bus';

const tab = uuid();
const wanted = new Set<string>();
let sending: Promise<void> | null = null;
let changed = false;
/** What to do with a run once its text is sure to come. */
const when_sure = new Map<string, () => void>();

async function send(): Promise<void> {
  for (let tries = 0; changed; ) {
    changed = false;
    const runs = [...wanted];
    try {
      await chat.watch(tab, runs);
      tries = 0;
      for (const run of runs) settle(run);
    } catch (error) {
      const problem = as_problem(error);
      if (!passes_by_itself(problem)) return;
      changed = true;
      await pause(wait_ms(tries++, Math.random(), problem.retry_after));
    }
  }
}

function settle(run: string): void {
  const sure = when_sure.get(run);
  when_sure.delete(run);
  sure?.();
}

function tell(): void {
  changed = true;
  sending ??= send().finally(() => {
    sending = null;
    if (changed && wanted.size) tell();
  });
}

/** `sure` is called once the server knows: what came before must then be read, what comes after arrives by itself. */
export function watch(run: string, sure: () => void): void {
  if (wanted.has(run)) return;
  wanted.add(run);
  when_sure.set(run, sure);
  tell();
}

/** A run that ended is forgotten by the server too; only one that is shown no longer needs saying. */
export function unwatch(run: string, ended: boolean): void {
  if (!wanted.delete(run)) return;
  when_sure.delete(run);
  if (!ended) tell();
}

export function start_watching(): void {
  // A server that was restarted, or a stream that lost something, may have forgotten what we want.
  on('hello', () => wanted.size && tell());
  on('sync', () => wanted.size && tell());
  window.addEventListener('pagehide', () => {
    if (wanted.size) void chat.watch(tab, [], true).catch(() => undefined);
  });
  window.addEventListener('pageshow', (event) => {
    if (event.persisted && wanted.size) tell();
  });
}
