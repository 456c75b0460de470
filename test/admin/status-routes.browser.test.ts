import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fastify from 'fastify';
import type { BrowserContext, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { createRequestGuard } from '../../src/admin/request-guard.ts';
import { addStatusRoutes } from '../../src/admin/status-routes.ts';
import { startBrowser } from '../helpers/browser.ts';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { requireService } from '../helpers/service.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';
import { SampleStatus } from './sample-status.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [{ width: 1280, height: 900 }, { width: 390, height: 844 }];
const SCHEMES = ['light', 'dark'] as const;

/** Whatever a page complains of, and whatever it asks of others. */
function watch(page: Page, origin: string): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(origin)) complaints.push(request.url());
  });
  return complaints;
}

/** Faults that axe finds, in words. */
async function faults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(`axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ target }) => target).join(', ')))`);
}

async function gatewayWithPage(t: Test): Promise<{ readonly gateway: TestGateway; readonly origin: string }> {
  const [good, other] = [await startHttpUpstream((_request, response) => void response.end('good')), await startHttpUpstream((_request, response) => void response.end('good'))];
  const bad = await startHttpUpstream((_request, response) => void response.writeHead(500).end('bad'));
  t.teardown(async () => Promise.all([good.close(), other.close(), bad.close()]));
  const gateway = await startGateway(t, `
listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }
upstreams:
  app: { targets: ["${good.target}", "${other.target}"] }
  broken: { targets: ["${bad.target}"] }
  gone: { targets: ["127.0.0.1:1"] }
routes:
  - { name: app, path: /*, upstream: app }
  - { name: broken, path: /broken, upstream: broken }
  - { name: gone, path: /gone, upstream: gone }
`);
  return { gateway, origin: `http://127.0.0.1:${gateway.plane.admin?.address.port ?? 0}` };
}

async function send(port: number, path: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, async () => (await fetch(`http://127.0.0.1:${port}${path}`)).text()));
}

