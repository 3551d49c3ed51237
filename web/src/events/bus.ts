// SPDX-License-Identifier: MIT
// Events inside one tab: whoever shows something says here what it wants to hear.
import type { Conversation, Delta, Message, Run, RunEnd } from '../api/types';

export interface Events {
  hello: { boot: string };
  sync: { reason: string };
  message: Message;
  conversation: Conversation;
  'conversation.deleted': { id: string };
  'conversation.cleared': { id: string };
  'run.started': Run;
  'text.delta': Delta;
  'run.finished': RunEnd;
  'run.failed': RunEnd;
  'run.stopped': RunEnd;
  client: { id: string };
  signed_out: Record<string, never>;
  /** Between tabs only: a deletion that can still be undone hides the conversation everywhere. */
  'conversation.hidden': { id: string };
  'conversation.shown': { id: string };
}

export type EventName = keyof Events;
type Listener<Name extends EventName> = (data: Events[Name]) => void;

const listeners = new Map<EventName, Set<Listener<never>>>();

/** Returns how to stop listening. */
export function on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
  const set = listeners.get(name) ?? new Set();
  listeners.set(name, set);
  set.add(listener as Listener<never>);
  return () => set.delete(listener as Listener<never>);
}

/** `data` comes from our own server, or from another tab of this site. Unknown names are passed over. */
export function hear(name: EventName, data: unknown): void {
  for (const listener of [...(listeners.get(name) ?? [])]) {
    try {
      listener(data as never);
    } catch (error) {
      console.error(`trunkline: while hearing ${name}`, error);
    }
  }
}
