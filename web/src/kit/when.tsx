// SPDX-License-Identifier: MIT
import { ago, full_time, short_day, time_of_day } from './time';

/** A time, short on the page, whole when pointed at. */
export function When({ at, as = 'ago' }: { at: string; as?: 'ago' | 'day' | 'clock' }) {
  const text = as === 'ago' ? ago(at) : as === 'day' ? short_day(at) : time_of_day(at);
  return (
    <time class="when" dateTime={at} title={full_time(at)}>
      {text}
    </time>
  );
}
