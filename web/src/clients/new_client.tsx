// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { crm, type NewClient } from '../api';
import { words } from '../api/problem';
import { Sheet } from '../kit/dialog';
import { TextField } from '../kit/input';
import { use_submit } from '../kit/submit';
import { go } from '../shell/location';

const without_empty = ({ full_name, ...others }: NewClient): NewClient => {
  const given = Object.entries(others).flatMap(([name, value]) => (value?.trim() ? [[name, value.trim()] as const] : []));
  return { full_name: full_name.trim(), ...Object.fromEntries(given) };
};

export function NewClientSheet({ close }: { close: () => void }) {
  const [fields, set_fields] = useState<Required<NewClient>>({ full_name: '', email: '', phone: '', company: '' });
  const set = (name: keyof NewClient) => (value: string) => set_fields((before) => ({ ...before, [name]: value }));
  const form = use_submit(async (key) => {
    const made = await crm.create_client(without_empty(fields), key);
    close();
    go(`/clients/${made.id}`);
  });
  return (
    <Sheet title="New client" close={close}>
      <form class="form" onSubmit={form.submit}>
        <TextField name="full_name" label="Name" value={fields.full_name} change={set('full_name')} problem={form.problem} required />
        <TextField name="email" label="E-mail" type="email" value={fields.email} change={set('email')} problem={form.problem} />
        <TextField name="phone" label="Phone" type="tel" value={fields.phone} change={set('phone')} problem={form.problem} />
        <TextField name="company" label="Company" value={fields.company} change={set('company')} problem={form.problem} />
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
