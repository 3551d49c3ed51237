// SPDX-License-Identifier: MIT
// How things stand, renewed by itself: one question after the other, none while nobody looks.
import { useEffect, useState } from 'preact/hooks';
import { dashboard } from '../api';
import { as_problem, passes_by_itself, type Problem } from '../api/problem';
import type { ActivityDay, MirrorState, PoolStats, Stats } from '../api/types';
import { pause } from '../events/backoff';
import { Select } from '../kit/input';
import { ProblemNote, Skeleton } from '../kit/note';
import { Page } from '../kit/page';
import { count } from '../kit/time';
import { query, set_query } from '../shell/location';
import { ActivityCard } from './activity';
import { keep_asking } from './every';
import { MirrorCard } from './mirror';
import { PoolCard } from './pool';

const every_ms = 3000;

interface Board {
  stats: Stats | null;
  pool: PoolStats | null;
  mirror: MirrorState | null;
  days: ActivityDay[] | null;
  problem: Problem | null;
}

function looked_at(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState !== 'visible' && !stop.aborted) return;
      document.removeEventListener('visibilitychange', look);
      resolve();
    };
    document.addEventListener('visibilitychange', look);
    stop.addEventListener('abort', look, { once: true });
    look();
  });
}

function use_board(days: number): [Board, again: () => void] {
  const [board, set_board] = useState<Board>({ stats: null, pool: null, mirror: null, days: null, problem: null });
  const [round, set_round] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    const put = (part: Partial<Board>) => !stop.signal.aborted && set_board((before) => ({ ...before, ...part }));
    const ask = async (signal: AbortSignal) => {
      try {
        put({ stats: await dashboard.stats(signal), problem: null });
        put({ pool: await dashboard.pool(signal) });
        put({ days: (await dashboard.activity(days, signal)).days });
        put({ mirror: await dashboard.mirror(signal) });
      } catch (error) {
        put({ problem: as_problem(error) });
      }
    };
    void keep_asking({ ask, every_ms, pause, looked_at }, stop.signal);
    return () => stop.abort();
  }, [days, round]);
  return [board, () => set_round((before) => before + 1)];
}

function Kpi({ name, value, note }: { name: string; value: number; note?: string }) {
  return (
    <div class="kpi card">
      <dt>{name}</dt>
      <dd>
        {count(value)}
        {note && <span class="kpi-note">{note}</span>}
      </dd>
    </div>
  );
}

function Kpis({ stats }: { stats: Stats }) {
  return (
    <dl class="kpis">
      <Kpi name="Conversations" value={stats.conversations} note={`${count(stats.conversations_today)} today`} />
      <Kpi name="Messages" value={stats.messages} note={`${count(stats.messages_today)} today`} />
      <Kpi name="Answers now" value={stats.running_runs} />
      <Kpi name="Clients" value={stats.clients} />
      <Kpi name="Open cases" value={stats.open_cases} />
      <Kpi name="People" value={stats.users} />
    </dl>
  );
}

const periods = [
  ['7', '7 days'],
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'A year'],
] as const;

export function DashboardPage() {
  const days = query.value.get('days') ?? '7';
  const [board, again] = use_board(Math.min(365, Math.max(1, Number(days) || 7)));
  const [retry_at, set_retry] = useState<number | null>(null);
  useEffect(() => set_retry(board.problem && passes_by_itself(board.problem) ? Date.now() + every_ms : null), [board.problem]);

  return (
    <Page
      title="Dashboard"
      lead="Renewed every few seconds."
      actions={<Select label="Period" value={days} options={periods} change={(value) => set_query({ days: value === '7' ? '' : value })} />}
    >
      <ProblemNote of={{ problem: board.problem, retry_at, again }} />
      {!board.stats && !board.problem && <Skeleton lines={9} />}
      {board.stats && <Kpis stats={board.stats} />}
      {board.days && <ActivityCard days={board.days} />}
      <div class="halves">
        {board.pool && <PoolCard pool={board.pool} />}
        {board.mirror && <MirrorCard mirror={board.mirror} />}
      </div>
    </Page>
  );
}
