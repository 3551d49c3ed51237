// SPDX-License-Identifier: MIT
// Left of the chat: the conversations, by day, with a search in their names.
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Icon } from '../kit/icon';
import { ProblemNote, Skeleton } from '../kit/note';
import { move_by_arrows } from '../kit/rows';
import { short_day } from '../kit/time';
import { path } from '../shell/location';
import { active_at, fits_search, grouped, name_of } from './groups';
import { conversations, list_problem, list_ready, next_page, read_for_search, read_list, read_more } from './list_store';

const search = signal('');

function SearchField() {
  return (
    <label class="search">
      <Icon name="search" />
      <span class="hidden">Search in titles</span>
      <input
        type="search"
        placeholder="Search titles"
        value={search.value}
        onInput={(event) => {
          search.value = event.currentTarget.value;
          if (search.value) void read_for_search();
        }}
      />
    </label>
  );
}

function Groups() {
  const found = conversations.value.filter((one) => fits_search(one, search.value));
  if (!found.length) {
    return (
      <p class="list-empty">{search.value ? 'No title has these words.' : 'Your conversations will be listed here. Write the first message to begin.'}</p>
    );
  }
  return (
    <>
      {grouped(found, new Date()).map((group) => (
        <section key={group.label} class="group">
          <h2>{group.label}</h2>
          <ul>
            {group.items.map((one) => {
              const here = path.value === `/c/${one.id}`;
              return (
                <li key={one.id}>
                  <a href={`/c/${one.id}`} data-row class="row" aria-current={here ? 'page' : undefined}>
                    <span class="row-name" dir="auto">
                      {name_of(one)}
                    </span>
                    <span class="row-when">{short_day(active_at(one))}</span>
                  </a>
                </li>
              );
            })}
          </ul>
        </section>
      ))}
    </>
  );
}

export function ConversationList() {
  useEffect(() => void read_list(), []);
  const trouble = list_problem.value;
  return (
    <nav class="conversations" aria-label="Conversations" onKeyDown={move_by_arrows}>
      <div class="list-head">
        <SearchField />
        <a class="button square" href="/" aria-label="New chat" title="New chat (N)">
          <Icon name="plus" />
        </a>
      </div>
      <div class="list-body">
        {trouble && <ProblemNote of={{ ...trouble, again: () => void read_list() }} />}
        {!list_ready.value && !trouble ? <Skeleton lines={8} /> : <Groups />}
        {next_page.value && !search.value && (
          <button class="link more" onClick={() => void read_more()}>
            Show older
          </button>
        )}
      </div>
    </nav>
  );
}
