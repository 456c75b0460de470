import { readdirSync } from 'node:fs';
import t from 'tap';
import { readPageFiles } from '../../src/admin/page-files.ts';

const { html, assets } = readPageFiles();
const page = html.toString();
const scripts = assets.filter(({ path }) => path.endsWith('.js') && !path.endsWith('/plot.js'));

await t.test('every file in the folder is held in memory, at a path that changes with the content', async (t) => {
  const folder = readdirSync(new URL('../../src/admin/page/', import.meta.url)).filter((name) => !name.startsWith('.') && name !== 'index.html');
  const names = assets.map(({ path }) => path.split('/').at(-1) ?? '');
  t.strictSame(folder.filter((name) => !names.includes(name)), []);
  t.strictSame(names.filter((name) => name.startsWith('plot.')), ['plot.css', 'plot.js']);
  for (const { path, body } of assets) {
    t.match(path, /^\/page\/[0-9a-f]{16}\/[a-z]+\.(?:js|css|svg)$/);
    t.ok(body.length > 0, path);
  }
});

await t.test('the page names nothing from elsewhere, nothing inline, and only what is there', async (t) => {
  const named = [...page.matchAll(/(?:href|src)="([^"#][^"]*)"/g)].map((match) => match[1] ?? '');
  t.equal(named.length, 5);
  t.strictSame(named.filter((path) => !assets.some((asset) => asset.path === path)), []);
  t.notMatch(page, /\{\{|https?:|\bon[a-z]+=|style=|<style|<script>/);
  for (const { path, body } of scripts) {
    const imports = [...body.toString().matchAll(/from '\.\/([a-z.]+)'/g)].map((match) => match[1] ?? '');
    t.strictSame(imports.filter((name) => !assets.some((asset) => asset.path.endsWith(`/${name}`))), [], path);
  }
});

await t.test('every element that a script looks for is there', async (t) => {
  const ids = scripts.flatMap(({ body }) => [...body.toString().matchAll(/\b(?:byId|bodyOf|showCounts|makePlot)\('([a-z0-9-]+)'/g)].map((match) => match[1] ?? ''));
  t.ok(ids.length > 20);
  t.strictSame(ids.filter((id) => !page.includes(`id="${id}"`)), []);
});

await t.test('threat: no script makes markup or code of a text', async (t) => {
  for (const { path, body } of scripts) t.notMatch(body.toString(), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|document\.cookie/, path);
});
