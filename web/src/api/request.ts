// SPDX-License-Identifier: MIT
// One function that speaks HTTP. Answers JSON, throws Problem; a 401 is told to whoever asked to hear it.
import { as_problem, problem_from, retry_seconds } from './problem';

export interface Ask {
  body?: object;
  query?: Record<string, string | number | boolean | null | undefined>;
  /** Makes a repeated POST harmless: the same key for each retry of one action of the user. */
  idempotency_key?: string;
  signal?: AbortSignal;
  /** Goes on when the page is left. */
  keepalive?: boolean;
  timeout_ms?: number;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

let on_unauthenticated: () => void = () => {};

export function when_unauthenticated(heard: () => void): void {
  on_unauthenticated = heard;
}

export function uuid(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

export function path_with(path: string, query: Ask['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return `/api/v1${path}${text ? `?${text}` : ''}`;
}

function headers_of(method: Method, ask: Ask): Headers {
  const headers = new Headers({ Accept: 'application/json' });
  if (method !== 'GET') headers.set('Content-Type', 'application/json');
  if (ask.idempotency_key) headers.set('Idempotency-Key', ask.idempotency_key);
  return headers;
}

/** Ends when the caller gives up or when the time is over, whichever is first. */
function patience(ask: Ask): { signal: AbortSignal; done: () => void } {
  const ours = new AbortController();
  const timer = setTimeout(() => ours.abort(new Error('The answer took too long')), ask.timeout_ms ?? 20_000);
  const give_up = () => ours.abort(ask.signal?.reason);
  if (ask.signal?.aborted) give_up();
  ask.signal?.addEventListener('abort', give_up, { once: true });
  return {
    signal: ours.signal,
    done: () => {
      clearTimeout(timer);
      ask.signal?.removeEventListener('abort', give_up);
    },
  };
}

async function json_of(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

export async function request<Answer>(method: Method, path: string, ask: Ask = {}): Promise<Answer> {
  const waiting = patience(ask);
  try {
    const response = await fetch(path_with(path, ask.query), {
      method,
      headers: headers_of(method, ask),
      body: method === 'GET' ? undefined : JSON.stringify(ask.body ?? {}),
      signal: waiting.signal,
      keepalive: ask.keepalive ?? false,
      credentials: 'same-origin',
      cache: 'no-store',
    });
    const body = await json_of(response);
    if (response.ok) return body as Answer;
    if (response.status === 401 && path !== '/auth/login' && path !== '/auth/me') on_unauthenticated();
    throw problem_from(response.status, body, retry_seconds(response.headers.get('Retry-After'), Date.now()));
  } catch (error) {
    throw as_problem(error);
  } finally {
    waiting.done();
  }
}
