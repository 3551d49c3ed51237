// SPDX-License-Identifier: MIT
// The form that makes an account: the first administrator's, and everybody else's.
import { useState } from 'preact/hooks';
import type { Problem } from '../api/problem';
import { use_submit } from '../kit/submit';
import { Field, FormProblem, Rules } from './frame';
import { password_fits } from './password';

export interface NewAccount {
  name: string;
  email: string;
  password: string;
}

interface Props {
  send: (account: NewAccount) => Promise<void>;
  // On the button, and while it is sent.
  label: string;
  busy_label: string;
  // What went wrong, where this page knows it better.
  refusal?: (problem: Problem | null) => string | null;
}

export function NewAccountForm({ send, label, busy_label, refusal }: Props) {
  const [name, set_name] = useState('');
  const [email, set_email] = useState('');
  const [password, set_password] = useState('');
  const form = use_submit(() => send({ name: name.trim(), email: email.trim(), password }));

  return (
    <form onSubmit={form.submit} class="form">
      <Field name="name" label="Your name" autocomplete="name" value={name} change={set_name} problem={form.problem} autofocus />
      <Field name="email" label="E-mail" type="email" autocomplete="username" value={email} change={set_email} problem={form.problem} />
      <Field
        name="password"
        label="Password"
        type="password"
        autocomplete="new-password"
        value={password}
        change={set_password}
        problem={form.problem}
        describedby="password-rules"
      />
      <Rules password={password} />
      <FormProblem problem={form.problem} otherwise={refusal?.(form.problem)} />
      <button class="primary wide" disabled={form.busy || !password_fits(password)}>
        {form.busy ? busy_label : label}
      </button>
    </form>
  );
}
