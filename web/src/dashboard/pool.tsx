// SPDX-License-Identifier: MIT
// The database pool: how many connections are lent, to whom, since when.
import type { Holder, PoolStats } from '../api/types';
import { Badge } from '../kit/note';
import { Table, type Column } from '../kit/table';
import { count, duration } from '../kit/time';

const columns: Column<Holder & { id: string }>[] = [
  { name: 'Place', cell: (one) => <code>{one.place}</code> },
  { name: 'Since', number: true, cell: (one) => duration(one.age_ms) },
  { name: 'Doing', cell: (one) => <span title={one.statement}>{one.task || one.statement}</span> },
];

function Gauge({ pool }: { pool: PoolStats }) {
  const share = (part: number) => ({ width: `${(100 * part) / Math.max(pool.max_size, 1)}%` });
  const text = `${pool.in_use} in use, ${pool.idle} idle, of at most ${pool.max_size}; ${pool.waiting} waiting`;
  return (
    <div class="gauge" role="img" aria-label={text}>
      <span class="gauge-used" style={share(pool.in_use)} />
      <span class="gauge-opening" style={share(pool.opening)} />
      <span class="gauge-idle" style={share(pool.idle)} />
    </div>
  );
}

export function PoolCard({ pool }: { pool: PoolStats }) {
  const holders = pool.holders.map((one, at) => ({ ...one, id: `${one.place}${at}` }));
  return (
    <section class="card">
      <header class="card-head">
        <h2>Database pool</h2>
        {pool.waiting > 0 ? <Badge tone="warn">{pool.waiting} waiting</Badge> : <Badge tone="good">Nobody waits</Badge>}
      </header>
      <p class="muted">{pool.description || pool.engine}</p>
      <Gauge pool={pool} />
      <dl class="facts">
        <div>
          <dt>In use</dt>
          <dd>
            {pool.in_use} of {pool.max_size}
          </dd>
        </div>
        <div>
          <dt>Idle</dt>
          <dd>{pool.idle}</dd>
        </div>
        <div>
          <dt>Lent so far</dt>
          <dd>{count(pool.acquired)}</dd>
        </div>
        <div>
          <dt>Gave up waiting</dt>
          <dd>{count(pool.acquire_timeouts)}</dd>
        </div>
        <div>
          <dt>Longest wait</dt>
          <dd>{duration(pool.wait_max_ms)}</dd>
        </div>
        <div>
          <dt>Longest held</dt>
          <dd>{duration(pool.hold_max_ms)}</dd>
        </div>
      </dl>
      {holders.length > 0 ? <Table label="Who holds a connection" columns={columns} items={holders} /> : <p class="muted">Nobody holds a connection now.</p>}
    </section>
  );
}
