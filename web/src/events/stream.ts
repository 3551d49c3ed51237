// SPDX-License-Identifier: MIT
// Reads the one event stream, over and over, until told to stop.
//
// By fetch and not by EventSource: EventSource resumes by itself, but cannot see why it was refused. We must tell
// 401 (sign in) from 503 (wait as long as Retry-After says) from no network, and notice silence; fetch shows all four.
import { as_problem, problem_from, retry_seconds, type Problem } from '../api/problem';
import { path_with } from '../api/request';
import { pause, wait_ms } from './backoff';
import { SseParser, type StreamEvent } from './sse';

/** The server sends a comment every 15 s; after this long without a byte the connection is dead. */
const silence_limit_ms = 40_000;

export interface StreamReader {
  last_id: () => string | null;
  event: (event: StreamEvent) => void;
  opened: () => void;
  /** No stream for `retry_ms`; after that it is tried again. */
  waiting: (problem: Problem, retry_ms: number) => void;
  signed_out: () => void;
}

async function open(reader: StreamReader, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const last = reader.last_id();
  const headers = new Headers({ Accept: 'text/event-stream' });
  if (last) headers.set('Last-Event-ID', last);
  const response = await fetch(path_with('/events', { after: last }), { headers, signal, cache: 'no-store', credentials: 'same-origin' });
  if (!response.ok || !response.body) {
    const body: unknown = await response.json().catch(() => null);
    throw problem_from(response.status, body, retry_seconds(response.headers.get('Retry-After'), Date.now()));
  }
  return response.body;
}

/** Reads until the stream ends, breaks, falls silent, or is stopped. */
async function read_once(reader: StreamReader, stop: AbortSignal, came: () => void): Promise<void> {
  const connection = new AbortController();
  const end = () => connection.abort();
  let watchdog = setTimeout(end, silence_limit_ms);
  stop.addEventListener('abort', end, { once: true });
  try {
    const source = (await open(reader, connection.signal)).getReader();
    const parser = new SseParser();
    const decoder = new TextDecoder();
    reader.opened();
    for (;;) {
      const { value, done } = await source.read();
      if (done) return;
      came();
      clearTimeout(watchdog);
      watchdog = setTimeout(end, silence_limit_ms);
      for (const event of parser.push(decoder.decode(value, { stream: true }))) reader.event(event);
    }
  } finally {
    clearTimeout(watchdog);
    stop.removeEventListener('abort', end);
    connection.abort();
  }
}

/** `rest` waits between tries; tests own it. */
export async function read_forever(reader: StreamReader, stop: AbortSignal, rest = pause_or_online): Promise<void> {
  let tries = 0;
  while (!stop.aborted) {
    let problem: Problem;
    try {
      await read_once(reader, stop, () => (tries = 0));
      problem = as_problem(new Error('The stream ended'));
    } catch (error) {
      problem = as_problem(error);
    }
    if (stop.aborted) return;
    if (problem.status === 401) return reader.signed_out();
    const wait = wait_ms(tries++, Math.random(), problem.retry_after);
    reader.waiting(problem, wait);
    await rest(wait, stop);
  }
}

/** When the browser says that the network is back, the rest of the pause is not waited for. */
async function pause_or_online(ms: number, stop: AbortSignal): Promise<void> {
  const over = new AbortController();
  const end = () => over.abort();
  window.addEventListener('online', end, { signal: over.signal });
  stop.addEventListener('abort', end, { signal: over.signal });
  await pause(ms, over.signal);
  end();
}
