// SPDX-License-Identifier: MIT
// The walk of a newcomer, in a real browser against a running server: set up, talk, watch the dashboard in another tab,
// find the person who was spoken about with the sentence each value came from.
//
//   BASE_URL=http://127.0.0.1:8080 SETUP_CODE=… SCREENSHOTS=/tmp/shots node tests/browser.mjs
//
// Without SETUP_CODE it signs in with ADMIN_EMAIL and ADMIN_PASSWORD.
import { answer, axe_violations, base, check, come_in, expect, finish, launch, listen_for_trouble, say, shot, whole_answer } from './browser_kit.mjs';

const sentence = 'My name is Crystal Minh, my e-mail is crystalm93@crm.example.test and my phone is +1 977 625 2661.';
const pages = ['/', '/clients', '/cases', '/case-types', '/dashboard', '/people', '/account'];

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
const trouble = [];
listen_for_trouble(page, trouble);

const is_in = await check('a newcomer comes in and stands before an empty chat', async () => {
  await come_in(page);
  await shot(page, 'chat-empty');
});
// Without that nothing else can be looked at.
if (!is_in) finish();

let conversation = '';
await check('a message is on the page at once and its answer streams in', async () => {
  const typed = performance.now();
  await say(page, sentence);
  expect(performance.now() - typed < 1500, 'the message took more than 1.5 s to appear');
  await page.waitForURL(/\/c\/[^/]+$/);
  conversation = page.url();
  await page.locator('.line.bot').waitFor();
  await shot(page, 'chat-streaming');
});

const second = await context.newPage();
listen_for_trouble(second, trouble);
await check('the dashboard opens in another tab meanwhile', async () => {
  await second.goto(`${base}/dashboard`);
  await second.getByText('Database pool').waitFor();
  await second.locator('.chart canvas').waitFor();
  await shot(second, 'dashboard');
});

await check('the answer ends, and the message stands there once', async () => {
  const text = await whole_answer(page);
  expect(text.trim().length > 0, 'the answer is empty');
  expect((await page.getByText(sentence, { exact: true }).count()) === 1, 'the message stands there more than once');
  await shot(page, 'chat-answered');
});

await check('a reload shows the same conversation', async () => {
  const before = await answer(page).locator('.markdown').innerText();
  await page.reload();
  expect((await whole_answer(page)) === before, 'the answer reads differently after the reload');
});

await check('what one tab sends the other tab of the same conversation shows, answer included', async () => {
  await second.goto(conversation);
  await second.getByText(sentence, { exact: true }).waitFor();
  await page.bringToFront();
  await say(page, 'Thank you, that is all.');
  await second.getByText('Thank you, that is all.', { exact: true }).waitFor({ timeout: 5000 });
  const here = await whole_answer(page);
  await second.waitForFunction((text) => [...document.querySelectorAll('.line.bot .markdown')].at(-1)?.innerText === text, here, { timeout: 10_000 });
});

await check('the draft survives a reload', async () => {
  await page.getByRole('textbox', { name: 'Message' }).fill('half a thought');
  await page.reload();
  await page.waitForFunction(() => document.querySelector('.composer textarea')?.value === 'half a thought');
  await page.getByRole('textbox', { name: 'Message' }).fill('');
});

await check('an answer can be stopped, from another tab too', async () => {
  await say(page, 'Please tell me everything that you know of Crystal Minh.');
  const stop = second.getByRole('button', { name: 'Stop the answer' });
  // A short answer may be over before it can be stopped: then there is nothing to stop, which is right as well.
  await Promise.race([stop.waitFor({ timeout: 15_000 }), page.locator('.line.bot:not(.writing)').nth(2).waitFor()]);
  if (await stop.isVisible()) await stop.click({ timeout: 2000 }).catch(() => undefined);
  await page.waitForFunction(() => !document.querySelector('.writing'), null, { timeout: 60_000 });
  await page.getByRole('button', { name: 'Send' }).waitFor();
});

