// SPDX-License-Identifier: MIT
// The frame of the pages before one is in: a card in the middle, fields that password managers know.
import type { ComponentChildren } from 'preact';
import { field_message, words, type Problem } from '../api/problem';
import { Icon } from '../kit/icon';
import { take_focus } from '../kit/focus';
import { use_title } from '../kit/page';
import { password_rules } from './password';

export function Card({ title, lead, children }: { title: string; lead?: ComponentChildren; children?: ComponentChildren }) {
  use_title(title);
  return (
    <div class="card door-card">
      <p class="brand">
        <span class="brand-mark" aria-hidden="true">
          T
        </span>
        Trunkline
      </p>
      <h1>{title}</h1>
      {lead && <p class="lead">{lead}</p>}
      {children}
    </div>
  );
}

interface FieldProps {
  name: string;
  label: string;
  type?: 'text' | 'email' | 'password';
  autocomplete: string;
  value: string;
  change: (value: string) => void;
  problem: Problem | null;
  autofocus?: boolean;
  describedby?: string;
}

export function Field({ name, label, type = 'text', autocomplete, value, change, problem, autofocus = false, describedby }: FieldProps) {
  const wrong = field_message(problem, name);
  const described = [wrong && `${name}-wrong`, describedby].filter(Boolean).join(' ') || undefined;
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        // Preact's types want a literal; the three are alike.
        type={type as 'text'}
        autocomplete={autocomplete}
        required
        ref={autofocus ? take_focus : undefined}
        value={value}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={described}
        onInput={(event) => change(event.currentTarget.value)}
      />
      {wrong && (
        <p class="field-wrong" id={`${name}-wrong`}>
          {wrong}
        </p>
      )}
    </div>
  );
}

export function Rules({ password }: { password: string }) {
  return (
    <ul class="rules" id="password-rules" aria-label="Rules for the password">
      {password_rules(password).map((rule) => (
        <li key={rule.text} class={rule.kept ? 'kept' : ''}>
          <Icon name={rule.kept ? 'check' : 'dot'} />
          {rule.text}
          <span class="hidden">{rule.kept ? ' (kept)' : ' (not yet)'}</span>
        </li>
      ))}
    </ul>
  );
}

export function FormProblem({ problem, otherwise }: { problem: Problem | null; otherwise?: string | null }) {
  if (!problem) return null;
  return (
    <p class="note problem" role="alert">
      <Icon name="warn" />
      <span>{otherwise ?? words(problem, null, navigator.onLine)}</span>
    </p>
  );
}
