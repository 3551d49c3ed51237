// SPDX-License-Identifier: MIT
// Where one writes. Enter sends, Shift+Enter makes a line, Escape stops the answer; the draft survives a reload.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../kit/icon';
import { draft_of, keep_draft } from './drafts';
import { send, stop } from './send';
import type { Thread } from './thread';

const length_limit = 32_000;

interface ComposerProps {
  thread: Thread;
  /** Text that came back from a line that could not be sent. */
  returned: { text: string } | null;
  sent: () => void;
}

export function Composer({ thread, returned, sent }: ComposerProps) {
  const [text, set_text] = useState(() => draft_of(thread.id));
  const area = useRef<HTMLTextAreaElement>(null);
  const writing = thread.runs.value.length > 0;
  const too_long = text.length > length_limit;
  const can_send = text.trim() !== '' && !writing && !too_long;

  const change = (next: string) => {
    set_text(next);
    keep_draft(thread.id, next);
  };

  useEffect(() => {
    set_text(draft_of(thread.id));
    if (window.matchMedia('(min-width: 720px)').matches) area.current?.focus({ preventScroll: true });
  }, [thread]);

  useEffect(() => {
    if (!returned) return;
    change(text ? `${returned.text}\n${text}` : returned.text);
    area.current?.focus();
  }, [returned]);

  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, window.innerHeight * 0.4)}px`;
  }, [text]);

  const submit = () => {
    if (!can_send) return;
    const content = text.trim();
    change('');
    send(thread, content);
    sent();
  };

  const pressed = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && writing) {
      event.preventDefault();
      void stop(thread);
    } else if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <div class="composer-box">
        <textarea
          ref={area}
          rows={1}
          value={text}
          dir="auto"
          aria-label="Message"
          aria-describedby="composer-hint"
          placeholder="Write a message"
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={pressed}
        />
        {writing ? (
          <button type="button" class="round" aria-label="Stop the answer" title="Stop the answer (Esc)" onClick={() => void stop(thread)}>
            <Icon name="stop" />
          </button>
        ) : (
          <button type="submit" class="round primary" aria-label="Send" title="Send (Enter)" disabled={!can_send}>
            <Icon name="send" />
          </button>
        )}
      </div>
      <p class="hint" id="composer-hint">
        {too_long ? (
          <span class="bad">
            {text.length - length_limit} characters too many: shorten the message to send it.
          </span>
        ) : writing && text.trim() ? (
          'You can send this when the answer is finished, or stopped (Esc).'
        ) : (
          <>
            <kbd>Enter</kbd> sends · <kbd>Shift</kbd>+<kbd>Enter</kbd> new line
          </>
        )}
      </p>
    </form>
  );
}
