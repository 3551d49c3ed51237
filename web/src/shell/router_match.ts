// SPDX-License-Identifier: MIT
// Which page a path means. Pure.

export type Params = Record<string, string>;

/** `/clients/:id` against `/clients/7`: {id: '7'}, or null when they do not fit. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split('/').filter(Boolean);
  const given = path.split('/').filter(Boolean);
  if (wanted.length !== given.length) return null;
  const params: Params = {};
  for (const [at, part] of wanted.entries()) {
    const value = decoded(given[at]!);
    if (value === null) return null;
    if (part.startsWith(':')) params[part.slice(1)] = value;
    else if (part !== value) return null;
  }
  return params;
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

export function first_match<T extends { path: string }>(routes: readonly T[], path: string): { route: T; params: Params } | null {
  for (const route of routes) {
    const params = match(route.path, path);
    if (params) return { route, params };
  }
  return null;
}

/** Only a path on this site may be gone to after signing in; `//evil` and `/\evil` are other sites. */
export function safe_return(path: string | null): string {
  return path && /^\/(?![/\\])/.test(path) && !/[\u0000-\u001f]/.test(path) ? path : '/';
}
