import fastify from 'fastify';
import t from 'tap';
import { addPageRoutes } from '../../src/demo/page-routes.ts';

await t.test('the page says who answered and needs nothing from elsewhere', async (t) => {
  const app = fastify();
  await addPageRoutes(app, 'demo-7');
  const page = await app.inject('/');
  t.match(page.headers, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  t.match(page.headers['content-security-policy'], /default-src 'none'.*script-src 'self'/);
  t.match(page.body, '<strong class="instance">demo-7</strong>');
  t.match(page.body, `process ${process.pid}`);
  t.notMatch(page.body, /\{\{|https?:|\bon[a-z]+=|style=|<style|<script>/);
});

await t.test('every file the page names is there, and every element its script looks for', async (t) => {
  const app = fastify();
  await addPageRoutes(app, 'demo-7');
  const { body } = await app.inject('/');
  const named = [...body.matchAll(/(?:href|src)="(\/[^"]*)"/g)].map((match) => match[1] ?? '');
  t.equal(named.length, 3);
  for (const path of named) t.equal((await app.inject(path)).statusCode, 200, path);
  const script = (await app.inject('/app.js')).body;
  const ids = [...script.matchAll(/(?:byId|onEvent)\('([a-z-]+)'/g)].map((match) => match[1] ?? '');
  t.ok(ids.length > 10);
  t.strictSame(ids.filter((id) => !body.includes(`id="${id}"`)), []);
});
