// SPDX-License-Identifier: MIT
// The lines of one conversation: what the server has stored, in the order of `seq`, and what was sent and is not
// confirmed yet. A line is shown once, whether the answer to the POST or the event about it comes first. Pure.
import type { Message } from '../api/types';

export interface Pending {
  /** The Idempotency-Key: the same for each retry. */
  key: string;
  content: string;
  created_at: string;
  state: 'sending' | 'failed';
  why: string | null;
  /** An event told of a stored message that looks like this one; the answer to the POST will settle it. */
  seen_as: string | null;
}

export interface Lines {
  messages: Message[];
  pending: Pending[];
}

/** Both in the order of seq, each place once; what came later is the newer version. */
export function merge(have: Message[], came: Message[]): Message[] {
  if (came.length === 0) return have;
  const last = have.at(-1);
  if (!last || came.every((message, at) => message.seq > (at ? came[at - 1]!.seq : last.seq))) return [...have, ...came];
  const by_seq = new Map(have.map((message) => [message.seq, message]));
  for (const message of came) by_seq.set(message.seq, message);
  return [...by_seq.values()].sort((a, b) => a.seq - b.seq);
}

/** Between what we have and this message something was stored that we do not know. */
export function hole_before(have: Message[], message: Message): boolean {
  const last = have.at(-1);
  return last !== undefined && message.seq > last.seq + 1;
}

/** An event, or a re-read, brought stored messages. */
export function came(lines: Lines, messages: Message[]): Lines {
  const known = new Set(lines.messages.map((message) => message.id));
  let pending = lines.pending;
  for (const message of messages) {
    if (message.sender !== 'user' || known.has(message.id)) continue;
    const at = pending.findIndex((line) => line.seen_as === null && line.content === message.content);
    if (at >= 0 && !pending.some((line) => line.seen_as === message.id)) {
      pending = pending.map((line, place) => (place === at ? { ...line, seen_as: message.id } : line));
    }
  }
  return { messages: merge(lines.messages, messages), pending };
}

export function sent(lines: Lines, line: Pending): Lines {
  const others = lines.pending.filter((other) => other.key !== line.key);
  return { messages: lines.messages, pending: [...others, line] };
}

/** The POST was answered: this is the message, whatever looked like it before. */
export function confirmed(lines: Lines, key: string, message: Message): Lines {
  const pending = lines.pending
    .filter((line) => line.key !== key)
    .map((line) => (line.seen_as === message.id ? { ...line, seen_as: null } : line));
  return { messages: merge(lines.messages, [message]), pending };
}

export function failed(lines: Lines, key: string, why: string): Lines {
  const pending = lines.pending.map((line) => (line.key === key ? { ...line, state: 'failed' as const, why } : line));
  return { messages: lines.messages, pending };
}

export function dropped(lines: Lines, key: string): Lines {
  return { messages: lines.messages, pending: lines.pending.filter((line) => line.key !== key) };
}

/** Failed lines are always shown: losing one silently is worse than showing one that may have arrived. */
export const shown = (pending: Pending[]): Pending[] => pending.filter((line) => line.seen_as === null || line.state === 'failed');
