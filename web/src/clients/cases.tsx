// SPDX-License-Identifier: MIT
// The cases of one client, and a new one.
import { useState } from 'preact/hooks';
import { crm } from '../api';
import { words } from '../api/problem';
import type { ClientRecord } from '../api/types';
import { Sheet } from '../kit/dialog';
import { Icon } from '../kit/icon';
import { Select } from '../kit/input';
import { use_load } from '../kit/load';
import { Badge, ProblemNote } from '../kit/note';
import { use_submit } from '../kit/submit';
import { When } from '../kit/when';
import { case_statuses } from '../kit/words';

function NewCaseSheet({ client_id, close, made }: { client_id: string; close: () => void; made: () => void }) {
  const types = use_load('case-types', () => crm.case_types());
  const options = (types.value?.items ?? []).filter((type) => type.active).map((type) => [type.code, type.name] as const);
  const [chosen, choose] = useState('');
  const code = chosen || (options[0]?.[0] ?? '');
  const form = use_submit(async (key) => {
    await crm.create_case({ client_id, case_type_code: code }, key);
    made();
    close();
  });
  return (
    <Sheet title="New case" close={close}>
      <ProblemNote of={types} />
      {types.value && options.length === 0 && (
        <p>
          A case needs a type first: add what you do for clients under <a href="/case-types">Case types</a>.
        </p>
      )}
      {options.length > 0 && (
        <form class="form" onSubmit={form.submit}>
          <Select label="Type" labelled value={code} options={options} change={choose} />
          {form.problem && (
            <p class="note problem" role="alert">
              {words(form.problem, null, navigator.onLine)}
            </p>
          )}
          <button class="primary" disabled={form.busy}>
            {form.busy ? 'Saving…' : 'Open the case'}
          </button>
        </form>
      )}
    </Sheet>
  );
}

export function ClientCases({ record, changed }: { record: ClientRecord; changed: () => void }) {
  const [adding, set_adding] = useState(false);
  return (
    <section class="card">
      <header class="card-head">
        <h2>Cases</h2>
        <button class="quiet small" onClick={() => set_adding(true)}>
          <Icon name="plus" /> New case
        </button>
      </header>
      {record.cases.length === 0 && <p class="muted">No case is open. One opens by itself when the client asks for something you have a case type for.</p>}
      <ul class="plain-list">
        {record.cases.map((one) => (
          <li key={one.id}>
            <span>{one.case_type_name}</span>
            <span class="muted">
              <Badge tone={case_statuses[one.status].tone}>{case_statuses[one.status].label}</Badge> <When at={one.created_at} />
            </span>
          </li>
        ))}
      </ul>
      {adding && <NewCaseSheet client_id={record.client.id} close={() => set_adding(false)} made={changed} />}
    </section>
  );
}