await check('a conversation is renamed, and deleted with an undo, in all tabs', async () => {
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByLabel('Title of the conversation').fill('About Crystal');
  await page.keyboard.press('Enter');
  await second.getByRole('heading', { name: 'About Crystal' }).waitFor({ timeout: 5000 });
  await page.getByRole('button', { name: 'Delete conversation' }).click();
  await second.locator('.conversations').getByText('About Crystal').waitFor({ state: 'detached', timeout: 5000 });
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.locator('.conversations').getByText('About Crystal').waitFor();
});

await check('the palette finds the conversation by keyboard alone', async () => {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').waitFor();
  await page.keyboard.type('crystal');
  await page.getByRole('option', { name: /About Crystal/ }).waitFor();
  await shot(page, 'palette');
  await page.keyboard.press('Escape');
  await page.locator('main').focus();
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
});

await check('the person who was spoken about is a client, each value with its sentence', async () => {
  await page.goto(`${base}/clients`);
  const link = page.getByRole('link', { name: 'Crystal Minh' }).first();
  await link.waitFor({ timeout: 30_000 });
  await shot(page, 'clients');
  await link.click();
  for (const value of ['crystalm93@crm.example.test', /977.?.?625.?2661/]) await page.locator('.known-value').getByText(value).waitFor();
  expect((await page.locator('.evidence q').count()) >= 3, 'fewer than three values show the sentence they came from');
  await shot(page, 'client');
});

await check('the sentence is marked in the conversation, with the name of the field', async () => {
  await page.getByRole('link', { name: /Where .* was said/ }).first().click();
  await page.locator('mark').first().waitFor();
  const marked = await page.locator('mark').allInnerTexts();
  expect(marked.some((text) => /Crystal Minh\s*name/.test(text)), `the name is not marked: ${JSON.stringify(marked)}`);
  expect(marked.some((text) => /crystalm93@crm\.example\.test\s*e-mail/.test(text)), `the e-mail is not marked: ${JSON.stringify(marked)}`);
  await shot(page, 'transcript');
});

await check('a case type is added, and bad input names its field', async () => {
  await page.goto(`${base}/case-types`);
  await page.getByRole('button', { name: 'New case type' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Residence card');
  await page.getByLabel('Code', { exact: true }).fill(`RC-${Date.now() % 100_000}`);
  await page.getByLabel('Category', { exact: true }).selectOption('visa');
  await page.getByLabel('Words', { exact: true }).fill('residence card, residence permit');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Residence card', { exact: true }).first().waitFor();
});

for (const scheme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    const name = `${scheme}, ${width} px`;
    await check(`every page passes axe and fits its window: ${name}`, async () => {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme: scheme });
      const wrong = [];
      for (const path of [...pages, new URL(conversation).pathname]) {
        await page.goto(base + path);
        await page.locator('.page h1, .thread h1').first().waitFor();
        await page.waitForFunction(() => !document.querySelector('.skeleton'));
        await shot(page, `${scheme}-${width}${path.startsWith('/c/') ? '-conversation' : path.replaceAll('/', '-')}`);
        wrong.push(...(await axe_violations(page)).map((line) => `${path} ${line}`));
        const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (over > 0) wrong.push(`${path} is ${over} px wider than the window`);
      }
      expect(wrong.length === 0, wrong.join('\n'));
    });
  }
}

await check('without its network the page says so, and catches up by itself', async () => {
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(conversation);
  await page.locator('.line.bot').first().waitFor();
  await second.close();
  await context.setOffline(true);
  await page.getByRole('textbox', { name: 'Message' }).fill('said while offline');
  await page.keyboard.press('Enter');
  await page.getByText('Not sent.').waitFor({ timeout: 15_000 });
  await shot(page, 'offline');
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Send again' }).click();
  await whole_answer(page);
  expect((await page.getByText('said while offline', { exact: true }).count()) === 1, 'the message stands there more than once');
});

await check('signing out leads to the door', async () => {
  await page.goto(`${base}/account`);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.waitForURL(/\/sign-in/);
  expect((await axe_violations(page)).length === 0, (await axe_violations(page)).join('\n'));
});

await check('no page broke, and none was stopped by its security policy', async () => expect(trouble.length === 0, trouble.join('\n')));

await browser.close();
finish();
