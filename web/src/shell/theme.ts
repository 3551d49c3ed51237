// SPDX-License-Identifier: MIT
import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

function stored(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === 'light' || chosen === 'dark' ? chosen : 'system';
}

export const theme = signal<Theme>(stored());

export function set_theme(next: Theme): void {
  theme.value = next;
  if (next === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = next;
  try {
    localStorage.setItem('theme', next);
  } catch {
    // Without storage the choice lives as long as the page.
  }
}

/** The switch has one button: system, light, dark, and round again. */
export function next_theme(): void {
  set_theme(theme.value === 'system' ? 'light' : theme.value === 'light' ? 'dark' : 'system');
}
