// SPDX-License-Identifier: MIT
// Everybody the CRM knows: found by name, e-mail or phone, and by status.
import { useEffect, useState } from 'preact/hooks';
import { crm } from '../api';
import type { Client } from '../api/types';
import { on } from '../events/bus';
import { Icon } from '../kit/icon';
import { SearchBox, Select } from '../kit/input';
import { Badge, Empty, ProblemNote, Skeleton } from '../kit/note';
import { Page } from '../kit/page';
import { use_pages } from '../kit/pages';
import { move_by_arrows } from '../kit/rows';
import { More, Table, type Column } from '../kit/table';
import { When } from '../kit/when';
import { client_statuses, plain } from '../kit/words';
import { query, set_query } from '../shell/location';
import { NewClientSheet } from './new_client';

const columns: Column<Client>[] = [
  {
    name: 'Name',
    cell: (client) => (
      <a href={`/clients/${client.id}`} data-row class="strong" dir="auto">
        {client.full_name}
      </a>
    ),
  },
  { name: 'E-mail', cell: (client) => client.email ?? <span class="none">–</span> },
  { name: 'Phone', cell: (client) => client.phone ?? <span class="none">–</span> },
  { name: 'Status', cell: (client) => <Badge tone={client_statuses[client.status]}>{plain(client.status)}</Badge> },
  { name: 'Last contact', cell: (client) => <When at={client.last_interaction_at ?? client.created_at} /> },
];

const status_options = [['', 'Every status'], ...Object.keys(client_statuses).map((code) => [code, plain(code)] as const)] as const;

function Nobody({ filtered, add }: { filtered: boolean; add: () => void }) {
  if (filtered) {
    return (
      <Empty icon="search" title="Nobody fits">
        <p>Search looks at names, e-mail addresses and phone numbers. Try fewer letters, or another status.</p>
      </Empty>
    );
  }
  return (
    <Empty icon="clients" title="No clients yet">
      <p>
        They come by themselves: when somebody says in a <a href="/">chat</a> who they are, a client appears here two seconds after the conversation
        falls quiet, with the sentence each value came from.
      </p>
      <button onClick={add}>
        <Icon name="plus" /> Add one by hand
      </button>
    </Empty>
  );
}

export function ClientsPage() {
  const search = query.value.get('search') ?? '';
  const status = query.value.get('status') ?? '';
  const [adding, set_adding] = useState(false);
  const clients = use_pages(`${search}|${status}`, (after, signal) => crm.clients({ search, status, after, limit: 50 }, signal));

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    // Many may change at once, as when transcripts are read in: one reading for all.
    const soon = () => {
      clearTimeout(timer);
      timer = setTimeout(clients.again, 300);
    };
    const ends = [on('client', soon), on('sync', soon)];
    return () => {
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [clients.again]);

  return (
    <Page
      title="Clients"
      lead="People who wrote to you, noted from what they said."
      actions={
        <button onClick={() => set_adding(true)}>
          <Icon name="plus" /> New client
        </button>
      }
    >
      <div class="filters">
        <SearchBox label="Search name, e-mail or phone" value={search} change={(text) => set_query({ search: text })} />
        <Select label="Status" value={status} options={status_options} change={(code) => set_query({ status: code })} />
      </div>
      <ProblemNote of={clients} />
      {!clients.value && !clients.problem && <Skeleton lines={9} />}
      {clients.value && clients.items.length === 0 && <Nobody filtered={Boolean(search || status)} add={() => set_adding(true)} />}
      {clients.items.length > 0 && (
        <div class="card flush" onKeyDown={move_by_arrows}>
          <Table label="Clients" columns={columns} items={clients.items} />
        </div>
      )}
      <More of={clients} />
      {adding && <NewClientSheet close={() => set_adding(false)} />}
    </Page>
  );
}
