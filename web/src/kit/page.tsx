// SPDX-License-Identifier: MIT
// The frame of every page but the chat: a title, what can be done, the content.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

export function use_title(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Trunkline` : 'Trunkline';
  }, [title]);
}

interface PageProps {
  title: string;
  lead?: ComponentChildren;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Page({ title, lead, actions, children }: PageProps) {
  use_title(title);
  return (
    <div class="page">
      <header class="page-head">
        <div>
          <h1>{title}</h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}
