// SPDX-License-Identifier: MIT
// Twenty tabs of one browser at once: ten chats that stream, ten dashboards. HTTP/1.1 gives the browser six connections,
// so this passes only when the tabs share one stream and nothing waits for a connection that is kept.
//
//   BASE_URL=… SETUP_CODE=… node tests/tabs.mjs          (or ADMIN_EMAIL, ADMIN_PASSWORD)
import { base, check, come_in, expect, finish, launch, listen_for_trouble, shot, whole_answer } from './browser_kit.mjs';

const each = 10;
const limit = 90_000;
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1000, height: 700 } });
const trouble = [];
const streams = new Set();
let most_streams = 0;

function count_streams(page) {
  page.on('request', (request) => {
    if (!/\/api\/v1\/events(\?|$)/.test(request.url())) return;
    streams.add(request);
    most_streams = Math.max(most_streams, streams.size);
  });
  const over = (request) => streams.delete(request);
  page.on('requestfinished', over);
  page.on('requestfailed', over);
}

async function open(path) {
  const page = await context.newPage();
  page.setDefaultTimeout(limit);
  listen_for_trouble(page, trouble);
  count_streams(page);
  await page.goto(base + path);
  return page;
}

let first;
const is_in = await check('somebody is signed in', async () => {
  first = await context.newPage();
  listen_for_trouble(first, trouble);
  await come_in(first);
  await first.close();
});
if (!is_in) finish();

let chats = [];
let boards = [];
const opened = performance.now();
await check(`${2 * each} tabs load at once`, async () => {
  const paths = Array.from({ length: 2 * each }, (_, at) => (at % 2 ? '/dashboard' : '/'));
  const tabs = await Promise.all(paths.map(open));
  chats = tabs.filter((_, at) => at % 2 === 0);
  boards = tabs.filter((_, at) => at % 2 === 1);
  await Promise.all(chats.map((page) => page.getByRole('textbox', { name: 'Message' }).waitFor()));
  await Promise.all(boards.map((page) => page.getByText('Database pool').waitFor()));
  console.log(`      all there after ${Math.round(performance.now() - opened)} ms`);
});

await check(`${each} chats stream at the same time`, async () => {
  // In the page, not by the keyboard: tabs behind have no focus.
  await Promise.all(
    chats.map(async (page, at) => {
      await page.getByRole('textbox', { name: 'Message' }).fill(`Tab ${at} asks: what do you know of visitor number ${at}?`);
      await page.getByRole('button', { name: 'Send' }).evaluate((button) => button.click());
    }),
  );
  await Promise.all(chats.map((page) => page.locator('.line.bot').first().waitFor()));
});

await check('the dashboards go on being renewed meanwhile', async () => {
  await Promise.all(boards.map((page) => page.waitForResponse((response) => response.url().endsWith('/dashboard/stats') && response.ok())));
});

await check('every answer ends, in its own tab', async () => {
  const texts = await Promise.all(chats.map((page) => whole_answer(page, limit)));
  expect(texts.every((text) => text.trim().length > 0), 'an answer is empty');
  const places = new Set(chats.map((page) => page.url()));
  expect(places.size === each, `${each} chats are in ${places.size} conversations`);
  await shot(chats[0], 'tabs-chat');
  await shot(boards[0], 'tabs-dashboard');
});

await check('the browser kept one event stream', async () => expect(most_streams === 1, `${most_streams} streams were open at once`));

await check('when the tab that reads the stream closes, another takes over and nothing is lost', async () => {
  const reader = [...streams][0]?.frame().page();
  expect(reader, 'no tab reads the stream');
  await reader.close();
  chats = chats.filter((page) => page !== reader);
  const [one, other] = chats;
  await other.goto(one.url());
  await other.locator('.line.bot').first().waitFor();
  const text = 'Is anybody still listening?';
  await one.getByRole('textbox', { name: 'Message' }).fill(text);
  await one.getByRole('button', { name: 'Send' }).evaluate((button) => button.click());
  await other.getByText(text, { exact: true }).waitFor();
  const said = await whole_answer(one, limit);
  await other.waitForFunction((wanted) => [...document.querySelectorAll('.line.bot .markdown')].at(-1)?.innerText === wanted, said);
});

await check('no page broke', async () => expect(trouble.length === 0, trouble.join('\n')));

await browser.close();
finish();
