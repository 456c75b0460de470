import t from 'tap';
import { followedRequests, getRequests, requestStreamPath } from '../../src/admin/request-client.ts';
import { startAdmin, startStranger } from '../helpers/admin-place.ts';
import { recentRequest } from '../helpers/recent-request.ts';

const LIST = { requests: [recentRequest(), recentRequest({ requestId: 'id-2' })], silentWorkers: [2] };

await t.test('the last requests come back as the service gave them, by every filter there is', async (t) => {
  const { place, services: { requests } } = await startAdmin(t, { token: '0123456789abcdef' });
  requests.answer = async () => LIST;
  t.strictSame(await getRequests(place, { count: '7' }), LIST);
  await getRequests(place, { count: '7', route: 'a/* & b', status: '5xx', code: 'upstream_reset', slow: '500', client: '2001:db8::1' });
  t.strictSame(requests.asked, [
    { route: null, status: null, code: null, slowMs: null, client: null },
    { route: 'a/* & b', status: [500, 599], code: 'upstream_reset', slowMs: 500, client: '2001:db8::1' },
  ]);
  await t.rejects(getRequests({ ...place, token: null }, { count: '7' }), { name: 'AdminClientError', status: 401 });
  await t.rejects(getRequests(place, { count: '0' }), { status: 422, message: /does not tell its requests \(422\): .*count/ });
});

await t.test('whoever does not wait any longer is let go', async (t) => {
  const controller = new AbortController();
  const place = await startStranger(t, () => controller.abort());
  await t.rejects(getRequests(place, { count: '1' }, controller.signal), { name: 'AdminClientError' });
});

await t.test('the path of the stream has its filters', async (t) => {
  t.equal(requestStreamPath({}), '/requests/stream');
  t.equal(requestStreamPath({ route: 'a/* & b', status: '404' }), '/requests/stream?route=a%2F*+%26+b&status=404');
});

await t.test('what is no list of requests is told apart', async (t) => {
  const followed = { requests: LIST.requests, missed: 3 };
  t.strictSame(followedRequests({ name: 'requests', data: JSON.stringify(followed) }), followed);
  const others = [['message', JSON.stringify(followed)], ['requests', '<html>'], ['requests', '{"requests":[1],"missed":0}'], ['requests', '{"requests":[]}']] as const;
  t.strictSame(others.map(([name, data]) => followedRequests({ name, data })), [null, null, null, null]);
  for (const body of ['{}', '{"requests":[{}],"silentWorkers":[]}']) {
    await t.rejects(getRequests(await startStranger(t, (_request, response) => response.end(body)), { count: '1' }), { message: /is not the admin server of Sluice/ });
  }
});
