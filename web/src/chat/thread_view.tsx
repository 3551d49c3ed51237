// SPDX-License-Identifier: MIT
// The middle of the chat: head, lines, composer.
import { useComputed } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { on } from '../events/bus';
import { Icon } from '../kit/icon';
import { Empty, ProblemNote, Skeleton } from '../kit/note';
import { toast } from '../kit/toast';
import { go } from '../shell/location';
import { is_staff } from '../shell/session';
import { Composer } from './composer';
import { BotLine, PendingLine, UserLine } from './line';
import { use_scroll } from './scroll';
import { Speaker } from './speaker';
import type { Thread } from './thread';
import { shown } from './thread_merge';
import { ThreadHead } from './thread_head';

const day_format = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

function Day({ at }: { at: string }) {
  return (
    <div class="day" role="separator">
      <span>{day_format.format(new Date(at))}</span>
    </div>
  );
}

interface LinesProps {
  thread: Thread;
  take_back: (text: string) => void;
}

/** One flat list with keys, so that an answer that is finished stays the element in which it was written. */
function Lines({ thread, take_back }: LinesProps) {
  const { messages, pending } = thread.lines.value;
  const endings = thread.endings.value;
  const answered = new Set(messages.flatMap((one) => (one.sender === 'bot' && one.run_id ? [one.run_id] : [])));
  const lines: VNode[] = [];
  let day = '';
  for (const message of messages) {
    const its_day = new Date(message.created_at).toDateString();
    if (its_day !== day) lines.push(<Day key={`d${its_day}`} at={message.created_at} />);
    day = its_day;
    const run = message.sender === 'bot' ? message.run_id : null;
    if (message.sender === 'user') lines.push(<UserLine key={message.id} message={message} />);
    else {
      const ending = run ? endings.get(run) : undefined;
      lines.push(<BotLine key={run ? `r${run}` : message.id} thread={thread} run_id={run} message={message} ending={ending} />);
    }
  }
  for (const line of shown(pending)) lines.push(<PendingLine key={line.key} thread={thread} line={line} take_back={take_back} />);
  for (const [id, ending] of endings) {
    if (!answered.has(id)) lines.push(<BotLine key={`r${id}`} thread={thread} run_id={id} ending={ending} />);
  }
  for (const run of thread.runs.value) {
    if (!answered.has(run.id)) lines.push(<BotLine key={`r${run.id}`} thread={thread} run_id={run.id} live={run} />);
  }
  return <>{lines}</>;
}

function Welcome() {
  return (
    <Empty icon="chat" title="What shall we talk about?">
      <p>Write below, as you would to a colleague. The answer appears while it is written, in every open tab.</p>
      {is_staff.value && (
        <p>
          Names, e-mail addresses and phone numbers that people give are noted by themselves: find them under <a href="/clients">Clients</a>, each
          with the sentence it came from.
        </p>
      )}
    </Empty>
  );
}

export function ThreadView({ thread }: { thread: Thread }) {
  const [returned, set_returned] = useState<{ text: string } | null>(null);
  const first_seq = useComputed(() => thread.lines.value.messages[0]?.seq).value;
  const scroll = use_scroll(thread, first_seq, () => void thread.load_older());
  const state = thread.state.value;
  const { messages, pending } = thread.lines.value;
  const empty = state.state === 'ready' && messages.length === 0 && pending.length === 0 && thread.runs.value.length === 0;

  useEffect(() => {
    thread.show();
    void thread.load();
    return () => thread.hide();
  }, [thread]);

  useEffect(() => {
    if (state.state !== 'problem' || state.retry_at === null) return;
    const timer = setTimeout(() => void thread.load(), state.retry_at - Date.now());
    return () => clearTimeout(timer);
  }, [state]);

  useEffect(
    () =>
      on('conversation.deleted', ({ id }) => {
        if (id !== thread.id) return;
        toast('This conversation was deleted in another tab.');
        go('/', 'replace');
      }),
    [thread],
  );

  return (
    <section class="thread" aria-label="Conversation">
      <ThreadHead thread={thread} />
      <div class="scroller" ref={scroll.box} tabindex={0} role="log" aria-live="off" aria-label="Messages">
        <div class="lines" ref={scroll.content}>
          {state.state === 'loading' && <Skeleton lines={7} />}
          {state.state === 'problem' && <ProblemNote of={{ ...state, again: () => void thread.load() }} />}
          {empty && <Welcome />}
          <Lines thread={thread} take_back={(text) => set_returned({ text })} />
        </div>
      </div>
      {thread.loading_older.value && (
        <p class="older-note" role="status">
          Loading older messages…
        </p>
      )}
      <div class="foot">
        {scroll.behind && (
          <button class="to-end" onClick={scroll.to_end}>
            <Icon name="down" /> Latest
          </button>
        )}
        <Composer thread={thread} returned={returned} sent={scroll.to_end} />
      </div>
      <Speaker thread={thread} />
    </section>
  );
}
