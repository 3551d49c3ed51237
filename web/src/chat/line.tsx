// SPDX-License-Identifier: MIT
// One line of a conversation: what was said, by whom, when, and what can be done with it.
import type { Message } from '../api/types';
import { Icon } from '../kit/icon';
import { toast } from '../kit/toast';
import { When } from '../kit/when';
import { Markdown } from '../markdown/view';
import { give_up, go_on, retry } from './send';
import type { Ending, LiveRun, Thread } from './thread';
import type { Pending } from './thread_merge';

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast('Copied.', undefined, 2000);
  } catch {
    toast('The browser did not allow copying. Select the text and press Ctrl+C.');
  }
}

export function UserLine({ message }: { message: Message }) {
  return (
    <article class="line user" aria-label="You">
      <div class="bubble" dir="auto">
        {message.content}
      </div>
      <footer>
        <When at={message.created_at} as="clock" />
      </footer>
    </article>
  );
}

export function PendingLine({ thread, line, take_back }: { thread: Thread; line: Pending; take_back: (text: string) => void }) {
  return (
    <article class={`line user ${line.state}`} aria-label="You">
      <div class="bubble" dir="auto">
        {line.content}
      </div>
      {line.state === 'sending' ? (
        <footer>Sending…</footer>
      ) : (
        <footer class="failed-send">
          <span class="why" role="alert">
            <Icon name="warn" /> Not sent. {line.why}
          </span>
          <button class="link" onClick={() => retry(thread, line)}>
            Send again
          </button>
          <button class="link" onClick={() => take_back(give_up(thread, line))}>
            Edit
          </button>
        </footer>
      )}
    </article>
  );
}

interface BotLineProps {
  thread: Thread;
  run_id: string | null;
  message?: Message;
  live?: LiveRun;
  ending?: Ending;
}

/** The same element while the answer is written and afterwards, so that nothing jumps when it is done. */
export function BotLine({ thread, run_id, message, live, ending }: BotLineProps) {
  const text = message?.content ?? live?.text.value ?? ending?.text ?? '';
  const writing = !message && live !== undefined;
  return (
    <article class={`line bot ${writing ? 'writing' : ''}`} aria-label="Assistant" aria-busy={writing}>
      {text ? <Markdown text={text} /> : writing && <Thinking />}
      {ending && run_id && <BrokenOff ending={ending} go_on={() => void go_on(thread, run_id)} />}
      {message && (
        <footer>
          <When at={message.created_at} as="clock" />
          <button class="quiet small" onClick={() => void copy(message.content)}>
            <Icon name="copy" /> Copy
          </button>
        </footer>
      )}
    </article>
  );
}

function Thinking() {
  return (
    <p class="thinking">
      <span aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class="hidden">The assistant is thinking</span>
    </p>
  );
}

const reasons: Record<string, string> = {
  interrupted: 'the server was restarted',
  timeout: 'the model took too long',
  unavailable: 'the model could not be reached',
};

function BrokenOff({ ending, go_on }: { ending: Ending; go_on: () => void }) {
  const why = ending.reason ? `: ${reasons[ending.reason] ?? ending.reason}` : '';
  return (
    <p class={`broken-off ${ending.status}`}>
      <Icon name={ending.status === 'failed' ? 'warn' : 'stop'} />
      <span>{ending.status === 'failed' ? `The answer broke off${why}.` : 'You stopped this answer.'}</span>
      <button class="link" onClick={go_on}>
        Continue
      </button>
    </p>
  );
}
