// SPDX-License-Identifier: MIT
// Ctrl+K: conversations, pages and actions in one list, found by typing.
import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { name_of } from '../chat/groups';
import { conversation, conversations, generate_title, read_list } from '../chat/list_store';
import { leave_and_remove } from '../chat/remove';
import { Icon, type IconName } from '../kit/icon';
import { may_see } from './access';
import { go, path } from './location';
import { nav } from './pages';
import { open_shortcuts } from './shortcuts';
import { sign_out } from './session';
import { set_theme } from './theme';
import { best_fits } from './palette_match';

const opened = signal(false);

export function open_palette(): void {
  opened.value = true;
}

interface Entry {
  name: string;
  kind: 'Page' | 'Action' | 'Conversation';
  icon: IconName;
  act: () => void;
}

function here_actions(): Entry[] {
  const id = /^\/c\/([^/]+)$/.exec(path.value)?.[1];
  if (!id || !conversation(id)) return [];
  return [
    { name: 'Find a title for this conversation', kind: 'Action', icon: 'spark', act: () => void generate_title(id) },
    {
      name: 'Delete this conversation',
      kind: 'Action',
      icon: 'trash',
      act: () => leave_and_remove(id),
    },
  ];
}

function all_entries(): Entry[] {
  return [
    { name: 'New chat', kind: 'Action', icon: 'plus', act: () => go('/') },
    ...here_actions(),
    ...nav.filter((entry) => may_see(entry.needs)).map(({ name, icon, path: to }): Entry => ({ name, kind: 'Page', icon, act: () => go(to) })),
    ...conversations.value.map((one): Entry => ({ name: name_of(one), kind: 'Conversation', icon: 'chat', act: () => go(`/c/${one.id}`) })),
    { name: 'Light theme', kind: 'Action', icon: 'sun', act: () => set_theme('light') },
    { name: 'Dark theme', kind: 'Action', icon: 'moon', act: () => set_theme('dark') },
    { name: 'System theme', kind: 'Action', icon: 'system', act: () => set_theme('system') },
    { name: 'Keyboard shortcuts', kind: 'Action', icon: 'types', act: open_shortcuts },
    { name: 'Sign out', kind: 'Action', icon: 'exit', act: () => void sign_out() },
  ];
}

export function Palette() {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    if (opened.value) {
      void read_list();
      dialog.current?.showModal();
    } else dialog.current?.close();
  }, [opened.value]);
  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label="Find anything"
      onClose={() => (opened.value = false)}
      onClick={(event) => event.target === event.currentTarget && (opened.value = false)}
    >
      {opened.value && <Finder close={() => (opened.value = false)} />}
    </dialog>
  );
}

function Finder({ close }: { close: () => void }) {
  const [text, set_text] = useState('');
  const [at, set_at] = useState(0);
  const found = best_fits(all_entries(), text, 40);
  const chosen = Math.min(at, found.length - 1);
  const list = useRef<HTMLUListElement>(null);

  useEffect(() => list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' }), [chosen]);

  const choose = (entry: Entry | undefined) => {
    if (!entry) return;
    close();
    entry.act();
  };
  const pressed = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step && found.length) {
      event.preventDefault();
      set_at((chosen + step + found.length) % found.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      choose(found[chosen]);
    }
  };

  return (
    <>
      <label class="search">
        <Icon name="search" />
        <span class="hidden">Find a conversation, a page or an action</span>
        <input
          autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found.length ? `palette-${chosen}` : undefined}
          placeholder="Find a conversation, a page or an action"
          value={text}
          onInput={(event) => {
            set_text(event.currentTarget.value);
            set_at(0);
          }}
          onKeyDown={pressed}
        />
      </label>
      <ul id="palette-list" role="listbox" aria-label="Found" ref={list}>
        {found.map((entry, place) => (
          <li
            key={`${entry.kind}${entry.name}${place}`}
            id={`palette-${place}`}
            role="option"
            aria-selected={place === chosen}
            onMouseMove={() => set_at(place)}
            onClick={() => choose(entry)}
          >
            <Icon name={entry.icon} />
            <span class="palette-name" dir="auto">
              {entry.name}
            </span>
            <span class="palette-kind">{entry.kind}</span>
          </li>
        ))}
      </ul>
      {!found.length && <p class="list-empty">Nothing has these words.</p>}
    </>
  );
}
