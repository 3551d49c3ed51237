// SPDX-License-Identifier: MIT
// Deleting a conversation: it is gone from every tab at once, and really deleted when nobody took that back.
import { conversations as api } from '../api';
import { as_problem, words } from '../api/problem';
import { tell_all } from '../events/leader';
import { drop_toast, toast } from '../kit/toast';
import { go, path } from '../shell/location';
import { name_of } from './groups';
import { conversation } from './list_store';

const undo_ms = 6000;

/** From the page of the conversation, to which Undo returns. */
export function leave_and_remove(id: string): void {
  remove_with_undo(id, () => {
    if (path.value === '/') go(`/c/${id}`, 'replace');
  });
  go('/', 'replace');
}

/** Deletions that wait for their undo; leaving the page does them. */
const waiting = new Map<string, ReturnType<typeof setTimeout>>();

function remove_with_undo(id: string, back: () => void): void {
  const name = name_of(conversation(id) ?? { title: null });
  tell_all('conversation.hidden', { id });
  const note = toast(`Deleted “${name}”.`, { label: 'Undo', act: () => undo(id, back) }, undo_ms);
  const timer = setTimeout(() => {
    drop_toast(note);
    void remove_now(id, false);
  }, undo_ms);
  waiting.set(id, timer);
}

function undo(id: string, back: () => void): void {
  clearTimeout(waiting.get(id));
  waiting.delete(id);
  tell_all('conversation.shown', { id });
  back();
}

async function remove_now(id: string, leaving: boolean): Promise<void> {
  clearTimeout(waiting.get(id));
  waiting.delete(id);
  try {
    await api.remove(id, leaving);
    tell_all('conversation.deleted', { id });
  } catch (error) {
    const problem = as_problem(error);
    if (problem.status === 404) return tell_all('conversation.deleted', { id });
    tell_all('conversation.shown', { id });
    toast(`Not deleted. ${words(problem, null, navigator.onLine)}`);
  }
}

export function start_removing(): void {
  window.addEventListener('pagehide', () => {
    for (const id of [...waiting.keys()]) void remove_now(id, true);
  });
}
