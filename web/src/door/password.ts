// SPDX-License-Identifier: MIT
// The rules for a password, shown while it is typed. The server has the last word (it also knows the commonest ones).

export interface Rule {
  text: string;
  kept: boolean;
}

export function password_rules(password: string): Rule[] {
  const length = [...password].length;
  return [
    { text: 'at least 8 characters', kept: length >= 8 && length <= 200 },
    { text: 'an upper-case letter', kept: /\p{Lu}/u.test(password) },
    { text: 'a lower-case letter', kept: /\p{Ll}/u.test(password) },
    { text: 'a digit', kept: /\d/.test(password) },
  ];
}

export const password_fits = (password: string): boolean => password_rules(password).every((rule) => rule.kept);
