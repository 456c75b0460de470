import type { ErrorCode } from '../../src/exchange/errors.ts';
import type { CallUser } from '../../src/upstream/upstream-call.ts';
import type { ResponseHead } from '../../src/upstream/response-head.ts';
import { eventually } from './wait-for.ts';

/** Writes down what an upstream connection tells its user: one short word for each call. */
export class RecordingUser implements CallUser {
  readonly told: string[] = [];
  body = '';
  onReadEnds: () => void = () => undefined;

  onConnected(): void {
    this.told.push('connected');
  }

  onReadEnd(): void {
    this.onReadEnds();
  }

  onWritable(): void {
    this.told.push('writable');
  }

  onInformational(head: ResponseHead): void {
    this.told.push(`informational ${head.status}`);
  }

  onHead(head: ResponseHead): void {
    this.told.push(`head ${head.status}`);
  }

  onBody(buffer: Buffer, start: number, end: number): void {
    this.body += buffer.toString('latin1', start, end);
  }

  onTrailers(rawTrailers: string[]): void {
    this.told.push(`trailers ${rawTrailers.join(' ')}`);
  }

  onComplete(): void {
    this.told.push('complete');
  }

  onTunnelBytes(buffer: Buffer, start: number, end: number): void {
    this.body += buffer.toString('latin1', start, end);
  }

  onTunnelEnd(): void {
    this.told.push('tunnel end');
  }

  onFailure(code: ErrorCode, detail: string): void {
    this.told.push(`failure ${code}: ${detail}`);
  }

  /** Waits until the last thing told begins so. */
  async hears(beginning: string): Promise<void> {
    await eventually(() => this.told.at(-1)?.startsWith(beginning) === true);
  }
}
