// SPDX-License-Identifier: MIT
// One conversation as this tab knows it: its lines, the answers being written, how they ended.
import { batch, signal, type Signal } from '@preact/signals';
import { chat, conversations as api } from '../api';
import { as_problem, passes_by_itself, type Problem } from '../api/problem';
import type { Message, Run, RunEnd } from '../api/types';
import { wait_ms } from '../events/backoff';
import { unwatch, watch } from '../events/watch';
import { add_piece, add_whole, new_run_text, type RunText } from './run_text';
import { came, hole_before, merge, type Lines } from './thread_merge';

export interface LiveRun {
  id: string;
  text: Signal<string>;
  pieces: RunText;
  reading: boolean;
}

/** How an answer ended that did not end well. */
export interface Ending {
  status: 'failed' | 'stopped';
  reason: string | null;
  text: string;
}

export type ThreadState = { state: 'loading' } | { state: 'ready' } | { state: 'problem'; problem: Problem; retry_at: number | null };

export class Thread {
  private readonly known_id: Signal<string>;
  readonly lines = signal<Lines>({ messages: [], pending: [] });
  readonly runs = signal<LiveRun[]>([]);
  readonly endings = signal<ReadonlyMap<string, Ending>>(new Map());
  readonly older = signal<string | null>(null);
  readonly loading_older = signal(false);
  readonly state = signal<ThreadState>({ state: 'loading' });
  /** The key under which a new conversation is created: one for all tries. */
  create_key: string | null = null;
  private shown = false;
  private catching_up: Promise<void> | null = null;
  private readonly over = new Set<string>();

  constructor(id: string) {
    this.known_id = signal(id);
    if (!id) this.state.value = { state: 'ready' };
  }

  /** Empty until a new conversation has been created. */
  get id(): string {
    return this.known_id.value;
  }

  set id(id: string) {
    this.known_id.value = id;
  }

  /** The thread is on the page: its runs' text is wanted. */
  show(): void {
    this.shown = true;
    for (const run of this.runs.value) this.follow(run);
  }

  hide(): void {
    this.shown = false;
    for (const run of this.runs.value) unwatch(run.id, false);
  }

  async load(): Promise<void> {
    if (!this.id) return;
    if (this.state.value.state === 'ready') return this.catch_up();
    this.state.value = { state: 'loading' };
    try {
      const [page, running] = await Promise.all([api.newest(this.id), chat.running(this.id)]);
      batch(() => {
        this.lines.value = came(this.lines.value, page.items);
        this.older.value = page.next;
        this.state.value = { state: 'ready' };
        for (const run of running.items) this.started(run);
      });
      void this.ask_how_last_ended();
    } catch (error) {
      const problem = as_problem(error);
      const wait = passes_by_itself(problem) ? wait_ms(2, Math.random(), problem.retry_after) : null;
      this.state.value = { state: 'problem', problem, retry_at: wait === null ? null : Date.now() + wait };
    }
  }

  /** Reads what came since the last message that we have, and which answers are being written. */
  catch_up(): Promise<void> {
    this.catching_up ??= this.read_since().finally(() => (this.catching_up = null));
    return this.catching_up;
  }

  private async read_since(): Promise<void> {
    if (!this.id || this.state.value.state !== 'ready') return;
    try {
      for (let full = true; full; ) {
        const page = await api.since(this.id, this.lines.value.messages.at(-1)?.seq ?? 0);
        full = page.items.length >= 200;
        this.lines.value = came(this.lines.value, page.items);
      }
      const { items } = await chat.running(this.id);
      batch(() => {
        for (const run of items) this.started(run);
        for (const run of this.runs.value) if (!items.some((one) => one.id === run.id)) void this.read_run(run);
      });
    } catch {
      // The stream says that it is broken, and asks for another sync when it is mended.
    }
  }

  async load_older(): Promise<void> {
    const before = this.older.value;
    if (!before || this.loading_older.value) return;
    this.loading_older.value = true;
    try {
      const page = await api.older(this.id, before);
      batch(() => {
        this.lines.value = { ...this.lines.value, messages: merge(this.lines.value.messages, page.items) };
        this.older.value = page.next;
      });
    } catch {
      // Scrolling up again asks again.
    } finally {
      this.loading_older.value = false;
    }
  }

  stored(message: Message): void {
    if (this.state.value.state === 'ready' && hole_before(this.lines.value.messages, message)) void this.catch_up();
    batch(() => {
      this.lines.value = came(this.lines.value, [message]);
      if (message.sender === 'bot' && message.run_id) this.drop_run(message.run_id);
    });
  }

  cleared(): void {
    this.lines.value = { messages: [], pending: this.lines.value.pending };
    this.older.value = null;
  }

  started(run: Run): void {
    if (this.over.has(run.id)) return;
    const have = this.runs.value.find((one) => one.id === run.id);
    if (have) return this.take_whole(have, run);
    const live: LiveRun = { id: run.id, text: signal(run.text), pieces: new_run_text(run.text, run.last_seq), reading: false };
    this.runs.value = [...this.runs.value, live];
    this.forget_empty_endings();
    if (this.shown) this.follow(live);
  }

  piece(run_id: string, seq: number, text: string): void {
    const run = this.runs.value.find((one) => one.id === run_id);
    if (!run) return;
    const hole = add_piece(run.pieces, seq, text);
    run.text.value = run.pieces.text;
    if (hole) void this.read_run(run);
  }

  ended({ run, message }: RunEnd): void {
    batch(() => {
      if (message) this.stored(message);
      this.drop_run(run.id);
      if (run.status === 'failed' || run.status === 'stopped') this.end_badly(run, message);
    });
  }

  private end_badly(run: Run, message: Message | null): void {
    const ending: Ending = { status: run.status === 'failed' ? 'failed' : 'stopped', reason: run.reason, text: message ? '' : run.text };
    this.endings.value = new Map(this.endings.value).set(run.id, ending);
  }

  /** An answer that ended before its first word has no place among the messages: it is shown until the next one begins. */
  private forget_empty_endings(): void {
    const said = new Set(this.lines.value.messages.map((message) => message.run_id));
    if ([...this.endings.value.keys()].every((run) => said.has(run))) return;
    this.endings.value = new Map([...this.endings.value].filter(([run]) => said.has(run)));
  }

  /** Before the text flows, what was written before the server knew that we watch is read once. */
  private follow(run: LiveRun): void {
    watch(run.id, () => void this.read_run(run));
  }

  private async read_run(run: LiveRun): Promise<void> {
    if (run.reading) return;
    run.reading = true;
    try {
      this.take_whole(run, await chat.run(run.id));
    } catch (error) {
      if (as_problem(error).status === 404) this.drop_run(run.id);
    } finally {
      run.reading = false;
    }
  }

  private take_whole(live: LiveRun, run: Run): void {
    if (run.status !== 'running') {
      this.ended({ run, message: null });
      void this.catch_up();
      return;
    }
    add_whole(live.pieces, run.text, run.last_seq);
    live.text.value = live.pieces.text;
  }

  private drop_run(id: string): void {
    this.over.add(id);
    unwatch(id, true);
    if (this.runs.value.some((run) => run.id === id)) this.runs.value = this.runs.value.filter((run) => run.id !== id);
  }

  /** After a reload: did the last answer break off, so that it can be continued? */
  private async ask_how_last_ended(): Promise<void> {
    const last = this.lines.value.messages.at(-1);
    if (last?.sender !== 'bot' || !last.run_id) return;
    const run = await chat.run(last.run_id).catch(() => null);
    if (run?.status === 'failed' || run?.status === 'stopped') this.end_badly(run, last);
  }
}
