// SPDX-License-Identifier: MIT
// Reads a growing answer to those who listen: whole sentences, a batch every two seconds, not every token.
import { useEffect, useState } from 'preact/hooks';
import { sentence_end, spoken } from './sentences';
import type { LiveRun, Thread } from './thread';

const batch_ms = 2000;

export function Speaker({ thread }: { thread: Thread }) {
  const [said, say] = useState('');
  const live = thread.runs.value.at(-1);

  useEffect(() => {
    if (!live) return;
    let upto = 0;
    const speak = (end: number) => {
      const text = spoken(live.text.peek().slice(upto, end));
      upto = end;
      if (text) say(text);
    };
    const timer = setInterval(() => speak(sentence_end(live.text.peek(), upto)), batch_ms);
    return () => {
      clearInterval(timer);
      speak(final_length(thread, live));
    };
  }, [live]);

  return (
    <div class="hidden" aria-live="polite">
      {said}
    </div>
  );
}

function final_length(thread: Thread, live: LiveRun): number {
  const message = thread.lines.peek().messages.find((one) => one.run_id === live.id && one.sender === 'bot');
  if (message && message.content.startsWith(live.text.peek())) live.text.value = message.content;
  return live.text.peek().length;
}
