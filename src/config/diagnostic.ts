/** Something wrong (or doubtful) at one place of a configuration file. Plain data. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** The file as the user named it. */
  readonly file: string;
  /** 1-based; 0 where the file as a whole is meant. */
  readonly line: number;
  /** 1-based, in UTF-16 units as editors count. */
  readonly column: number;
  /** How many columns the caret underlines, at least 1. */
  readonly width: number;
  readonly message: string;
  /** What would be right, or null. */
  readonly hint: string | null;
  /** The line as it stands in the file, before substitution; null where there is none. */
  readonly sourceLine: string | null;
}

/** A configuration that cannot be used, with everything that is wrong with it, in the order of the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const first = diagnostics[0];
    const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : '';
    super(first === undefined ? 'the configuration is not valid' : `${first.file}:${first.line}:${first.column}: ${first.message}${more}`);
    this.diagnostics = diagnostics;
  }
}
