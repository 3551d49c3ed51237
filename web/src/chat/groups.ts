// SPDX-License-Identifier: MIT
// Conversations under today, yesterday, the last 7 days and older, by the reader's calendar. Pure.
import type { Conversation } from '../api/types';

export interface Group {
  label: string;
  items: Conversation[];
}

const day_number = (at: Date) => Math.round(Date.UTC(at.getFullYear(), at.getMonth(), at.getDate()) / 86_400_000);

export function label_of(at: Date, now: Date): string {
  const days = day_number(now) - day_number(at);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  return days < 7 ? 'Last 7 days' : 'Older';
}

export const active_at = (conversation: Conversation): string => conversation.last_message_at ?? conversation.created_at;

/** Newest activity first; ties by id, so that the order is the same in every tab. */
export function by_activity(a: Conversation, b: Conversation): number {
  const difference = Date.parse(active_at(b)) - Date.parse(active_at(a));
  return difference || (a.id < b.id ? 1 : -1);
}

/** `conversations` in order of activity. */
export function grouped(conversations: Conversation[], now: Date): Group[] {
  const groups: Group[] = [];
  for (const conversation of conversations) {
    const label = label_of(new Date(active_at(conversation)), now);
    const last = groups.at(-1);
    if (last?.label === label) last.items.push(conversation);
    else groups.push({ label, items: [conversation] });
  }
  return groups;
}

export const name_of = (conversation: { title: string | null; preview?: string }): string =>
  conversation.title?.trim() || conversation.preview?.trim().slice(0, 80) || 'New conversation';

/** All words must be in the name; letters' case and accents do not matter. */
export function fits_search(conversation: Conversation, search: string): boolean {
  const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();
  const name = plain(name_of(conversation));
  return plain(search).split(/\s+/).every((word) => name.includes(word));
}
