// SPDX-License-Identifier: MIT

const browsers: [sign: RegExp, name: string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/Chrom(e|ium)\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/curl\//, 'curl'],
];

const systems: [sign: RegExp, name: string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

const first = (list: [RegExp, string][], text: string) => list.find(([sign]) => sign.test(text))?.[1];

/** "Firefox on Linux": good enough to recognise one's own. Pure. */
export function browser_name(user_agent: string): string {
  const browser = first(browsers, user_agent);
  const system = first(systems, user_agent);
  if (!browser) return user_agent.slice(0, 40) || 'Unknown browser';
  return system ? `${browser} on ${system}` : browser;
}
