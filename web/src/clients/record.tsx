// SPDX-License-Identifier: MIT
// One client: what is known and from which sentence, cases, what happened, the conversations.
import { useEffect } from 'preact/hooks';
import { crm } from '../api';
import { as_problem, words } from '../api/problem';
import type { Client, ClientRecord, ClientStatus } from '../api/types';
import { on } from '../events/bus';
import { Select } from '../kit/input';
import { use_load, type Loaded } from '../kit/load';
import { Badge, ProblemNote, Skeleton } from '../kit/note';
import { Page } from '../kit/page';
import { toast } from '../kit/toast';
import { When } from '../kit/when';
import { client_statuses, plain } from '../kit/words';
import { ClientCases } from './cases';
import { Known } from './known';
import { Timeline } from './timeline';

function Conversations({ client, items }: { client: Client; items: ClientRecord['conversations'] }) {
  return (
    <section class="card">
      <h2>Conversations</h2>
      {items.length === 0 && <p class="muted">None yet. Conversations in which this client is spoken of are listed here.</p>}
      <ul class="plain-list">
        {items.map((one) => (
          <li key={one.id}>
            <a href={`/clients/${client.id}/c/${one.id}`} dir="auto">
              {one.title || 'Untitled conversation'}
            </a>
            <span class="muted">
              {one.message_count} messages{one.last_message_at && <> · <When at={one.last_message_at} /></>}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function StatusSelect({ record }: { record: Loaded<ClientRecord> }) {
  const client = record.value?.client;
  if (!client) return null;
  const change = async (code: string) => {
    const status = code as ClientStatus;
    record.put((value) => ({ ...value, client: { ...value.client, status } }));
    try {
      await crm.change_client(client.id, { status });
    } catch (error) {
      record.put((value) => ({ ...value, client }));
      toast(`Not changed. ${words(as_problem(error), null, navigator.onLine)}`);
    }
  };
  const options = Object.keys(client_statuses).map((code) => [code, plain(code)] as const);
  return <Select label="Status" value={client.status} options={options} change={(code) => void change(code)} />;
}

export function ClientPage({ params }: { params: Record<string, string> }) {
  const id = params['id'] ?? '';
  const record = use_load(id, () => crm.client(id));
  useEffect(() => {
    const ends = [on('client', (changed) => changed.id === id && record.again()), on('sync', record.again)];
    return () => {
      for (const end of ends) end();
    };
  }, [id, record.again]);
  const value = record.value;

  return (
    <Page
      title={value?.client.full_name ?? 'Client'}
      lead={
        <>
          <a href="/clients">Clients</a>
          {value && (
            <>
              {' '}
              · <Badge tone={client_statuses[value.client.status]}>{plain(value.client.status)}</Badge> · {plain(value.client.client_type)} · first seen <When at={value.client.first_contact_at ?? value.client.created_at} />
            </>
          )}
        </>
      }
      actions={<StatusSelect record={record} />}
    >
      <ProblemNote of={record} />
      {!value && !record.problem && <Skeleton lines={9} />}
      {value && (
        <div class="record">
          <div class="column">
            <Known record={value} put={(client) => record.put((before) => ({ ...before, client }))} />
            <ClientCases record={value} changed={record.again} />
          </div>
          <div class="column">
            <Conversations client={value.client} items={value.conversations} />
            <Timeline client_id={id} version={`${value.client.last_interaction_at}|${value.evidence.length}|${value.cases.length}|${value.client.status}`} />
          </div>
        </div>
      )}
    </Page>
  );
}
