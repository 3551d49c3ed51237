// SPDX-License-Identifier: MIT
// Who sits in front of this browser, and what follows from it: the stream runs while somebody is signed in.
import { computed, signal } from '@preact/signals';
import { people } from '../api';
import { as_problem, type Problem } from '../api/problem';
import { when_unauthenticated } from '../api/request';
import type { Me } from '../api/types';
import { on } from '../events/bus';
import { join_stream, leave_stream, open_channel, tell_people_changed } from '../events/leader';

export type Who = { state: 'asking' } | { state: 'nobody' } | { state: 'unknown'; problem: Problem } | { state: 'somebody'; me: Me };

export const who = signal<Who>({ state: 'asking' });
export const me = computed(() => (who.value.state === 'somebody' ? who.value.me : null));
export const is_staff = computed(() => me.value?.role === 'staff' || me.value?.role === 'admin');
export const is_admin = computed(() => me.value?.role === 'admin');

function nobody(): void {
  leave_stream();
  who.value = { state: 'nobody' };
}

function somebody(person: Me): void {
  who.value = { state: 'somebody', me: person };
  join_stream();
}

export async function ask_who(): Promise<void> {
  try {
    somebody(await people.me());
  } catch (error) {
    const problem = as_problem(error);
    if (problem.status === 401) nobody();
    else who.value = { state: 'unknown', problem };
  }
}

/** Another tab signed in or out. What was shown to one person is not kept for the next. */
async function look_again(): Promise<void> {
  const before = me.value?.id;
  await ask_who();
  if (before && me.value?.id !== before) window.location.reload();
}

export function signed_in(person: Me): void {
  somebody(person);
  tell_people_changed();
}

export async function sign_out(): Promise<void> {
  leave_stream();
  try {
    await people.sign_out();
  } catch (error) {
    join_stream();
    throw error;
  }
  tell_people_changed();
  // A fresh page: nothing of the last person stays in memory.
  window.location.assign('/sign-in');
}

export function start_session(): void {
  open_channel(() => void look_again());
  when_unauthenticated(nobody);
  on('signed_out', nobody);
  void ask_who();
}
