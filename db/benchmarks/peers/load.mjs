// SPDX-License-Identifier: MIT
// What the two load programs in JavaScript have in common: tasks that each await their own statement, and the line
// of JSON at the end. A peer gives `open(endpoint, connections)`, which answers {read(id), insert(id, name), sleep(),
// close()}.
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

const rows = 10_000;
const sleepsOfMixed = 0.05; // and they are not counted
const warmSeconds = 0.5; // a little longer than the others: there is a compiler to warm

/** host (or folder of the socket), port, database and user of `postgresql://user@host:port/database?host=folder`. */
function endpoint(text) {
  const url = new URL(text.replace("@/", "@localhost/")); // a URL here has to have a host
  return {
    host: url.searchParams.get("host") ?? url.hostname,
    port: Number(url.searchParams.get("port") ?? url.port),
    database: url.pathname.slice(1),
    user: url.username,
  };
}

async function task(one, sleepNow, window, microseconds) {
  for (let began = performance.now(); began < window.until; ) {
    if (sleepNow && Math.random() < sleepsOfMixed) {
      await sleepNow();
      began = performance.now();
      continue;
    }
    await one(1 + Math.floor(Math.random() * rows));
    const ended = performance.now();
    if (began >= window.from) microseconds.push((ended - began) * 1000);
    began = ended;
  }
}

async function cpuBetween(window) {
  await sleep(window.from - performance.now());
  const before = process.cpuUsage();
  await sleep(window.until - performance.now());
  const used = process.cpuUsage(before);
  return used.user + used.system;
}

function summary(microseconds, seconds, cpu) {
  const sorted = Float64Array.from(microseconds).sort();
  const count = sorted.length;
  const at = (part) => (count === 0 ? 0 : Math.floor(sorted[Math.floor(part * (count - 1))]));
  return {
    per_second: Math.floor(count / seconds),
    p50_us: at(0.5),
    p99_us: at(0.99),
    max_us: at(1),
    client_cpu_us: count === 0 ? 0 : cpu / count,
  };
}

export async function run(open) {
  const [url, , work, tasks, connections, seconds] = process.argv.slice(2);
  if (seconds === undefined) throw new Error("usage: URL MODE read|insert|mixed TASKS CONNECTIONS SECONDS");
  const peer = await open(endpoint(url), Number(connections));
  const read = async (id) => {
    const row = await peer.read(id);
    if (Number(row.id) !== id) throw new Error("another's row");
  };
  const one = work === "insert" ? (id) => peer.insert(id, `name ${id}`) : read;
  const sleepNow = work === "mixed" ? () => peer.sleep() : undefined;
  const from = performance.now() + warmSeconds * 1000;
  const window = { from, until: from + Number(seconds) * 1000 };
  const microseconds = [];
  const working = Array.from({ length: Number(tasks) }, () => task(one, sleepNow, window, microseconds));
  const [cpu] = await Promise.all([cpuBetween(window), ...working]);
  await peer.close();
  console.log(JSON.stringify(summary(microseconds, Number(seconds), cpu)));
}
