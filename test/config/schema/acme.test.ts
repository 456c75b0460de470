import t from 'tap';
import { checkBroken } from '../../helpers/config-text.ts';

await t.test('what is wrong in the options of ACME is said at its place', async (t) => {
  checkBroken(t, [
    ['acme: »letsencrypt', 'a set of options'],
    ['acme: { »mail: a@b.c }', 'Did you mean `email`?'],
    ['acme: { email: »ops }', 'not an email address'],
    ['acme: { email: »"mailto:a@b.c" }', 'leave `mailto:` out'],
    ['acme: { ca: »letsencript }', 'did you mean `letsencrypt`?'],
    ['acme: { ca: [letsencrypt, { »directry: "https://ca.example.com/" }] }', 'Did you mean `directory`?'],
    ['acme: { ca: { directory: »"http://ca.example.com/" } }', 'starts with https://'],
    ['acme: { ca: { directory: »"https://me:secret@ca.example.com/" } }', 'no user name and no password'],
    ['acme: { ca: { name: zerossl, »eab: { kid: a } } }', '`hmacKey` is missing'],
    ['acme: { ca: { name: zerossl, eab: { kid: a, hmacKey: »"a+b" } } }', 'not in base64url'],
    ['acme: { ca: { name: zerossl, eab: { kid: a, hmacKey: »abcd } } }', 'too short'],
    ['acme: { challenges: »[] }', 'empty list'],
    ['acme: { challenges: [»http-1] }', 'Did you mean `http-01`?'],
    ['acme: { challenges: »http-01 }', 'a list of tls-alpn-01, http-01 and dns-01'],
    ['acme: { key: »p521 }', 'one of p256, p384, rsa2048 and rsa4096'],
    ['acme: { whilePending: »locl }', 'Did you mean `local`?'],
    ['acme: { onDemand: { allow: a.com, perHour: »0 } }', 'from 1 to 1000'],
    ['acme: { onDemand: { allow: a.com, perHour: »1001 } }', 'from 1 to 1000'],
    ['acme: { onDemand: { ask: »"app:8000" } }', 'a URL that starts with http:// or https://'],
    ['acme: { challenges: [dns-01], dns: { command: »[] } }', 'empty list'],
    ['acme: { challenges: [dns-01], dns: { command: »/bin/hook } }', 'a list of words'],
    ['acme: { challenges: [dns-01], dns: { command: [a], wait: »30 } }', '`30s`'],
    ['acme: { challenges: [dns-01], dns: { command: [a], timeout: »off } }', 'must have an end'],
    ['acme: { challenges: [dns-01], dns: { url: "http://a/", headers: { »Upgrade: a } } }', 'set by the gateway itself'],
    ['acme: { hosts: »"https://a.com" }', 'a host has no scheme'],
  ]);
});
