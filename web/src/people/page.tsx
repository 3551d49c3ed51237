// SPDX-License-Identifier: MIT
// For administrators: who wants to come in, who is in, and what they may do.
import { people } from '../api';
import { as_problem, words } from '../api/problem';
import type { Role, User } from '../api/types';
import { Select } from '../kit/input';
import { ProblemNote, Skeleton } from '../kit/note';
import { Page } from '../kit/page';
import { use_pages, type Paged } from '../kit/pages';
import { More, Table, type Column } from '../kit/table';
import { toast } from '../kit/toast';
import { When } from '../kit/when';
import { me } from '../shell/session';

const roles = [
  ['customer', 'Customer'],
  ['staff', 'Staff'],
  ['admin', 'Administrator'],
] as const;

const who: Column<User>[] = [
  { name: 'Name', cell: (user) => <span class="strong" dir="auto">{user.name}</span> },
  { name: 'E-mail', cell: (user) => user.email },
  { name: 'Since', cell: (user) => <When at={user.created_at} /> },
];

function Pending({ users, approve }: { users: Paged<User>; approve: (user: User) => void }) {
  const action: Column<User> = {
    name: 'Decide',
    cell: (user) => (
      <button class="primary small" onClick={() => approve(user)} aria-label={`Approve ${user.name}`}>
        Approve
      </button>
    ),
  };
  return (
    <section class="card flush">
      <h2>Waiting for approval</h2>
      <ProblemNote of={users} />
      {users.value && users.items.length === 0 && <p class="muted inset">Nobody is waiting. Registrations appear here when the server asks for approval.</p>}
      {users.items.length > 0 && <Table label="Waiting for approval" columns={[...who, action]} items={users.items} />}
      <More of={users} />
    </section>
  );
}

function Active({ users, set_role }: { users: Paged<User>; set_role: (user: User, role: Role) => void }) {
  const role: Column<User> = {
    name: 'Role',
    cell: (user) =>
      user.id === me.value?.id ? (
        'Administrator (you)'
      ) : (
        <Select label={`Role of ${user.name}`} value={user.role} options={roles} change={(code) => set_role(user, code as Role)} />
      ),
  };
  return (
    <section class="card flush">
      <h2>Accounts</h2>
      <ProblemNote of={users} />
      {!users.value && !users.problem && <Skeleton lines={4} />}
      {users.items.length > 0 && <Table label="Accounts" columns={[...who, role]} items={users.items} />}
      <More of={users} />
    </section>
  );
}

export function PeoplePage() {
  const pending = use_pages('pending', (after) => people.users('pending', after));
  const active = use_pages('active', (after) => people.users('active', after));

  const approve = async (user: User) => {
    pending.put((page) => ({ ...page, items: page.items.filter((one) => one.id !== user.id) }));
    try {
      const approved = await people.approve(user.id);
      active.put((page) => ({ ...page, items: [approved, ...page.items] }));
      toast(`${user.name} may sign in now.`);
    } catch (error) {
      pending.again();
      toast(`Not approved. ${words(as_problem(error), null, navigator.onLine)}`);
    }
  };
  const set_role = async (user: User, role: Role) => {
    const put = (changed: User) => active.put((page) => ({ ...page, items: page.items.map((one) => (one.id === user.id ? changed : one)) }));
    put({ ...user, role });
    try {
      put(await people.set_role(user.id, role));
    } catch (error) {
      put(user);
      toast(`Not changed. ${words(as_problem(error), null, navigator.onLine)}`);
    }
  };

  return (
    <Page title="People" lead="Customers talk to the assistant; staff also see clients, cases and the dashboard; administrators decide about people.">
      <Pending users={pending} approve={(user) => void approve(user)} />
      <Active users={active} set_role={(user, role) => void set_role(user, role)} />
    </Page>
  );
}
