import type { RedirectAction, RespondAction } from '../config/config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { answer } from './answer.ts';

const NO_BODY = Buffer.alloc(0);

/** A route that answers by itself; the body is encoded once. */
export function respondHandler(action: RespondAction): (exchange: Exchange) => void {
  const headers = action.headers.flat();
  const body = Buffer.from(action.body);
  return (exchange) => answer(exchange, action.status, headers, body);
}

/** A route that sends the client elsewhere; `{host}`, `{path}` and `{query}` are the request's own. */
export function redirectHandler(action: RedirectAction): (exchange: Exchange) => void {
  const parts = action.to.split(/(\{host\}|\{path\}|\{query\})/);
  return (exchange) => {
    let location = '';
    for (const part of parts) {
      if (part === '{host}') location += exchange.host;
      else if (part === '{path}') location += exchange.path;
      else if (part === '{query}') location += exchange.query;
      else location += part;
    }
    redirect(exchange, action.status, location);
  };
}

export function redirect(exchange: Exchange, status: number, location: string): void {
  answer(exchange, status, ['Location', location], NO_BODY);
}
