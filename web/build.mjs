// SPDX-License-Identifier: MIT
// Builds web/dist: index.html, content-hashed files under assets/, and beside each a .gz and a .br.
// Fails when a budget is exceeded, because nobody notices a page that grows by two kilobytes a week.
import { build, context } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');
const budgets = { first_load_js: 60 * 1024, css: 12 * 1024, lazy_route_js: 25 * 1024 };

const options = {
  absWorkingDir: root,
  entryPoints: { main: 'src/main.tsx', style: 'src/styles/all.css', theme: 'src/shell/theme_early.ts' },
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['es2022'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  minify: true,
  legalComments: 'none',
  outdir: 'dist/assets',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  metafile: true,
  logLevel: 'warning',
};

const gz = (bytes) => gzipSync(bytes, { level: 9 });
const br = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

/** The files that load together with `path`, without those in `loaded`. */
function with_static_imports(outputs, path, loaded = new Set()) {
  const found = new Set();
  const visit = (file) => {
    if (found.has(file) || loaded.has(file)) return;
    found.add(file);
    for (const used of outputs[file].imports) if (used.kind === 'import-statement') visit(used.path);
  };
  visit(path);
  return found;
}

function size_of(files) {
  let total = 0;
  for (const file of files) total += gz(readFileSync(join(root, file))).length;
  return total;
}

function check_budgets(outputs, main, style) {
  const first = with_static_imports(outputs, main);
  const over = [];
  const row = (name, size, limit) => {
    console.log(`${name.padEnd(34)} ${(size / 1024).toFixed(1).padStart(6)} KB gz of ${limit / 1024}`);
    if (size > limit) over.push(name);
  };
  row('first load, JavaScript', size_of(first), budgets.first_load_js);
  row('styles', size_of([style]), budgets.css);
  for (const [file, made] of Object.entries(outputs)) {
    if (!made.entryPoint || first.has(file) || !file.endsWith('.js') || made.entryPoint.includes('theme_early')) continue;
    row(`lazy ${made.entryPoint.replace(/^(src|node_modules)\//, '')}`, size_of(with_static_imports(outputs, file, first)), budgets.lazy_route_js);
  }
  if (over.length) throw new Error(`over budget: ${over.join(', ')}`);
  return first;
}

function write_compressed(path, bytes) {
  writeFileSync(path, bytes);
  writeFileSync(`${path}.gz`, gz(bytes));
  writeFileSync(`${path}.br`, br(bytes));
}

function write_icon() {
  const bytes = readFileSync(join(root, 'src/icon.svg'));
  const name = `icon-${createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase()}.svg`;
  writeFileSync(join(dist, 'assets', name), bytes);
  return `/assets/${name}`;
}

function finish(meta) {
  const outputs = meta.outputs;
  const output_of = (entry, end) =>
    Object.keys(outputs).find((file) => outputs[file].entryPoint === entry && file.endsWith(end));
  const main = output_of('src/main.tsx', '.js');
  const style = output_of('src/styles/all.css', '.css');
  const theme = output_of('src/shell/theme_early.ts', '.js');
  const first = check_budgets(outputs, main, style);
  const url = (file) => file.replace(/^dist/, '');
  const preload = [...first]
    .filter((file) => file !== main)
    .map((file) => `<link rel="modulepreload" href="${url(file)}">`);
  const parts = { icon: write_icon(), style: url(style), theme: url(theme), main: url(main), preload: preload.join('\n') };
  const html = readFileSync(join(root, 'src/index.html'), 'utf8').replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
  write_compressed(join(dist, 'index.html'), Buffer.from(html));
  for (const name of readdirSync(join(dist, 'assets'))) {
    if (!/\.(gz|br)$/.test(name)) write_compressed(join(dist, 'assets', name), readFileSync(join(dist, 'assets', name)));
  }
}

const finisher = {
  name: 'finish',
  setup(plugin) {
    plugin.onStart(() => {
      rmSync(dist, { recursive: true, force: true });
      mkdirSync(join(dist, 'assets'), { recursive: true });
    });
    plugin.onEnd((result) => {
      if (result.errors.length === 0) finish(result.metafile);
    });
  },
};

try {
  if (process.argv.includes('--watch')) {
    const watching = await context({ ...options, plugins: [finisher] });
    await watching.watch();
  } else {
    await build({ ...options, plugins: [finisher] });
  }
} catch (error) {
  console.error(`web: ${error.message}`);
  process.exit(1);
}
