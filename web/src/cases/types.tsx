// SPDX-License-Identifier: MIT
// What is done for clients, and the words by which a conversation is recognised to be about it.
import { useState } from 'preact/hooks';
import { crm } from '../api';
import { as_problem, words } from '../api/problem';
import type { CaseType } from '../api/types';
import { Sheet } from '../kit/dialog';
import { Icon } from '../kit/icon';
import { Select, TextField } from '../kit/input';
import { use_load } from '../kit/load';
import { Badge, Empty, ProblemNote, Skeleton } from '../kit/note';
import { Page } from '../kit/page';
import { use_submit } from '../kit/submit';
import { Table, type Column } from '../kit/table';
import { toast } from '../kit/toast';
import { money, plain } from '../kit/words';
import { keywords_of } from './keywords';

const categories = [
  ['visa', 'Visa'],
  ['company', 'Company'],
  ['tax', 'Tax'],
  ['property', 'Property'],
] as const;

function NewTypeSheet({ close, made }: { close: () => void; made: (type: CaseType) => void }) {
  const [fields, set_fields] = useState({ code: '', name: '', category: 'visa', keywords: '' });
  const set = (name: keyof typeof fields) => (value: string) => set_fields((before) => ({ ...before, [name]: value }));
  const form = use_submit(async () => {
    const { code, name, category, keywords } = fields;
    made(await crm.create_case_type({ code: code.trim(), name: name.trim(), category, keywords: keywords_of(keywords) }));
    close();
  });
  return (
    <Sheet title="New case type" close={close}>
      <form class="form" onSubmit={form.submit}>
        <TextField name="name" label="Name" value={fields.name} change={set('name')} problem={form.problem} required hint="As clients read it: “Work permit”" />
        <TextField name="code" label="Code" value={fields.code} change={set('code')} problem={form.problem} required hint="Short and never changed: “WP-1”" />
        <Select label="Category" labelled value={fields.category} options={categories} change={set('category')} />
        <TextField
          name="keywords"
          label="Words"
          value={fields.keywords}
          change={set('keywords')}
          problem={form.problem}
          hint="Separated by commas. Who says one of them asks for this: “work permit, employment visa”"
        />
        {form.problem && (
          <p class="note problem" role="alert">
            {words(form.problem, null, navigator.onLine)}
          </p>
        )}
        <button class="primary" disabled={form.busy}>
          {form.busy ? 'Saving…' : 'Save'}
        </button>
      </form>
    </Sheet>
  );
}

function columns(toggle: (type: CaseType) => void): Column<CaseType>[] {
  return [
    {
      name: 'Name',
      cell: (type) => (
        <>
          <span class="strong">{type.name}</span> <code>{type.code}</code>
        </>
      ),
    },
    { name: 'Category', cell: (type) => plain(type.category) },
    { name: 'Words', cell: (type) => (type.keywords.length ? type.keywords.map((word) => <span class="tag" key={word}>{word}</span>) : <span class="none">–</span>) },
    { name: 'Price', number: true, cell: (type) => money(type.base_price) },
    { name: 'In use', cell: (type) => <Badge tone={type.active ? 'good' : 'plain'}>{type.active ? 'Active' : 'Not in use'}</Badge> },
    {
      name: 'Change',
      cell: (type) => (
        <button class="quiet small" onClick={() => toggle(type)} aria-label={`${type.active ? 'Retire' : 'Use again'}: ${type.name}`}>
          {type.active ? 'Retire' : 'Use again'}
        </button>
      ),
    },
  ];
}

export function CaseTypesPage() {
  const [adding, set_adding] = useState(false);
  const types = use_load('case-types', () => crm.case_types());
  const items = types.value?.items ?? [];
  const put = (changed: CaseType) =>
    types.put((page) => ({ ...page, items: page.items.map((one) => (one.id === changed.id ? changed : one)) }));
  const toggle = async (type: CaseType) => {
    put({ ...type, active: !type.active });
    try {
      put(await crm.change_case_type(type.id, { active: !type.active }));
    } catch (error) {
      put(type);
      toast(`Not changed. ${words(as_problem(error), null, navigator.onLine)}`);
    }
  };
  const add = (
    <button onClick={() => set_adding(true)}>
      <Icon name="plus" /> New case type
    </button>
  );
  return (
    <Page title="Case types" lead="What you do for clients, and the words that ask for it." actions={items.length > 0 && add}>
      <ProblemNote of={types} />
      {!types.value && !types.problem && <Skeleton lines={6} />}
      {types.value && items.length === 0 && (
        <Empty icon="types" title="No case types yet">
          <p>Add one for each service you offer. When a client uses one of its words in a conversation, a case opens by itself.</p>
          {add}
        </Empty>
      )}
      {items.length > 0 && (
        <div class="card flush">
          <Table label="Case types" columns={columns((type) => void toggle(type))} items={items} />
        </div>
      )}
      {adding && <NewTypeSheet close={() => set_adding(false)} made={(type) => types.put((page) => ({ ...page, items: [...page.items, type] }))} />}
    </Page>
  );
}
