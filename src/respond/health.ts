import type { HealthAction } from '../config/config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { answer } from './answer.ts';

const HEADERS: readonly string[] = ['Content-Type', 'application/json', 'Cache-Control', 'no-store'];
const ALIVE = Buffer.from('{"status":"alive"}');
const READY = Buffer.from('{"status":"ready"}');
const NOT_READY = Buffer.from('{"status":"not ready"}');

/** Answers probes that reach only the public ports, as the admin listener answers them; whoever asks learns nothing else. */
export function healthHandler({ probe }: HealthAction, isDraining: () => boolean): (exchange: Exchange) => void {
  return (exchange) => {
    if (probe === 'liveness') answer(exchange, 200, HEADERS, ALIVE);
    else if (isDraining()) answer(exchange, 503, HEADERS, NOT_READY);
    else answer(exchange, 200, HEADERS, READY);
  };
}
