// SPDX-License-Identifier: MIT
// Every route the browser uses, by name.
import { request, type Ask } from './request';
import type * as t from './types';

type Filter = NonNullable<Ask['query']>;
const get = <T>(path: string, query?: Filter, signal?: AbortSignal) => request<T>('GET', path, { query, signal });
const post = <T>(path: string, body?: object, idempotency_key?: string) => request<T>('POST', path, { body, idempotency_key });

export interface NewPerson {
  name: string;
  email: string;
  password: string;
}

export const people = {
  setup: () => get<{ needed: boolean }>('/setup'),
  set_up: (body: NewPerson & { code: string }) => post<t.Me>('/setup', body),
  registration: () => get<{ mode: 'closed' | 'approve' | 'open' }>('/auth/registration'),
  register: (body: NewPerson) => post<{ status: 'active' | 'pending' }>('/auth/register', body),
  sign_in: (body: { email: string; password: string }) => post<t.Me>('/auth/login', body),
  sign_out: () => post<null>('/auth/logout'),
  me: () => get<t.Me>('/auth/me'),
  sessions: (after?: string) => get<t.Page<t.Session>>('/auth/sessions', { after }),
  revoke: (id: string) => request<null>('DELETE', `/auth/sessions/${id}`),
  users: (status: 'pending' | 'active', after?: string) => get<t.Page<t.User>>('/admin/users', { status, after }),
  approve: (id: string) => post<t.User>(`/admin/users/${id}/approve`),
  set_role: (id: string, role: t.Role) => post<t.User>(`/admin/users/${id}/role`, { role }),
};

export const conversations = {
  list: (after?: string | null, limit = 50) => get<t.Page<t.Conversation>>('/conversations', { after, limit }),
  get: (id: string) => get<t.Conversation>(`/conversations/${id}`),
  create: (key: string) => post<t.Conversation>('/conversations', {}, key),
  rename: (id: string, title: string) => request<t.Conversation>('PUT', `/conversations/${id}`, { body: { title } }),
  remove: (id: string, keepalive = false) => request<null>('DELETE', `/conversations/${id}`, { keepalive }),
  generate_title: (id: string) => post<t.Conversation>(`/conversations/${id}/generate-title`),
  newest: (id: string, limit = 50) => get<t.Page<t.Message>>(`/conversations/${id}/messages`, { limit }),
  older: (id: string, before: string) => get<t.Page<t.Message>>(`/conversations/${id}/messages`, { limit: 50, before }),
  since: (id: string, seq: number) => get<t.Page<t.Message>>(`/conversations/${id}/messages`, { limit: 200, after: seq }),
};

export const chat = {
  send: (body: { conversation_id: string; content: string }, key: string) =>
    post<{ run: t.Run; message: t.Message }>('/chat/send', body, key),
  run: (id: string) => get<t.Run>(`/chat/runs/${id}`),
  running: (conversation_id: string) => get<t.Page<t.Run>>('/chat/runs', { conversation_id }),
  stop: (id: string) => post<t.Run>(`/chat/runs/${id}/stop`),
  go_on: (id: string, key: string) => post<{ run: t.Run; message: null }>(`/chat/runs/${id}/continue`, {}, key),
  watch: (tab: string, runs: string[], keepalive = false) =>
    request<null>('POST', '/events/watch', { body: { tab, runs }, keepalive }),
};

export interface NewClient {
  full_name: string;
  email?: string;
  phone?: string;
  company?: string;
}

export type ClientPatch = Partial<Pick<t.Client, 'full_name' | 'email' | 'phone' | 'nationality' | 'company' | 'status' | 'assigned_to' | 'notes'>>;

export const crm = {
  clients: (query: Filter, signal?: AbortSignal) => get<t.Page<t.Client>>('/crm/clients', query, signal),
  create_client: (body: NewClient, key: string) => post<t.Client>('/crm/clients', body, key),
  client: (id: string) => get<t.ClientRecord>(`/crm/clients/${id}`),
  change_client: (id: string, body: ClientPatch) => request<t.Client>('PATCH', `/crm/clients/${id}`, { body }),
  timeline: (id: string, after?: string) => get<t.Page<t.TimelineEntry>>(`/crm/clients/${id}/timeline`, { limit: 30, after }),
  transcript: (client: string, conversation: string) => get<t.Transcript>(`/crm/clients/${client}/conversations/${conversation}`),
  case_types: () => get<t.Page<t.CaseType>>('/crm/case-types'),
  create_case_type: (body: { code: string; name: string; category: string; keywords: string[] }) => post<t.CaseType>('/crm/case-types', body),
  change_case_type: (id: string, body: { active: boolean }) => request<t.CaseType>('PATCH', `/crm/case-types/${id}`, { body }),
  cases: (query: Filter, signal?: AbortSignal) => get<t.Page<t.Case>>('/crm/cases', query, signal),
  create_case: (body: { client_id: string; case_type_code: string }, key: string) => post<t.Case>('/crm/cases', body, key),
  change_case: (id: string, body: { status?: t.CaseStatus; priority?: t.Priority }) => request<t.Case>('PATCH', `/crm/cases/${id}`, { body }),
};

export const dashboard = {
  stats: (signal: AbortSignal) => get<t.Stats>('/dashboard/stats', {}, signal),
  activity: (days: number, signal: AbortSignal) => get<{ days: t.ActivityDay[] }>('/dashboard/activity', { days }, signal),
  pool: (signal: AbortSignal) => get<t.PoolStats>('/dashboard/pool', {}, signal),
  mirror: (signal: AbortSignal) => get<t.MirrorState>('/mirror', {}, signal),
};
