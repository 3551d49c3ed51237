// SPDX-License-Identifier: MIT
// The first administrator. The one-time code is in the part of the address that browsers never send.
import { useState } from 'preact/hooks';
import { people } from '../api';
import { use_load } from '../kit/load';
import { go, hash } from '../shell/location';
import { signed_in } from '../shell/session';
import { Card, Field, FormProblem, Rules } from './frame';
import { use_submit } from '../kit/submit';
import { password_fits } from './password';

const code_of = (hash: string) => new URLSearchParams(hash.slice(1)).get('code') ?? '';

export function SetupPage() {
  const code = code_of(hash.value);
  const [name, set_name] = useState('');
  const [email, set_email] = useState('');
  const [password, set_password] = useState('');
  const needed = use_load('setup', () => people.setup());
  const form = use_submit(async () => {
    const me = await people.set_up({ code, name: name.trim(), email: email.trim(), password });
    go('/', 'replace');
    signed_in(me);
  });

  if (needed.value && !needed.value.needed) {
    return (
      <Card title="Already set up" lead="This server has its administrator. The set-up link has done its work.">
        <a class="button primary wide" href="/sign-in">
          Sign in
        </a>
      </Card>
    );
  }
  if (!code) {
    return (
      <Card title="Set up Trunkline" lead="To make the first account, open the set-up link that the server printed when it started.">
        <p class="lead">
          It looks like <code>{window.location.origin}/setup#code=…</code> and is good for an hour. Start the server again for a new one.
        </p>
      </Card>
    );
  }
  const expired = form.problem?.status === 403;
  return (
    <Card title="Welcome" lead="Make the first account. It will be the administrator of this server.">
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
        <FormProblem
          problem={form.problem}
          otherwise={expired ? 'This set-up link is not valid any longer. Start the server again; it prints a new one.' : null}
        />
        <button class="primary wide" disabled={form.busy || !password_fits(password)}>
          {form.busy ? 'Setting up…' : 'Set up'}
        </button>
      </form>
    </Card>
  );
}
