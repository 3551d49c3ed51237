// SPDX-License-Identifier: MIT
// Sends a form once at a time and keeps what went wrong. Retries of the same form carry the same Idempotency-Key.
import { useRef, useState } from 'preact/hooks';
import { as_problem, type Problem } from '../api/problem';
import { uuid } from '../api/request';

export interface Submitting {
  busy: boolean;
  problem: Problem | null;
  submit: (event: Event) => void;
}

export function use_submit(send: (key: string) => Promise<void>): Submitting {
  const [busy, set_busy] = useState(false);
  const [problem, set_problem] = useState<Problem | null>(null);
  const key = useRef('');

  const run = async () => {
    set_busy(true);
    set_problem(null);
    key.current ||= uuid();
    try {
      await send(key.current);
      key.current = '';
    } catch (error) {
      const met = as_problem(error);
      // What was refused will be changed before it is sent again: that is another action.
      if (met.status >= 400 && met.status < 500 && met.status !== 429) key.current = '';
      set_problem(met);
    }
    set_busy(false);
  };

  return {
    busy,
    problem,
    submit: (event) => {
      event.preventDefault();
      if (!busy) void run();
    },
  };
}
