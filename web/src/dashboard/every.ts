// SPDX-License-Identifier: MIT
// Asks again and again, one question at a time: the next waits until the last was answered, and rests while nobody looks.

export interface Beat {
  ask: (signal: AbortSignal) => Promise<void>;
  every_ms: number;
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Resolves when somebody looks. */
  looked_at: (signal: AbortSignal) => Promise<void>;
}

export async function keep_asking(beat: Beat, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    await beat.looked_at(stop);
    if (stop.aborted) return;
    await beat.ask(stop);
    await beat.pause(beat.every_ms, stop);
  }
}
