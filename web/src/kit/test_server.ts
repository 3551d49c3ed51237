// SPDX-License-Identifier: MIT
// For tests: a server that is a table of functions, in place of fetch. Imported first, before what fetches.
import { webcrypto } from 'node:crypto';

// Node 18 has no global crypto.
if (!globalThis.crypto) Object.defineProperty(globalThis, 'crypto', { value: webcrypto });

export interface Asked {
  method: string;
  path: string;
  headers: Headers;
  body: unknown;
}

type Answer = object | null | Response;

/** Answers by "METHOD /path" without the query; what is not in the table is a 404. Returns what was asked, in order. */
export function serve(table: Record<string, (asked: Asked, query: URLSearchParams) => Answer | Promise<Answer>>): Asked[] {
  const log: Asked[] = [];
  globalThis.fetch = async (input, init = {}) => {
    const url = new URL(String(input), 'http://crm.example.test');
    const path = url.pathname.replace('/api/v1', '');
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : null;
    const asked: Asked = { method: init.method ?? 'GET', path: path + url.search, headers: new Headers(init.headers), body };
    log.push(asked);
    const answer = await table[`${asked.method} ${path}`]?.(asked, url.searchParams);
    if (answer instanceof Response) return answer;
    if (answer === undefined) return new Response(JSON.stringify({ title: 'Not found', status: 404 }), { status: 404 });
    return new Response(answer === null ? null : JSON.stringify(answer), { status: answer === null ? 204 : 200 });
  };
  return log;
}

/** Lets everything that was promised so far happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
