import { parseLogTemplate, type TemplatePart } from '../config/log-template.ts';
import type { AccessRecord } from './access-record.ts';
import type { Privacy } from './privacy.ts';
import { jsonText, nginxText } from './safe-text.ts';
import { VARIABLES, type Variable } from './template-variables.ts';

/** Below PIPE_BUF, so that a line reaches a pipe whole. */
const LINE_BYTES_MAX = 4000;
const VALUE_BYTES_MAX = 2048;
/** Not even a template without end makes a line without end: what is left of it is cut off then. */
const CUTS_MAX = 6;

interface TemplateOptions {
  readonly template: string;
  readonly escape: 'nginx' | 'json';
  readonly privacy: Privacy;
}

/** Makes of one request one line as a `log_format` of nginx does, with its line feed. The template must be valid. */
export function createAccessTemplate({ template, escape, privacy }: TemplateOptions): (record: AccessRecord) => string {
  const parts = parseLogTemplate(template).map((part) => (typeof part === 'string' ? part : variableOf(part)));
  const write = escape === 'json' ? writeJson : writeNginx;
  const render = (record: AccessRecord, bytesMax: number): string => {
    let line = '';
    for (const part of parts) line += typeof part === 'string' ? part : write(part(record, privacy), bytesMax);
    return line;
  };
  return (record) => {
    let line = render(record, VALUE_BYTES_MAX);
    for (let cut = 1; cut <= CUTS_MAX && line.length > LINE_BYTES_MAX / 3 && Buffer.byteLength(line) > LINE_BYTES_MAX; cut += 1) {
      line = render(record, VALUE_BYTES_MAX >> cut);
    }
    return `${line.length > LINE_BYTES_MAX / 3 ? bounded(line) : line}\n`;
  };
}

function variableOf(part: Exclude<TemplatePart, string>): Variable {
  if ('variable' in part) return VARIABLES[part.variable];
  const { family, name } = part;
  if (family === 'arg_') return (record, privacy) => privacy.parameter(record, name);
  if (family === 'http_') return (record, privacy) => privacy.header(record, name);
  return (record, privacy) => privacy.answerHeader(record, name);
}

/** `escape=default` of nginx. */
function writeNginx(value: string | null, bytesMax: number): string {
  return value === null ? '-' : nginxText(value, bytesMax);
}

/** `escape=json` of nginx: what is missing is an empty text. */
function writeJson(value: string | null, bytesMax: number): string {
  return value === null ? '' : jsonText(value, bytesMax).slice(1, -1);
}

function bounded(line: string): string {
  if (Buffer.byteLength(line) <= LINE_BYTES_MAX) return line;
  return Buffer.from(line).subarray(0, LINE_BYTES_MAX).toString('utf8').replace(/\ufffd+$/, '');
}
