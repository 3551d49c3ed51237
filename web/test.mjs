// SPDX-License-Identifier: MIT
// Bundles src/**/*_test.ts (Node 18 reads no TypeScript), runs them with Node's own test runner, ends with one line of counts.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));

function tests_under(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return tests_under(path);
    return entry.name.endsWith('_test.ts') ? [path] : [];
  });
}

const out = mkdtempSync(join(tmpdir(), 'trunkline-web-'));
try {
  const entries = tests_under(join(root, 'src'));
  await build({
    absWorkingDir: root,
    entryPoints: entries,
    bundle: true,
    platform: 'node',
    target: 'node18',
    format: 'esm',
    outdir: out,
    outExtension: { '.js': '.mjs' },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const built = readdirSync(out, { recursive: true }).map((name) => join(out, String(name))).filter((name) => name.endsWith('.mjs'));
  if (built.length !== entries.length) throw new Error(`${entries.length} test files, ${built.length} built`);
  const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-reporter=tap', ...built], { encoding: 'utf8' });
  const count = (word) => Number(new RegExp(`^# ${word} (\\d+)`, 'm').exec(run.stdout)?.[1] ?? 0);
  if (run.status !== 0) process.stdout.write(run.stdout + run.stderr);
  const failed = count('fail') + count('cancelled');
  console.log(`${count('pass')} passed, ${failed} failed, ${count('skipped')} skipped`);
  process.exitCode = run.status === 0 && failed === 0 && count('pass') > 0 ? 0 : 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}
