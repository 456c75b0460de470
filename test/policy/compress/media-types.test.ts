import t from 'tap';
import { MediaTypes } from '../../../src/policy/compress/media-types.ts';

await t.test('types, families and syntaxes, in any case and with parameters', async (t) => {
  const types = new MediaTypes(['text/*', 'application/json', 'application/*+json']);
  const cases: readonly (readonly [contentType: string, held: boolean])[] = [
    ['text/html', true], ['Text/HTML; charset=utf-8', true], ['text/event-stream', true], ['application/json;charset=utf-8', true], ['application/JSON ', true],
    ['application/problem+json', true], ['application/+json', false], ['application/json+x', false], ['application/x-json', false], ['text/', false], ['text', false],
    ['', false], ['image/png', false], ['x; text/html', false],
  ];
  for (const [contentType, held] of cases) {
    t.equal(types.has(contentType), held, contentType);
    t.equal(types.has(contentType), held, `${contentType}, again`);
  }
});

await t.test('gRPC compresses by itself, whatever the list says', async (t) => {
  const types = new MediaTypes(['application/*', 'application/grpc']);
  t.equal(types.has('application/grpc'), false);
  t.equal(types.has('application/grpc+proto'), false);
  t.equal(types.has('application/grpc-web-text'), false);
  t.equal(types.has('application/x'), true);
});

await t.test('threat: values that an upstream makes up are judged without being kept', async (t) => {
  const types = new MediaTypes(['text/*']);
  t.ok(Array.from({ length: 2000 }, (_, i) => types.has(`text/html; n=${i}`)).every(Boolean));
  t.equal(types.has(`text/html; ${'x'.repeat(10_000)}`), true);
});
