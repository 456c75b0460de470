import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** One file of the status page, held in memory. */
interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
}

interface PageFiles {
  readonly html: Buffer;
  /** Their paths change with their content, so that a browser may keep them for ever. */
  readonly assets: readonly PageFile[];
}

const FOLDER = new URL('../admin/page/', import.meta.url);
/** The library's files as browsers take them stand beside the one that is imported. */
const LIBRARY = path.dirname(createRequire(import.meta.url).resolve('uplot'));

const CSS = 'text/css; charset=utf-8';
const SCRIPT = 'text/javascript; charset=utf-8';

/** One folder for all, named by all of their contents: scripts find each other by relative paths. */
export function readPageFiles(): PageFiles {
  const files = [
    { name: 'plot.css', type: CSS, body: readFileSync(path.join(LIBRARY, 'uPlot.min.css')) },
    { name: 'plot.js', type: SCRIPT, body: readFileSync(path.join(LIBRARY, 'uPlot.iife.min.js')) },
    { name: 'page.css', type: CSS, body: ownFile('page.css') },
    { name: 'icon.svg', type: 'image/svg+xml', body: ownFile('icon.svg') },
    ...['main.js', 'charts.js', 'connection.js', 'sections.js', 'table.js', 'text.js', 'traffic.js'].map((name) => ({ name, type: SCRIPT, body: ownFile(name) })),
  ];
  const hash = createHash('sha256');
  for (const { body } of files) hash.update(body);
  const folder = `/page/${hash.digest('hex').slice(0, 16)}/`;
  const html = ownFile('index.html').toString().replaceAll('{{folder}}', folder);
  return { html: Buffer.from(html), assets: files.map(({ name, type, body }) => ({ path: folder + name, type, body })) };
}

function ownFile(name: string): Buffer {
  return readFileSync(new URL(name, FOLDER));
}
