import type { ClientTimeouts } from '../config/config.ts';
import type { UpstreamTimeouts } from '../config/upstream-config.ts';
import type { ErrorCode } from '../exchange/errors.ts';

/** Whom a forwarded request waits for at the moment. Each wait has its own bound and its own blame. */
export type Phase = 'connect' | 'continue' | 'client-body' | 'upstream-reads' | 'head' | 'body' | 'stream' | 'client-reads';

/** How long an upstream that was asked to say 100 Continue may keep silent before the body is sent anyway (RFC 9110 §10.1.1). */
const CONTINUE_MS = 1000;

interface PhaseLimit {
  /** Infinity: no bound. */
  readonly ms: number;
  readonly code: ErrorCode;
  readonly detail: string;
}

/** `request` bounds all the waits for the request's body together: over HTTP/2 nobody else does. */
export type PhaseLimits = Readonly<Record<Phase | 'request', PhaseLimit>>;

/** The bounds of every phase of one route, joined at load. */
export function phaseLimits(client: ClientTimeouts, upstream: UpstreamTimeouts): PhaseLimits {
  return {
    'connect': limit(upstream.connectMs, 'upstream_connect_timeout', 'no connection'),
    'continue': { ms: CONTINUE_MS, code: 'upstream_timeout', detail: '' },
    'client-body': limit(client.bodyMs, 'request_timeout', 'no byte of the request body'),
    'request': limit(client.requestMs, 'request_timeout', 'the request was not complete'),
    'upstream-reads': limit(upstream.idleMs, 'upstream_timeout', 'the upstream did not read the request body'),
    'head': limit(upstream.responseMs, 'upstream_timeout', 'no response head'),
    'body': limit(upstream.idleMs, 'upstream_timeout', 'no byte of the response body'),
    'stream': limit(upstream.streamMs, 'upstream_timeout', 'no event on the stream'),
    'client-reads': limit(client.sendMs, 'client_too_slow', 'the client did not read the answer'),
  };
}

function limit(ms: number, code: ErrorCode, what: string): PhaseLimit {
  return { ms: ms > 0 ? ms : Infinity, code, detail: `${what} within ${ms / 1000} s` };
}
