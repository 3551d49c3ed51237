// SPDX-License-Identifier: MIT
// What goes wrong between a browser and its server, made to happen on purpose: answers lost, a database down, a stream
// that breaks; and what must hold even so: nothing twice, nothing lost, words that say what to do.
//
//   BASE_URL=… SETUP_CODE=… node tests/faults.mjs          (or ADMIN_EMAIL, ADMIN_PASSWORD)
import { base, check, come_in, expect, finish, launch, listen_for_trouble, say, shot, whole_answer } from './browser_kit.mjs';

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1200, height: 760 } });
const page = await context.newPage();
const trouble = [];
listen_for_trouble(page, trouble);

const unavailable = {
  status: 503,
  contentType: 'application/problem+json',
  headers: { 'Retry-After': '2' },
  body: JSON.stringify({ type: 'about:blank', title: 'Unavailable', status: 503, detail: 'The database cannot be reached.' }),
};
const count_of = (where, text) => where.getByText(text, { exact: true }).count();

/** A request as the page itself would make it, so that cookies and origin are right. */
const post = (path, body) =>
  page.evaluate(
    async ([to, what]) => {
      const answer = await fetch(`/api/v1${to}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(what) });
      if (!answer.ok) throw new Error(`${to}: ${answer.status}`);
      return answer.json();
    },
    [path, body],
  );

const is_in = await check('somebody is signed in and has a conversation', async () => {
  await come_in(page);
  await say(page, 'Good morning, this is the first message.');
  await page.waitForURL(/\/c\//);
  await whole_answer(page);
});
if (!is_in) finish();

await check('the answer to a send is lost: the message stands there once, also after sending again', async () => {
  await page.route('**/api/v1/chat/send', async (route) => {
    await route.fetch();
    await route.abort('connectionreset');
  });
  await say(page, 'This one is answered into the void.');
  await page.waitForTimeout(2500);
  await page.unroute('**/api/v1/chat/send');
  const again = page.getByRole('button', { name: 'Send again' });
  if (await again.isVisible()) await again.click();
  await whole_answer(page);
  await page.getByRole('button', { name: 'Send again' }).waitFor({ state: 'detached' });
  expect((await count_of(page, 'This one is answered into the void.')) === 1, 'the message stands there more than once');
  await page.reload();
  await whole_answer(page);
  expect((await count_of(page, 'This one is answered into the void.')) === 1, 'the message was stored more than once');
});

await check('a refused send keeps its text, says why, and can be edited', async () => {
  await page.route('**/api/v1/chat/send', (route) => route.fulfill(unavailable));
  await say(page, 'Is the database there?');
  await page.getByText('The database cannot be reached.').waitFor();
  await shot(page, 'send-refused');
  await page.unroute('**/api/v1/chat/send');
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.waitForFunction(() => document.querySelector('.composer textarea')?.value === 'Is the database there?');
  await page.keyboard.press('Enter');
  await whole_answer(page);
  expect((await count_of(page, 'Is the database there?')) === 1, 'the message stands there more than once');
});

await check('a page without its database says so with the seconds, and comes back by itself', async () => {
  await page.route('**/api/v1/crm/clients?*', (route) => route.fulfill(unavailable));
  await page.goto(`${base}/clients`);
  await page.getByText(/The database cannot be reached; trying again in \d+ s\./).waitFor();
  await shot(page, 'database-down');
  await page.unroute('**/api/v1/crm/clients?*');
  await page.locator('.problem').waitFor({ state: 'detached', timeout: 15_000 });
  await page.locator('.table, .empty').first().waitFor();
});

await check('a broken stream is said, mended by itself, and what happened meanwhile is there', async () => {
  await page.goto(`${base}/`);
  await say(page, 'A conversation for the broken stream.');
  await page.waitForURL(/\/c\//);
  await whole_answer(page);
  const id = page.url().split('/').at(-1);
  await page.route(/\/api\/v1\/events(\?|$)/, (route) => route.fulfill(unavailable));
  // A reload makes this page open its stream anew, into the fault.
  await page.reload();
  await page.getByText(/trying again in \d+ s/).waitFor({ timeout: 10_000 });
  await shot(page, 'stream-broken');
  await post(`/conversations/${id}/messages`, { sender: 'user', content: 'Stored while nobody heard it.' });
  expect((await count_of(page, 'Stored while nobody heard it.')) === 0, 'the fault did not happen: the event came through');
  await page.unroute(/\/api\/v1\/events(\?|$)/);
  await page.getByText('Stored while nobody heard it.', { exact: true }).waitFor({ timeout: 30_000 });
  expect((await count_of(page, 'Stored while nobody heard it.')) === 1, 'the message stands there more than once');
});

await check('older messages come when one scrolls up, and the reader stays where he was', async () => {
  const made = await post('/conversations', { title: 'A long conversation' });
  for (let at = 1; at <= 120; at++) await post(`/conversations/${made.id}/messages`, { sender: 'user', content: `Line number ${at}` });
  await page.goto(`${base}/c/${made.id}`);
  await page.getByText('Line number 120', { exact: true }).waitFor();
  expect((await count_of(page, 'Line number 1')) === 0, 'all messages came at once');
  const at_end = await page.evaluate(() => {
    const box = document.querySelector('.scroller');
    return box.scrollHeight - box.scrollTop - box.clientHeight;
  });
  expect(at_end < 4, `the conversation opens ${at_end} px above its end`);
  const moved = await page.evaluate(async () => {
    const box = document.querySelector('.scroller');
    const first = document.querySelector('.line');
    box.scrollTop = 200;
    const before = first.getBoundingClientRect().top;
    await new Promise((done) => {
      const grown = new MutationObserver(() => {
        if (document.querySelector('.line') === first) return;
        grown.disconnect();
        requestAnimationFrame(done);
      });
      grown.observe(box, { childList: true, subtree: true });
    });
    return Math.abs(first.getBoundingClientRect().top - before);
  });
  expect(moved < 2, `the reader was moved by ${moved} px`);
});

await check('all tabs show a message at nearly the same moment', async () => {
  const other = await context.newPage();
  await other.goto(page.url());
  await other.getByText('Line number 120', { exact: true }).waitFor();
  const seen = (where) =>
    where.evaluate(
      () =>
        new Promise((done) => {
          const look = new MutationObserver(() => {
            if (document.body.innerText.includes('Seen by all')) done(performance.timeOrigin + performance.now());
          });
          look.observe(document.body, { childList: true, subtree: true, characterData: true });
        }),
    );
  const both = Promise.all([seen(page), seen(other)]);
  const id = page.url().split('/').at(-1);
  await post(`/conversations/${id}/messages`, { sender: 'user', content: 'Seen by all' });
  const [here, there] = await both;
  console.log(`      ${Math.abs(here - there).toFixed(1)} ms apart`);
  expect(Math.abs(here - there) < 500, 'more than half a second apart (the aim is 100 ms; this allows for a busy machine)');
  await other.close();
});

await check('a hostile answer is text: no script, no picture, no link that runs', async () => {
  const made = await post('/conversations', { title: 'Hostile' });
  const hostile = 'Look: <img src=x onerror="globalThis.hurt=1"><script>globalThis.hurt=2</script> [click](javascript:globalThis.hurt=3) ![seen](https://crm.example.test/pixel.png)';
  await post(`/conversations/${made.id}/messages`, { sender: 'user', content: hostile });
  await post(`/conversations/${made.id}/messages`, { sender: 'bot', content: hostile });
  await page.goto(`${base}/c/${made.id}`);
  await page.locator('.line.bot .markdown').waitFor();
  const found = await page.evaluate(() => ({
    hurt: globalThis.hurt ?? null,
    bad: document.querySelectorAll('.lines img, .lines script, .lines [onerror], .lines a[href^="javascript"]').length,
    rel: document.querySelector('.line.bot a[href^="https"]')?.rel ?? '',
  }));
  expect(found.hurt === null && found.bad === 0, `it came through: ${JSON.stringify(found)}`);
  expect(found.rel.includes('noopener'), 'links keep their opener');
});

await check('no page broke', async () => expect(trouble.length === 0, trouble.join('\n')));

await browser.close();
finish();
