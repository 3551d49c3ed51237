// SPDX-License-Identifier: MIT
// Short notes at the foot of the page; one of them may carry an action, such as Undo.
import { signal } from '@preact/signals';

interface Toast {
  id: number;
  text: string;
  action?: { label: string; act: () => void };
}

const toasts = signal<Toast[]>([]);
let count = 0;

export function drop_toast(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function toast(text: string, action?: Toast['action'], stays_ms = 6000): number {
  const id = ++count;
  toasts.value = [...toasts.value.slice(-2), action ? { id, text, action } : { id, text }];
  setTimeout(() => drop_toast(id), stays_ms);
  return id;
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div class="toast" key={one.id}>
          <span>{one.text}</span>
          {one.action && (
            <button
              class="link"
              onClick={() => {
                one.action?.act();
                drop_toast(one.id);
              }}
            >
              {one.action.label}
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
