// SPDX-License-Identifier: MIT
// The first administrator. The one-time code is in the part of the address that browsers never send.
import { people } from '../api';
import type { Problem } from '../api/problem';
import { use_load } from '../kit/load';
import { go, hash } from '../shell/location';
import { signed_in } from '../shell/session';
import { Card } from './frame';
import { NewAccountForm, type NewAccount } from './new_account';

const code_of = (hash: string) => new URLSearchParams(hash.slice(1)).get('code') ?? '';

function refusal(problem: Problem | null): string | null {
  return problem?.status === 403 ? 'This set-up link is not valid any longer. Start the server again; it prints a new one.' : null;
}

export function SetupPage() {
  const code = code_of(hash.value);
  const needed = use_load('setup', () => people.setup());
  const set_up = async (account: NewAccount) => {
    const me = await people.set_up({ code, ...account });
    go('/', 'replace');
    signed_in(me);
  };

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
  return (
    <Card title="Welcome" lead="Make the first account. It will be the administrator of this server.">
      <NewAccountForm send={set_up} label="Set up" busy_label="Setting up…" refusal={refusal} />
    </Card>
  );
}
