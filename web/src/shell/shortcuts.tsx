// SPDX-License-Identifier: MIT
// Keys that work everywhere, and the page that lists them.
import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../kit/icon';
import { go } from './location';
import { open_palette } from './palette';

const opened = signal(false);

export function open_shortcuts(): void {
  opened.value = true;
}

const rows: [keys: string[], what: string][] = [
  [['Ctrl', 'K'], 'Find a conversation, a page or an action'],
  [['?'], 'This list'],
  [['N'], 'New chat'],
  [['/'], 'Search on this page'],
  [['Enter'], 'Send the message'],
  [['Shift', 'Enter'], 'New line in the message'],
  [['Esc'], 'Stop the answer; close what is open'],
  [['↑', '↓'], 'Move through a list'],
];

function is_typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function focus_search(): boolean {
  const fields = [...document.querySelectorAll<HTMLInputElement>('main input[type=search]')];
  const field = fields.find((one) => one.offsetParent !== null);
  field?.focus();
  return field !== undefined;
}

function pressed(event: KeyboardEvent): void {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    open_palette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || is_typing(event.target) || document.querySelector('dialog[open]')) return;
  if (event.key === '?') open_shortcuts();
  else if (event.key === 'n') go('/');
  else if (event.key !== '/' || !focus_search()) return;
  event.preventDefault();
}

export function Shortcuts() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    document.addEventListener('keydown', pressed);
    return () => document.removeEventListener('keydown', pressed);
  }, []);
  useLayoutEffect(() => {
    if (opened.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [opened.value]);
  return (
    <dialog
      ref={dialog}
      class="sheet"
      aria-labelledby="shortcuts-title"
      onClose={() => (opened.value = false)}
      onClick={(event) => event.target === event.currentTarget && (opened.value = false)}
    >
      <div class="sheet-body">
        <header>
          <h2 id="shortcuts-title">Keyboard shortcuts</h2>
          <button class="quiet square" aria-label="Close" onClick={() => (opened.value = false)}>
            <Icon name="close" />
          </button>
        </header>
        <dl class="keys">
          {rows.map(([keys, what]) => (
            <div key={what}>
              <dt>
                {keys.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </div>
    </dialog>
  );
}
