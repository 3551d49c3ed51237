// SPDX-License-Identifier: MIT
// What the browser tests share: a Chromium, named checks that are counted, screenshots, axe.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const axe_source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const base = (process.env.BASE_URL ?? 'http://127.0.0.1:8080').replace(/\/$/, '');
export const person = {
  name: process.env.ADMIN_NAME ?? 'Ada Admin',
  email: process.env.ADMIN_EMAIL ?? 'ada@crm.example.test',
  password: process.env.ADMIN_PASSWORD ?? 'Quiet-Harbour-7',
};

const shots = process.env.SCREENSHOTS;
let passed = 0;
let failed = 0;

/** One named check. The others go on when it fails. Answers whether it held. */
export async function check(name, body) {
  const started = performance.now();
  try {
    await body();
    passed++;
    console.log(`ok    ${name} (${Math.round(performance.now() - started)} ms)`);
    return true;
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}\n      ${String(error?.message ?? error).replaceAll('\n', '\n      ')}`);
    return false;
  }
}

export function expect(truth, what) {
  if (!truth) throw new Error(what);
}

/** Ends the program with the counts. */
export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed || !passed ? 1 : 0);
}

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export async function shot(page, name) {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** The rules of axe that the page breaks, one line each. The script comes by the debugger, so the page's CSP stays as it is. */
export async function axe_violations(page) {
  await page.evaluate(axe_source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map((one) => `${one.id}: ${one.help} (${one.nodes.map((node) => node.target.join(' ')).slice(0, 3).join('; ')})`);
}

/** Notes what should never happen on any page: script errors, blocked code, missing files. */
export function listen_for_trouble(page, trouble) {
  page.on('pageerror', (error) => trouble.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    const text = message.text();
    // A refused request is the page's to explain; a blocked script or a broken handler is ours.
    if (/Content Security Policy|trunkline:/.test(text)) trouble.push(`${page.url()}: ${text}`);
  });
}

/** Set-up by SETUP_CODE when it is given, else sign-in with ADMIN_EMAIL and ADMIN_PASSWORD. */
export async function come_in(page) {
  const code = process.env.SETUP_CODE;
  if (code) await set_up(page, code);
  else await sign_in(page);
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
}

async function set_up(page, code) {
  await page.goto(`${base}/setup#code=${encodeURIComponent(code)}`);
  await page.getByLabel('Your name').fill(person.name);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await shot(page, 'setup');
  await page.getByRole('button', { name: 'Set up' }).click();
}

export async function sign_in(page) {
  await page.goto(`${base}/sign-in`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await shot(page, 'sign-in');
  await page.getByRole('button', { name: 'Sign in' }).click();
}

export async function say(page, text) {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.keyboard.press('Enter');
  await page.getByText(text, { exact: true }).first().waitFor();
}

export const answer = (page) => page.getByRole('article', { name: 'Assistant' }).last();

/** Until the answer is there and no longer growing; returns its text. */
export async function whole_answer(page, timeout = 60_000) {
  await page.locator('.line.bot:not(.writing) .markdown').last().waitFor({ timeout });
  await page.waitForFunction(() => !document.querySelector('.writing'), null, { timeout });
  return answer(page).locator('.markdown').innerText();
}
