// SPDX-License-Identifier: MIT
// Line icons on a 16 px grid, drawn in the colour of the text. Never the only sign of anything: words stand beside or in a label.

const shapes = {
  chat: 'M2.5 3.5h11v7.5h-6l-3 2.5v-2.5h-2z',
  clients: 'M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 13.5c.4-2.6 2.3-4 5-4s4.6 1.4 5 4',
  cases: 'M2.5 5.5h11v7.5h-11zM6 5.5V3.5h4v2M2.5 8.8h11',
  types: 'M3 4h10M3 8h10M3 12h6',
  dashboard: 'M3 13V8.5M6.5 13V3M10 13V6.5M13.5 13v-3',
  people: 'M6 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4ZM1.8 12.8c.3-2.3 1.9-3.5 4.2-3.5s3.9 1.2 4.2 3.5M10.5 7.3a2 2 0 1 0-.6-3.9M11.8 9.5c1.4.4 2.2 1.5 2.4 3.3',
  account: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 8.3a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM4.2 12.6c.6-1.7 2-2.4 3.8-2.4s3.2.7 3.8 2.4',
  plus: 'M8 3v10M3 8h10',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.3 10.3l3.2 3.2',
  send: 'M8 13V3.5M4 7.3l4-4 4 4',
  stop: 'M4.5 4.5h7v7h-7z',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  back: 'M9.8 3.5 5.3 8l4.5 4.5',
  forward: 'M6.2 3.5 10.7 8l-4.5 4.5',
  down: 'M8 3v10M4 9l4 4 4-4',
  close: 'M4 4l8 8M12 4l-8 8',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  sun: 'M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  moon: 'M13 9.6A5.5 5.5 0 0 1 6.4 3a5.5 5.5 0 1 0 6.6 6.6Z',
  system: 'M2.5 3.5h11v7.5h-11zM5.5 13.5h5M8 11v2.5',
  edit: 'M3 13l.6-2.6 7-7 2 2-7 7ZM9.3 4.7l2 2',
  trash: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5M6.8 7v3.7M9.2 7v3.7',
  spark: 'M8 2.5 9.3 6.7 13.5 8 9.3 9.3 8 13.5 6.7 9.3 2.5 8 6.7 6.7Z',
  copy: 'M5.5 5.5h7.5V13H5.5ZM3 10.5V3h7.5',
  quote: 'M3 9.5V7c0-2 1-3 3-3.3M3 9.5h3v-3H3M9 9.5V7c0-2 1-3 3-3.3M9 9.5h3v-3H9',
  warn: 'M8 2.5 14 13H2ZM8 6.5v3M8 11.3h.01',
  check: 'M3.5 8.5l3 3 6-7',
  dot: 'M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3Z',
  up: 'M4 10l4-4 4 4',
  exit: 'M6.5 3H3v10h3.5M7 8h6.5M11 5.5 13.5 8 11 10.5',
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
      <path d={shapes[name]} />
    </svg>
  );
}
