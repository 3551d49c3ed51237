// SPDX-License-Identifier: MIT
// What happened with a client, newest first.
import { crm } from '../api';
import type { TimelineEntry } from '../api/types';
import { Icon, type IconName } from '../kit/icon';
import { ProblemNote, Skeleton } from '../kit/note';
import { use_pages } from '../kit/pages';
import { More } from '../kit/table';
import { When } from '../kit/when';

const icons: Record<TimelineEntry['kind'], IconName> = { interaction: 'chat', case: 'cases', evidence: 'quote', change: 'edit' };

export function Timeline({ client_id, version }: { client_id: string; version: string }) {
  const entries = use_pages(`${client_id}|${version}`, (after) => crm.timeline(client_id, after));
  return (
    <section class="card">
      <h2>Timeline</h2>
      <ProblemNote of={entries} />
      {!entries.value && !entries.problem && <Skeleton lines={4} />}
      {entries.value && entries.items.length === 0 && <p class="muted">Nothing has happened yet.</p>}
      <ol class="timeline">
        {entries.items.map((entry) => (
          <li key={`${entry.kind}${entry.id}`}>
            <span class="timeline-icon">
              <Icon name={icons[entry.kind]} />
            </span>
            <div>
              <p class="timeline-title">
                <span dir="auto">{entry.title}</span>
                <When at={entry.at} />
              </p>
              {entry.detail && (
                <p class="muted" dir="auto">
                  {entry.detail}
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
      <More of={entries} />
    </section>
  );
}
