// SPDX-License-Identifier: MIT
import { useState } from 'preact/hooks';
import { people } from '../api';
import { ProblemNote, Skeleton } from '../kit/note';
import { use_load } from '../kit/load';
import { ask_who } from '../shell/session';
import { tell_people_changed } from '../events/leader';
import { Card } from './frame';
import { NewAccountForm, type NewAccount } from './new_account';

function SignInInstead() {
  return (
    <p class="door-other">
      Already registered? <a href="/sign-in">Sign in</a>
    </p>
  );
}

export function RegisterPage() {
  const [pending, set_pending] = useState(false);
  const registration = use_load('registration', () => people.registration());
  const register = async (account: NewAccount) => {
    const { status } = await people.register(account);
    if (status === 'pending') return set_pending(true);
    await ask_who();
    tell_people_changed();
  };
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
      {mode && <NewAccountForm send={register} label="Register" busy_label="Registering…" />}
      <SignInInstead />
    </Card>
  );
}
