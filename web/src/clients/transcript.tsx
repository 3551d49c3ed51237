// SPDX-License-Identifier: MIT
// A client's conversation as staff may read it: read only, what was learnt from it marked, with the field's name.
import { useEffect } from 'preact/hooks';
import { crm } from '../api';
import type { Evidence, Message, Transcript } from '../api/types';
import { Icon } from '../kit/icon';
import { use_load } from '../kit/load';
import { ProblemNote, Skeleton } from '../kit/note';
import { Page } from '../kit/page';
import { When } from '../kit/when';
import { field_name } from '../kit/words';
import { stretches } from './highlight';

/** The names stand after the last stretch of each piece of evidence; its anchor at the first. */
function Marked({ message, evidence }: { message: Message; evidence: Evidence[] }) {
  const parts = stretches(message.content, evidence);
  return (
    <>
      {parts.map((part, at) => {
        if (!part.covered_by.length) return part.text;
        const starting = part.covered_by.filter((one) => !parts[at - 1]?.covered_by.includes(one));
        const ending = part.covered_by.filter((one) => !parts[at + 1]?.covered_by.includes(one));
        return (
          <mark key={at} title={part.covered_by.map((one) => `${field_name(one.field)}: ${one.value}`).join('\n')}>
            {starting.map((one) => (
              <a key={one.id} id={`e${one.id}`} class="anchor" />
            ))}
            {part.text}
            {ending.length > 0 && <span class="mark-name">{[...new Set(ending.map((one) => field_name(one.field)))].join(', ')}</span>}
          </mark>
        );
      })}
    </>
  );
}

function Legend({ transcript, client_id }: { transcript: Transcript; client_id: string }) {
  const values = [...new Map(transcript.evidence.map((one) => [`${one.field}|${one.value}`, one])).values()];
  return (
    <section class="card legend">
      <h2>Learnt from this conversation</h2>
      {values.length === 0 && <p class="muted">Nothing that would name or describe the client was said.</p>}
      <dl>
        {values.map((one) => (
          <div key={one.id}>
            <dt>{field_name(one.field)}</dt>
            <dd>
              <a href={`/clients/${client_id}/c/${transcript.conversation.id}#e${one.id}`} dir="auto">
                {one.value}
              </a>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function TranscriptPage({ params }: { params: Record<string, string> }) {
  const client = params['id'] ?? '';
  const conversation = params['conversation'] ?? '';
  const transcript = use_load(`${client}/${conversation}`, () => crm.transcript(client, conversation));
  const value = transcript.value;

  useEffect(() => {
    if (!value || !window.location.hash) return;
    document.getElementById(window.location.hash.slice(1))?.scrollIntoView({ block: 'center' });
  }, [value]);

  return (
    <Page
      title={value ? value.conversation.title || 'Untitled conversation' : 'Conversation'}
      lead={
        <>
          <a href={`/clients/${client}`}>
            <Icon name="back" /> Back to the client
          </a>{' '}
          · read only; this look is noted
        </>
      }
    >
      <ProblemNote of={transcript} />
      {!value && !transcript.problem && <Skeleton lines={9} />}
      {value && (
        <div class="record transcript">
          <div class="card lines">
            {value.messages.map((message) => (
              <article key={message.id} class={`said ${message.sender}`} aria-label={message.sender === 'user' ? 'Customer' : 'Assistant'}>
                <header>
                  <strong>{message.sender === 'user' ? 'Customer' : 'Assistant'}</strong> <When at={message.created_at} />
                </header>
                <p dir="auto">
                  <Marked message={message} evidence={value.evidence.filter((one) => one.message_id === message.id)} />
                </p>
              </article>
            ))}
          </div>
          <Legend transcript={value} client_id={client} />
        </div>
      )}
    </Page>
  );
}
