// SPDX-License-Identifier: MIT
// Messages and conversations by day. The drawing comes on demand; its numbers stand in a table for those who cannot see it.
import { useEffect, useRef } from 'preact/hooks';
import type { ActivityDay } from '../api/types';
import { count } from '../kit/time';
import { theme } from '../shell/theme';
import type { Chart } from './chart';

const total = (days: ActivityDay[], of: 'messages' | 'conversations') => days.reduce((sum, day) => sum + day[of], 0);

export function ActivityCard({ days }: { days: ActivityDay[] }) {
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | null>(null);
  const latest = useRef(days);
  latest.current = days;
  const look = theme.value;

  useEffect(() => {
    let gone = false;
    void import('./chart').then(({ draw }) => {
      if (!gone && box.current) chart.current = draw(box.current, latest.current);
    });
    return () => {
      gone = true;
      chart.current?.destroy();
      chart.current = null;
    };
  }, [look]);
  useEffect(() => chart.current?.update(days), [days]);

  return (
    <section class="card">
      <header class="card-head">
        <h2>Activity</h2>
        <p class="legend-line muted">
          <span class="key key-messages">{count(total(days, 'messages'))} messages</span>
          <span class="key key-conversations">{count(total(days, 'conversations'))} conversations</span>
        </p>
      </header>
      <div class="chart" ref={box} aria-hidden="true" />
      <table class="hidden">
        <caption>Activity by day</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">Messages</th>
            <th scope="col">Conversations</th>
          </tr>
        </thead>
        <tbody>
          {days.map((day) => (
            <tr key={day.date}>
              <th scope="row">{day.date}</th>
              <td>{day.messages}</td>
              <td>{day.conversations}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
