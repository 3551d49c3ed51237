// SPDX-License-Identifier: MIT
// The words for the server's codes.
import type { CaseStatus, ClientStatus, MirrorState, Priority } from '../api/types';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'plain';

/** "waiting_documents": "Waiting documents"; codes without better words of their own. */
export const plain = (code: string): string => {
  const text = code.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

export const client_statuses: Record<ClientStatus, Tone> = {
  prospect: 'info',
  lead: 'info',
  active: 'good',
  completed: 'plain',
  inactive: 'plain',
  lost: 'bad',
};

export const case_statuses: Record<CaseStatus, { label: string; tone: Tone }> = {
  inquiry: { label: 'Inquiry', tone: 'info' },
  quotation_sent: { label: 'Quotation sent', tone: 'info' },
  payment_pending: { label: 'Payment pending', tone: 'warn' },
  in_progress: { label: 'In progress', tone: 'info' },
  waiting_documents: { label: 'Waiting for documents', tone: 'warn' },
  submitted_to_gov: { label: 'Submitted to authority', tone: 'info' },
  approved: { label: 'Approved', tone: 'good' },
  completed: { label: 'Completed', tone: 'good' },
  cancelled: { label: 'Cancelled', tone: 'plain' },
};

export const priorities: Record<Priority, Tone> = { low: 'plain', normal: 'plain', high: 'warn', urgent: 'bad' };

export const mirror_states: Record<MirrorState['state'], { label: string; tone: Tone }> = {
  off: { label: 'Off', tone: 'plain' },
  ok: { label: 'Up to date', tone: 'good' },
  retrying: { label: 'Trying again', tone: 'warn' },
  unreachable: { label: 'Unreachable', tone: 'bad' },
};

/** Evidence says "full_name"; people say "name". */
export function field_name(field: string): string {
  if (field === 'full_name') return 'name';
  return field === 'email' ? 'e-mail' : field.replaceAll('_', ' ');
}

export function money(value: { amount: number; currency: string } | null): string {
  if (!value) return '–';
  try {
    const format = new Intl.NumberFormat(undefined, { style: 'currency', currency: value.currency });
    return format.format(value.amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  } catch {
    return `${value.amount} ${value.currency}`;
  }
}