/** Presses Tab until the element that has the focus is called so. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent') === name) return;
  }
  throw new Error(`the keyboard does not reach: ${name}`);
}

async function followsTraffic(t: Test, page: Page, { httpPort }: TestGateway): Promise<void> {
  await page.locator('#connection[data-state=live]').waitFor();
  t.equal(await page.locator('#now-requests').textContent(), '0/s');
  await send(httpPort, '/', 30);
  await send(httpPort, '/broken', 5);
  await send(httpPort, '/gone', 5);
  const row = page.locator('#routes tr[data-key="route app"]');
  await row.getByText('0.50').waitFor();
  await page.locator('#now-errors', { hasText: '25 %' }).waitFor();
  await page.locator('#failing .answer', { hasText: '2 routes' }).waitFor();
  t.match(await page.locator('#failing ul').textContent(), /broken: 5 of 5 failed \(100 %\), answered so by the upstream\.gone: 5 of 5 failed/);
  await page.locator('#errors tbody', { hasText: 'upstream_connect_failed' }).waitFor();
  t.match(await page.locator('#errors tbody tr').first().locator('.id').textContent(), /^\S{8,}$/);
  t.match(await page.locator('#codes tbody').textContent(), /upstream_connect_failed/);
  await page.getByRole('button', { name: 'broken' }).click();
  await page.locator('#now-errors', { hasText: '100 %' }).waitFor();
  t.match(await page.locator('#plot-errors').getAttribute('aria-label'), 'errors of broken over the last hour; last minute: 100 %');
}

async function obeysTheKeyboard(t: Test, page: Page, { plane }: TestGateway): Promise<void> {
  const key = plane.status().targets.find(({ upstream }) => upstream === 'app')?.key ?? '';
  const state = (): string | undefined => plane.status().targets.find((target) => target.upstream === 'app' && target.key === key)?.state;
  await page.reload();
  await page.locator('#status').waitFor();
  await tabTo(page, 'Plots of the last hour; the arrow keys read them');
  await page.keyboard.press('ArrowLeft');
  await page.locator('#reading', { hasText: 'requests/s' }).waitFor();
  await tabTo(page, 'gone');
  await page.keyboard.press('Enter');
  t.equal(await page.locator('#chosen').textContent(), 'gone');
  await tabTo(page, `Take down ${key}`);
  await page.keyboard.press('Enter');
  t.equal(await page.evaluate('document.activeElement.id'), 'confirm-no', 'what is asked begins with the harmless answer');
  await page.keyboard.press('Escape');
  t.equal(state(), 'up');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await page.locator('#target-note', { hasText: 'taken down' }).waitFor();
  t.equal(state(), 'down');
  const row = page.locator(`#targets tr[data-key="app ${key}"]`);
  t.match(await row.textContent(), /✕ down/);
  await page.locator('#up ul', { hasText: `${key} is down` }).waitFor();
  t.equal(await page.evaluate('document.activeElement.textContent'), 'Put back', 'the keyboard stays where it was');
  await page.keyboard.press('Enter');
  await row.getByText('✓ up').waitFor();
  t.equal(state(), 'up');
}

async function showsWhatAReloadChanged(t: Test, page: Page, gateway: TestGateway): Promise<void> {
  gateway.write('listen: { http: "127.0.0.1:0", admin: "127.0.0.1:0" }\nroutes: [{ name: app, path: /*, respond: { body: new } }]');
  t.match(await gateway.plane.reload(), { ok: true, generation: 2 });
  await page.locator('#generations summary', { hasText: 'Generation 2' }).click();
  t.match(await page.locator('#generations').textContent(), /respond\.body.*\+ new/);
  await page.locator('#targets', { hasText: 'No route forwards anywhere.' }).waitFor();
  gateway.write('nonsense: yes');
  await gateway.plane.reload();
  await page.locator('#up ul', { hasText: 'The last reload was refused' }).waitFor();
}

async function fitsEveryScreen(t: Test, page: Page): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      t.strictSame(await faults(page), [], `${colorScheme}, ${size.width} px`);
      t.equal(await page.evaluate('document.documentElement.scrollWidth'), size.width, 'nothing sticks out');
    }
  }
}

async function asksForTheToken(t: Test, browser: BrowserContext): Promise<void> {
  const app = fastify({ forceCloseConnections: true });
  const guard = createRequestGuard({ host: '127.0.0.1', port: 9090 }, '0123456789abcdef');
  app.setErrorHandler((_error, _request, reply) => reply.code(401).send(''));
  app.addHook('onRequest', async (request) => guard(request));
  addStatusRoutes(app, new SampleStatus());
  t.teardown(async () => app.close());
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  const page = await browser.newPage();
  await page.goto(origin);
  await page.locator('#login').waitFor();
  t.strictSame(await faults(page), []);
  t.notOk(await page.locator('#status').isVisible());
  await page.keyboard.type('not the token at all');
  await page.keyboard.press('Enter');
  await page.getByText('This token was not accepted.').waitFor();
  await page.keyboard.type('0123456789abcdef');
  await page.keyboard.press('Enter');
  await page.locator('#status').waitFor();
  t.notOk(await page.locator('#login').isVisible());
  t.strictSame([await page.evaluate('document.cookie'), await page.evaluate('localStorage.length'), page.url()], ['', 0, `${origin}/`], 'it is kept by the tab alone');
  await page.getByRole('button', { name: 'Forget the token' }).click();
  await page.locator('#login').waitFor();
  t.equal(await page.evaluate('sessionStorage.length'), 0);
}

await t.test('the status page in a real browser', { timeout: 60_000 }, async (t) => {
  const program = requireService(t, 'chromium');
  if (program === null) return;
  const [browser, { gateway, origin }] = await Promise.all([startBrowser(t, program), gatewayWithPage(t)]);
  const page = await browser.newPage();
  page.setDefaultTimeout(8000);
  const complaints = watch(page, origin);
  await page.goto(origin);
  await t.test('values change as traffic flows, and what fails is told with its reason and id', async (t) => followsTraffic(t, page, gateway));
  await t.test('axe finds no fault and nothing sticks out, in the dark and on a phone too', async (t) => fitsEveryScreen(t, page));
  await t.test('everything can be done with the keyboard alone: a target is taken down and put back', async (t) => obeysTheKeyboard(t, page, gateway));
  await t.test('a reload shows what it changed, and one that was refused shows why', async (t) => showsWhatAReloadChanged(t, page, gateway));
  await t.test('where there is a token, the page asks for it and keeps it in the tab', async (t) => asksForTheToken(t, browser));
  t.strictSame(complaints, [], 'nothing broke the policy of the page, failed, or came from elsewhere');
});
