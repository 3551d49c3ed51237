// SPDX-License-Identifier: MIT
// Fields of the pages inside.
import { useEffect, useRef, useState } from 'preact/hooks';
import { field_message, type Problem } from '../api/problem';
import { Icon } from './icon';

/** Says what was typed once the fingers rest. */
export function SearchBox({ label, value, change }: { label: string; value: string; change: (value: string) => void }) {
  const [text, set_text] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => set_text(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <label class="search">
      <Icon name="search" />
      <span class="hidden">{label}</span>
      <input
        type="search"
        placeholder={label}
        value={text}
        onInput={(event) => {
          const next = event.currentTarget.value;
          set_text(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => change(next), 250);
        }}
      />
    </label>
  );
}

let ids = 0;

interface SelectProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, name: string])[];
  change: (value: string) => void;
  labelled?: boolean;
}

export function Select({ label, value, options, change, labelled = false }: SelectProps) {
  const [id] = useState(() => `select-${++ids}`);
  return (
    <div class={labelled ? 'field' : 'select'}>
      <label for={id} class={labelled ? '' : 'hidden'}>
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => change(event.currentTarget.value)}>
        {options.map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

interface TextFieldProps {
  name: string;
  label: string;
  value: string;
  change: (value: string) => void;
  problem?: Problem | null;
  required?: boolean;
  hint?: string;
  type?: 'text' | 'email' | 'tel';
}

export function TextField({ name, label, value, change, problem = null, required = false, hint, type = 'text' }: TextFieldProps) {
  const [id] = useState(() => `field-${++ids}`);
  const wrong = field_message(problem, name);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        // Preact's types want a literal; the three are alike.
        type={type as 'text'}
        value={value}
        required={required}
        aria-invalid={wrong ? true : undefined}
        aria-describedby={wrong || hint ? `${id}-note` : undefined}
        onInput={(event) => change(event.currentTarget.value)}
      />
      {(wrong || hint) && (
        <p id={`${id}-note`} class={wrong ? 'field-wrong' : 'field-hint'}>
          {wrong ?? hint}
        </p>
      )}
    </div>
  );
}
