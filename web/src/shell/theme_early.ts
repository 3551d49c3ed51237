// SPDX-License-Identifier: MIT
// Runs before the first paint, so that a dark page does not flash white. A file of its own: the page allows no inline code.
try {
  const chosen = localStorage.getItem('theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen;
} catch {
  // Storage switched off: the system's theme.
}
