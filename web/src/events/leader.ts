// SPDX-License-Identifier: MIT
// One event stream for all tabs of a browser.
//
// HTTP/1.1 gives a browser six connections to a server; a stream per tab would use them up at the sixth tab. So one tab,
// the holder of a Web Lock, reads the stream and passes every event on by BroadcastChannel. When it closes, the browser
// gives the lock to another tab, which goes on after the last id that it has seen. Without Web Locks (plain http that
// is not loopback) the tab in front reads for itself, and tabs behind let go.
import { signal } from '@preact/signals';
import { words } from '../api/problem';
import { hear, type EventName } from './bus';
import { read_forever, type StreamReader } from './stream';
import type { StreamEvent } from './sse';

export type Link =
  | { state: 'connecting' }
  | { state: 'live' }
  | { state: 'waiting'; why: string; until: number };

/** What the tabs of one browser say to each other. */
type Word =
  | { kind: 'event'; event: StreamEvent }
  | { kind: 'link'; link: Link; last_id: string | null }
  | { kind: 'who' }
  | { kind: 'local'; name: EventName; data: unknown }
  | { kind: 'people' };

export const link = signal<Link>({ state: 'connecting' });
export const leads = signal(false);

let channel: BroadcastChannel | null = null;
let last_id: string | null = null;
let running: AbortController | null = null;
let people_changed: () => void = () => {};

/** Without locks each tab in front reads for itself; what it reads is not for the others. */
const shares = 'locks' in navigator;

function say(word: Word): void {
  if (shares || (word.kind !== 'event' && word.kind !== 'link')) channel?.postMessage(word);
}

/** A greeting on resuming comes before what was missed: its id must not pass over that. */
function greets_again(event: StreamEvent): boolean {
  const boot = (id: string | null) => id?.slice(0, id.lastIndexOf('-'));
  return event.event === 'hello' && last_id !== null && boot(event.id) === boot(last_id);
}

function take(event: StreamEvent): void {
  if (event.id && !greets_again(event)) last_id = event.id;
  let data: unknown;
  try {
    data = JSON.parse(event.data);
  } catch {
    return;
  }
  hear(event.event as EventName, data);
}

function set_link(next: Link): void {
  link.value = next;
  say({ kind: 'link', link: next, last_id });
}

/** Who takes over without knowing an id cannot resume: everything shown is read again. */
function opened(): void {
  const blind = last_id === null;
  set_link({ state: 'live' });
  if (blind) tell_all('sync', { reason: 'new reader' });
}

const reader: StreamReader = {
  last_id: () => last_id,
  opened,
  event: (event) => {
    say({ kind: 'event', event });
    take(event);
  },
  waiting: (problem, retry_ms) => {
    const seconds = Math.max(1, Math.round(retry_ms / 1000));
    set_link({ state: 'waiting', why: words(problem, seconds, navigator.onLine), until: Date.now() + retry_ms });
  },
  signed_out: () => tell_all('signed_out', {}),
};

/** Something this tab did that the other tabs should show too, without a way over the server. */
export function tell_all(name: EventName, data: unknown): void {
  say({ kind: 'local', name, data });
  hear(name, data);
}

/** This tab signed in or out. */
export function tell_people_changed(): void {
  say({ kind: 'people' });
}

function listen(message: MessageEvent<Word>): void {
  const word = message.data;
  if (word.kind === 'event') take(word.event);
  else if (word.kind === 'local') hear(word.name, word.data);
  else if (word.kind === 'people') people_changed();
  else if (word.kind === 'who') {
    if (leads.value) say({ kind: 'link', link: link.value, last_id });
  } else {
    link.value = word.link;
    last_id ??= word.last_id;
  }
}

export function open_channel(when_people_change: () => void): void {
  people_changed = when_people_change;
  channel = new BroadcastChannel('trunkline');
  channel.addEventListener('message', listen);
}

async function lead(stop: AbortSignal): Promise<void> {
  leads.value = true;
  try {
    await read_forever(reader, stop);
  } finally {
    leads.value = false;
  }
}

async function lead_while_visible(stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const turn = new AbortController();
    const change = () => {
      if (document.visibilityState === 'hidden') turn.abort();
    };
    document.addEventListener('visibilitychange', change, { signal: stop });
    stop.addEventListener('abort', () => turn.abort(), { once: true });
    if (document.visibilityState === 'visible') await lead(turn.signal);
    document.removeEventListener('visibilitychange', change);
    if (!stop.aborted) await next_visible(stop);
  }
}

function next_visible(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const heard = () => {
      if (document.visibilityState !== 'visible' && !stop.aborted) return;
      document.removeEventListener('visibilitychange', heard);
      resolve();
    };
    document.addEventListener('visibilitychange', heard);
    stop.addEventListener('abort', heard, { once: true });
    heard();
  });
}

/** Take part: read the stream, or wait in line to read it. */
export function join_stream(): void {
  if (running) return;
  running = new AbortController();
  const stop = running.signal;
  say({ kind: 'who' });
  if (!shares) {
    void lead_while_visible(stop);
    return;
  }
  navigator.locks.request('trunkline-events', { signal: stop }, () => lead(stop)).catch(() => undefined);
}

/** Signed out: nobody reads any longer, and what comes next belongs to somebody else. */
export function leave_stream(): void {
  running?.abort();
  running = null;
  last_id = null;
  link.value = { state: 'connecting' };
}
