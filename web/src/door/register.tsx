// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { people } from '../api';
import { ProblemNote, Skeleton } from '../kit/note';
import { use_load } from '../kit/load';
import { ask_who } from '../shell/session';
import { tell_people_changed } from '../events/leader';
import { Card, Field, FormProblem, Rules } from './frame';
import { use_submit } from '../kit/submit';
import { password_fits } from './password';

function SignInInstead() {
  return (
    <p class="door-other">
      Already registered? <a href="/sign-in">Sign in</a>
    </p>
  );
}

export function RegisterPage() {
  const [name, set_name] = useState('');
  const [email, set_email] = useState('');
  const [password, set_password] = useState('');
  const [pending, set_pending] = useState(false);
  const registration = use_load('registration', () => people.registration());
  const form = use_submit(async () => {
    const { status } = await people.register({ name: name.trim(), email: email.trim(), password });
    if (status === 'pending') return set_pending(true);
    await ask_who();
    tell_people_changed();
  });
  const mode = registration.value?.mode;

  if (pending) {
    return (
      <Card title="Thank you" lead="An administrator will look at your registration. Sign in with your e-mail and password once you are told.">
        <SignInInstead />
      </Card>
    );
  }
  if (mode === 'closed') {
    return (
      <Card title="Registration is closed" lead="On this server accounts are made by its administrator. Ask for one.">
        <SignInInstead />
      </Card>
    );
  }
  return (
    <Card title="Register" lead={mode === 'approve' ? 'An administrator approves each account before its first use.' : undefined}>
      <ProblemNote of={registration} />
      {!mode && !registration.problem && <Skeleton lines={4} />}
      {mode && (
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
          <FormProblem problem={form.problem} />
          <button class="primary wide" disabled={form.busy || !password_fits(password)}>
            {form.busy ? 'Registering…' : 'Register'}
          </button>
        </form>
      )}
      <SignInInstead />
    </Card>
  );
}
