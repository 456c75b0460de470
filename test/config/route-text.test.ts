import t from 'tap';
import { actionText, matchText } from '../../src/config/route-text.ts';
import { configOf } from '../helpers/config-text.ts';

function textOf(route: string): string {
  const [resolved] = configOf(`routes: [{ ${route} }]`).routes;
  if (resolved === undefined) throw new Error('the file has a route');
  return `${resolved.matches.map((match) => matchText(match)).join(' | ')} ${actionText(resolved)}`;
}

await t.test('a route in one line: what it takes, and what it does', async (t) => {
  const cases = [
    ['host: app.example.com, path: /api/*, methods: [GET, POST], upstream: "api:8000"', 'GET,POST,HEAD app.example.com/api/* → api:8000'],
    ['redirect: { to: /new, status: 308 }', '*/* → 308 /new'],
    ['host: "*.example.com", path: /health, health: readiness', '*.example.com/health → readiness'],
    ['path: "/static/*.css", respond: { status: 204 }', '*/static/*.css → answers 204'],
    ['path: "/static/*.{css,js}", health: liveness', '*/static/*.{css,js} → liveness'],
    ['host: a.test, path: "~^/users/[0-9]+$", respond: {}', 'a.test ~^/users/[0-9]+$ → answers 200'],
    ['host: [a.test, b.test], path: [/, /b/*], respond: {}', 'a.test/ | a.test/b/* | b.test/ | b.test/b/* → answers 200'],
  ] as const;
  t.strictSame(cases.map(([route]) => textOf(route)), cases.map(([, text]) => text));
});
