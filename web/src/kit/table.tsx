// SPDX-License-Identifier: MIT
// A plain table that scrolls sideways inside itself; on a phone each row becomes a small card.
import type { ComponentChildren } from 'preact';
import type { Paged } from './pages';

export interface Column<T> {
  name: string;
  cell: (item: T) => ComponentChildren;
  number?: boolean;
}

interface TableProps<T> {
  label: string;
  columns: Column<T>[];
  items: T[];
}

export function Table<T extends { id: string }>({ label, columns, items }: TableProps<T>) {
  return (
    <table class="table" aria-label={label}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.name} scope="col" class={column.number ? 'number' : ''}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.id}>
            {columns.map((column) => (
              <td key={column.name} data-name={column.name} class={column.number ? 'number' : ''}>
                {column.cell(item)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function More({ of }: { of: Pick<Paged<{ id: string }>, 'more' | 'loading_more'> }) {
  if (of.loading_more) return <p class="more-note">Loading…</p>;
  return of.more && (
    <button class="link more" onClick={of.more}>
      Show more
    </button>
  );
}
