// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { people } from '../api';
import type { Problem } from '../api/problem';
import { use_load } from '../kit/load';
import { signed_in } from '../shell/session';
import { Card, Field, FormProblem } from './frame';
import { use_submit } from '../kit/submit';

function refusal(problem: Problem | null): string | null {
  if (problem?.status === 401) return 'E-mail or password is not right. Check both and try again.';
  if (problem?.status === 403) return 'An administrator has to approve this account first. Ask one, then try again.';
  return null;
}

export function SignInPage() {
  const [email, set_email] = useState('');
  const [password, set_password] = useState('');
  const registration = use_load('registration', () => people.registration());
  // Being signed in leads away from here: the shell goes where one wanted to be.
  const form = use_submit(async () => signed_in(await people.sign_in({ email: email.trim(), password })));

  return (
    <Card title="Sign in">
      <form onSubmit={form.submit} class="form">
        <Field name="email" label="E-mail" type="email" autocomplete="username" value={email} change={set_email} problem={form.problem} autofocus />
        <Field
          name="password"
          label="Password"
          type="password"
          autocomplete="current-password"
          value={password}
          change={set_password}
          problem={form.problem}
        />
        <FormProblem problem={form.problem} otherwise={refusal(form.problem)} />
        <button class="primary wide" disabled={form.busy}>
          {form.busy ? 'Signing in…' : 'Sign in'}
        </button>
      </form>
      {registration.value && registration.value.mode !== 'closed' && (
        <p class="door-other">
          No account yet? <a href="/register">Register</a>
        </p>
      )}
    </Card>
  );
}
