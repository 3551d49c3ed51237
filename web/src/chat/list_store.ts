// SPDX-License-Identifier: MIT
// The reader's conversations, newest activity first, kept true by events. One list for the page and the palette.
import { computed, signal } from '@preact/signals';
import { conversations as api } from '../api';
import { as_problem, passes_by_itself, words, type Problem } from '../api/problem';
import type { Conversation, Message, Page } from '../api/types';
import { pause, wait_ms } from '../events/backoff';
import { on } from '../events/bus';
import { toast } from '../kit/toast';
import { by_activity } from './groups';

const known = signal<ReadonlyMap<string, Conversation>>(new Map());
/** Deleted a moment ago, and the deletion can still be undone. */
const hidden = signal<ReadonlySet<string>>(new Set());

export const next_page = signal<string | null>(null);
export const list_problem = signal<{ problem: Problem; retry_at: number | null } | null>(null);
export const list_ready = signal(false);

export const conversations = computed(() =>
  [...known.value.values()].filter((one) => !hidden.value.has(one.id) && (one.message_count > 0 || one.title)).sort(by_activity),
);

export const conversation = (id: string): Conversation | undefined => known.value.get(id);

export function put_conversations(items: Conversation[]): void {
  const map = new Map(known.value);
  for (const item of items) map.set(item.id, item);
  known.value = map;
}

function forget(id: string): void {
  if (!known.value.has(id)) return;
  const map = new Map(known.value);
  map.delete(id);
  known.value = map;
}

function set_hidden(id: string, is_hidden: boolean): void {
  const set = new Set(hidden.value);
  if (is_hidden) set.add(id);
  else set.delete(id);
  hidden.value = set;
}

let reading: Promise<void> | null = null;

/** Reads the first page anew; goes on trying while the reason passes by itself. */
export function read_list(): Promise<void> {
  reading ??= read_until_there().finally(() => (reading = null));
  return reading;
}

async function read_until_there(): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const page = await api.list();
      if (!list_ready.value) next_page.value = page.next;
      drop_missing(page);
      list_ready.value = true;
      list_problem.value = null;
      return;
    } catch (error) {
      const problem = as_problem(error);
      const wait = passes_by_itself(problem) ? wait_ms(tries, Math.random(), problem.retry_after) : null;
      list_problem.value = { problem, retry_at: wait === null ? null : Date.now() + wait };
      if (wait === null) return;
      await pause(wait);
    }
  }
}

/** What should be on the first page and is not was deleted elsewhere. */
function drop_missing(page: Page<Conversation>): void {
  const here = new Set(page.items.map((item) => item.id));
  const last = page.items.at(-1);
  const missing = (one: Conversation) =>
    one.message_count > 0 && !here.has(one.id) && (page.next === null || !last || by_activity(one, last) < 0);
  known.value = new Map([...known.value].filter(([, one]) => !missing(one)));
  put_conversations(page.items);
}

let reading_more: Promise<void> | null = null;

export function read_more(): Promise<void> {
  reading_more ??= more().finally(() => (reading_more = null));
  return reading_more;
}

async function more(): Promise<void> {
  const after = next_page.value;
  if (!after) return;
  try {
    const page = await api.list(after);
    put_conversations(page.items);
    next_page.value = page.next;
  } catch (error) {
    toast(words(as_problem(error), null, navigator.onLine));
  }
}

/** Searching looks through the titles of up to a thousand conversations. */
export async function read_for_search(): Promise<void> {
  for (let pages = 0; next_page.value && pages < 20; pages++) {
    const before = next_page.value;
    await read_more();
    if (next_page.value === before) return;
  }
}

export async function rename(id: string, title: string): Promise<void> {
  const before = conversation(id);
  if (before) put_conversations([{ ...before, title, title_source: 'user' }]);
  try {
    put_conversations([await api.rename(id, title)]);
  } catch (error) {
    if (before) put_conversations([before]);
    toast(words(as_problem(error), null, navigator.onLine));
  }
}

export async function generate_title(id: string): Promise<void> {
  try {
    put_conversations([await api.generate_title(id)]);
  } catch (error) {
    toast(words(as_problem(error), null, navigator.onLine));
  }
}

function moved(message: Message): void {
  const one = conversation(message.conversation_id);
  if (!one || one.last_seq >= message.seq) return;
  const changed = { ...one, last_seq: message.seq, last_message_at: message.created_at, message_count: one.message_count + 1 };
  put_conversations([one.preview ? changed : { ...changed, preview: message.content.slice(0, 120) }]);
}

export function start_list(): void {
  on('conversation', (one) => put_conversations([one]));
  on('message', moved);
  on('conversation.hidden', ({ id }) => set_hidden(id, true));
  on('conversation.shown', ({ id }) => set_hidden(id, false));
  on('conversation.deleted', ({ id }) => {
    forget(id);
    set_hidden(id, false);
  });
  on('sync', () => void read_list());
}
