// SPDX-License-Identifier: MIT
// The middle of the chat: head, lines, composer.
import { useComputed } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../kit/icon';
import { Empty, ProblemNote, Skeleton } from '../kit/note';
import { is_staff } from '../shell/session';
import { Composer } from './composer';
import { BotLine, PendingLine, UserLine } from './line';
import { use_scroll } from './scroll';
import { Speaker } from './speaker';
import type { Thread } from './thread';
import { shown } from './thread_merge';
import { ThreadHead } from './thread_head';

function day_of(at: string): string {
  return new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' }).format(new Date(at));
}

function Lines({ thread, take_back }: { thread: Thread; take_back: (text: string) => void }) {
  const { messages, pending } = thread.lines.value;
  const endings = thread.endings.value;
  const runs = thread.runs.value.filter((run) => !messages.some((one) => one.run_id === run.id && one.sender === 'bot'));
  const textless = [...endings].filter(([id, ending]) => ending.text && !messages.some((one) => one.run_id === id && one.sender === 'bot'));
  let day = '';
  return (
    <>
      {messages.map((message) => {
        const its_day = new Date(message.created_at).toDateString();
        const new_day = its_day !== day;
        day = its_day;
        const bot_run = message.sender === 'bot' ? message.run_id : null;
        return [
          new_day && (
            <div class="day" key={`d${its_day}`} role="separator">
              <span>{day_of(message.created_at)}</span>
            </div>
          ),
          message.sender === 'user' ? (
            <UserLine key={message.id} message={message} />
          ) : (
            <BotLine
              key={bot_run ? `r${bot_run}` : message.id}
              thread={thread}
              run_id={bot_run}
              message={message}
              ending={bot_run ? endings.get(bot_run) : undefined}
            />
          ),
        ];
      })}
      {shown(pending).map((line) => (
        <PendingLine key={line.key} thread={thread} line={line} take_back={take_back} />
      ))}
      {textless.map(([id, ending]) => (
        <BotLine key={`r${id}`} thread={thread} run_id={id} ending={ending} />
      ))}
      {runs.map((run) => (
        <BotLine key={`r${run.id}`} thread={thread} run_id={run.id} live={run} />
      ))}
    </>
  );
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

  return (
    <section class="thread" aria-label="Conversation">
      <ThreadHead thread={thread} />
      <div class="scroller" ref={scroll.box} tabindex={0} role="log" aria-live="off" aria-label="Messages">
        <div class="lines" ref={scroll.content}>
          {thread.loading_older.value && <Skeleton lines={2} />}
          {state.state === 'loading' && <Skeleton lines={7} />}
          {state.state === 'problem' && <ProblemNote of={{ ...state, again: () => void thread.load() }} />}
          {empty && <Welcome />}
          <Lines thread={thread} take_back={(text) => set_returned({ text })} />
        </div>
      </div>
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
