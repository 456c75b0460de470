import t from 'tap';
import { faultsOf, loadText } from '../helpers/config-text.ts';

function said(text: string): string[] {
  return faultsOf(() => loadText(text)).map(({ message, hint }) => [message, hint].filter((part) => part !== null).join(' | '));
}

await t.test('sentences name the option, what it wants and what it got', async (t) => {
  t.strictSame(said('workers: 65'), ['`workers` must be a whole number from 1 to 64, not `65`']);
  t.strictSame(said('log: { level: infoo }'), ['`level` must be one of error, warn, info and debug, not `infoo` | Did you mean `info`?']);
  t.strictSame(said('trustedProxies: { a: 1 }'), ['`trustedProxies` must be a list of addresses and CIDR blocks, not a set of options']);
  t.strictSame(said('trustedProxies: [1]'), ['an entry of `trustedProxies` must be an address or a CIDR block, not `1` | Text is written in quotes: "1".']);
  t.strictSame(said('drainTimeout:'), ['`drainTimeout` has no value | Expected: a duration such as 500ms, 10s or 1h30m.']);
});

await t.test('a suggestion is made where words are one of several forms, and numbers get their sign or unit', async (t) => {
  t.match(said('accessLog: jsno'), [/Did you mean `json`\?$/]);
  t.match(said('routes: [{ upstream: a }]\nupstreams: { a: { targets: "a:1", panic: 50 } }'), [/must be a percentage such as 20%, not `50` \| A percentage needs its sign: `50%`\.$/]);
  t.match(said('routes: [{ upstream: a }]\nupstreams: { a: { targets: "a:1", retry: { body: 64 } } }'), [/A size needs a unit: `64KB` or `64B`\.$/]);
});

await t.test('no word of the validator reaches the user', async (t) => {
  const texts = ['listen: 5', 'listen: { http: { a: 1 } }', 'upstreams: { a: { targets: 5, x: 1 } }', 'routes: [{ match: { headers: { a: [1] }, query: 5 }, redirect: 5 }]', 'accessLog: 5', 'tls: { certificates: [5, {}] }'];
  for (const text of texts) {
    const sentences = said(text);
    t.ok(sentences.length > 0, text);
    t.notMatch(sentences.join('\n'), /anyOf|oneOf|schema|must NOT|must match|keyword|instancePath|undefined|something else|object\b/, text);
  }
});

await t.test('limits on length and number have sentences of their own', async (t) => {
  t.match(said(`routes: [{ match: { query: { a: ${'x'.repeat(1001)} } }, respond: {} }]`), [/too long: 1000 characters/]);
  t.match(said(`routes: [{ host: [${Array.from({ length: 101 }, (_, index) => `h${index}`).join(', ')}], respond: {} }]`), [/too many entries: 100/]);
  t.match(said(`routes: [{ match: { query: { ${Array.from({ length: 33 }, (_, index) => `q${index}: x`).join(', ')} } }, respond: {} }]`), [/too many entries: 32/]);
});

await t.test('every mistake of a file is shown at once', async (t) => {
  t.equal(said('workers: 0\nlog: { level: x }\nupstreams: { a: x }\nroutes: [{ path: a, upstream: b }, { path: /c }]').length, 6);
});

await t.test('threat: a text that is to be a secret is not shown where it is wrong', async (t) => {
  for (const sticky of ['short-secret', '12345678']) {
    const faults = faultsOf(() => loadText(`upstreams: { a: { targets: "x:1", balance: { sticky: { secret: ${sticky} } } } }\nroutes: [{ upstream: a }]`));
    t.equal(faults.length, 1);
    t.notMatch(JSON.stringify(faults), /short-secret|12345678/);
  }
});
