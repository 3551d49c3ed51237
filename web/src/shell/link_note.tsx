// SPDX-License-Identifier: MIT
// Says when the page is not up to date, and until when; says nothing when all is well.
import { useEffect, useState } from 'preact/hooks';
import { link } from '../events/leader';
import { Icon } from '../kit/icon';
import { use_seconds_until } from '../kit/note';

/** A short interruption (a restart, a change of network) is not worth a word. */
const grace_ms = 1500;

export function LinkNote() {
  const now = link.value;
  const broken = now.state === 'waiting';
  const [late, set_late] = useState(false);
  const seconds = use_seconds_until(now.state === 'waiting' ? now.until : null);

  useEffect(() => {
    if (now.state === 'live') return set_late(false);
    if (!broken) return;
    const timer = setTimeout(() => set_late(true), grace_ms);
    return () => clearTimeout(timer);
  }, [now.state]);

  if (!late || now.state === 'live') return null;
  const why = now.state === 'waiting' ? now.why.replace(/trying again in \d+ s/, `trying again in ${seconds ?? 1} s`) : 'Connecting…';
  return (
    <div class="link-note" role="status">
      <Icon name="warn" />
      <span>{why}</span>
    </div>
  );
}

/** The quiet sign in the navigation. */
export function LinkDot() {
  const state = link.value.state;
  const text = state === 'live' ? 'Live' : state === 'connecting' ? 'Connecting' : 'Not connected';
  return (
    <span class={`link-dot ${state}`} title={text}>
      <i aria-hidden="true" />
      <span class="nav-name">{text}</span>
    </span>
  );
}
