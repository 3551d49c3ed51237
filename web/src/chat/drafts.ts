// SPDX-License-Identifier: MIT
// What is being written survives a reload of its tab. Storage may be switched off; then it does not.

const name = (conversation: string) => `draft:${conversation || 'new'}`;

export function draft_of(conversation: string): string {
  try {
    return sessionStorage.getItem(name(conversation)) ?? '';
  } catch {
    return '';
  }
}

export function keep_draft(conversation: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(name(conversation), text);
    else sessionStorage.removeItem(name(conversation));
  } catch {
    // Without storage the text lives as long as the page.
  }
}
