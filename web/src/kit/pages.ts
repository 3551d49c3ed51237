// SPDX-License-Identifier: MIT
// A list read page by page: the first by use_load, the others when the reader asks for more.
import { useState } from 'preact/hooks';
import { as_problem, words } from '../api/problem';
import type { Page } from '../api/types';
import { use_load, type Loaded } from './load';
import { toast } from './toast';

export interface Paged<T> extends Loaded<Page<T>> {
  items: T[];
  more: (() => void) | null;
  loading_more: boolean;
}

export function use_pages<T extends { id: string }>(
  key: string,
  ask: (after: string | undefined, signal?: AbortSignal) => Promise<Page<T>>,
): Paged<T> {
  const first = use_load(key, (signal) => ask(undefined, signal));
  const [loading_more, set_loading] = useState(false);
  const next = first.value?.next ?? null;

  async function more(after: string): Promise<void> {
    set_loading(true);
    try {
      const page = await ask(after);
      first.put((have) => (have.next === after ? { items: joined(have.items, page.items), next: page.next } : have));
    } catch (error) {
      toast(words(as_problem(error), null, navigator.onLine));
    }
    set_loading(false);
  }

  return {
    ...first,
    items: first.value?.items ?? [],
    more: next === null || loading_more ? null : () => void more(next),
    loading_more,
  };
}

function joined<T extends { id: string }>(have: T[], came: T[]): T[] {
  const known = new Set(have.map((item) => item.id));
  return [...have, ...came.filter((item) => !known.has(item.id))];
}
