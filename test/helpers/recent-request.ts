import type { RecentRequest } from '../../src/observe/recent-request.ts';

/** A request that has ended, as the admin server tells of it. */
export function recentRequest(own: Partial<RecentRequest> = {}): RecentRequest {
  return {
    time: '2026-01-01T00:00:00.000Z', endedAtMs: Date.UTC(2026, 0, 1), requestId: 'id-1', trace: 'f'.repeat(32), method: 'GET', scheme: 'https', host: 'app.example.com',
    path: '/orders?page=2', protocol: 'HTTP/2', tls: 'TLSv1.3', status: 200, code: '', reason: '', client: '192.0.2.7', route: 'app.example.com/*', upstream: 'app',
    target: 'app:8000', attempts: 1, bytesIn: 0, bytesOut: 12, requestMs: 3.2, connectMs: null, headMs: 3, responseMs: 3.1, userAgent: 'curl', referer: '', upgrade: '', ...own,
  };
}
