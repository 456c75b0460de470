import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';

/** Everything the page needs is its own; nothing is inline, nothing comes from elsewhere. */
const POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

const FILES = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/app.css', file: 'app.css', type: 'text/css; charset=utf-8' },
  { path: '/app.js', file: 'app.js', type: 'text/javascript; charset=utf-8' },
  { path: '/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
];

/** The page and its files, read once. */
export async function addPageRoutes(app: FastifyInstance, instance: string): Promise<void> {
  const folder = new URL('../demo/page/', import.meta.url);
  const texts = await Promise.all(FILES.map(({ file }) => readFile(new URL(file, folder), 'utf8')));
  for (const [index, { path, type }] of FILES.entries()) {
    const text = (texts[index] ?? '').replaceAll('{{instance}}', instance).replaceAll('{{pid}}', String(process.pid));
    app.get(path, (_request, reply) => reply.headers({ 'content-type': type, 'content-security-policy': POLICY, 'cache-control': 'no-store' }).send(text));
  }
}
