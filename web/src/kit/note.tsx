// SPDX-License-Identifier: MIT
// What a page says instead of content: a problem with its way out, emptiness with the next step, or the shape of what comes.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { words } from '../api/problem';
import { Icon, type IconName } from './icon';
import type { Loaded } from './load';

/** Counts down to `until`; null when there is nothing to wait for. */
export function use_seconds_until(until: number | null): number | null {
  const [, tick] = useState(0);
  useEffect(() => {
    if (until === null) return;
    const timer = setInterval(() => tick((before) => before + 1), 500);
    return () => clearInterval(timer);
  }, [until]);
  return until === null ? null : Math.max(1, Math.ceil((until - Date.now()) / 1000));
}

export function ProblemNote({ of }: { of: Pick<Loaded<unknown>, 'problem' | 'retry_at' | 'again'> }) {
  const seconds = use_seconds_until(of.retry_at);
  if (!of.problem) return null;
  return (
    <div class="note problem" role="alert">
      <Icon name="warn" />
      <span>{words(of.problem, seconds, navigator.onLine)}</span>
      <button onClick={of.again}>Try now</button>
    </div>
  );
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      <div class="empty-text">{children}</div>
    </div>
  );
}

export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, at) => (
        <span key={at} class={`bone bone-${at % 3}`} />
      ))}
    </div>
  );
}

/** A word for a state, with a colour that only repeats it. */
export function Badge({ tone, children }: { tone: 'good' | 'warn' | 'bad' | 'info' | 'plain'; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}
