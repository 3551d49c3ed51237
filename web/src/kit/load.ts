// SPDX-License-Identifier: MIT
// Reading something for a page: loading, there, or a problem in words. What passes by itself is asked again by itself.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { as_problem, passes_by_itself, type Problem } from '../api/problem';
import { pause, wait_ms } from '../events/backoff';

export interface Loaded<T> {
  value: T | null;
  problem: Problem | null;
  /** When it will be asked again, in ms of Date.now(); null: only by hand. */
  retry_at: number | null;
  loading: boolean;
  again: () => void;
  /** Shows a change at once; the next answer of the server replaces it. */
  put: (change: (value: T) => T) => void;
}

type State<T> = Pick<Loaded<T>, 'value' | 'problem' | 'retry_at' | 'loading'>;

/** Asks anew when `key` changes. An answer that comes for an older key is dropped; a value stays while it is renewed. */
export function use_load<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, set_state] = useState<State<T>>({ value: null, problem: null, retry_at: null, loading: true });
  const [round, set_round] = useState(0);
  const asker = useRef(ask);
  asker.current = ask;
  const shown_key = useRef(key);

  useEffect(() => {
    const stop = new AbortController();
    const other = shown_key.current !== key;
    shown_key.current = key;
    set_state((before) => ({ ...before, value: other ? null : before.value, loading: true }));
    void ask_until_answered(asker.current, stop.signal, set_state);
    return () => stop.abort();
  }, [key, round]);

  const again = useCallback(() => set_round((before) => before + 1), []);
  const put = useCallback(
    (change: (value: T) => T) => set_state((before) => (before.value === null ? before : { ...before, value: change(before.value) })),
    [],
  );
  return { ...state, again, put };
}

async function ask_until_answered<T>(
  ask: (signal: AbortSignal) => Promise<T>,
  stop: AbortSignal,
  set_state: (change: (before: State<T>) => State<T>) => void,
): Promise<void> {
  for (let tries = 0; !stop.aborted; tries++) {
    try {
      const value = await ask(stop);
      if (!stop.aborted) set_state(() => ({ value, problem: null, retry_at: null, loading: false }));
      return;
    } catch (error) {
      if (stop.aborted) return;
      const problem = as_problem(error);
      const wait = passes_by_itself(problem) ? wait_ms(tries + 1, Math.random(), problem.retry_after) : null;
      set_state((before) => ({ ...before, problem, loading: false, retry_at: wait === null ? null : Date.now() + wait }));
      if (wait === null) return;
      await pause(wait, stop);
    }
  }
}
