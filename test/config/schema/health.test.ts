import t from 'tap';
import { checkBroken, withUpstream } from '../../helpers/config-text.ts';

await t.test('what is wrong in a health check is said at its place', async (t) => {
  checkBroken(t, [
    [withUpstream('health: »on'), '`off`, or a set of options such as `path: /health`'],
    [withUpstream('health: { »url: /x }'), 'Allowed here: path'],
    [withUpstream('health: { path: »health }'), 'write `/health`'],
    [withUpstream('health: { path: »"/a b" }'), 'no spaces'],
    [withUpstream('health: { path: /, every: »5 }'), '`5s` or `5ms`'],
    [withUpstream('health: { path: /, every: »off }'), 'must have an end'],
    [withUpstream('health: { path: /, rise: »0 }'), 'from 1 to 100'],
    [withUpstream('health: { path: /, status: »99 }'), 'from 200 to 599'],
    [withUpstream('health: { path: /, status: [200, »"2xx"] }'), 'neither a status nor a range'],
    [withUpstream('health: { path: /, status: »399-200 }'), 'write `200-399`'],
    [withUpstream('health: { path: /, body: »"(?=x)" }'), 'look-ahead'],
    [withUpstream('health: { path: /, headers: { »Host: a.com } }'), 'use the option `host`'],
    [withUpstream('health: { path: /, headers: { »Connection: close } }'), 'set by the gateway itself'],
    [withUpstream('health: { path: /, headers: { X-A: »"a\\r\\nb" } }'), 'no line break'],
    [withUpstream('health: { path: /, host: »"*.a.com" }'), '`*` cannot be sent'],
    [withUpstream('health: { path: /, port: »0 }'), 'from 1 to 65535'],
    [withUpstream('health: { tcp: »1 }'), 'true or false'],
  ]);
});

await t.test('what is wrong beside it is said at its place', async (t) => {
  checkBroken(t, [
    [withUpstream('eject: »no'), '`off`, or a set of options such as `failures: 5`'],
    [withUpstream('eject: { failures: »0 }'), 'from 1 to 1000'],
    [withUpstream('eject: { share: »10 }'), 'A percentage needs its sign: `10%`'],
    [withUpstream('eject: { share: »101% }'), 'up to 100%'],
    [withUpstream('maxFails: »off'), 'from 0 to 1000'],
    [withUpstream('slowStart: »30'), '`30s` or `30ms`'],
    [withUpstream('panic: »0.5'), 'a percentage such as 20%'],
  ]);
});
