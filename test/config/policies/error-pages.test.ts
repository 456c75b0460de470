import t from 'tap';
import type { ErrorPagesConfig } from '../../../src/config/policies/error-pages.ts';
import { checkBroken } from '../../helpers/config-text.ts';
import { settingsOf } from '../../helpers/policies.ts';

const files = {
  '/etc/sluice/404.html': '<h1>{status}</h1>',
  '/etc/sluice/error.json': '{ "status": {status}, "id": "{requestId}" }',
  '/etc/sluice/busy.txt': 'busy',
  '/etc/sluice/broken.json': '{ "code": {code} }',
};

function pagesOf(options: string, more = ''): ErrorPagesConfig | null {
  return settingsOf(`errorPages: ${options}`, more, { files }).errorPages;
}

const HTML = { contentType: 'text/html; charset=utf-8', text: '<h1>{status}</h1>' };
const JSON_PAGE = { contentType: 'application/json', text: '{ "status": {status}, "id": "{requestId}" }' };
const TEXT = { contentType: 'text/plain; charset=utf-8', text: 'busy' };

function route(pages: string): string {
  return `routes: [{ respond: {}, errorPages: ${pages} }]`;
}

await t.test('a file is for the clients that its ending speaks of, and the narrowest range comes first', async (t) => {
  t.strictSame(pagesOf('{ 4xx: ./busy.txt, 404: ./404.html, 502-504: error.json }'), {
    ranges: [
      { from: 404, to: 404, status: 0, html: HTML, json: null },
      { from: 502, to: 504, status: 0, html: null, json: JSON_PAGE },
      { from: 400, to: 499, status: 0, html: TEXT, json: TEXT },
    ],
    intercept: [],
  });
});

await t.test('a page for each kind of client, from files or written here', async (t) => {
  t.strictSame(pagesOf('{ 404: { html: ./404.html, json: ./error.json }, 500: { html: { inline: "<p>" }, json: { inline: { error: "{code}" } }, status: 503 }, 503: { html: ./404.html, text: ./busy.txt }, 502: "off" }')?.ranges, [
    { from: 404, to: 404, status: 0, html: HTML, json: JSON_PAGE },
    { from: 500, to: 500, status: 503, html: { contentType: HTML.contentType, text: '<p>' }, json: { contentType: 'application/json', text: '{"error":"{code}"}' } },
    { from: 502, to: 502, status: 0, html: null, json: null },
    { from: 503, to: 503, status: 0, html: HTML, json: TEXT },
  ]);
});

await t.test('a route adds to the pages of defaults, status by status and client by client', async (t) => {
  const pages = pagesOf('{ 404: { html: { inline: own } }, 503: "off" }', 'defaults: { errorPages: { 404: { json: ./error.json }, 5xx: ./busy.txt, intercept: true } }');
  t.match(pages, {
    ranges: [{ from: 404, html: { text: 'own' }, json: JSON_PAGE }, { from: 503, html: null, json: null }, { from: 500, to: 599, html: TEXT }],
    intercept: [[400, 599]],
  });
  t.equal(pagesOf('off', 'defaults: { errorPages: { 404: ./404.html } }'), null);
});

await t.test('what of the upstream gives way is all, or some', async (t) => {
  t.strictSame(pagesOf('{ 5xx: ./busy.txt, intercept: [500, 502-504] }')?.intercept, [[500, 500], [502, 504]]);
  t.strictSame(pagesOf('{ 5xx: ./busy.txt, intercept: 5xx }')?.intercept, [[500, 599]]);
  t.strictSame(pagesOf('{ 5xx: ./busy.txt, intercept: false }')?.intercept, []);
});

await t.test('what cannot be a page is refused at its place', async (t) => {
  checkBroken(t, [
    [route('{ 404: »./none.html }'), 'no such file', '/etc/sluice'],
    [route('{ 404: »./busy.png }'), '.html, .htm, .json, .txt'],
    [route('{ 404: { html: »./error.json } }'), '.html, .htm'],
    [route('{ 404: »./broken.json }'), 'not JSON', '"{requestId}"'],
    [route('{ 404: { json: »./broken.json } }'), 'not JSON'],
    [route('{ »200: ./404.html }'), 'no status of an error'],
    [route('{ »40x: ./404.html }'), '4xx or 5xx'],
    [route('{ 404: ./404.html, »interceptt: true }'), 'no status of an error'],
    [route('{ 500-503: ./busy.txt, »501-504: ./busy.txt }'), 'in common'],
    [route('{ 5xx: ./busy.txt, »500-599: ./busy.txt }'), 'in common'],
    [route('{ 404: »{} }'), 'no page here'],
    [route('»{ intercept: true }'), 'no page here'],
    [route('{ 404: ./404.html, intercept: [»502] }'), 'no page for 502'],
    [route('{ 404: { html: ./404.html, status: »302 } }'), 'shows no page'],
    [route('{ 404: { html: ./404.html, »code: 1 } }'), 'no option `code`'],
  ], { files });
});
