// SPDX-License-Identifier: MIT
// The copy of each message in somebody else's database: how far behind, and what could not be delivered.
import type { DeadLetter, MirrorState } from '../api/types';
import { Icon } from '../kit/icon';
import { Badge } from '../kit/note';
import { Table, type Column } from '../kit/table';
import { ago, count, duration } from '../kit/time';
import { When } from '../kit/when';
import { mirror_states } from '../kit/words';

const columns: Column<DeadLetter>[] = [
  { name: 'Message', cell: (one) => `${one.conversation_id.slice(0, 8)}… no. ${one.seq}` },
  { name: 'Why', cell: (one) => one.error },
  { name: 'Tries', number: true, cell: (one) => one.attempts },
  { name: 'Given up', cell: (one) => <When at={one.dead_at} /> },
];

function Off() {
  return (
    <p class="muted">
      Messages are copied to another system's MySQL table when the server is started with <code>CRM_MYSQL_ENABLED=true</code> and its companions. Saving never
      waits for the copy.
    </p>
  );
}

export function MirrorCard({ mirror }: { mirror: MirrorState }) {
  const { label, tone } = mirror_states[mirror.state];
  return (
    <section class="card">
      <header class="card-head">
        <h2>Mirror</h2>
        <Badge tone={tone}>{label}</Badge>
      </header>
      {mirror.state === 'off' ? (
        <Off />
      ) : (
        <>
          <dl class="facts">
            <div>
              <dt>Behind</dt>
              <dd>{duration(mirror.lag_seconds * 1000)}</dd>
            </div>
            <div>
              <dt>Still to copy</dt>
              <dd>{count(mirror.backlog)}</dd>
            </div>
            <div>
              <dt>Copied</dt>
              <dd>{count(mirror.delivered)}</dd>
            </div>
            <div>
              <dt>Not deliverable</dt>
              <dd>{count(mirror.dead)}</dd>
            </div>
          </dl>
          {mirror.last_error && (
            <p class="note problem">
              <Icon name="warn" />
              <span>
                {mirror.last_error}
                {mirror.next_attempt_at && ` Next try: ${ago(mirror.next_attempt_at)}`}
              </span>
            </p>
          )}
          {mirror.dead_letters.length > 0 && <Table label="Messages that could not be copied" columns={columns} items={mirror.dead_letters} />}
        </>
      )}
    </section>
  );
}
