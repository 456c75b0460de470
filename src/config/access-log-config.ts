import type { LogField } from './log-field.ts';

/** How and where requests are written down. Plain data. */
export interface AccessLogConfig {
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty' | 'template' | 'off';
  /** Of JSON, in this order. */
  readonly fields: readonly LogField[];
  /** Of the format `template`, else ''. */
  readonly template: string;
  /** What in a value could end a quoted text is written in this way. */
  readonly escape: 'nginx' | 'json';
  /** Request headers that JSON has, in lower case. */
  readonly headers: readonly string[];
  readonly to: LogTarget;
  readonly mask: MaskConfig;
  /** Of one worker, while the target is slow, full or away. */
  readonly bufferBytesMax: number;
}

export type LogTarget = { readonly kind: 'stdout' | 'stderr' } | FileTarget | SyslogTarget;

export interface FileTarget {
  readonly kind: 'file';
  /** Absolute. */
  readonly file: string;
  /** Null: somebody else renames the file and sends SIGUSR1. */
  readonly rotate: RotateConfig | null;
}

export interface RotateConfig {
  readonly sizeBytes: number;
  /** 0: by size only. */
  readonly everyMs: number;
  /** Files beside the one that is written. */
  readonly keep: number;
  /** All files together. */
  readonly totalBytes: number;
}

export interface SyslogTarget {
  readonly kind: 'syslog';
  readonly address: SyslogAddress;
  /** 0 to 23 (RFC 5424 §6.2.1). */
  readonly facility: number;
  readonly app: string;
}

export type SyslogAddress =
  | { readonly transport: 'udp' | 'tcp'; readonly host: string; readonly port: number }
  | { readonly transport: 'unix'; readonly path: string };

/** What of the personal data of clients is not written as it is. Secrets never are. */
export interface MaskConfig {
  readonly email: boolean;
  readonly phone: boolean;
  readonly card: boolean;
  readonly patterns: readonly { readonly name: string; readonly pattern: string }[];
  readonly address: 'keep' | 'truncate' | 'hash';
  /** Of the hash; null: a random one that lives as long as the process. */
  readonly key: string | null;
  /** Query parameters whose value is not written, in lower case. */
  readonly query: readonly string[];
  /** Headers whose value is not written, in lower case. */
  readonly headers: readonly string[];
}

/** Which requests of a route are written down. Failed ones are, or nothing is. */
export interface LogRule {
  /** Status 400 and above, or with a code of the error table. */
  readonly errors: boolean;
  /** Of the others those whose id has a hash (32 bits) below this. */
  readonly below: number;
  /** And those that took at least so long; 0: none for that reason. */
  readonly slowMs: number;
}
