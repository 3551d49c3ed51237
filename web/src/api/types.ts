// SPDX-License-Identifier: MIT
// What the server says, as it says it: one type per object of /api/v1, field names untouched.

export type Role = 'customer' | 'staff' | 'admin';

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Me {
  id: string;
  name: string;
  email: string;
  role: Role;
  tenant_id: string;
  created_at: string;
}

export interface User {
  id: string;
  name: string;
  email: string;
  role: Role;
  status: 'pending' | 'active';
  created_at: string;
}

export interface Session {
  id: string;
  created_at: string;
  last_seen_at: string;
  peer: string;
  user_agent: string;
  current: boolean;
}

export interface Conversation {
  id: string;
  title: string | null;
  title_source: 'default' | 'auto' | 'user';
  agent_type: string;
  preview: string;
  message_count: number;
  last_seq: number;
  created_at: string;
  last_message_at: string | null;
}

export interface Message {
  id: string;
  conversation_id: string;
  seq: number;
  sender: 'user' | 'bot';
  content: string;
  agent_type: string | null;
  run_id: string | null;
  created_at: string;
}

export type RunStatus = 'running' | 'finished' | 'failed' | 'stopped';

export interface Run {
  id: string;
  conversation_id: string;
  status: RunStatus;
  reason: string | null;
  agent_type: string;
  text: string;
  last_seq: number;
  started_at: string;
  ended_at: string | null;
}

export interface Delta {
  run_id: string;
  conversation_id: string;
  seq: number;
  text: string;
}

export interface RunEnd {
  run: Run;
  message: Message | null;
}

export type ClientStatus = 'prospect' | 'active' | 'inactive' | 'lead' | 'completed' | 'lost';

export interface Client {
  id: string;
  full_name: string;
  email: string | null;
  phone: string | null;
  nationality: string | null;
  company: string | null;
  status: ClientStatus;
  client_type: 'individual' | 'company';
  assigned_to: string | null;
  notes: string | null;
  tags: string[];
  first_contact_at: string | null;
  last_interaction_at: string | null;
  created_at: string;
  created_by: string;
}

export interface Evidence {
  id: string;
  field: string;
  value: string;
  conversation_id: string | null;
  message_id: string | null;
  message_seq: number | null;
  start: number;
  end: number;
  quote: string;
  method: string;
  confidence: number;
  recorded_at: string;
}

export interface Money {
  amount: number;
  currency: string;
}

export interface CaseType {
  id: string;
  code: string;
  name: string;
  category: string;
  description: string | null;
  keywords: string[];
  base_price: Money | null;
  active: boolean;
}

export type CaseStatus =
  | 'inquiry'
  | 'quotation_sent'
  | 'payment_pending'
  | 'in_progress'
  | 'waiting_documents'
  | 'submitted_to_gov'
  | 'approved'
  | 'completed'
  | 'cancelled';

export type Priority = 'low' | 'normal' | 'high' | 'urgent';

export interface Case {
  id: string;
  client_id: string;
  client_name: string;
  case_type_code: string;
  case_type_name: string;
  status: CaseStatus;
  priority: Priority;
  assigned_to: string | null;
  notes: string | null;
  quoted_price: Money | null;
  created_at: string;
  created_by: string;
}

export interface Interaction {
  id: string;
  client_id: string;
  case_id: string | null;
  conversation_id: string | null;
  interaction_type: string;
  channel: string;
  subject: string | null;
  summary: string;
  direction: 'inbound' | 'outbound';
  team_member: string;
  interaction_at: string;
  created_at: string;
}

export interface ClientConversation {
  id: string;
  title: string | null;
  last_message_at: string | null;
  message_count: number;
}

export interface ClientRecord {
  client: Client;
  evidence: Evidence[];
  cases: Case[];
  interactions: Interaction[];
  conversations: ClientConversation[];
}

export interface TimelineEntry {
  at: string;
  kind: 'interaction' | 'case' | 'evidence' | 'change';
  title: string;
  detail: string | null;
  id: string;
}

export interface Transcript {
  conversation: Conversation;
  messages: Message[];
  evidence: Evidence[];
}

export interface Stats {
  users: number;
  conversations: number;
  messages: number;
  conversations_today: number;
  messages_today: number;
  clients: number;
  open_cases: number;
  running_runs: number;
}

export interface ActivityDay {
  date: string;
  messages: number;
  conversations: number;
}

export interface Holder {
  place: string;
  age_ms: number;
  statement: string;
  task: string;
}

export interface PoolStats {
  engine: string;
  description: string;
  size: number;
  idle: number;
  in_use: number;
  opening: number;
  closing: number;
  waiting: number;
  min_size: number;
  max_size: number;
  acquired: number;
  acquire_timeouts: number;
  wait_max_ms: number;
  hold_max_ms: number;
  broken: number;
  holders: Holder[];
}

export interface DeadLetter {
  id: string;
  conversation_id: string;
  seq: number;
  error: string;
  attempts: number;
  dead_at: string;
}

export interface MirrorState {
  enabled: boolean;
  state: 'off' | 'ok' | 'retrying' | 'unreachable';
  backlog: number;
  lag_seconds: number;
  delivered: number;
  dead: number;
  last_error: string | null;
  next_attempt_at: string | null;
  dead_letters: DeadLetter[];
}
