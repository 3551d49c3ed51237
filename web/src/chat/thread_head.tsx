// SPDX-License-Identifier: MIT
// Name of the conversation, and what can be done with all of it.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../kit/icon';
import { use_title } from '../kit/page';
import { name_of } from './groups';
import { conversation, generate_title, rename } from './list_store';
import { leave_and_remove } from './remove';
import type { Thread } from './thread';

function TitleField({ id, name, done }: { id: string; name: string; done: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  const save = () => {
    const title = field.current?.value.trim() ?? '';
    if (title && title !== name) void rename(id, title);
    done();
  };
  return (
    <input
      ref={field}
      class="title-field"
      aria-label="Title of the conversation"
      defaultValue={name}
      maxLength={200}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === 'Enter') save();
        if (event.key === 'Escape') done();
      }}
    />
  );
}

export function ThreadHead({ thread }: { thread: Thread }) {
  const [editing, edit] = useState(false);
  const [titling, set_titling] = useState(false);
  const id = thread.id;
  const name = id ? name_of(conversation(id) ?? { title: null, preview: thread.lines.value.messages[0]?.content }) : 'New conversation';
  use_title(name);
  useEffect(() => edit(false), [id]);

  const new_title = async () => {
    set_titling(true);
    await generate_title(id);
    set_titling(false);
  };

  return (
    <header class="thread-head">
      {editing ? <TitleField id={id} name={name} done={() => edit(false)} /> : <h1 title={name}>{name}</h1>}
      {id && !editing && (
        <div class="tools">
          <button class="quiet square" aria-label="Rename" title="Rename" onClick={() => edit(true)}>
            <Icon name="edit" />
          </button>
          <button class="quiet square" aria-label="Find a title by itself" title="Find a title by itself" disabled={titling} onClick={() => void new_title()}>
            <Icon name="spark" />
          </button>
          <button class="quiet square" aria-label="Delete conversation" title="Delete conversation" onClick={() => leave_and_remove(id)}>
            <Icon name="trash" />
          </button>
        </div>
      )}
    </header>
  );
}
