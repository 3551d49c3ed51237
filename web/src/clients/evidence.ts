// SPDX-License-Identifier: MIT
// Which sentences speak for a value as it stands now. Pure.
import type { Evidence } from '../api/types';

const plain = (text: string) => text.trim().toLocaleLowerCase();
const digits = (text: string) => text.replace(/\D/g, '');

function says(evidence: Evidence, value: string): boolean {
  if (plain(evidence.value) === plain(value)) return true;
  return evidence.field === 'phone' && digits(value) !== '' && digits(evidence.value) === digits(value);
}

/** The surest first, at most three, each sentence once. What spoke for another value is left out. */
export function evidence_for(all: readonly Evidence[], field: string, value: string | null): Evidence[] {
  if (!value) return [];
  const of_field = all.filter((one) => one.field === field && says(one, value));
  const seen = new Set<string>();
  return of_field
    .sort((a, b) => b.confidence - a.confidence || b.recorded_at.localeCompare(a.recorded_at))
    .filter((one) => !seen.has(one.quote) && seen.add(one.quote))
    .slice(0, 3);
}
