// SPDX-License-Identifier: MIT
// One's own account: who one is, where one is signed in, the look of the page.
import { people } from '../api';
import { as_problem, words } from '../api/problem';
import type { Session } from '../api/types';
import { Icon } from '../kit/icon';
import { Select } from '../kit/input';
import { Badge, ProblemNote, Skeleton } from '../kit/note';
import { Page } from '../kit/page';
import { use_pages } from '../kit/pages';
import { More, Table, type Column } from '../kit/table';
import { toast } from '../kit/toast';
import { When } from '../kit/when';
import { plain } from '../kit/words';
import { me, sign_out } from '../shell/session';
import { set_theme, theme, type Theme } from '../shell/theme';
import { browser_name } from './browser_name';

const themes = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const;

function columns(revoke: (session: Session) => void): Column<Session>[] {
  return [
    {
      name: 'Browser',
      cell: (one) => (
        <span title={one.user_agent}>
          <span class="strong">{browser_name(one.user_agent)}</span> {one.current && <Badge tone="good">This one</Badge>}
        </span>
      ),
    },
    { name: 'From', cell: (one) => one.peer },
    { name: 'Last seen', cell: (one) => <When at={one.last_seen_at} /> },
    { name: 'Since', cell: (one) => <When at={one.created_at} /> },
    {
      name: 'End',
      cell: (one) => (
        <button class="quiet small" onClick={() => revoke(one)} aria-label={`Sign out ${browser_name(one.user_agent)}`}>
          Sign out
        </button>
      ),
    },
  ];
}

export function AccountPage() {
  const sessions = use_pages('sessions', (after) => people.sessions(after));
  const leave = () => void sign_out().catch((error: unknown) => toast(words(as_problem(error), null, navigator.onLine)));

  const revoke = async (session: Session) => {
    if (session.current) return leave();
    sessions.put((page) => ({ ...page, items: page.items.filter((one) => one.id !== session.id) }));
    try {
      await people.revoke(session.id);
      toast('That browser is signed out.');
    } catch (error) {
      sessions.again();
      toast(`Not signed out. ${words(as_problem(error), null, navigator.onLine)}`);
    }
  };

  return (
    <Page
      title="Account"
      lead={me.value && `${me.value.name} · ${me.value.email} · ${plain(me.value.role)}`}
      actions={
        <button onClick={leave}>
          <Icon name="exit" /> Sign out
        </button>
      }
    >
      <section class="card flush">
        <h2>Where you are signed in</h2>
        <ProblemNote of={sessions} />
        {!sessions.value && !sessions.problem && <Skeleton lines={3} />}
        {sessions.items.length > 0 && <Table label="Sessions" columns={columns((one) => void revoke(one))} items={sessions.items} />}
        <More of={sessions} />
      </section>
      <section class="card">
        <h2>Look</h2>
        <Select label="Theme" labelled value={theme.value} options={themes} change={(value) => set_theme(value as Theme)} />
      </section>
    </Page>
  );
}
