// SPDX-License-Identifier: MIT
// Somebody opens the dashboard on a server that is busy with other things: it loads, and its numbers go on being renewed.
//
//   BASE_URL=… ADMIN_EMAIL=… ADMIN_PASSWORD=… [STREAMS=…] node tests/dashboard.mjs
import { base, check, come_in, expect, finish, launch, listen_for_trouble, shot } from './browser_kit.mjs';

const at_least = Number(process.env.STREAMS ?? 0);
const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 1200, height: 900 } })).newPage();
page.setDefaultTimeout(60_000);
const trouble = [];
listen_for_trouble(page, trouble);
const renewed = () => page.waitForResponse((response) => response.url().endsWith('/dashboard/stats') && response.ok());

await check('the dashboard opens and shows what is going on', async () => {
  await come_in(page);
  const [stats] = await Promise.all([renewed(), page.goto(`${base}/dashboard`)]);
  const { running_runs } = await stats.json();
  expect(running_runs >= at_least, `${running_runs} answers are running`);
  await page.getByText('Database pool').waitFor();
});
await check('it is renewed by itself', renewed);
await shot(page, 'dashboard-busy');
await check('nothing went wrong on the page', async () => expect(!trouble.length, trouble.join('\n')));
await browser.close();
finish();
