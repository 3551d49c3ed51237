// SPDX-License-Identifier: MIT
// Where the reader is. The address holds every filter, so a link shows what its sender saw.
import { computed, signal } from '@preact/signals';

const here = signal(new URL(window.location.href));

export const path = computed(() => here.value.pathname);
export const query = computed(() => here.value.searchParams);
export const hash = computed(() => here.value.hash);

export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  const url = new URL(to, window.location.href);
  if (how === 'push') history.pushState(null, '', url);
  else history.replaceState(null, '', url);
  const moved = url.pathname !== here.value.pathname;
  here.value = url;
  if (moved) document.querySelector('main')?.scrollTo(0, 0);
}

/** Changes filters in the address without leaving the page. */
export function set_query(changes: Record<string, string>): void {
  const url = new URL(here.value);
  for (const [name, value] of Object.entries(changes)) {
    if (value) url.searchParams.set(name, value);
    else url.searchParams.delete(name);
  }
  go(url.pathname + url.search, 'replace');
}

function is_ours(event: MouseEvent, link: HTMLAnchorElement): boolean {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  const inside = link.origin === window.location.origin && !link.pathname.startsWith('/api/') && link.pathname !== '/docs';
  return plain && inside && !link.target && !link.hasAttribute('download') && !event.defaultPrevented;
}

export function start_router(): void {
  window.addEventListener('popstate', () => (here.value = new URL(window.location.href)));
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (!(link instanceof HTMLAnchorElement) || !is_ours(event, link)) return;
    if (link.hash && link.pathname === here.value.pathname) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}
