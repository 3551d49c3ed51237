// SPDX-License-Identifier: MIT
// The way between pages: a column beside the page, a rail when there is less room, a drawer on a phone.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ConversationList } from '../chat/list';
import { Icon } from '../kit/icon';
import { may_see } from './access';
import { LinkDot } from './link_note';
import { path } from './location';
import { nav, type NavEntry } from './pages';
import { open_palette } from './palette';
import { me } from './session';
import { next_theme, theme } from './theme';

const drawer = signal(false);

const is_here = (entry: NavEntry) =>
  entry.path === '/' ? path.value === '/' || path.value.startsWith('/c/') : path.value === entry.path || path.value.startsWith(`${entry.path}/`);

function Links() {
  return (
    <ul class="nav-links">
      {nav
        .filter((entry) => may_see(entry.needs))
        .map((entry) => (
          <li key={entry.path}>
            <a href={entry.path} class="nav-link" aria-current={is_here(entry) ? 'page' : undefined} title={entry.name}>
              <Icon name={entry.icon} />
              <span class="nav-name">{entry.name}</span>
            </a>
          </li>
        ))}
    </ul>
  );
}

const theme_names = { system: 'System theme', light: 'Light theme', dark: 'Dark theme' };
const theme_icons = { system: 'system', light: 'sun', dark: 'moon' } as const;

function Foot() {
  const name = theme_names[theme.value];
  return (
    <div class="nav-foot">
      <button class="nav-link" onClick={open_palette} title="Find anything (Ctrl+K)">
        <Icon name="search" />
        <span class="nav-name">
          Find <kbd>Ctrl</kbd> <kbd>K</kbd>
        </span>
      </button>
      <button class="nav-link" onClick={next_theme} title={`${name}; press to change`}>
        <Icon name={theme_icons[theme.value]} />
        <span class="nav-name">{name}</span>
      </button>
      <LinkDot />
      <p class="nav-me nav-name" title={me.value?.email}>
        {me.value?.name}
      </p>
    </div>
  );
}

export function Nav() {
  return (
    <nav class="nav" aria-label="Pages">
      <a href="/" class="brand">
        <span class="brand-mark" aria-hidden="true">
          T
        </span>
        <span class="nav-name">Trunkline</span>
      </a>
      <Links />
      <Foot />
    </nav>
  );
}

export function TopBar() {
  const dialog = useRef<HTMLDialogElement>(null);
  const here = nav.find(is_here);
  useEffect(() => {
    if (drawer.value) dialog.current?.showModal();
    else dialog.current?.close();
  }, [drawer.value]);
  useEffect(() => void (drawer.value = false), [path.value]);
  return (
    <header class="top-bar">
      <button class="quiet square" aria-label="Menu" aria-expanded={drawer.value} onClick={() => (drawer.value = true)}>
        <Icon name="menu" />
      </button>
      <span class="top-name">{here?.name ?? 'Trunkline'}</span>
      <a class="button quiet square" href="/" aria-label="New chat">
        <Icon name="plus" />
      </a>
      <dialog
        ref={dialog}
        class="drawer"
        aria-label="Menu"
        onClose={() => (drawer.value = false)}
        onClick={(event) => {
          const on_link = event.target instanceof Element && event.target.closest('a') !== null;
          if (on_link || event.target === event.currentTarget) drawer.value = false;
        }}
      >
        {drawer.value && (
          <div class="drawer-body">
            <div class="drawer-head">
              <span class="brand">Trunkline</span>
              <button class="quiet square" aria-label="Close the menu" onClick={() => (drawer.value = false)}>
                <Icon name="close" />
              </button>
            </div>
            <nav aria-label="All pages">
              <Links />
            </nav>
            {here?.path === '/' && <ConversationList />}
            <Foot />
          </div>
        )}
      </dialog>
    </header>
  );
}
