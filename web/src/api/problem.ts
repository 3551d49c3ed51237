// SPDX-License-Identifier: MIT
// What went wrong, and the words for it. The words say what to do, not only what happened.

export interface FieldError {
  pointer: string;
  detail: string;
}

export class Problem extends Error {
  /** 0: no answer came at all. */
  readonly status: number;
  readonly detail: string;
  readonly fields: FieldError[];
  /** What the server asked for in Retry-After, in seconds. */
  readonly retry_after: number | null;

  constructor(status: number, title: string, detail = '', fields: FieldError[] = [], retry_after: number | null = null) {
    super(title);
    this.status = status;
    this.detail = detail;
    this.fields = fields;
    this.retry_after = retry_after;
  }
}

interface ProblemBody {
  title?: unknown;
  detail?: unknown;
  errors?: unknown;
}

const text_or = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);

function field_errors(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: Partial<FieldError> | null) =>
    entry && typeof entry.pointer === 'string' ? [{ pointer: entry.pointer, detail: text_or(entry.detail, 'is not valid') }] : [],
  );
}

/** Seconds from a Retry-After header, which is a number or a date. */
export function retry_seconds(header: string | null, now: number): number | null {
  if (!header) return null;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - now) / 1000));
}

export function problem_from(status: number, body: unknown, retry_after: number | null): Problem {
  const given: ProblemBody = typeof body === 'object' && body !== null ? body : {};
  return new Problem(status, text_or(given.title, `Error ${status}`), text_or(given.detail, ''), field_errors(given.errors), retry_after);
}

export function as_problem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, 'No answer', error instanceof Error ? error.message : String(error));
}

/** Worth asking again without a person having changed anything. */
export function passes_by_itself(problem: Problem): boolean {
  return problem.status === 0 || problem.status === 429 || problem.status === 502 || problem.status === 503 || problem.status === 504;
}

function what_happened(problem: Problem, online: boolean): string {
  switch (problem.status) {
    case 0:
      return online ? 'The server does not answer' : 'You are offline';
    case 429:
      return 'That was too often in a short time';
    case 502:
    case 504:
      return 'The server in between does not reach Trunkline';
    case 503:
      return problem.detail && !/database/i.test(problem.detail) ? problem.detail.replace(/\.$/, '') : 'The database cannot be reached';
    case 401:
      return 'Your session has ended. Sign in again';
    case 403:
      return problem.detail.replace(/\.$/, '') || 'You are not allowed to see or do this. Ask an administrator';
    case 404:
      return 'This does not exist, or it is not yours';
    case 409:
      return problem.detail.replace(/\.$/, '') || 'Somebody else changed this meanwhile. Reload and try again';
    case 413:
      return 'That is too long. Shorten it and try again';
    default:
      return (problem.detail || problem.message).replace(/\.$/, '');
  }
}

/** One or two sentences. `retry_in`: seconds until we ask again by ourselves. */
export function words(problem: Problem, retry_in: number | null = null, online = true): string {
  const happened = what_happened(problem, online);
  if (retry_in !== null) return `${happened}; trying again in ${retry_in} s.`;
  if (problem.status === 429) return `${happened}. Wait ${problem.retry_after ?? 30} s, then try again.`;
  if (problem.status === 503 && problem.retry_after) return `${happened}. Try again in ${problem.retry_after} s.`;
  if (problem.status === 0) return online ? `${happened}. Check that it runs, then try again.` : `${happened}. Try again when the connection is back.`;
  return `${happened}.`;
}

/** The message for one field of a form, by its JSON pointer. */
export function field_message(problem: Problem | null, name: string): string | null {
  return problem?.fields.find((entry) => entry.pointer === `/${name}`)?.detail ?? null;
}
