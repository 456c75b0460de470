import type { Exchange } from '../exchange/exchange.ts';

const GRPC = /^application\/grpc(?:$|[+;\s])/i;

/** A gRPC call: its two directions are streams, and how it came out stands in trailers. */
export function isGrpcCall({ head: { rawHeaders }, body }: Exchange): boolean {
  if (body === null) return false;
  const at = rawHeaders.findIndex((text, i) => i % 2 === 0 && text.length === 12 && text.toLowerCase() === 'content-type');
  return at !== -1 && GRPC.test(rawHeaders[at + 1] ?? '');
}
