// SPDX-License-Identifier: MIT
// Sending: the line is on the page before the server has it, keeps its text when it fails, and is never stored twice,
// because each retry carries the key of the first try.
import { chat, conversations as api } from '../api';
import { as_problem, passes_by_itself, words } from '../api/problem';
import { uuid } from '../api/request';
import { go, path } from '../shell/location';
import { toast } from '../kit/toast';
import { put_conversations } from './list_store';
import type { Thread } from './thread';
import { confirmed, dropped, failed, sent, type Pending } from './thread_merge';
import { christen } from './threads';

export function send(thread: Thread, content: string): void {
  const line: Pending = { key: uuid(), content, created_at: new Date().toISOString(), state: 'sending', why: null, seen_as: null };
  void try_to_send(thread, line);
}

export function retry(thread: Thread, line: Pending): void {
  void try_to_send(thread, { ...line, state: 'sending', why: null });
}

/** The text goes back to the writer. */
export function give_up(thread: Thread, line: Pending): string {
  thread.lines.value = dropped(thread.lines.value, line.key);
  return line.content;
}

async function conversation_for(thread: Thread): Promise<string> {
  if (thread.id) return thread.id;
  thread.create_key ??= uuid();
  const made = await api.create(thread.create_key);
  const was_shown = path.value === '/';
  christen(thread, made.id);
  put_conversations([made]);
  if (was_shown) go(`/c/${made.id}`, 'replace');
  return made.id;
}

async function try_to_send(thread: Thread, line: Pending): Promise<void> {
  thread.lines.value = sent(thread.lines.value, line);
  try {
    const conversation_id = await conversation_for(thread);
    const { run, message } = await chat.send({ conversation_id, content: line.content }, line.key);
    thread.lines.value = confirmed(thread.lines.value, line.key, message);
    if (run.status === 'running') thread.started(run);
    else void thread.catch_up();
  } catch (error) {
    const problem = as_problem(error);
    if (passes_by_itself(problem) && seems_stored(thread, line.key) && !asked_again.has(line.key)) {
      asked_again.add(line.key);
      return try_to_send(thread, line);
    }
    thread.lines.value = failed(thread.lines.value, line.key, words(problem, null, navigator.onLine));
  }
}

/** No answer came, but an event told of the message: the same key again brings the answer that was lost. */
const asked_again = new Set<string>();
const seems_stored = (thread: Thread, key: string) => thread.lines.value.pending.some((line) => line.key === key && line.seen_as !== null);

export async function stop(thread: Thread): Promise<void> {
  for (const run of thread.runs.value) {
    try {
      const ended = await chat.stop(run.id);
      if (ended.status !== 'running') {
        thread.ended({ run: ended, message: null });
        void thread.catch_up();
      }
    } catch (error) {
      toast(`Not stopped. ${words(as_problem(error), null, navigator.onLine)}`);
    }
  }
}

const continue_keys = new Map<string, string>();

/** An answer that broke off goes on in a new run. */
export async function go_on(thread: Thread, run_id: string): Promise<void> {
  const key = continue_keys.get(run_id) ?? uuid();
  continue_keys.set(run_id, key);
  try {
    const { run } = await chat.go_on(run_id, key);
    const endings = new Map(thread.endings.value);
    endings.delete(run_id);
    thread.endings.value = endings;
    thread.started(run);
  } catch (error) {
    toast(words(as_problem(error), null, navigator.onLine));
  }
}
