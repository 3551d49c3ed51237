// SPDX-License-Identifier: MIT
// The pages: path, name, who may see it, and where its code is. Only the chat comes with the first load.
import type { ComponentType } from 'preact';
import type { IconName } from '../kit/icon';
import type { Params } from './router_match';

export type Needs = 'nobody' | 'somebody' | 'staff' | 'admin';
export type PageView = ComponentType<{ params: Params }>;

export interface PageRoute {
  path: string;
  needs: Needs;
  load?: () => Promise<PageView>;
}

const door = () => import('../door/pages');
const inside = () => import('./inside');

export const routes: readonly PageRoute[] = [
  { path: '/', needs: 'somebody' },
  { path: '/c/:id', needs: 'somebody' },
  { path: '/setup', needs: 'nobody', load: async () => (await door()).SetupPage },
  { path: '/sign-in', needs: 'nobody', load: async () => (await door()).SignInPage },
  { path: '/register', needs: 'nobody', load: async () => (await door()).RegisterPage },
  { path: '/clients', needs: 'staff', load: async () => (await inside()).ClientsPage },
  { path: '/clients/:id', needs: 'staff', load: async () => (await inside()).ClientPage },
  { path: '/clients/:id/c/:conversation', needs: 'staff', load: async () => (await inside()).TranscriptPage },
  { path: '/cases', needs: 'staff', load: async () => (await inside()).CasesPage },
  { path: '/case-types', needs: 'staff', load: async () => (await inside()).CaseTypesPage },
  { path: '/dashboard', needs: 'staff', load: async () => (await inside()).DashboardPage },
  { path: '/people', needs: 'admin', load: async () => (await inside()).PeoplePage },
  { path: '/account', needs: 'somebody', load: async () => (await inside()).AccountPage },
];

export interface NavEntry {
  path: string;
  name: string;
  icon: IconName;
  needs: Needs;
}

export const nav: readonly NavEntry[] = [
  { path: '/', name: 'Chat', icon: 'chat', needs: 'somebody' },
  { path: '/clients', name: 'Clients', icon: 'clients', needs: 'staff' },
  { path: '/cases', name: 'Cases', icon: 'cases', needs: 'staff' },
  { path: '/case-types', name: 'Case types', icon: 'types', needs: 'staff' },
  { path: '/dashboard', name: 'Dashboard', icon: 'dashboard', needs: 'staff' },
  { path: '/people', name: 'People', icon: 'people', needs: 'admin' },
  { path: '/account', name: 'Account', icon: 'account', needs: 'somebody' },
];
