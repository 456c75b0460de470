interface Answered {
  /** '' where no route is to match. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly contentType?: string;
  readonly body?: Buffer;
  /** Bytes of the request's body. */
  readonly sent?: number;
  /** It became a tunnel. */
  readonly isTunnel?: boolean;
}

interface RouteTotals {
  requests: number;
  tunnels: number;
  received: number;
  sent: number;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);

/** What clients know of their own requests, in the words of the metrics. */
export class RequestLedger {
  /** By the labels of `sluice_http_requests_total`. */
  readonly requests: Record<string, number> = {};
  readonly routes = new Map<string, RouteTotals>();
  total = 0;

  /** An answer as a client has got it; the code of an error is the one it was told. */
  note({ route, method, status, contentType = '', body = Buffer.alloc(0), sent = 0, isTunnel = false }: Answered): void {
    const code = contentType === 'application/problem+json' ? String((JSON.parse(body.toString()) as { code?: unknown }).code) : '';
    this.noteEnd({ route, method, status, code, received: body.length, sent, isTunnel });
  }

  /** A request whose end the client knows without having been told. */
  noteEnd({ route, method, status, code, received, sent, isTunnel }: Pick<Answered, 'route' | 'method' | 'status'> & { readonly code: string; readonly received: number; readonly sent: number; readonly isTunnel: boolean }): void {
    const labels = `route="${route}",method="${METHODS.has(method) ? method : 'OTHER'}",status="${status}",class="${Math.floor(status / 100)}xx",code="${code}"`;
    this.requests[labels] = (this.requests[labels] ?? 0) + 1;
    this.total += 1;
    const known = this.routes.get(route) ?? { requests: 0, tunnels: 0, received: 0, sent: 0 };
    this.routes.set(route, known);
    known.requests += 1;
    known.tunnels += isTunnel ? 1 : 0;
    known.received += received;
    known.sent += sent;
  }

  /** One number of each route. */
  byRoute(pick: (totals: Readonly<RouteTotals>) => number): Record<string, number> {
    return Object.fromEntries([...this.routes].map(([route, totals]) => [route, pick(totals)]));
  }
}
