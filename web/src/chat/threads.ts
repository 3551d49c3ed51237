// SPDX-License-Identifier: MIT
// The threads this tab has opened, and the events that reach them.
import { signal } from '@preact/signals';
import { on } from '../events/bus';
import { Thread } from './thread';

/** A tab keeps this many conversations at hand; the longest unseen is let go. */
const kept_limit = 20;

const open = new Map<string, Thread>();
const fresh = signal(new Thread(''));

export function thread_of(id: string): Thread {
  if (!id) return fresh.value;
  const have = open.get(id) ?? new Thread(id);
  open.delete(id);
  open.set(id, have);
  for (const [other, thread] of open) {
    if (open.size <= kept_limit) break;
    thread.hide();
    open.delete(other);
  }
  return have;
}

/** The new conversation has been created: from now on it is found by its id, and the page for a new one is empty again. */
export function christen(thread: Thread, id: string): void {
  thread.id = id;
  open.set(id, thread);
  if (fresh.value === thread) fresh.value = new Thread('');
}

export function start_threads(): void {
  on('message', (message) => open.get(message.conversation_id)?.stored(message));
  on('run.started', (run) => open.get(run.conversation_id)?.started(run));
  on('text.delta', (delta) => open.get(delta.conversation_id)?.piece(delta.run_id, delta.seq, delta.text));
  on('run.finished', (end) => open.get(end.run.conversation_id)?.ended(end));
  on('run.failed', (end) => open.get(end.run.conversation_id)?.ended(end));
  on('run.stopped', (end) => open.get(end.run.conversation_id)?.ended(end));
  on('conversation.cleared', ({ id }) => open.get(id)?.cleared());
  on('conversation.deleted', ({ id }) => open.delete(id));
  on('sync', () => {
    for (const thread of open.values()) void thread.catch_up();
  });
}
