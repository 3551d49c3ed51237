// SPDX-License-Identifier: MIT
// Keeps the reader's place: at the foot it follows what is written, elsewhere nothing moves, also when older messages
// are put in above.
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Thread } from './thread';

const near_px = 64;
const places = new WeakMap<Thread, number>();

export interface Scroll {
  box: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  behind: boolean;
  to_end: () => void;
}

export function use_scroll(thread: Thread, first_seq: number | undefined, near_top: () => void): Scroll {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [behind, set_behind] = useState(false);
  const follows = useRef(true);
  const height = useRef(0);
  const before = useRef<{ thread: Thread; first: number | undefined } | null>(null);
  const older = useRef(near_top);
  older.current = near_top;

  const to_end = () => {
    const element = box.current;
    if (!element) return;
    follows.current = true;
    element.scrollTop = element.scrollHeight;
    set_behind(false);
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    if (before.current?.thread !== thread) {
      const place = places.get(thread);
      follows.current = place === undefined;
      element.scrollTop = place ?? element.scrollHeight;
    } else if (first_seq !== undefined && before.current.first !== undefined && first_seq < before.current.first) {
      element.scrollTop += element.scrollHeight - height.current;
    } else if (follows.current) element.scrollTop = element.scrollHeight;
    height.current = element.scrollHeight;
    before.current = { thread, first: first_seq };
  });

  useEffect(() => {
    const element = box.current;
    if (!element || !content.current) return;
    const grew = new ResizeObserver(() => {
      if (follows.current) element.scrollTop = element.scrollHeight;
      height.current = element.scrollHeight;
    });
    const moved = () => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      follows.current = left < near_px;
      set_behind(left > element.clientHeight / 2);
      if (follows.current) places.delete(thread);
      else places.set(thread, element.scrollTop);
      if (element.scrollTop < 240) older.current();
    };
    grew.observe(content.current);
    grew.observe(element);
    element.addEventListener('scroll', moved, { passive: true });
    return () => {
      grew.disconnect();
      element.removeEventListener('scroll', moved);
    };
  }, [thread]);

  return { box, content, behind, to_end };
}
