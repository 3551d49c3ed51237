// SPDX-License-Identifier: MIT
// What is known of a client. Beside each value the sentence it came from, with the way to that sentence.
import { useState } from 'preact/hooks';
import { crm, type ClientPatch } from '../api';
import { as_problem, field_message, words } from '../api/problem';
import type { Client, ClientRecord, Evidence } from '../api/types';
import { take_focus } from '../kit/focus';
import { Icon } from '../kit/icon';
import { When } from '../kit/when';
import { toast } from '../kit/toast';
import { evidence_for } from './evidence';
import { quoted } from './quoted';

type FieldName = 'full_name' | 'email' | 'phone' | 'nationality' | 'company' | 'notes';

const fields: [name: FieldName, label: string][] = [
  ['full_name', 'Name'],
  ['email', 'E-mail'],
  ['phone', 'Phone'],
  ['company', 'Company'],
  ['nationality', 'Nationality'],
  ['notes', 'Notes'],
];

function Source({ client, of }: { client: Client; of: Evidence }) {
  const said = quoted(of.quote, of.value);
  const sure = `${Math.round(of.confidence * 100)} % sure, ${of.method.replaceAll('_', ' ')}`;
  return (
    <blockquote class="evidence" title={sure}>
      <p dir="auto">
        <Icon name="quote" />
        <q>
          {said.before}
          {said.value && <mark>{said.value}</mark>}
          {said.after}
        </q>
      </p>
      <footer>
        {of.conversation_id && (
          <a href={`/clients/${client.id}/c/${of.conversation_id}#e${of.id}`} aria-label={`Where ${of.value} was said`}>
            In the conversation
          </a>
        )}
        <span>
          {Math.round(of.confidence * 100)} % · <When at={of.recorded_at} />
        </span>
      </footer>
    </blockquote>
  );
}

interface RowProps {
  record: ClientRecord;
  name: FieldName;
  label: string;
  put: (client: Client) => void;
}

function Row({ record, name, label, put }: RowProps) {
  const [editing, edit] = useState(false);
  const value = record.client[name];
  const sources = evidence_for(record.evidence, name, value);

  const save = async (text: string) => {
    edit(false);
    if (text === (value ?? '') || (name === 'full_name' && !text)) return;
    const before = record.client;
    put({ ...before, [name]: text || null });
    try {
      const patch: ClientPatch = { [name]: text || null };
      put(await crm.change_client(before.id, patch));
    } catch (error) {
      put(before);
      const problem = as_problem(error);
      const reason = field_message(problem, name);
      toast(`Not changed. ${reason ? `${label}: ${reason}.` : words(problem, null, navigator.onLine)}`);
    }
  };

  return (
    <div class="known-row">
      <dt>{label}</dt>
      <dd>
        {editing ? (
          <input
            ref={take_focus}
            aria-label={label}
            defaultValue={value ?? ''}
            onBlur={(event) => void save(event.currentTarget.value.trim())}
            onKeyDown={(event) => {
              if (event.key === 'Enter') void save(event.currentTarget.value.trim());
              if (event.key === 'Escape') edit(false);
            }}
          />
        ) : (
          <p class="known-value">
            <span dir="auto">{value ?? <span class="none">not known</span>}</span>
            <button class="quiet square small" aria-label={`Change ${label}`} onClick={() => edit(true)}>
              <Icon name="edit" />
            </button>
          </p>
        )}
        {sources.map((one) => (
          <Source key={one.id} client={record.client} of={one} />
        ))}
      </dd>
    </div>
  );
}

export function Known({ record, put }: { record: ClientRecord; put: (client: Client) => void }) {
  return (
    <section class="card">
      <h2>What is known</h2>
      <dl class="known">
        {fields.map(([name, label]) => (
          <Row key={name} record={record} name={name} label={label} put={put} />
        ))}
      </dl>
    </section>
  );
}
