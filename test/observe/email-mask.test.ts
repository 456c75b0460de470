import t from 'tap';
import { maskEmails } from '../../src/observe/email-mask.ts';

await t.test('addresses are masked in a text and in a URL, raw and escaped', async (t) => {
  for (const address of ['jo@example.com', 'jo.doe+news@mail.example.co.kr', "o'neil_1@xn--bcher-kva.example", '홍길동@예시.한국', 'JO@EXAMPLE.COM']) {
    const shown = address.startsWith("o'") ? "o'[email]" : '[email]';
    t.equal(maskEmails(`from ${address}, to`), `from ${shown}, to`, address);
    t.equal(maskEmails(`/users/${address}/orders`), `/users/${shown}/orders`);
    t.equal(maskEmails(`?a=1&email=${encodeURIComponent(address)}&b=2`).replace("o'", ''), '?a=1&email=[email]&b=2');
    t.equal(maskEmails(`?next=${encodeURIComponent(encodeURIComponent('jo@example.com'))}`), '?next=[email]');
  }
  t.equal(maskEmails('a@b.com;c@d.org'), '[email];[email]');
  t.equal(maskEmails('mailto:a@b.com?subject=x'), 'mailto:[email]?subject=x');
  t.equal(maskEmails('a@b.com.'), '[email].', 'the end of a sentence is not part of it');
});

await t.test('other uses of the sign stay readable', async (t) => {
  for (const text of ['/npm/react@18.2.0/index.js', '/@me', '/@scope/package', 'git@github', '@', 'a@', '@b.com', 'x=%40', 'Mozilla/5.0']) t.equal(maskEmails(text), text);
});

await t.test('threat: a long text of signs takes no long time', async (t) => {
  const startMs = performance.now();
  for (const unit of ['@', 'a@', '%40', 'a.@', 'a@b.']) maskEmails(unit.repeat(2048 / unit.length));
  t.ok(performance.now() - startMs < 500);
});
