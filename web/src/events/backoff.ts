// SPDX-License-Identifier: MIT
// How long to wait before the next try: doubling, half of it by chance, so that twenty browsers do not return at once.

export interface BackoffOptions {
  first_ms: number;
  limit_ms: number;
}

/** `tries` failures so far (from 0); `chance` in [0, 1). What the server asked for is never undercut. */
export function wait_ms(
  tries: number,
  chance: number,
  asked_seconds: number | null = null,
  options: BackoffOptions = { first_ms: 500, limit_ms: 30_000 },
): number {
  const whole = Math.min(options.limit_ms, options.first_ms * 2 ** Math.min(tries, 20));
  const jittered = whole / 2 + (whole / 2) * chance;
  return Math.round(asked_seconds === null ? jittered : asked_seconds * 1000 + jittered / 2);
}

/** Resolves after `ms`, or at once when given up. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal?.aborted) done();
    else signal?.addEventListener('abort', done, { once: true });
  });
}
